-- SPDX-License-Identifier: MIT
-- Choosing by a condition, parts, repetitions, extremes over several dimensions, labels as rows, and random numbers.
local check, op = require "check", require "helpers.op"
local cnn = require "cnn"
local one_hot = cnn.nn.functional.one_hot

local function weighted(...)
    local list = { ... }
    for i = 1, #list do list[i] = list[i] * i end
    return cnn.cat(list, 2)
end

local calls = {
    ["where"] = function(t) return cnn.where(t.mask, t.x, t.y) end,
    ["where broadcast"] = function(t) return cnn.where(t.mask, t.x, t.y) end,
    ["where number"] = function(t) return cnn.where { t.mask, t.x, other = 0.5 } end,
    ["where method"] = function(t) return t.x:where(t.mask, t.y) end,
    ["masked_fill"] = function(t) return t.x:masked_fill(t.mask, -2.5) end,
    ["masked_fill row"] = function(t) return cnn.masked_fill { t.x, mask = t.mask, value = 3 } end,
    ["masked_fill value"] = function(t) return t.x:masked_fill(t.mask, t.value) end,
    ["clamp"] = function(t) return t.x:clamp(-0.5, 1) end,
    ["clamp below"] = function(t) return t.x:clamp { min = 0 } end,
    ["clamp above"] = function(t) return t.x:clamp { max = 0.5 } end,
    ["split"] = function(t) return t.x:split(3, 2) end,
    ["split sizes"] = function(t) return t.x:split({ 1, 0, 4, 2 }, -2) end,
    ["split all"] = function(t) return weighted(t.x:split { 2, dim = 2 }) end,
    ["chunk"] = function(t) return t.x:chunk(2, 2) end,
    ["chunk fewer"] = function(t) return cnn.chunk(t.x, 5, 2) end,
    ["chunk all"] = function(t) return weighted(t.x:chunk(3, -2)) end,
    ["tile"] = function(t) return t.x:tile(2, 3) end,
    ["tile last"] = function(t) return t.x:tile(2) end,
    ["tile more"] = function(t) return cnn.tile(t.x, { 2, 1, 3 }) end,
    ["tile scalar"] = function(t) return t.x:tile(3) end,
    ["repeat"] = function(t) return t.x["repeat"](t.x, 3, 1, 2) end,
    ["one_hot"] = function(t) return one_hot(t.labels) end,
    ["one_hot classes"] = function(t) return one_hot { t.labels, num_classes = 6 } end,
}
for _, name in ipairs { "amax", "amin" } do
    calls[name .. " all"] = function(t) return t.x[name](t.x) end
    calls[name .. " one"] = function(t) return t.x[name](t.x, 2) end
    calls[name .. " two"] = function(t) return t.x[name](t.x, { 1, 3 }) end
    calls[name .. " kept"] = function(t) return t.x[name](t.x, { 3, -2 }, true) end
    calls[name .. " all kept"] = function(t) return cnn[name] { t.x, dim = { 1, 2, 3 }, keepdim = true } end
end

op.golden("breadth", function(t, case) return calls[case.name](t) end)

check.test("gradients agree with differences", function()
    local mask = cnn.tensor { { true, false, false }, { false, true, false } }
    op.differences(function(x, y) return cnn.where(mask, x * y, y) end, { { 2, 3 }, { 3 } })
    op.differences(function(x) return x:square():masked_fill(mask, 2) end, { { 2, 3 } })
    op.differences(function(x) return (x:square():tile(2, 1, 3)) end, { { 2, 3 } })
    op.differences(function(x) return x:amax({ 1, 3 }) * x:amin() end, { { 3, 2, 4 } })
    op.differences(function(x)
        local a, b = x:chunk(2)
        return a * b:exp()
    end, { { 4, 2 } })
    op.differences(function(x)
        local _, b, c = x:split({ 1, 2, 2 }, 2)
        return b:square() + c
    end, { { 2, 5 } })
end)

check.test("types are kept, and numbers take the type beside them", function()
    local yes = cnn.tensor { true, false }
    check.equal(cnn.where(yes, 1, 0), cnn.tensor { 1, 0 })
    check.equal(cnn.where(yes, 1, 0.5), cnn.tensor { 1.0, 0.5 })
    check.equal(cnn.where(yes, true, false), yes)
    check.equal(cnn.where(yes, cnn.ones { 2, dtype = "float64" }, 0.1).dtype, "float64")
    check.equal(cnn.where(yes, cnn.tensor { 7, 8 }, 0.5), cnn.tensor { 7.0, 0.5 })
    check.equal(cnn.where(yes, cnn.tensor { 7, 8 }, -1), cnn.tensor { 7, -1 })
    check.equal(cnn.tensor { 7, 8 }:masked_fill(yes, 2.0), cnn.tensor { 2, 8 })
    check.equal(yes:masked_fill(yes, false), cnn.tensor { false, false })
    check.equal(cnn.tensor { 3, 4 }:byte():masked_fill(yes, 255).dtype, "uint8")
    check.equal(cnn.tensor { 1.0, 2.0 }:masked_fill(yes, -math.huge), cnn.tensor { -math.huge, 2.0 })
end)

