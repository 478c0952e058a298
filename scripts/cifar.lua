-- SPDX-License-Identifier: MIT
-- Trains the lab's residual networks, or their plain twins, on CIFAR-10 and measures them on the test images.
--
--   ./cnnsh scripts/cifar.lua --data DIR                                the notebook's run: resnet20, 64,000 steps
--   ./cnnsh scripts/cifar.lua --data DIR --model plain32 --steps 2000
--   ./cnnsh scripts/cifar.lua --data DIR --checkpoint run.safetensors --every 500     and after any stop: the same, --resume
--   ./cnnsh scripts/cifar.lua --data DIR --compare --plot loss.svg      with shortcuts and without, side by side
--
-- A run that was stopped, by Ctrl-C or by the power, and resumed ends with the same bits as one that was not.
local cnn = require "cnn"
local nn, optim, data, datasets, transforms, plt = cnn.nn, cnn.optim, cnn.data, cnn.datasets, cnn.transforms, cnn.plt
local options = require "cnn.options"
local resnet = require "resnet"

local o = options.parse(arg, {
    about = "Trains the lab's residual networks, or their plain twins, on CIFAR-10.",
    { "data", "DIR", "folder of CIFAR-10", default = os.getenv("CNN_DATA") },
    { "model", "NAME", "resnet20, resnet32, … resnet110, or plain20, …: 6n + 2 layers", default = "resnet20" },
    { "compare", nil, "train the model with its shortcuts and without, from the same seed" },
    { "steps", "N", "batches to learn from", default = 64000, min = 1 },
    { "batch-size", "N", "images per step", default = 128, min = 1 },
    { "lr", "X", "learning rate", default = 0.1, min = 0 },
    { "momentum", "X", "how much of the last step goes into the next", default = 0.9, min = 0, max = 1 },
    { "weight-decay", "X", "pull of the weights towards 0", default = 1e-4, min = 0 },
    { "milestones", "N,N", "steps at which the rate falls", default = "32000,48000" },
    { "gamma", "X", "what the rate is multiplied by there", default = 0.1, min = 0 },
    { "workers", "N", "threads that prepare batches", default = 4, min = 0, max = 256 },
    { "device", "NAME", "where to compute", default = os.getenv("CNN_DEVICE") or "cpu" },
    { "seed", "S", "of everything random", default = 1 },
    { "checkpoint", "FILE", "write the whole state here", output = true },
    { "every", "N", "steps between two checkpoints", default = 1000, min = 1 },
    { "resume", nil, "go on from the checkpoint, if there is one" },
    { "plot", "FILE", "draw the loss: .svg, .png or .pdf", output = true },
    { "log", "FILE", "write a line per epoch: .csv", output = true },
    { "validate", nil, "measure the test accuracy after every epoch, too" },
})

if not o.data then options.fail("CIFAR-10 is read from a folder: --data DIR") end
if o.resume and not o.checkpoint then options.fail("--resume goes on from a file: --checkpoint FILE") end
if not resnet.by_name(o.model) then
    options.fail("--model is resnet or plain and its number of layers, 6n + 2: resnet20, plain32, …; got %q", o.model)
end

