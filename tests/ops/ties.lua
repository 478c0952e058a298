-- SPDX-License-Identifier: MIT
-- Gradients where several elements are the largest or smallest; the second gradient of max pooling; padding that goes around.
local check, op = require "check", require "helpers.op"
local core = require "cnn.core"
local cnn = require "cnn"
local F = cnn.nn.functional

local calls = {
    ["max nan"] = function(t) return t.x:max() end,
    ["maximum nan"] = function(t) return t.x:maximum(t.y) end,
    ["norm"] = function(t) return t.x:norm(math.huge) end,
    ["norm along"] = function(t) return t.x:norm(math.huge, { 1, 3 }) end,
    ["circular"] = function(t) return F.pad(t.x, { 1, 2, 3, 0 }, "circular") end,
    ["circular whole"] = function(t) return F.pad(t.x, { 5, 5 }, "circular") end,
    ["circular cut"] = function(t) return F.pad(t.x, { -1, 2, 1, -2 }, "circular") end,
}
for _, name in ipairs { "max", "min" } do
    calls[name] = function(t) return t.x[name](t.x) end
    calls[name .. " along"] = function(t) return t.x[name](t.x, 3) end
    calls["a" .. name] = function(t) return cnn["a" .. name](t.x) end
    calls["a" .. name .. " two"] = function(t) return cnn["a" .. name](t.x, { 1, 3 }, true) end
    calls[name .. "imum"] = function(t) return cnn[name .. "imum"](t.x, t.y) end
end

op.golden("ties", function(t, case) return calls[case.name](t) end)

-- The gradient of sum(g * g) for g, the gradient of f at x.
local function second(f, x)
    x:requires_grad_()
    f(x):square():sum():backward { create_graph = true }
    local g = x.grad
    core.set_grad(x, nil)
    g:square():sum():backward()
    local result = x.grad
    core.set_grad(x, nil)
    return result
end

check.test("max pooling has a second gradient, at every level", function()
    local x = cnn.tensor { { { { 1.0, 5.0, 2.0 }, { 4.0, 3.0, 0.0 } } } }
    op.each_level(function() -- y = {5, 5}: g = 4 x there, its square 16 x^2
        check.equal(second(function(t) return F.max_pool2d(t, 2, 1) end, x:clone()),
            cnn.tensor { { { { 0.0, 160.0, 0.0 }, { 0.0, 0.0, 0.0 } } } })
    end)
end)

check.test("a dilated window that lies outside of the image has no second gradient", function()
    local x = cnn.ones { 1, 1, 3, 3, requires_grad = true }
    local w = cnn.ones { 1, 1, 1, 1, requires_grad = true }
    local y = F.max_pool2d { x, 2, padding = 1, dilation = 4 }
    check.equal(y:item(), -math.huge)
    y:backward { w, create_graph = true }
    local g = x.grad
    core.set_grad(x, nil)
    check.equal(g:detach(), cnn.zeros(1, 1, 3, 3))
    g:exp():sum():backward()
    core.set_grad(x, nil)
    check.equal(w.grad:item(), 0)
end)

check.test("tanh and gelu in every length keep the sign of 0 and what is not finite", function()
    op.each_level(function()
        for _, n in ipairs { 1, 7, 64 } do
            check.equal((1 / cnn.full({ n }, -0.0):tanh()):max():item(), -math.huge)
            check.equal((1 / cnn.zeros(n):tanh()):min():item(), math.huge)
            local x = cnn.full({ n }, 0 / 0)
            check.equal(F.gelu(x):isnan():sum():item(), n)
            check.close(F.gelu(cnn.full({ n }, -5.5)):min():item(), -1.0443e-07, { rtol = 1e-4 })
            check.equal(F.gelu(cnn.full({ n }, 20.0)):min():item(), 20)
            check.equal(F.gelu(cnn.full({ n }, -20.0)):abs():max():item(), 0)
        end
    end)
end)