check.test("masked_fill_ writes into the tensor", function()
    local x = cnn.arange(6):view(2, 3)
    local row = x[2]
    check.that(x:masked_fill_(x:ge(4), 0) == x, "not the tensor itself")
    check.equal(row, cnn.tensor { 3, 0, 0 })
    check.fails(function() row:masked_fill_(cnn.ones { 2, 3, dtype = "bool" }, 1) end, "larger", "[2, 3]", "[3]")
    local weight = cnn.ones(2):requires_grad_()
    check.fails(function() weight:masked_fill_(cnn.tensor { true, false }, 0) end, "no_grad")
end)

check.test("parts are views, and empty dimensions have parts too", function()
    local x = cnn.zeros(4, 2)
    local _, b = x:chunk(2)
    b:fill_(1)
    check.equal(x:sum():item(), 4)
    check.equal(#{ cnn.zeros(0, 2):chunk(3) }, 3)
    check.equal(#{ cnn.zeros(0, 2):split(3) }, 1)
    check.equal(cnn.arange(3):tile(0):numel(), 0)
    check.equal(cnn.arange(3):tile(2, 0):size(), cnn.zeros(2, 0):size())
end)

check.test("random numbers keep to their parameters, and to the seed", function()
    local p = cnn.tensor { 0.0, 1.0, 0.25 }:view(3, 1):expand(3, 20000)
    cnn.manual_seed(3)
    local first = p:bernoulli()
    local means = first:mean(2)
    check.equal(means[1]:item(), 0)
    check.equal(means[2]:item(), 1)
    check.close(means[3]:item(), 0.25, { atol = 0.015 })
    cnn.manual_seed(3)
    check.equal(p:bernoulli(), first)
    local x = cnn.normal(cnn.tensor { { -3.0 }, { 5.0 } }:expand(2, 20000), 0.5)
    check.close(x:mean(2), cnn.tensor { -3.0, 5.0 }, { atol = 0.02 })
    check.close(x:std(2), cnn.tensor { 0.5, 0.5 }, { atol = 0.02 })
    check.close(cnn.normal(2, 3, { 100, 300 }):std():item(), 3, { atol = 0.08 })
    check.equal(cnn.normal(0, cnn.zeros { 3, dtype = "float64" }), cnn.zeros { 3, dtype = "float64" })
    check.equal(cnn.normal(0, 1, 2, 3):size(), cnn.zeros(2, 3):size())
    check.equal(cnn.normal(cnn.zeros(3, 1), cnn.ones(2)):size(), cnn.zeros(3, 2):size())
end)

check.test("wrong calls say what does not fit", function()
    local x, mask = cnn.randn(2, 3), cnn.tensor { true, false, true }
    check.fails(function() cnn.where(x, x, 0) end, "bool")
    check.fails(function() cnn.where(mask, x, cnn.zeros(4)) end, "4")
    check.fails(function() x:masked_fill(mask, cnn.zeros(3)) end, "one number", "[3]")
    check.fails(function() cnn.arange(3):masked_fill(mask, 0.5) end, "int64", "0.5")
    check.fails(function() cnn.arange(3):byte():masked_fill(mask, 256) end, "uint8", "256")
    check.fails(function() cnn.arange(3):byte():masked_fill(mask, cnn.tensor(-1)) end, "uint8", "-1")
    check.fails(function() cnn.where(mask, cnn.arange(3):byte(), 300) end, "uint8", "300")
    check.fails(function() x:masked_fill(mask, 1e300) end, "float32", "1e+300", "double")
    check.fails(function() cnn.arange(3):masked_fill(mask, 0 / 0) end, "int64", "nan")
    check.fails(function() x:clamp() end, "min, a max, or both")
    check.fails(function() x:split(0) end, "at least 1")
    check.fails(function() x:split(-1) end, "at least 0")
    check.fails(function() x:split({ 1, 1 }, 2) end, "add up to 2", "size 3")
    check.fails(function() x:split(1, 3) end, "no dimension 3")
    check.fails(function() x:chunk(0) end, "at least 1")
    check.fails(function() x:chunk(2, 0) end, "count from 1")
    check.fails(function() cnn.zeros(200000):split(1) end, "too many")
    check.fails(function() x:tile(2, -1) end, "at least 0")
    check.fails(function() x["repeat"](x, 2) end, "each dimension", "[2, 3]")
    check.fails(function() x:amax(3) end, "no dimension 3")
    check.fails(function() cnn.zeros(0, 3):amax() end, "at least one element")
    check.fails(function() one_hot(cnn.tensor { 0, 1 }) end, "count from 1")
    check.fails(function() one_hot(cnn.tensor { 4, 1 }, 3) end, "label 4", "3 classes")
    check.fails(function() one_hot(cnn.tensor { 1.0 }) end, "int64", "float32")
    check.fails(function() one_hot(cnn.zeros { 0, dtype = "int64" }) end, "num_classes")
    check.fails(function() cnn.tensor { 0.5, 1.5 }:bernoulli() end, "between 0 and 1")
    check.fails(function() cnn.tensor { 0 / 0 }:bernoulli() end, "between 0 and 1")
    check.fails(function() cnn.tensor { 1 }:bernoulli() end, "int64")
    check.fails(function() cnn.normal(0, -1, { 2 }) end, "at least 0", "-1")
    check.fails(function() cnn.normal(cnn.zeros(2), cnn.tensor { 1.0, -1.0 }) end, "at least 0")
    check.fails(function() cnn.normal(0, 1) end, "size")
    check.fails(function() cnn.normal(cnn.zeros(2), 1, { 2 }) end, "leave it out")
    check.fails(function() cnn.normal(cnn.arange(2)) end, "int64")
end)