local milestones = {}
for text in o.milestones:gmatch("[^,]+") do
    local step = math.tointeger(tonumber(text)) or options.fail("--milestones are steps: 32000,48000; got %q", text)
    if step < (milestones[#milestones] or 0) then options.fail("--milestones go up: 32000,48000; got %s", o.milestones) end
    milestones[#milestones + 1] = step
end

-- Can such a plot be drawn here? Better said now than after a day.
if o.plot then
    local ending, probe = o.plot:lower():match("%.%w+$"), os.tmpname()
    local ok, why = pcall(plt.savefig, probe .. (ending or ""))
    plt.close()
    os.remove(probe)
    os.remove(probe .. (ending or ""))
    if not ok then options.fail("--plot %s: %s", o.plot, (why:match("\n%s*(.*)"):gsub("; got .*", ""))) end
end

-- ---- data ----------------------------------------------------------------------------------------------------------

local mean, std = { 0.4914, 0.4822, 0.4465 }, { 0.2023, 0.1994, 0.2010 }
local transforms_train = transforms.Compose {
    transforms.RandomCrop { 32, padding = 4 },
    transforms.RandomHorizontalFlip(),
    transforms.ToTensor(),
    transforms.Normalize(mean, std),
}
local transforms_test = transforms.Compose { transforms.ToTensor(), transforms.Normalize(mean, std) }

local cifar_train = datasets.CIFAR10 { o.data, train = true, transform = transforms_train }
local cifar_test = datasets.CIFAR10 { o.data, train = false, transform = transforms_test }

local function loader(set, shuffle)
    return data.DataLoader { set, batch_size = o.batch_size, shuffle = shuffle, num_workers = o.workers }
end

-- ---- the state of a run: all that training depends on, and what it has seen ----------------------------------------

local function new_run(model)
    cnn.manual_seed(o.seed)
    local run = { model = model, step = 0, epoch = 1, seconds = 0, epochs = {}, curve = {} }
    run.net = resnet.by_name(model):to(o.device)
    run.optimizer = optim.SGD { run.net:parameters(), lr = o.lr, momentum = o.momentum, weight_decay = o.weight_decay }
    run.scheduler = optim.lr_scheduler.MultiStepLR { run.optimizer, milestones = milestones, gamma = o.gamma }
    run.loader = loader(cifar_train, true)
    run.sums = { loss = 0, correct = 0, total = 0, steps = 0 } -- of this epoch
    return run
end

local function checkpoint_path(model)
    if not o.compare then return o.checkpoint end
    return (o.checkpoint:gsub("%.?[^./]*$", function(ending) return "-" .. model .. ending end, 1))
end

-- What a checkpoint must agree on with the options of this run.
local function settings()
    return { batch_size = o.batch_size, lr = o.lr, momentum = o.momentum, weight_decay = o.weight_decay, gamma = o.gamma,
        milestones = o.milestones, seed = o.seed }
end

local function save(run)
    if not o.checkpoint then return end
    cnn.save { checkpoint_path(run.model), {
        net = run.net:state_dict(), optimizer = run.optimizer:state_dict(), scheduler = run.scheduler:state_dict(),
        loader = run.loader:state_dict(), generator = cnn.get_rng_state(),
        run = { model = run.model, step = run.step, epoch = run.epoch, seconds = run.seconds, sums = run.sums,
            epochs = run.epochs, curve = run.curve, settings = settings() },
    }, keep_previous = true }
end

-- Writes a checkpoint or the log. On the way a disk that is full is no reason to lose what was learnt: there may be room
-- the next time.
local function on_the_way(write, run, bar, what)
    local ok, why = pcall(write, run)
    if ok then return end
    if type(why) ~= "table" or why.kind ~= "file error" then error(why, 0) end
    bar:print(("step %d: no %s was written: %s"):format(run.step, what, why.text))
end

local function check_settings(path, saved, model)
    if saved.model ~= model then options.fail("%s is a checkpoint of %s, not of %s", path, saved.model, model) end
    for name, value in pairs(settings()) do
        if saved.settings[name] ~= value then
            options.fail("%s was made with --%s %s; now it is %s", path, (name:gsub("_", "-")), saved.settings[name], value)
        end
    end
end

-- The last whole checkpoint and its path; nil where a run was stopped before its first.
local function last_checkpoint(path)
    local problem
    for _, candidate in ipairs { path, path .. ".previous" } do
        local file = io.open(candidate, "rb")
        if file then
            file:close()
            local ok, state = pcall(cnn.load, candidate)
            if ok and type(state.run) == "table" then return state, candidate end
            problem = problem or (ok and candidate .. " is no checkpoint of this script" or tostring(state))
            io.stderr:write(problem, "\n")
        end
    end
    if problem then options.fail("there is no whole checkpoint to go on from") end
end

local function resume(run)
    local state, path = last_checkpoint(checkpoint_path(run.model))
    if not state then return print(checkpoint_path(run.model) .. " is not there yet: beginning with step 1") end
    check_settings(path, state.run, run.model)
    run.net:load_state_dict(state.net)
    run.optimizer:load_state_dict(state.optimizer)
    run.scheduler:load_state_dict(state.scheduler)
    run.loader:load_state_dict(state.loader)
    cnn.set_rng_state(state.generator)
    for _, name in ipairs { "step", "epoch", "seconds", "sums", "epochs", "curve" } do run[name] = state.run[name] end
    print(("%s: going on behind step %d"):format(path, run.step))
end

-- ---- measuring -----------------------------------------------------------------------------------------------------

-- In percent; nil if Ctrl-C came in between.
local function accuracy(net, label, ctrl_c)
    net:eval()
    local correct = 0
    local batches = cnn.progress { loader(cifar_test), label = label, total = #cifar_test, unit = "images", keep = false }
    local whole = cnn.no_grad(function()
        for x, y in batches do
            if ctrl_c and ctrl_c:pending() then return false end
            correct = correct + net(x:to(o.device)):argmax(2):eq(y:to(o.device)):sum():item()
        end
        return true
    end)
    net:train()
    return whole and 100 * correct / #cifar_test or nil
end

local function write_log(run)
    if not o.log then return end
    local lines = { "epoch,step,seconds,loss,accuracy,validation" }
    for _, e in ipairs(run.epochs) do
        lines[#lines + 1] = ("%d,%d,%.3f,%.6f,%.3f,%s"):format(e.epoch, e.step, e.seconds, e.loss, e.accuracy,
            e.validation and ("%.2f"):format(e.validation) or "")
    end
    local path = o.compare and o.log:gsub("%.?[^./]*$", function(ending) return "-" .. run.model .. ending end, 1) or o.log
    cnn.write_file(path, table.concat(lines, "\n") .. "\n")
end

-- The line of an epoch, or of its part where the steps end before it does.
local function report(run, bar, ctrl_c)
    local sums = run.sums
    local seen = { epoch = run.epoch, step = run.step, seconds = run.seconds, loss = sums.loss / sums.steps,
        accuracy = 100 * sums.correct / sums.total }
    local line = ("Epoch[%d (%d/%d) (%.4fsec)] loss: %.2f acc: %.2f"):format(run.epoch, run.step, o.steps, run.seconds,
        sums.loss, seen.accuracy)
    if o.validate then
        seen.validation = accuracy(run.net, "validating", ctrl_c)
        line = line .. (seen.validation and (" val: %.2f"):format(seen.validation) or " val: stopped")
    end
    bar:print(line)
    run.epochs[run.epoch] = seen
    on_the_way(write_log, run, bar, "log")
end

-- The curve that is drawn: the mean loss of every 20 steps.
local function note(run, loss)
    local last = run.curve[#run.curve]
    if not last or last.steps == 20 then
        last = { step = run.step, loss = 0, steps = 0 }
        run.curve[#run.curve + 1] = last
    end
    last.loss, last.steps = last.loss + loss, last.steps + 1
end

-- ---- training ------------------------------------------------------------------------------------------------------

local criterion = nn.CrossEntropyLoss()

local function train_step(run, x, y)
    x, y = x:to(o.device), y:to(o.device)
    local out = run.net(x)
    local loss = criterion(out, y)
    run.optimizer:zero_grad()
    loss:backward()
    run.optimizer:step()
    run.scheduler:step()

    run.step = run.step + 1
    local value, sums = cnn.check_finite(loss, run.epoch, run.step), run.sums
    sums.correct = sums.correct + out:argmax(2):eq(y):sum():item()
    sums.loss, sums.total, sums.steps = sums.loss + value, sums.total + x:size(1), sums.steps + 1
    note(run, value)
    return value
end

local function stop(run, bar)
    save(run)
    bar:close()
    io.stderr:write(("stopped behind step %d of %d: %s\n"):format(run.step, o.steps,
        o.checkpoint and "the same command with --resume goes on" or "nothing was saved, --checkpoint FILE does that"))
    os.exit(130, true)
end

-- Learns from one pass over the images, or what is left of it. Returns whether it came to its end.
local function train_epoch(run, bar, ctrl_c)
    local before, started = run.seconds, cnn.clock()
    for x, y in run.loader do
        local loss = train_step(run, x, y)
        run.seconds = before + cnn.clock() - started
        bar:update(x:size(1), ("epoch %d  loss %.4f"):format(run.epoch, loss))
        if run.step % o.every == 0 and run.step < o.steps then on_the_way(save, run, bar, "checkpoint") end
        if ctrl_c:pending() then stop(run, bar) end
        if run.step == o.steps and run.sums.total < #cifar_train then return false end
    end
    return true
end

local function train(run)
    local ctrl_c <close> = cnn.hold_interrupt() -- a step and its checkpoint are whole, whatever is pressed
    local bar <close> = cnn.progress { label = run.model, total = o.steps * o.batch_size, unit = "images", keep = false }
    bar:skip(run.step * o.batch_size)
    run.net:train()
    while run.step < o.steps do
        local whole = train_epoch(run, bar, ctrl_c)
        report(run, bar, ctrl_c)
        if whole then
            run.epoch, run.sums = run.epoch + 1, { loss = 0, correct = 0, total = 0, steps = 0 }
        end
    end
    save(run)
end

local function learn(model)
    local run = new_run(model)
    if o.resume then resume(run) end
    train(run)
    print(("%s: test accuracy %.2f %%"):format(model, accuracy(run.net, "testing")))
    return run
end

-- ---- the program ---------------------------------------------------------------------------------------------------

local function draw(runs)
    for _, run in ipairs(runs) do
        local steps, losses = {}, {}
        for i, part in ipairs(run.curve) do
            steps[i], losses[i] = part.step, part.loss / part.steps
        end
        plt.plot { steps, losses, label = run.model }
    end
    plt.title("Training loss on CIFAR-10")
    plt.xlabel("step")
    plt.ylabel("cross entropy, mean of 20 steps")
    plt.grid()
    plt.legend()
    plt.savefig(o.plot)
end

local runs = {}
if o.compare then
    local layers = o.model:match("%d+")
    runs = { learn("resnet" .. layers), learn("plain" .. layers) }
else
    runs = { learn(o.model) }
end
if o.plot then draw(runs) end
