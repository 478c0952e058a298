-- SPDX-License-Identifier: MIT
-- Times training steps and inference of the lab's two networks, beside PyTorch where a Python can import it.
--
--   cnnsh scripts/bench.lua [--only TEXT] [--turns 3] [--steps 5] [--threads N] [--write [FILE]]
--
-- PyTorch runs with images in its usual layout and channels-last, and with a malloc that keeps what it has; the better of
-- its layouts counts. Both sides run in turns, each turn in a process of its own, on the same numbers of images (batch 128, float32) and
-- threads, so that neither profits from a warm machine. Shown: the median step of all turns, the spread of the turns'
-- medians, the ratio, and the most memory a process held. CNN_PYTHON names the Python to ask (default python3).
-- The loader's cases are epochs of augmented CIFAR-10: ours on one core, torchvision's (where it can be imported, and the
-- better of images as PIL's and as tensors) with two workers on all cores.
-- --write puts the tables into doc/benchmarks.md between its two marks.
local BATCH = 128
local CASES = {
    { "net-train", "Net, training step" }, { "net-infer", "Net, inference" },
    { "resnet20-train", "ResNet-20, training step" }, { "resnet20-infer", "ResNet-20, inference" },
    { "loader-0", "Loader on one core", images = 25600 },
    { "loader-1", "Loader on one core, 1 worker", images = 25600 },
}
local folder = arg[0]:match("^(.*)/[^/]*$") or "."
local program = arg[-1] or "./cnnsh"

local function options_of(words)
    local o = { turns = 3, steps = 5, warm = 2 }
    local i = 1
    while words[i] do
        local name = words[i]:match("^%-%-(%a+)$")
        local value = words[i + 1]
        if name == "write" then
            local has_file = value and not value:find("^%-%-")
            o.write, i = has_file and value or folder .. "/../doc/benchmarks.md", i + (has_file and 2 or 1)
        elseif name then
            o[name], i = tonumber(value) or value, i + 2
        else
            o.case, i = words[i], i + 1
        end
    end
    return o
end

-- ---- our side: one case in this process ------------------------------------------------------------------------------

local function peak_bytes()
    local file = io.open("/proc/self/status")
    if not file then return 0 end
    local text = file:read("a")
    file:close()
    return tonumber(text:match("VmHWM:%s*(%d+) kB")) * 1024
end

local function networks()
    package.path = folder .. "/../?.lua;" .. package.path
    local cnn = require "cnn"
    local nn = cnn.nn
    local Net = nn.class("Net")
    function Net:init()
        self.layer1 = nn.Sequential(nn.Conv2d(1, 32, 7), nn.BatchNorm2d(32), nn.ReLU())
        self.layer2 = nn.Sequential(nn.Conv2d(32, 64, 7), nn.BatchNorm2d(64), nn.ReLU())
        self.fc = nn.Linear(16384, 10)
    end
    function Net:forward(x) return self.fc(cnn.flatten(self.layer2(self.layer1(x)), 2)) end
    local resnet = require "scripts.resnet"
    return { net = Net, resnet20 = function() return resnet.ResNet(3, resnet.ResidualBlock) end }
end

-- An epoch of the lab's augmented CIFAR-10 batches; which bytes the images have makes no difference.
local function epoch_of(workers)
    local cnn = require "cnn"
    local T = cnn.transforms
    local Images = require("cnn.nn.class").make("Images", require "cnn.datasets.image_dataset")
    function Images:init(n)
        self.data, self.targets = cnn.rand(n, 3, 32, 32):mul_(256):to("uint8"), cnn.randint(1, 10, { n })
        self.transform = T.Compose { T.RandomCrop { 32, padding = 4 }, T.RandomHorizontalFlip(), T.ToTensor(),
            T.Normalize { { 0.4914, 0.4822, 0.4465 }, { 0.2470, 0.2435, 0.2616 } } }
    end
    local loader = cnn.data.DataLoader { Images(25600), batch_size = BATCH, shuffle = true, num_workers = workers }
    return function() for x in loader do assert(x.shape[1] == BATCH) end end
end

local function step_of(case)
    local cnn = require "cnn"
    local network, mode = case:match("^(%w+)%-(%w+)$")
    cnn.manual_seed(1)
    if network == "loader" then return epoch_of(tonumber(mode)) end
    local net = networks()[network]()
    local x = network == "net" and cnn.randn(BATCH, 1, 28, 28) or cnn.randn(BATCH, 3, 32, 32)
    local y = cnn.randint(1, 10, { BATCH })
    if mode == "infer" then
        net:eval()
        return function() return cnn.no_grad(function() return net(x) end) end
    end
    local opt = cnn.optim.SGD { net:parameters(), lr = 0.01, momentum = 0.9, weight_decay = 1e-4 }
    local criterion = cnn.nn.CrossEntropyLoss()
    return function()
        local loss = criterion(net(x), y)
        opt:zero_grad()
        loss:backward()
        opt:step()
        return loss:item()
    end
end

local function run_case(o)
    local core = require "cnn.core"
    core.threads(o.threads)
    local step = step_of(o.case)
    for _ = 1, o.warm do step() end
    for _ = 1, o.steps do
        local start = core.clock()
        step()
        print("seconds", core.clock() - start)
    end
    print("memory", peak_bytes())
    print("name", "cnnsh, " .. core.cpu())
end

-- ---- both sides in turns -----------------------------------------------------------------------------------------------

local function output(command)
    local pipe = assert(io.popen(command))
    local text = pipe:read("a")
    local ok = pipe:close()
    return ok and text or nil
end

local function median(list)
    table.sort(list)
    return (list[(#list + 1) // 2] + list[#list // 2 + 1]) / 2
end

local function turn(command)
    local text = output(command)
    if not text then return nil end
    local times = {}
    for s in text:gmatch("seconds%s+(%S+)") do times[#times + 1] = tonumber(s) end
    return { median = median(times), times = times, memory = tonumber(text:match("memory%s+(%S+)")), name = text:match("name%s+([^\n]+)") }
end

local function collect(turns)
    local all, medians, memory = {}, {}, 0
    for _, t in ipairs(turns) do
        for _, s in ipairs(t.times) do all[#all + 1] = s end
        medians[#medians + 1] = t.median
        memory = math.max(memory, t.memory)
    end
    local middle = median(all)
    return { median = middle, low = math.min(table.unpack(medians)), high = math.max(table.unpack(medians)), memory = memory }
end

-- A median of all turns, and the lowest and highest of the turns.
local function shown(r, images)
    if images then
        return ("%.0f images/s (%.0f … %.0f)"):format(images / r.median, images / r.high, images / r.low)
    end
    return ("%.1f ms (%.1f … %.1f)"):format(r.median * 1e3, r.low * 1e3, r.high * 1e3)
end

-- A malloc that gives nothing back saves PyTorch its page faults.
local KEEP = "MALLOC_MMAP_THRESHOLD_=1073741824 MALLOC_TRIM_THRESHOLD_=4294967296 MALLOC_TOP_PAD_=268435456 "
local LAYOUTS = { "", " --channels-last" }
local KINDS_OF_IMAGES = { "", " --tensors" }

-- One turn of each way that they have, put into `theirs`.
local function peer_turns(command, ways, theirs)
    for k, layout in ipairs(ways) do
        theirs[k] = theirs[k] or {}
        table.insert(theirs[k], turn(KEEP .. command .. layout))
    end
end

local function best(theirs, turns)
    local winner
    for _, layout in ipairs(theirs) do
        local r = #layout == turns and collect(layout)
        if r and (not winner or r.median < winner.median) then winner = r end
    end
    return winner
end

local function compare(case, o, python)
    local arguments = (" %s --threads %d --warm %d --steps %d"):format(case[1], o.threads, o.warm, o.steps)
    local ours, theirs = {}, {}
    local pin = case.images and output("command -v taskset") and "taskset -c 0 " or ""
    for i = 1, o.turns do
        ours[i] = assert(turn(pin .. program .. " " .. arg[0] .. arguments), case[1] .. " failed")
        if python then
            peer_turns(python .. " " .. folder .. "/bench_peer.py" .. arguments, case.images and KINDS_OF_IMAGES or LAYOUTS,
                theirs)
        end
    end
    local a, b = collect(ours), best(theirs, o.turns)
    return { case[2], shown(a, case.images), b and shown(b, case.images) or "–", b and ("%.2f"):format(a.median / b.median) or "–",
        ("%.0f MB"):format(a.memory / 1e6), b and ("%.0f MB"):format(b.memory / 1e6) or "–" }, b and theirs[1][1].name
end

-- Milliseconds of one start, and the peak memory of the process.
local function start_up(command, code)
    local count = 20
    local loop = "s=$(date +%%s%%N); i=0; while [ $i -lt %d ]; do %s -e '%s' </dev/null; i=$((i+1)); done; "
        .. "e=$(date +%%s%%N); echo $(((e-s)/1000))"
    local text = output(loop:format(count, command, code))
    local look = [[for line in io.lines("/proc/self/status") do print(line:match("VmHWM:%s*(%d+)") or "") end]]
    local memory = output(("%s -e '%s %s'"):format(command, code, look))
    return tonumber(text) / count / 1000, tonumber(memory:match("%d+")) / 1000
end

local function start_rows()
    local rows = {}
    for _, case in ipairs {
        { "`cnnsh -e ''`", program, "" }, { "`cnnsh` with `cnn` loaded", program, "local nn = require(\"cnn\").nn " },
        { "`lua5.4 -e ''`", "lua5.4", "" } } do
        if output("command -v " .. case[2]) then
            local time, memory = start_up(case[2], case[3])
            rows[#rows + 1] = { case[1], ("%.1f ms"):format(time), ("%.1f MB"):format(memory) }
        end
    end
    return rows
end

-- ---- showing -----------------------------------------------------------------------------------------------------------

local function markdown(head, rows)
    local lines = { "| " .. table.concat(head, " | ") .. " |", "|" .. (" --- |"):rep(#head) }
    for _, row in ipairs(rows) do lines[#lines + 1] = "| " .. table.concat(row, " | ") .. " |" end
    return table.concat(lines, "\n")
end

local function machine(o, peer)
    local cpu = (output("grep -m1 'model name' /proc/cpuinfo") or ""):match(":%s*([^\n]+)") or output("uname -m"):match("%S+")
    local level = output(program .. " -e 'print(require(\"cnn.core\").cpu())'"):match("%S+")
    return ("%s, %d threads, level %s; %s; %s."):format(cpu, o.threads, level, peer or "no PyTorch to compare with", os.date("%Y-%m-%d"))
end

-- What other programs were doing: beside them, waiting threads spin and neither side's times mean much.
local function busy()
    local file = io.open("/proc/loadavg")
    local load = file and tonumber(file:read("a"):match("^[%d.]+")) or 0
    if file then file:close() end
    return load > 0.5 and ("The machine was busy when this began (load %.1f): do not trust these numbers."):format(load)
end

local function write(path, text)
    local file = io.open(path)
    local old = file and file:read("a") or "# Benchmarks\n\n<!-- bench -->\n<!-- /bench -->\n"
    if file then file:close() end
    local before, after = old:match("^(.-<!%-%- bench %-%->\n).-(<!%-%- /bench %-%->.*)$")
    assert(before, path .. " has no <!-- bench --> … <!-- /bench --> to write between")
    file = assert(io.open(path, "w"))
    assert(file:write(before, text, "\n", after))
    assert(file:close())
    print("written to " .. path)
end

local function find_python()
    local python = os.getenv("CNN_PYTHON") or "python3"
    return output(python .. " -c 'import torch' 2>/dev/null && echo yes") == "yes\n" and python or nil
end

local function main(o)
    o.threads = o.threads or math.tointeger(tonumber((output("nproc"):match("%d+"))))
    if o.case then return run_case(o) end
    local python, rows, peer, disturbed = find_python(), {}, nil, busy()
    if disturbed then print(disturbed) end
    for _, case in ipairs(CASES) do
        if not o.only or case[1]:find(o.only, 1, true) then
            local row, name = compare(case, o, python)
            rows[#rows + 1], peer = row, peer or name
            print(table.concat(row, "   "))
            io.stdout:flush()
        end
    end
    local about = machine(o, peer) .. (disturbed and "\n" .. disturbed or "")
    local text = about .. "\nMedian step (lowest … highest median of " .. o.turns .. " turns), batch " .. BATCH
        .. ", float32.\n\n" .. markdown({ "", "cnnsh", "PyTorch", "ratio", "cnnsh, peak", "PyTorch, peak" }, rows) .. "\n"
    if not o.only then text = text .. "\n" .. markdown({ "start", "time", "memory" }, start_rows()) .. "\n" end
    print("\n" .. text)
    if o.write then write(o.write, text) end
end

main(options_of(arg))
