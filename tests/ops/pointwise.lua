-- SPDX-License-Identifier: MIT
local check, op = require "check", require "helpers.op"
local cnn = require "cnn"

local forms = {
    pow = function(t, case) return t.x ^ case.p end,
    scalar_right = function(t) return ((t.x + 2) * 3 - 1) / 4 end,
    scalar_left = function(t) return 2 - (3 / (1.5 + t.x * t.x)) end,
    neg = function(t) return -t.x end,
    add = function(t) return t.a + t.b end,
    sub = function(t) return t.a - t.b end,
    mul = function(t) return t.a * t.b end,
    div = function(t) return t.a / t.b end,
    maximum = function(t) return cnn.maximum(t.a, t.b) end,
    minimum = function(t) return cnn.minimum(t.a, t.b) end,
}
op.golden("pointwise", function(t, case)
    if forms[case.f] then return forms[case.f](t, case) end
    if t.x then return t.x[case.f](t.x) end
    return t.a[case.f](t.a, t.b)
end)

check.test("gradients agree with differences", function()
    for _, name in ipairs { "relu", "exp", "log", "sqrt", "abs", "sigmoid", "tanh", "square" } do
        op.differences(function(x) return x[name](x) end, { { 4, 3 } }, { low = 0.2, high = 2 })
    end
    op.differences(function(a, b) return a / b - b * a end, { { 3, 1 }, { 1, 4 } }, { low = 0.5, high = 2 })
    op.differences(function(a, b) return a ^ b end, { { 3, 4 }, { 4 } }, { low = 0.5, high = 2 })
end)

check.test("the gradient of a gradient", function()
    local core = require "cnn.core"
    local x = core.from({ 0.5, -1.5, 2 }, "float64")
    core.set_requires_grad(x, true)
    local y = (x * x * x):sum()
    core.backward(y, nil, true, true)
    local first = x.grad
    core.set_grad(x, nil)
    first:sum():backward()
    check.close(x.grad, { 3, -9, 12 })
end)

check.test("in-place forms give the same numbers", function()
    local a, b = cnn.randn(3, 4), cnn.randn(4)
    local want = (a + b) * 2
    check.equal(a:clone():add_(b):mul_(2), want)
    local part = cnn.zeros(4, 4)
    part:narrow(2, 2, 2):add_(1)
    check.equal(part:sum():item(), 8.0)
end)

check.test("types promote as in PyTorch", function()
    local i, f, d, u = cnn.ones(2):long(), cnn.ones(2), cnn.ones(2):double(), cnn.ones(2):to("uint8")
    check.equal((i + f).dtype, "float32")
    check.equal((f + d).dtype, "float64")
    check.equal((u + i).dtype, "int64")
    check.equal((i + 1).dtype, "int64")
    check.equal((i + 0.5).dtype, "float32")
    check.equal((i / 2).dtype, "float32")
    check.equal(i:eq(1).dtype, "bool")
end)

check.test("wrong calls say what does not fit", function()
    local x = cnn.randn(2, 3)
    check.fails(function() return x + cnn.randn(2, 4) end, "shape error", "[2, 3]", "[2, 4]")
    check.fails(function() return x + "one" end, "string")
    check.fails(function() return x + nil end, "nil")
    check.fails(function() x:add_(cnn.randn(4, 2, 3)) end, "[2, 3]")
    local leaf = cnn.randn(3):requires_grad_()
    check.fails(function() leaf:add_(1) end, "leaf")
end)
