-- SPDX-License-Identifier: MIT
-- Waves, roundings, blends, truth values, counts and shapes, against PyTorch, differences and messages.
local check, op = require "check", require "helpers.op"
local cnn = require "cnn"

local calls = {
    ["round 1"] = function(t) return t.x:round(1) end,
    clamp = function(t) return t.x:clamp(-0.5, 0.5) end,
    clamp_min = function(t) return t.x:clamp_min(-0.5) end,
    clamp_max = function(t) return t.x:clamp_max(0.5) end,
    lerp = function(t) return t.x:lerp(t.y, 0.3) end,
    ["lerp tensor"] = function(t) return cnn.lerp(t.x, t.y, t.w) end,
    addcmul = function(t) return t.x:addcmul(t.y, t.w, 0.5) end,
    addcdiv = function(t) return t.x:addcdiv { t.y, t.w, value = -2 } end,
    isclose = function(t) return t.x:isclose(t.y) end,
    ["isclose nan"] = function(t) return t.x:isclose { t.y, rtol = 0, atol = 1e-3, equal_nan = true } end,
    addmm = function(t) return t.x:addmm(t.a, t.b) end,
    ["addmm scaled"] = function(t) return cnn.addmm { t.x, t.a, t.b, beta = 0.5, alpha = 2 } end,
    ["count_nonzero dim"] = function(t) return t.x:count_nonzero(2) end,
    std_mean = function(t) return cnn.std_mean(t.x) end,
    var_mean = function(t) return cnn.var_mean(t.x) end,
    ["std_mean dims"] = function(t) return cnn.std_mean { t.x, { 1, 3 }, correction = 0, keepdim = true } end,
    ["var_mean dims"] = function(t) return cnn.var_mean { t.x, { 1, 3 }, unbiased = false, keepdim = true } end,
    bincount = function(t) return t.labels:bincount() end,
    ["bincount more"] = function(t) return t.labels:bincount { minlength = 8 } end,
    ["bincount weights"] = function(t) return cnn.bincount(t.labels, t.w) end,
    histc = function(t) return t.x:histc(5) end,
    ["histc ends"] = function(t) return t.x:histc(4, -1, 1) end,
    ["histc one value"] = function(t) return t.x:histc(3) end,
    unique = function(t) return t.x:unique() end,
    ["unique all"] = function(t) return cnn.unique { t.x, return_inverse = true, return_counts = true } end,
    ["unique counts"] = function(t) return t.x:unique { return_counts = true } end,
    movedim = function(t) return t.x:movedim(4, 2) end,
    ["movedim several"] = function(t) return t.x:movedim({ 1, 2 }, { -1, 1 }) end,
    unflatten = function(t) return t.x:unflatten(3, 2, -1) end,
    broadcast_to = function(t) return t.x:broadcast_to(2, 3, 4) end,
}
op.golden("numbers", function(t, case)
    if calls[case.name] then return calls[case.name](t) end
    local indexing, i = case.name:match("^meshgrid (%a+) (%d)$")
    if i then return (select(tonumber(i), cnn.meshgrid { { t.a, t.b, t.c }, indexing = indexing })) end
    local name = case.name:match("^%S+")
    if t.x then return t.x[name](t.x) end
    return t.a[name](t.a, t.b)
end)

check.test("gradients agree with differences, their own too", function()
    for _, name in ipairs { "sin", "cos", "log1p", "expm1", "reciprocal", "rsqrt", "log2", "log10", "frac" } do
        op.differences(function(x) return x[name](x) end, { { 4, 3 } }, { low = 0.2, high = 0.9 })
        op.differences(function(x)
            if not x.requires_grad then x = x:detach():requires_grad_() end
            local y = (x[name](x):square()):sum()
            y:backward { create_graph = true }
            local gradient = x.grad
            x.grad = nil
            return gradient
        end, { { 4, 3 } }, { low = 0.2, high = 0.9 })
    end
    op.differences(function(x, y, w) return x:lerp(y, w) + x:addcmul(y, w) - x:addcdiv(y, w, 2) end, { { 3, 4 }, { 3, 4 }, { 4 } },
        { low = 0.5, high = 2 })
    op.differences(function(x, a, b) return x:addmm(a, b, 0.5, 2) end, { { 5 }, { 3, 4 }, { 4, 5 } })
end)

check.test("in-place forms give the same numbers", function()
    local x, y = cnn.randn(3, 4) * 3, cnn.randn(3, 4)
    for _, name in ipairs { "sin", "cos", "expm1", "sign", "floor", "ceil", "trunc", "round" } do
        local z = x:clone()
        check.that(z[name .. "_"](z) == z)
        check.equal(z, x[name](x), name)
    end
    check.equal(x:clone():round_(1), x:round(1))
    check.equal(x:clone():clamp_min_(0.5), x:clamp { min = 0.5 })
    check.equal(x:clone():clamp_max_(0.5), x:clamp { max = 0.5 })
    check.equal(x:clone():lerp_(y, 0.25), x:lerp(y, 0.25))
    check.equal(x:clone():addcmul_(y, y, 3), x:addcmul(y, y, 3))
    check.equal(x:clone():addcdiv_(y, y), x:addcdiv(y, y))
end)

