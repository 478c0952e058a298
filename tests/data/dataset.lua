-- SPDX-License-Identifier: MIT
-- Data sets in memory: TensorDataset, Subset, random_split, and what users write themselves.
local check = require "check"
local cnn = require "cnn"
local core = require "cnn.core"
local data, nn = cnn.data, cnn.nn

local function numbers(n)
    local list = {}
    for i = 1, n do list[i] = { i, 10 * i } end
    local x = core.from(list)
    return data.TensorDataset(x, core.select(x, 2, 0))
end

local function second(_, y) return core.item(y) end

check.test("a tensor data set is its rows", function()
    local d = numbers(5)
    check.equal(#d, 5)
    local x, y = d:get(2)
    check.equal(x:totable(), { 2, 20 })
    check.equal(core.item(y), 2)
    check.equal(#d[3], 2)
    check.equal(core.item(d[-1][2]), 5)
    check.equal(d[6], nil)
    local count = 0
    for i, sample in ipairs(d) do
        check.equal(core.item(sample[2]), i)
        count = count + 1
    end
    check.equal(count, 5)
    check.match(tostring(d), "TensorDataset(5 samples)")
end)

check.test("wrong rows and numbers get their sentences", function()
    local d = numbers(5)
    check.fails(function() d:get(0) end, "samples count from 1; got 0")
    check.fails(function() return d[0] end, "samples count from 1")
    check.fails(function() d:get(6) end, "sample 6 is not among the 5")
    check.fails(function() d:get(1.5) end, "sample 1.5")
    check.fails(function() d:get("x") end, "value error")
    check.fails(function() data.TensorDataset() end, "at least one tensor")
    check.fails(function() data.TensorDataset(core.full("float32", {}, 1)) end, "one row per sample")
    check.fails(function()
        data.TensorDataset(core.full("float32", { 3 }, 1), core.full("float32", { 4, 2 }, 1))
    end, "the first is [3], number 2 is [4, 2]")
    check.fails(function() data.TensorDataset(3) end, "tensor")
    check.fails(function() data.Subset(d, { 1.5 }) end, "1.5")
    for _, length in ipairs { -3, 2.5, 0 / 0, "5" } do
        local odd = setmetatable({}, { __len = function() return length end })
        check.fails(function() data.DataLoader(odd) end, "value error", "the length of a data set is a whole number")
    end
end)

check.test("a subset picks, also from a subset", function()
    local d = numbers(10)
    local s = data.Subset(d, { 7, 3, 3 })
    check.equal(#s, 3)
    check.equal(second(s:get(1)), 7)
    local t = data.Subset(s, { 2, 1 })
    check.equal(second(t:get(2)), 7)
    for x, y in data.DataLoader { t, batch_size = 2 } do
        check.equal(y:totable(), { 3, 7 })
        check.equal(x:totable(), { { 3, 30 }, { 7, 70 } })
    end
    check.fails(function() data.Subset(d, { 0 }) end, "samples count from 1")
    check.fails(function() data.Subset(d, { 11 }) end, "sample 11 is not among the 10")
    check.fails(function() data.Subset(d, core.full("float32", { 2 }, 1)) end, "int64")
    check.equal(#data.Subset(d, {}), 0)
end)

local function members(...)
    local seen, count = {}, 0
    for _, part in ipairs { ... } do
        for i = 1, #part do
            local n = second(part:get(i))
            check.that(not seen[n], "a sample is in two places")
            seen[n], count = true, count + 1
        end
    end
    return count
end

check.test("random_split deals every sample to one part", function()
    local d = numbers(20)
    local a, b, c = data.random_split(d, { 12, 5, 3 })
    check.equal({ #a, #b, #c }, { 12, 5, 3 })
    check.equal(members(a, b, c), 20)
    check.equal(select("#", data.random_split(d, { 20 })), 1)
    local none, all = data.random_split(d, { 0, 20 })
    check.equal({ #none, #all }, { 0, 20 })
end)

check.test("fractions are rounded as PyTorch rounds them", function()
    local d = numbers(10)
    local a, b, c = data.random_split(d, { 0.25, 0.25, 0.5 })
    check.equal({ #a, #b, #c }, { 3, 2, 5 })
    a, b, c = data.random_split(d, { 1 / 3, 1 / 3, 1 / 3 })
    check.equal({ #a, #b, #c }, { 4, 3, 3 })
    check.fails(function() data.random_split(d, { 0.5, 0.6 }) end, "add up to 1")
    check.fails(function() data.random_split(d, { 5, 6 }) end, "must add up to the 10 samples", "11")
    check.fails(function() data.random_split(d, { -1, 11 }) end, "number 1 is -1")
    check.fails(function() data.random_split(d, {}) end, "at least one part")
    check.fails(function() data.random_split(d, { 0 / 0, 1 }) end, "value error")
end)

check.test("the seed fixes a split; a seed of its own leaves the global generator alone", function()
    local d = numbers(50)
    local function split(...) return (data.random_split(d, { 25, 25 }, ...)).indices:totable() end
    cnn.manual_seed(4)
    local first = split()
    local after = split()
    cnn.manual_seed(4)
    check.equal(split(), first)
    check.that(not pcall(check.equal, after, first), "two splits are the same")
    cnn.manual_seed(4)
    check.equal(split(9), split(9))
    check.equal(split(), first)
end)

check.test("a data set written in Lua", function()
    local Squares = nn.class("Squares", data.Dataset)
    function Squares:init(n) self.n = n end
    function Squares:__len() return self.n end
    function Squares:get(i) return core.full("float32", { 2 }, i), i * i, "name " .. i, i > 2, i / 2 end
    local d, batches = Squares(3), 0
    for x, y, name, flag, half in data.DataLoader { d, batch_size = 2 } do
        batches = batches + 1
        if batches == 1 then
            check.equal(x:totable(), { { 1, 1 }, { 2, 2 } })
            check.equal(y.dtype, "int64")
            check.equal(y:totable(), { 1, 4 })
            check.equal(name, { "name 1", "name 2" })
            check.equal(flag:totable(), { false, false })
            check.equal(half:totable(), { 0.5, 1 })
        else
            check.equal(x.shape[1], 1)
        end
    end
    check.equal(batches, 2)
    local part = data.random_split(d, { 2, 1 })
    check.equal(#part, 2)
    check.equal(select("#", part:get(1)), 5)
end)

check.test("anything with a length and samples is a data set", function()
    local list = setmetatable({}, {
        __len = function() return 3 end,
        __index = function(_, i) return type(i) == "number" and { core.full("float32", { 1 }, i), i } or nil end,
    })
    local sum = 0
    for x, y in data.DataLoader { list, batch_size = 3 } do sum = sum + x:sum():item() + y:sum():item() end
    check.equal(sum, 12.0)
    check.fails(function() data.DataLoader { { 1, 2 }, batch_size = 3 } end, "dataset")
    check.fails(function() data.DataLoader(7) end, "dataset")
end)

check.test("samples that do not fit together get their sentences", function()
    local function set(get)
        local C = nn.class("C", data.Dataset)
        C.__len = function() return 2 end
        C.get = get
        return data.DataLoader { C(), batch_size = 2 }
    end
    check.fails(function() set(function(_, i) return core.full("float32", { i }, 1) end)() end, "one size", "[1]", "[2]")
    check.fails(function() set(function(_, i) return i == 1 and 1 or "x" end)() end, "a number", "a string")
    check.fails(function() set(function() end)() end, "sample 1 of the data set is nothing")
    check.fails(function() set(function(_, i) return table.unpack({ 1, 2 }, 1, i) end)() end, "values")
    check.fails(function() set(nil)() end, "has no get")
    local broken = set(function() error("mine") end)
    check.fails(function() broken() end, "mine")
end)
