-- SPDX-License-Identifier: MIT
-- DataLoader: loops, workers, order, and what is left when a loop is left.
local check = require "check"
local cnn = require "cnn"
local core = require "cnn.core"
local data, datasets, transforms = cnn.data, cnn.datasets, cnn.transforms

local function range(first, last) return cnn.arange(first, last + 1) end

local function rows(n) return data.TensorDataset(core.reshape(range(1, n), { n, 1 })) end

local function epoch(loader)
    local list = {}
    for x in loader do
        for i = 1, x.shape[1] do list[#list + 1] = core.get(x, i) end
    end
    return list
end

check.test("an epoch is every sample, in order or shuffled", function()
    local loader = data.DataLoader { rows(10), batch_size = 4 }
    check.equal(#loader, 3)
    local sizes = {}
    for x in loader do sizes[#sizes + 1] = x.shape[1] end
    check.equal(sizes, { 4, 4, 2 })
    for i, n in ipairs(epoch(loader)) do check.equal(n, i) end
    local full = data.DataLoader { rows(10), batch_size = 4, drop_last = true }
    check.equal(#full, 2)
    check.equal(#epoch(full), 8)
    local shuffled = epoch(data.DataLoader { rows(100), batch_size = 7, shuffle = true })
    check.that(not pcall(check.equal, shuffled, epoch(data.DataLoader { rows(100) })), "the order is not random")
    table.sort(shuffled)
    for i = 1, 100 do check.equal(shuffled[i], i) end
    check.equal(loader.dataset[1][1]:item(), 1)
end)

check.test("the seed fixes the order, epoch by epoch", function()
    local loader = data.DataLoader { rows(50), batch_size = 8, shuffle = true }
    cnn.manual_seed(1)
    local first, next_one = epoch(loader), epoch(loader)
    cnn.manual_seed(1)
    check.equal(epoch(loader), first)
    check.equal(epoch(loader), next_one)
    check.that(not pcall(check.equal, first, next_one), "two epochs have one order")
end)

check.test("the same batches at any number of workers", function()
    local part = data.Subset(datasets.Digits { train = false, transform = transforms.ToTensor() },
        core.slice(range(1, 10000), 1, 100, 300))
    local function batches(workers, prefetch)
        cnn.manual_seed(2)
        local list = {}
        local loader = data.DataLoader { part, batch_size = 64, shuffle = true, num_workers = workers,
            prefetch_factor = prefetch }
        for x, y in loader do list[#list + 1] = { x, y } end
        return list
    end
    local want = batches(0)
    check.equal(#want, 5)
    check.equal(want[1][1].shape, cnn.zeros(64, 1, 28, 28).shape)
    for workers, prefetch in pairs { 1, 2, 1, 5 } do
        for i, batch in ipairs(batches(workers, prefetch)) do
            check.equal(batch[1], want[i][1])
            check.equal(batch[2], want[i][2])
        end
    end
    -- a function as transform makes samples one by one, in Lua: the same batches again
    local to_tensor = transforms.ToTensor()
    part.dataset.transform = function(x) return to_tensor(x) end
    cnn.manual_seed(2)
    local x = data.DataLoader { part, batch_size = 64, shuffle = true }(nil, nil)
    check.equal(x.shape, want[1][1].shape)
end)

check.test("what Lua and the threads make of a sample is the same", function()
    local d = datasets.Digits { train = false, transform = transforms.ToTensor() }
    for i, x, y in data.DataLoader { data.Subset(d, { 3, 9, 10000 }) }:enumerate() do
        local a, b = d:get(({ 3, 9, 10000 })[i])
        check.equal(x[1], a)
        check.equal(y:item(), b)
    end
end)

check.test("loops over one loader nest, and each begins anew", function()
    for _, workers in ipairs { 0, 2 } do
        local loader, count = data.DataLoader { rows(6), batch_size = 2, num_workers = workers }, 0
        for a in loader do
            for b in loader do
                if core.get(b, 1) > core.get(a, 1) then break end
                count = count + 1
            end
        end
        check.equal(count, 6)
    end
end)

check.test("enumerate counts from 1", function()
    local numbers = {}
    for i, x in data.DataLoader { rows(5), batch_size = 2, num_workers = 1 }:enumerate() do
        numbers[i] = core.get(x, 1)
    end
    check.equal(numbers, { 1, 3, 5 })
    for i in data.DataLoader { rows(5), num_workers = 3 }:enumerate() do
        if i == 2 then break end
    end
end)

local function threads()
    local n = 0
    local pipe = io.popen("ls /proc/$PPID/task 2>/dev/null")
    for _ in pipe:lines() do n = n + 1 end
    pipe:close()
    return n
end

check.test("a loop that is left leaves no thread and no memory", function()
    if threads() == 0 then check.skip("no /proc here") end
    local set = datasets.Digits { train = false, transform = transforms.ToTensor() }
    local loader = data.DataLoader { set, batch_size = 500, num_workers = 3 }
    local function leave_by_break() for _ in loader do break end end
    local function leave_by_error() pcall(function() for _ in loader do error("x") end end) end
    local function leave_by_coroutine()
        local co = coroutine.wrap(function() for x in loader do coroutine.yield(x) end end)
        co()
    end
    local function settle()
        collectgarbage()
        collectgarbage()
        return threads(), core.memory().live_bytes
    end
    local before, bytes = settle()
    for _, leave in ipairs { leave_by_break, leave_by_error, leave_by_coroutine } do
        for _ = 1, 5 do leave() end
        local after, live = settle()
        check.equal(after, before)
        check.equal(live, bytes)
    end
    for _ in loader:enumerate() do break end -- closed at once, without the collector
    check.equal(threads(), before)
end)

check.test("many epochs stay flat", function()
    local loader = data.DataLoader { rows(64), batch_size = 16, shuffle = true, num_workers = 2 }
    for _ = 1, 50 do epoch(loader) end
    collectgarbage()
    local bytes = core.memory().live_bytes
    for _ = 1, 50 do epoch(loader) end
    collectgarbage()
    check.equal(core.memory().live_bytes, bytes)
end)

check.test("wrong arguments get their sentences", function()
    local d = rows(4)
    check.fails(function() data.DataLoader { d, batch_size = 0 } end, "batch_size", "at least 1", "got 0")
    check.fails(function() data.DataLoader { d, batch_size = -3 } end, "batch_size", "-3")
    check.fails(function() data.DataLoader { d, batch_size = 2.5 } end, "batch_size", "2.5")
    check.fails(function() data.DataLoader { d, batch_sise = 2 } end, "did you mean batch_size")
    check.fails(function() data.DataLoader { d, num_workers = -1 } end, "num_workers")
    check.fails(function() data.DataLoader { d, shuffle = 1 } end, "shuffle")
    check.fails(function() data.DataLoader() end, "dataset")
    check.fails(function() data.DataLoader { data.Subset(d, {}) } end, "the data set is empty")
    check.fails(function() data.DataLoader(d)(nil, core.full("float32", { 1 }, 0)) end, "no batch of the loader")
    check.fails(function()
        for _ in data.DataLoader { d, collate_fn = function() return 1 end } do break end
    end, "collate_fn gave 1")
end)

check.test("collate_fn makes the batch", function()
    local got = {}
    for list in data.DataLoader { rows(3), batch_size = 2, collate_fn = function(samples) return samples end } do
        got[#got + 1] = #list
    end
    check.equal(got, { 2, 1 })
end)

check.test("a class made from a tensor data set has samples of its own", function()
    local Doubled = cnn.nn.class("Doubled", data.TensorDataset)
    function Doubled:get(i) return data.TensorDataset.get(self, i) * 2 end
    local sum = 0
    for x in data.DataLoader { Doubled(range(1, 4)), batch_size = 4, num_workers = 2 } do sum = x:sum():item() end
    check.equal(sum, 20)
end)

check.test("a batch larger than the data set is the data set", function()
    for workers = 0, 1 do
        local loader = data.DataLoader { rows(3), batch_size = 1000000000, num_workers = workers }
        check.equal(#loader, 1)
        check.equal(epoch(loader), { 1, 2, 3 })
        check.equal(#epoch(data.DataLoader { rows(3), batch_size = 4, num_workers = workers, drop_last = true }), 0)
    end
end)

-- The same rows, read by threads and sample by sample.
local function both_ways(n)
    local Slow = cnn.nn.class("Slow", data.TensorDataset)
    function Slow:get(i) return data.TensorDataset.get(self, i) end
    return { rows(n), Slow(core.reshape(range(1, n), { n, 1 })) }
end

check.test("a sampler says which samples come, and in which order", function()
    for _, d in ipairs(both_ways(9)) do
        local picked = { 9, 1, 1, 5, 2 }
        local loader = data.DataLoader { d, batch_size = 2, sampler = picked, num_workers = 1 }
        check.equal(#loader, 3)
        check.equal(epoch(loader), picked)
        check.equal(epoch(loader), picked)
        check.equal(#epoch(data.DataLoader { d, batch_size = 2, sampler = core.from(picked), drop_last = true }), 4)
        local asked = 0
        loader = data.DataLoader { d, sampler = function()
            asked = asked + 1
            return { asked, asked + 1 }
        end }
        check.equal(#loader, 2)
        check.equal(epoch(loader), { 1, 2 })
        check.equal(epoch(loader), { 2, 3 })
        check.equal(asked, 2)
        check.equal(epoch(data.DataLoader { d, sampler = {} }), {})
        check.fails(function() epoch(data.DataLoader { d, sampler = { 1, 10 } }) end, "sample 10 is not among the 9")
        check.fails(function() epoch(data.DataLoader { d, sampler = { 0 } }) end, "sample 0 is not among")
        check.fails(function() data.DataLoader { d, sampler = { 1, 2.5 } } end, "number 2 is 2.5")
        check.fails(function() data.DataLoader { d, sampler = { 1 }, shuffle = true } end, "sampler and shuffle")
        check.fails(function() data.DataLoader { d, sampler = cnn.ones(3) } end, "float32 [3]")
        check.fails(function() epoch(data.DataLoader { d, sampler = function() return 3 end }) end, "got 3")
    end
end)

check.test("a generator of its own fixes a loader's epochs and leaves the global one alone", function()
    local function two(seed)
        local loader = data.DataLoader { rows(40), shuffle = true, generator = seed, batch_size = 9 }
        return { epoch(loader), epoch(loader) }
    end
    cnn.manual_seed(1)
    local number = cnn.rand(1):item()
    cnn.manual_seed(1)
    local first = two(7)
    check.equal(cnn.rand(1):item(), number)
    check.equal(two(7), first)
    check.that(not pcall(check.equal, first[1], first[2]), "two epochs have one order")
    check.that(not pcall(check.equal, first, two(8)), "two seeds give one order")
end)

check.test("options that change nothing here are accepted", function()
    local loader = data.DataLoader { rows(3), num_workers = 2, persistent_workers = true, pin_memory = true }
    check.equal(epoch(loader), { 1, 2, 3 })
    check.fails(function() data.DataLoader { rows(3), timeout = 3 } end, "timeout")
end)

check.test("the sample whose transform fails is named", function()
    local d = datasets.Digits { train = false }
    d.transform = transforms.Compose { transforms.ToTensor(), function(x) return transforms.RandomCrop(29)(x) end }
    local e = check.fails(function() data.DataLoader { d, sampler = { 17 } }() end, "sample 17: RandomCrop of 29 x 29")
    check.equal(e.sample, 17)
end)