check.test("products of vectors and stacks", function()
    for _, name in ipairs { "mv", "dot", "bmm" } do
        local x, y = cnn.ones(2, 3, 4, 5), cnn.ones(2)
        check.fails(function() return x[name](x, y) end, "shape error in " .. name, "[2, 3, 4, 5] and [2]", "matmul")
    end
    check.fails(function() cnn.ones(2, 3, 4):bmm(cnn.ones(1, 4, 2)) end, "bmm", "[1, 4, 2]")
    check.fails(function() cnn.ones(2, 3):addmm(cnn.ones(3), cnn.ones(3)) end, "addmm multiplies two matrices")
end)

check.test("labels are counted from 1, in parts where there are many", function()
    check.equal(cnn.tensor { 1, 3, 3 }:bincount():totable(), { 1, 0, 2 })
    check.equal(cnn.tensor { true, true }:bincount():totable(), { 2 })
    check.equal(cnn.tensor { 1, 2 }:byte():bincount():totable(), { 1, 1 })
    check.equal(cnn.zeros { 0, dtype = "int64" }:bincount():totable(), {})
    check.equal(cnn.zeros { 0, dtype = "int64" }:bincount { minlength = 2 }:totable(), { 0, 0 })
    local many = cnn.randint(1, 900, { 30000 })
    local count = many:bincount { minlength = 900 }
    check.equal(count:sum():item(), 30000)
    check.equal(count[700]:item(), many:eq(700):sum():item())
    check.fails(function() cnn.tensor { 0, 1 }:bincount() end, "labels count from 1; the smallest here is 0", "y + 1")
    check.fails(function() cnn.tensor { -2, 1 }:bincount() end, "the smallest here is -2")
    check.fails(function() cnn.ones(2):bincount() end, "whole numbers", "float32")
    check.fails(function() cnn.ones(2, 2):long():bincount() end, "[2, 2]")
    check.fails(function() cnn.tensor { 1, 2 }:bincount(cnn.ones(3)) end, "one weight per label", "[3]")
end)

check.test("different values of few and of none", function()
    check.equal(cnn.tensor { 2 }:unique():totable(), { 2 })
    check.equal(cnn.tensor(7):unique():totable(), { 7 })
    local values, inverse, counts = cnn.zeros(0):unique(true, true, true)
    check.equal({ values:numel(), inverse:numel(), counts:numel() }, { 0, 0, 0 })
    local _, only = cnn.zeros(0):unique { return_counts = true }
    check.equal(only:numel(), 0)
    check.equal(cnn.tensor { true, false, true }:unique():totable(), { false, true })
    local x = cnn.randint(1, 50, { 1000 })
    local u, where, n = x:unique(true, true, true)
    check.equal(u:index_select(1, where), x)
    check.equal(n, x:bincount():masked_select(x:bincount():gt(0)))
end)

check.test("histograms: what is outside or no number is not counted", function()
    local x = cnn.tensor { 0 / 0, math.huge, -math.huge, 0.5 }
    check.equal(x:histc(2, 0, 1):totable(), { 0.0, 1.0 })
    check.equal(cnn.zeros(0):histc(2):totable(), { 0.0, 0.0 })
    check.fails(function() x:histc(2) end, "finite ends")
    check.fails(function() cnn.ones(2):histc(2, 1, 1) end, "smaller one first")
    check.fails(function() cnn.ones(2):histc(2, 3, 1) end, "smaller one first")
    check.fails(function() cnn.ones(2):long():histc() end, "real numbers", "x:float()")
    check.fails(function() cnn.ones(2):histc(0) end, "bins", "at least 1")
end)

check.test("shapes and likenesses", function()
    local x = cnn.zeros(2, 12)
    check.equal(table.concat(x:unflatten(-1, { 3, -1 }).shape, " "), "2 3 4")
    check.equal(table.concat(cnn.unflatten(x, 2, 2, 6).shape, " "), "2 2 6")
    check.fails(function() x:unflatten(2, 5, -1) end, "dimension 2 of [2, 12] has size 12", "{5, -1}")
    check.fails(function() x:unflatten(2, -1, -1) end, "{-1, -1}")
    check.fails(function() x:unflatten(0, 1, 2) end, "count from 1")
    check.fails(function() x:movedim({ 1, 1 }, { 1, 2 }) end, "once only")
    check.fails(function() x:movedim({ 1, 2 }, 1) end, "as many places")
    check.fails(function() x:movedim(3, 1) end, "no dimension 3")
    check.fails(function() cnn.meshgrid { { x } } end, "vectors", "[2, 12]")
    local long = cnn.tensor { 1, 2 }
    check.equal({ long:new_zeros(2, 3).dtype, long:new_ones(1).dtype, long:new_empty(4).dtype }, { "int64", "int64", "int64" })
    check.equal(long:new_full({ 2 }, 7):totable(), { 7, 7 })
    check.equal(cnn.ones(1):new_tensor { 1, 2 }.dtype, "float32")
    check.equal(long:new_zeros { 2, dtype = "float64" }.dtype, "float64")
    check.equal({ long:element_size(), x:element_size(), x:is_floating_point(), long:is_floating_point() }, { 8, 4, true, false })
    check.equal(x:isfinite():all():item(), true)
    check.equal(cnn.tensor { true, false }:logical_not():totable(), { false, true })
    check.fails(function() cnn.tensor { 1 }:round(2) end, "no decimals", "int64")
end)
