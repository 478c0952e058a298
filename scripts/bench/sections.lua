-- SPDX-License-Identifier: MIT
-- What the benchmark measures, section by section. A section is a function of a run (scripts/bench.lua), which starts the
-- two sides and knows the machine's peak; it returns Markdown. `run.progress(text)` says what is being done.
local cnn = require "cnn"
local core = require "cnn.core"
local ladders = require "ladders"
local networks = require "networks"
local show = require "show"
local turns = require "turns"

local sections = { list = {} }

local function section(name, make)
    sections.list[#sections.list + 1] = name
    sections[name] = make
end

local LAYOUTS = { "nchw", "nhwc" }

local function with(request, more)
    local copy = {}
    for key, value in pairs(request) do copy[key] = value end
    for key, value in pairs(more) do copy[key] = value end
    return copy
end

-- Ours, and theirs in both of its layouts, in turns. Gives ours, the best of theirs, and results of the extra ways.
local function both(run, request, schedule, extra)
    local ways = { { run:ours(), request } }
    for _, way in ipairs(extra or {}) do ways[#ways + 1] = { run:ours(), way } end
    local first = #ways + 1
    for _, layout in ipairs(run:theirs() and LAYOUTS or {}) do
        ways[#ways + 1] = { run:theirs(), with(request, { layout = layout, algorithm = nil }) }
    end
    local results = turns.measure(ways, with({ turns = run.turns, warm = 2 }, schedule))
    for i = 1, first - 1 do
        if results[i].error then error("cnnsh: " .. results[i].error, 0) end
    end
    return results[1], turns.best(results, first, #ways), table.move(results, 2, first - 1, 1, {})
end

local function network(run, depth, mode, batch, dtype)
    return { case = "network", n = depth, mode = mode, batch = batch, dtype = dtype or "float32", threads = run.threads }
end

-- ---- whole steps -------------------------------------------------------------------------------------------------------

local STEPS = {
    { "net", 0, "train" }, { "resnet20", 3, "train" }, { "resnet32", 5, "train" }, { "net", 0, "train", "bfloat16" },
    { "resnet20", 3, "train", "bfloat16" }, { "net", 0, "infer" }, { "resnet20", 3, "infer" },
}

local function has_autocast()
    local ok, value = pcall(function() return cnn.autocast end)
    return ok and type(value) == "function"
end

section("steps", function(run)
    local rows = {}
    for _, s in ipairs(STEPS) do
        local name, depth, mode, dtype = table.unpack(s)
        local title = ("%s, %s%s"):format(networks.title(depth), mode == "train" and "training step" or "inference",
            dtype and ", autocast (bfloat16)" or "")
        if dtype and not has_autocast() then
            run.progress(title .. ": left out, there is no cnn.autocast")
        elseif run:wants("steps", name) then
            run.progress(title)
            local ours, theirs = both(run, network(run, depth, mode, 128, dtype), { budget = 0.6, least = 5 })
            local rate = networks.flops(depth, 128, mode == "train") / ours.median * 1e-9
            rows[#rows + 1] = { title, show.spread(ours), show.spread(theirs), show.ratio(ours, theirs),
                show.share(rate, run:peak().fma) }
        end
    end
    return "Batch 128. Of the peak: arithmetic of direct sums, so that an algorithm which needs fewer can pass 100 %.\n\n"
        .. show.table({ "", "cnnsh", "PyTorch", "times as fast", "of the float32 peak" }, rows)
end)

-- ---- layers ------------------------------------------------------------------------------------------------------------

-- name, batch, c, h, w, k, r, stride, pad
local LAYERS = {
    { "Net 1→32, 7×7", 128, 1, 28, 28, 32, 7, 1, 0 }, { "Net 32→64, 7×7", 128, 32, 22, 22, 64, 7, 1, 0 },
    { "ResNet 3→16", 128, 3, 32, 32, 16, 3, 1, 1 }, { "ResNet 16→16, 32×32", 128, 16, 32, 32, 16, 3, 1, 1 },
    { "ResNet 16→32, stride 2", 128, 16, 32, 32, 32, 3, 2, 1 }, { "ResNet 32→32, 16×16", 128, 32, 16, 16, 32, 3, 1, 1 },
    { "ResNet 32→64, stride 2", 128, 32, 16, 16, 64, 3, 2, 1 }, { "ResNet 64→64, 8×8", 128, 64, 8, 8, 64, 3, 1, 1 },
}
local PASSES = { { "forward", "forward" }, { "dinput", "input gradient" }, { "dweight", "weight gradient" },
    { "both", "both gradients", flops = 2 } }
local ALGORITHMS = { "direct", "winograd", "fft" }

local function conv(run, layer, pass)
    local _, n, c, h, w, k, r, stride, pad = table.unpack(layer)
    return { case = "conv", pass = pass, batch = n, c = c, h = h, w = w, k = k, r = r, stride = stride, pad = pad,
        threads = run.threads }
end

-- Of one pass.
local function conv_flops(request)
    local p = (request.h + 2 * request.pad - request.r) // request.stride + 1
    local q = (request.w + 2 * request.pad - request.r) // request.stride + 1
    return 2 * request.batch * p * q * request.k * request.c * request.r ^ 2
end

-- The algorithm that each pass (1, 2, 3) of a layer runs when `algorithm` is asked for.
local function chosen(request, pass, algorithm)
    local before = cnn.conv_algorithm()
    cnn.conv_algorithm(algorithm)
    local x = core.hollow("float32", { request.batch, request.c, request.h, request.w })
    local weight = core.hollow("float32", { request.k, request.c, request.r, request.r })
    local s, pad = request.stride, request.pad
    local answers = table.pack(core.conv_choices(x, weight, s, s, pad, pad, 1, 1, 1))
    cnn.conv_algorithm(before)
    return answers[2 * math.min(pass, 3) - 1]
end

local function layer_row(run, layer, number, pass)
    local request = conv(run, layer, pass[1])
    local extra, names = {}, {}
    for _, algorithm in ipairs(ALGORITHMS) do
        if chosen(request, number, algorithm) == algorithm then
            extra[#extra + 1], names[#names + 1] = with(request, { algorithm = algorithm }), algorithm
        end
    end
    if #extra == 1 then extra = {} end
    local ours, theirs, others = both(run, request, { budget = 0.04, least = 5 }, extra)
    local rate, texts = (pass.flops or 1) * conv_flops(request) / ours.median * 1e-9, {}
    local row = { layer[1], pass[2], ("%s, %s"):format(show.spread(ours), chosen(request, number, "auto")),
        show.spread(theirs), show.ratio(ours, theirs), show.share(rate, run:peak().fma) }
    for i, r in ipairs(others) do texts[i] = ("%s %s"):format(names[i], show.median(r)) end
    row[#row + 1] = table.concat(texts, ", ")
    return row
end

section("layers", function(run)
    local rows = {}
    for _, layer in ipairs(LAYERS) do
        run.progress(layer[1])
        for number, pass in ipairs(PASSES) do rows[#rows + 1] = layer_row(run, layer, number, pass) end
    end
    return "Convolutions alone, batch 128, float32: what is chosen, and each algorithm that can do it when it is forced.\n\n"
        .. show.table({ "layer", "pass", "cnnsh", "PyTorch", "times as fast", "of the peak", "forced" }, rows)
end)

section("norm", function(run)
    local rows = {}
    for _, size in ipairs { { 16, 32 }, { 32, 16 }, { 64, 8 }, { 32, 22 } } do
        for _, pass in ipairs { { "forward", 12 }, { "both", 32 } } do
            local request = { case = "norm", pass = pass[1], batch = 128, c = size[1], h = size[2], w = size[2], threads = run.threads }
            run.progress(("batch norm of %d channels, %s"):format(size[1], pass[1]))
            local ours, theirs = both(run, request, { budget = 0.05, least = 5 })
            local rate = 128 * size[1] * size[2] ^ 2 * pass[2] / ours.median * 1e-9
            rows[#rows + 1] = { ("[128, %d, %d, %d]"):format(size[1], size[2], size[2]),
                pass[1] == "both" and "forward and backward" or "forward", show.spread(ours), show.spread(theirs),
                show.ratio(ours, theirs), ("%.0f GB/s"):format(rate), show.share(rate, run:peak().copy) }
        end
    end
    return "Batch normalisation alone, in training. Traffic: forward reads twice and writes once, backward reads four times and "
        .. "writes once;\nwhat stays in the caches in between can pass the memory's limit.\n\n"
        .. show.table({ "images", "pass", "cnnsh", "PyTorch", "times as fast", "traffic", "of the memory's" }, rows)
end)

-- ---- loader, start, memory, latency ------------------------------------------------------------------------------------

section("loader", function(run)
    local rows, pinned = {}, run:start_ours(turns.output("command -v taskset") and "taskset -c 0 " or "")
    local function images_per_second(r) return r and ("%.0f images/s"):format(25600 / r.median) or "–" end
    for workers = 0, 1 do
        run.progress(("loader with %d workers"):format(workers))
        local request = { case = "loader", images = 25600, workers = workers, threads = 1 }
        local ways = { { pinned, request } }
        for _, kind in ipairs(run:theirs() and workers == 1 and { "pictures", "tensors" } or {}) do
            ways[#ways + 1] = { run:theirs(), with(request, { kind = kind, images = 5120, workers = 2 }) }
        end
        local results = turns.measure(ways, { turns = 2, budget = 0, least = 1, warm = 1 })
        local theirs = turns.best(results, 2, #ways)
        if theirs then theirs.median = theirs.median * 5 end
        rows[#rows + 1] = { ("one core, %s"):format(workers == 0 and "no worker" or "1 worker"), images_per_second(results[1]),
            workers == 1 and images_per_second(theirs) or "–", workers == 1 and show.ratio(results[1], theirs) or "–" }
    end
    pinned:stop()
    return "An epoch of the lab's augmented CIFAR-10 (RandomCrop with padding, RandomHorizontalFlip, ToTensor, Normalize, batches "
        .. "of 128):\nours on one core, torchvision's (where it is; the better of pictures and tensors) with two workers on all.\n\n"
        .. show.table({ "", "cnnsh", "torchvision", "times as fast" }, rows)
end)

-- Milliseconds of one start, the best of a few rounds, and the most memory it held.
local function start_up(command, count)
    local loop = "s=$(date +%%s%%N); i=0; while [ $i -lt %d ]; do %s </dev/null >/dev/null; i=$((i+1)); done; "
        .. "e=$(date +%%s%%N); echo $(((e-s)/1000))"
    local best = math.huge
    for _ = 1, 3 do best = math.min(best, tonumber(turns.output(loop:format(count, command))) / count / 1e6) end
    return best
end

section("start", function(run)
    local rows = {}
    local cases = { { "`cnnsh -e ''`", run.program .. " -e ''", 20 },
        { "`cnnsh`, a layer made", run.program .. " -e 'local _ = cnn.nn.Conv2d(3, 10, 5)'", 20 },
        { "`lua5.4 -e ''`", "lua5.4 -e ''", 20 } }
    if run.python then cases[#cases + 1] = { "`python -c 'import torch'`", run.python .. " -c 'import torch'", 1 } end
    for _, case in ipairs(cases) do
        run.progress("start of " .. case[1])
        if turns.output("command -v " .. case[2]:match("%S+")) then rows[#rows + 1] = { case[1], show.time(start_up(case[2], case[3])) } end
    end
    return show.table({ "start and end of", "time" }, rows)
end)

-- A process of its own for each, which says its peak afterwards.
local function peak_of(side, request)
    local text, problem = side:ask(("%s warm=1 least=1 budget=0"):format(request))
    local bytes = text and tonumber((side:ask("memory")))
    side:stop()
    if problem then error(problem, 0) end
    return bytes
end

section("memory", function(run)
    local rows = {}
    for _, depth in ipairs { 0, 3, 18 } do
        run.progress("memory of " .. networks.title(depth))
        local request = ("case=network n=%d mode=train batch=128 dtype=float32 threads=%d"):format(depth, run.threads)
        local ours, theirs = peak_of(run:start_ours(), request), nil
        for _, layout in ipairs(run.python and LAYOUTS or {}) do
            theirs = math.min(theirs or math.huge, peak_of(run:start_theirs(), request .. " layout=" .. layout))
        end
        rows[#rows + 1] = { networks.title(depth) .. ", training", show.megabytes(ours), show.megabytes(theirs),
            theirs and ("%.1f ×"):format(theirs / ours) or "–" }
    end
    return "The most that the process ever held (resident), batch 128, two steps; PyTorch's library alone counts some 350 MB.\n\n"
        .. show.table({ "", "cnnsh", "PyTorch", "as much" }, rows)
end)

section("latency", function(run)
    local rows = {}
    local small = { "one convolution, [1, 3, 32, 32] → 16", 1, 3, 32, 32, 16, 3, 1, 1 }
    local cases = { { small[1], conv(run, small, "forward") } }
    for _, depth in ipairs { 0, 3 } do
        for _, mode in ipairs { "infer", "train" } do
            cases[#cases + 1] = { networks.title(depth) .. (mode == "train" and ", training step" or ", inference"),
                network(run, depth, mode, 1) }
        end
    end
    for _, case in ipairs(cases) do
        run.progress("batch 1: " .. case[1])
        local ours, theirs = both(run, case[2], { budget = 0.15, least = 20 })
        rows[#rows + 1] = { case[1], show.spread(ours), show.spread(theirs), show.ratio(ours, theirs) }
    end
    return "One image at a time, float32.\n\n" .. show.table({ "", "cnnsh", "PyTorch", "times as fast" }, rows)
end)

-- ---- growth ------------------------------------------------------------------------------------------------------------

local function growth_row(run, depth, batch, threads)
    run.progress(("%s, batch %d, %d threads"):format(networks.title(depth), batch, threads))
    local request = with(network(run, depth, "train", batch), { threads = threads })
    return both(run, request, { turns = batch > 256 and 1 or 2, budget = 0.1, least = 2, warm = 1 })
end

local function plot_batches(run, points)
    local plt = cnn.plt
    plt.figure { figsize = { 9, 3.6 } }
    for i, depth in ipairs { 0, 3 } do
        plt.subplot(1, 2, i)
        for _, who in ipairs { { "ours", "cnnsh", "o-" }, { "theirs", "PyTorch", "s-" } } do
            local p = points[depth]
            if p[who[1]] and #p[who[1]] > 0 then plt.plot { p.batch, p[who[1]], who[3], label = who[2] } end
        end
        plt.title(networks.title(depth) .. ", training")
        plt.xlabel("log2 of the batch size")
        plt.ylabel("thousand images a second")
        plt.grid()
        plt.legend { loc = "lower right" }
    end
    local ok, why = pcall(plt.savefig, run.folder .. "/../doc/speed.svg")
    run.progress(ok and "drawn in doc/speed.svg" or "no plot: " .. tostring(why))
end

section("batch", function(run)
    local rows, points = {}, {}
    for _, depth in ipairs { 0, 3 } do
        local p = { batch = {}, ours = {}, theirs = {} }
        points[depth] = p
        for _, batch in ipairs { 1, 4, 16, 64, 128, 256, 1024 } do
            local ours, theirs = growth_row(run, depth, batch, run.threads)
            p.batch[#p.batch + 1], p.ours[#p.ours + 1] = math.log(batch, 2), batch / ours.median / 1e3
            if theirs then p.theirs[#p.theirs + 1] = batch / theirs.median / 1e3 end
            rows[#rows + 1] = { networks.title(depth), tostring(batch), show.median(ours), show.median(theirs),
                show.ratio(ours, theirs), ("%.0f µs"):format(ours.median / batch * 1e6) }
        end
    end
    if run.write then plot_batches(run, points) end
    return "Training steps, float32.\n\n" .. show.table({ "", "batch", "cnnsh", "PyTorch", "times as fast", "an image" }, rows)
end)

section("depth", function(run)
    local rows = {}
    for _, depth in ipairs { 3, 5, 7, 9, 18 } do
        local ours, theirs = growth_row(run, depth, 128, run.threads)
        rows[#rows + 1] = { networks.title(depth), show.median(ours), show.median(theirs), show.ratio(ours, theirs),
            show.time(ours.median / (6 * depth + 2)) }
    end
    return "Training steps, batch 128, float32.\n\n"
        .. show.table({ "", "cnnsh", "PyTorch", "times as fast", "a layer" }, rows)
end)

section("threads", function(run)
    local rows, alone = {}, nil
    for _, depth in ipairs { 0, 3 } do
        for threads = 1, run.threads do
            if threads & (threads - 1) == 0 or threads == run.threads then
                local ours, theirs = growth_row(run, depth, 128, threads)
                if threads == 1 then alone = ours.median end
                rows[#rows + 1] = { networks.title(depth), tostring(threads), show.median(ours), show.median(theirs),
                    show.ratio(ours, theirs), ("%.2f ×"):format(alone / ours.median) }
            end
        end
    end
    return "Training steps, batch 128, float32.\n\n"
        .. show.table({ "", "threads", "cnnsh", "PyTorch", "times as fast", "to one thread" }, rows)
end)

-- Each odd one after the even one that it is compared with.
local ODD = {
    { "16→16, 3×3, 32×32", 128, 16, 32, 32, 16, 3, 1, 1 }, { "17→17", 128, 17, 32, 32, 17, 3, 1, 1 },
    { "16→16, 31×33", 128, 16, 31, 33, 16, 3, 1, 1 }, { "batch 127", 127, 16, 32, 32, 16, 3, 1, 1 },
    { "64→64, 3×3, 8×8", 128, 64, 8, 8, 64, 3, 1, 1, even = true }, { "65→63", 128, 65, 8, 8, 63, 3, 1, 1 },
    { "64→64, 7×7", 128, 64, 7, 7, 64, 3, 1, 1 }, { "32→64, 7×7, 22×22", 128, 32, 22, 22, 64, 7, 1, 0, even = true },
    { "33→65", 128, 33, 22, 22, 65, 7, 1, 0 }, { "32→64, 23×25", 128, 32, 23, 25, 64, 7, 1, 0 },
    { "32→64, 5×5, 19×21", 128, 32, 19, 21, 64, 5, 1, 2 },
}

section("shapes", function(run)
    local rows, even = {}, nil
    for i, layer in ipairs(ODD) do
        run.progress("shape " .. layer[1])
        local sum, all, flops = { median = 0 }, { median = 0 }, 0
        for _, pass in ipairs { PASSES[1], PASSES[4] } do
            local request = conv(run, layer, pass[1])
            local ours, theirs = both(run, request, { turns = 2, budget = 0.03, least = 3 })
            sum.median, flops = sum.median + ours.median, flops + (pass.flops or 1) * conv_flops(request)
            all = all and theirs and { median = all.median + theirs.median }
        end
        local rate = flops / sum.median * 1e-9
        if i == 1 or layer.even then even = rate end
        rows[#rows + 1] = { layer[1], show.time(sum.median), all and show.time(all.median) or "–", show.ratio(sum, all),
            ("%.0f GFLOP/s"):format(rate), ("%.2f"):format(rate / even) }
    end
    return "Convolutions of sizes that fit nothing, forward and both gradients; each after the even one that it is compared with.\n\n"
        .. show.table({ "", "cnnsh", "PyTorch", "times as fast", "cnnsh's rate", "of the even one's" }, rows)
end)

section("ladders", function(run) return ladders.table(run.folder .. "/../kernels/cpu") end)

return sections
