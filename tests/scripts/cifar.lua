-- SPDX-License-Identifier: MIT
-- scripts/cifar.lua on a few made-up images: its lines and files, runs that are killed and go on, wrong options.
--
-- CNN_KILLS=20 kills a run that often instead of a few times.
local check = require "check"
local cnn = require "cnn"
local core = require "cnn.core"

local program, script = check.absolute(check.cnnsh), check.absolute(check.root .. "/scripts/cifar.lua")

-- A folder as the public download has it, with `count` images in each of its six files.
local function make_data(count)
    local folder = check.temp()
    os.remove(folder)
    assert(os.execute("mkdir -p " .. folder .. "/cifar-10-batches-bin"))
    cnn.manual_seed(1)
    for _, name in ipairs { "data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch" } do
        local records = {}
        for i = 1, count do
            local image = cnn.randint(0, 255, { 3072 }):totable()
            records[i] = string.char(i % 10) .. string.char(table.unpack(image))
        end
        check.write(folder .. "/cifar-10-batches-bin/" .. name .. ".bin", table.concat(records))
    end
    return folder
end

local folder = make_data(24) -- 120 to learn from
local has_gnuplot = check.run("command -v gnuplot").code == 0

local function command(words, prefix)
    return ("%s %s %s --data %s --model resnet8 --batch-size 16 %s"):format(prefix or "", check.quote(program), check.quote(script),
        folder, words)
end

local function run(words, prefix)
    local r = check.run(command(words, prefix))
    if r.code ~= 0 then check.fail("exit status %s, signal %s\n%s%s", r.code, r.signal, r.out, r.err) end
    return r
end

local function fails(words, ...)
    local r = check.run(command(words))
    check.equal(r.code, 1, r.err)
    check.match(r.err, ...)
end

local function same_files(a, b)
    local one, two = cnn.load(a), cnn.load(b)
    for _, part in ipairs { "net", "optimizer" } do
        local x, y = one[part], two[part]
        check.equal(core.is_tensor(x), core.is_tensor(y))
        local function compare(p, q, where)
            if core.is_tensor(p) then
                check.equal(p, q, where)
            elseif type(p) == "table" then
                for key in pairs(p) do compare(p[key], q[key], where .. "." .. tostring(key)) end
            else
                check.equal(p, q, where)
            end
        end
        compare(x, y, part)
    end
    for key, value in pairs(one.run) do
        if key ~= "seconds" and key ~= "epochs" then check.equal(two.run[key], value, key) end
    end
end

check.test("the epoch's line, the log, the plot, the test accuracy", function()
    local log, plot = check.temp(".csv"), check.temp(".svg")
    local r = run(("--steps 18 --validate --log %s %s"):format(log, has_gnuplot and "--plot " .. plot or ""))
    check.match(r.out, "Epoch%[1 %(8/18%) %(%d+%.%d%d%d%dsec%)%] loss: %d+%.%d%d acc: %d+%.%d%d val: %d+%.%d%d\n", "Epoch[2 (16/18)",
        "Epoch[3 (18/18)", "resnet8: test accuracy %d")
    local rows = check.read(log)
    check.match(rows, "epoch,step,seconds,loss,accuracy,validation\n1,8,", "\n3,18,")
    if has_gnuplot then check.match(check.read(plot), "resnet8", "Training loss on CIFAR-10") end
end)

local whole = check.temp(".safetensors")
run("--steps 40 --milestones 20,30 --checkpoint " .. whole)

check.test("killed at any moment and resumed, a run ends with the same bits", function()
    local path, kills = check.temp(".safetensors"), tonumber(os.getenv("CNN_KILLS")) or 4
    os.remove(path)
    local options = "--steps 40 --milestones 20,30 --every 3 --resume --checkpoint " .. path
    for i = 1, kills do
        local r = check.run(command(options, ("timeout -s KILL %.3f "):format(0.05 + 0.5 * math.random())))
        if r.code == 0 and i > 1 then break end
    end
    run(options)
    same_files(whole, path)
end)

check.test("threads and workers change no bit", function()
    for _, way in ipairs { { "CNN_NUM_THREADS=1", "--workers 0" }, { "CNN_NUM_THREADS=2", "--workers 4" } } do
        local path = check.temp(".safetensors")
        run("--steps 40 --milestones 20,30 --checkpoint " .. path .. " " .. way[2], "env " .. way[1])
        same_files(whole, path)
    end
end)

check.test("Ctrl-C writes a checkpoint and says how to go on", function()
    local path = check.temp(".safetensors")
    os.remove(path)
    local r = check.run(command("--steps 100000 --checkpoint " .. path, "timeout --preserve-status -s INT -k 20 1 "))
    check.equal(r.code, 130, r.err)
    check.match(r.err, "stopped behind step %d+ of 100000", "--resume")
    local step = cnn.load(path).run.step
    check.match(run("--steps " .. step + 2 .. " --resume --checkpoint " .. path).out, ("going on behind step %d"):format(step),
        ("(%d/%d)"):format(step + 2, step + 2))
end)

check.test("a run that has ended goes on with more steps as one that had them from the start", function()
    local path = check.temp(".safetensors")
    os.remove(path)
    run("--steps 19 --milestones 20,30 --checkpoint " .. path)
    run("--steps 40 --milestones 20,30 --resume --checkpoint " .. path)
    same_files(whole, path)
end)

check.test("another model's checkpoint, other settings, files that are cut short", function()
    fails("--steps 41 --milestones 20,30 --resume --model plain8 --checkpoint " .. whole, "is a checkpoint of resnet8, not of plain8")
    fails("--steps 41 --milestones 20,30 --resume --lr 0.2 --checkpoint " .. whole, "was made with --lr 0.1; now it is 0.2")
    local cut = check.write(check.temp(".safetensors"), check.read(whole):sub(1, 100000))
    fails("--steps 41 --resume --checkpoint " .. cut, "no whole checkpoint to go on from", cut)
    check.write(cut .. ".previous", check.read(whole))
    local r = run("--steps 40 --milestones 20,30 --resume --checkpoint " .. cut)
    check.match(r.out, cut .. ".previous: going on behind step 40")
    os.remove(cut .. ".previous")
end)

check.test("a checkpoint that cannot be written is told, and the run goes on", function()
    local path = check.temp(".safetensors")
    os.remove(path)
    local r = check.run(command("--steps 7 --every 3 --checkpoint " .. path, "ulimit -f 200;"))
    check.match(r.out, "step 3: no checkpoint was written: cannot write", "step 6: ", "Epoch[1 (7/7)")
    check.equal(r.code, 1, r.err) -- the last one
    check.match(r.err, "cannot write", "ulimit -f")
    check.that(not io.open(path), "a part of a file is left")
    check.match(run("--steps 2 --log /dev/full").out, "step 2: no log was written", "No space left", "test accuracy")
end)

check.test("wrong options", function()
    fails("--model resnet21", "6n + 2", "resnet21")
    fails("--model vgg16", "resnet20")
    fails("--milestones 10,x", "milestones are steps")
    fails("--milestones 30,20", "milestones go up", "30,20")
    fails("--workers 1000", "at most 256")
    fails("--plot " .. check.temp(".gif"), has_gnuplot and "saved as .png, .svg or .pdf" or "--plot")
    fails("--resume", "--checkpoint FILE")
    fails("--data /nowhere", "data_batch_1.bin")
    fails("--steps 0", "at least 1")
    fails("--lr 1e30 --steps 30", "the loss is nan in epoch 1, step")
end)

check.test("--compare trains both and draws both", function()
    local base, plot = check.temp(".safetensors"), check.temp(".svg")
    os.remove(base)
    local r = run(("--compare --steps 4 --checkpoint %s %s"):format(base, has_gnuplot and "--plot " .. plot or ""))
    check.match(r.out, "resnet8: test accuracy", "plain8: test accuracy")
    if has_gnuplot then check.match(check.read(plot), "resnet8", "plain8") end
    for _, model in ipairs { "resnet8", "plain8" } do
        local path = base:gsub("%.safetensors$", "-" .. model .. "%0")
        check.equal(cnn.load(path).run.model, model)
        os.remove(path)
    end
end)
