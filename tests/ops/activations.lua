-- SPDX-License-Identifier: MIT
-- Activations: PyTorch's numbers and gradients, gradients of gradients, modules and how they print, wrong calls.
local check, op = require "check", require "helpers.op"
local cnn = require "cnn"
local core = require "cnn.core"
local nn, F = cnn.nn, cnn.nn.functional

op.golden("activations", function(t, case) return F[case.f](t.x, case.argument) end)

local _, metadata = core.load(check.root .. "/tests/golden/activations.safetensors")
for _, case in ipairs(load("return " .. metadata.printed)()) do
    check.test("prints as in PyTorch: " .. case[1], function()
        local module = assert(load("local nn = ... return " .. case[1], case[1], "t"))(nn)
        check.equal(tostring(module), case[2])
    end)
end

local functions = {
    sigmoid = F.sigmoid, tanh = F.tanh, silu = F.silu, gelu = F.gelu,
    ["gelu tanh"] = function(x) return F.gelu(x, "tanh") end,
    ["leaky relu"] = function(x) return F.leaky_relu(x, 0.3) end,
    ["softmax 1"] = function(x) return F.softmax(x, 1) end,
    ["softmax 2"] = function(x) return F.softmax(x, 2) end,
    ["log_softmax 1"] = function(x) return F.log_softmax(x, 1) end,
    ["log_softmax -1"] = function(x) return F.log_softmax(x, -1) end,
}

-- The squared gradient of a weighted sum of f(x)^2, as a function of x that can be differentiated again. (The square
-- gives a second derivative to what is made of straight lines.)
local function steepness(f, weights)
    return function(x)
        if not x.requires_grad then x = x:detach():requires_grad_() end
        core.backward((core.square(f(x)) * weights):sum(), nil, true, true)
        local gradient = x.grad
        core.set_grad(x, nil)
        return core.square(gradient)
    end
end

for name, f in pairs(functions) do
    check.test("gradients agree with differences: " .. name, function()
        op.differences(f, { { 4, 3 } }, { low = -3, high = 3 })
    end)
    check.test("gradients of gradients agree with differences: " .. name, function()
        local weights = core.from({ { 1, -0.5, 2 }, { 0.25, 1.5, -1 }, { -2, 1, 0.5 }, { 0.75, -1, 1 } }, "float64")
        op.differences(steepness(f, weights), { { 4, 3 } }, { low = -3, high = 3 })
    end)
end

check.test("modules do what their functions do", function()
    local x = cnn.randn(2, 3, 4)
    check.equal(nn.LeakyReLU()(x), F.leaky_relu(x, 0.01))
    check.equal(nn.LeakyReLU(0.2)(x), F.leaky_relu { x, negative_slope = 0.2 })
    check.equal(nn.GELU()(x), F.gelu(x))
    check.equal(nn.GELU("tanh")(x), F.gelu { x, approximate = "tanh" })
    check.equal(nn.Sigmoid()(x), x:sigmoid())
    check.equal(nn.Tanh()(x), x:tanh())
    check.equal(nn.SiLU()(x), F.silu(x))
    check.equal(nn.Softmax(2)(x), x:softmax(2))
    check.equal(nn.Softmax { dim = -1 }(x), F.softmax(x, 3))
    check.equal(nn.LogSoftmax(3)(x), x:log_softmax(-1))
end)

check.test("silu in place of infinities, while a gradient is recorded", function()
    local leaf = cnn.tensor { 1 / 0, -1.0, requires_grad = true }
    local x = leaf * 1
    local y = F.silu(x, true)
    check.equal(y[1]:item(), 1 / 0)
    check.close(y[2]:item(), -1 / (1 + math.exp(1)), { rtol = 1e-6 })
    check.equal(x[1]:item(), 1 / 0)
    check.fails(function() F.silu(leaf, true) end, "leaf")
end)

check.test("in place: the input holds the result, and the gradient is the same", function()
    for _, f in ipairs { F.leaky_relu, F.silu } do
        local leaf, other = cnn.randn(50):requires_grad_(), nil
        other = leaf:detach():clone():requires_grad_()
        local x = leaf * 2
        local y = f { x, inplace = true }
        check.that(y == x, "the input is returned")
        local want = f(other * 2)
        check.equal(y:detach(), want:detach())
        local weights = cnn.randn(50);
        (y * weights):sum():backward();
        (want * weights):sum():backward()
        check.equal(leaf.grad, other.grad)
        check.fails(function() f { cnn.tensor { 1, 2 }, inplace = true } end, "type error", "int64", "x:float()")
    end
    local x = cnn.tensor { -1.0, 2.0 }
    check.that(nn.SiLU(true)(x) == x)
    x = cnn.tensor { -1.0, 2.0 }
    nn.LeakyReLU(0.5, true)(x)
    check.equal(x, cnn.tensor { -0.5, 2.0 })
end)

check.test("far from zero", function()
    local inf, nan = math.huge, 0 / 0
    op.each_level(function(level)
        for _, dtype in ipairs { "float32", "float64" } do
            local x = core.from({ 1e30, -1e30, 0, 100, -100 }, dtype)
            core.set_requires_grad(x, true)
            for _, name in ipairs { "silu", "gelu" } do
                local y = F[name](x)
                check.close(y, { 1e30, 0, 0, 100, 0 }, { rtol = 1e-6, atol = 1e-30, what = level .. " " .. name })
                core.set_grad(x, nil)
                y:sum():backward()
                check.close(x.grad, { 1, 0, 0.5, 1, 0 }, { rtol = 1e-6, atol = 1e-30, what = level .. " " .. name .. "'s gradient" })
            end
            local z = core.from({ inf, nan, -inf }, dtype)
            check.equal(core.get(F.leaky_relu(z, 0.5), 1), inf)
            check.equal(core.get(F.leaky_relu(z, 0.5), 3), -inf)
            for _, name in ipairs { "silu", "gelu", "leaky_relu", "sigmoid", "tanh" } do
                local y = core.get(F[name](z), 2)
                check.that(y ~= y, name .. " keeps NaN")
            end
            check.close(F.softmax(core.from({ 0, -inf, 0 }, dtype), 1), { 0.5, 0, 0.5 })
            check.close(F.log_softmax(core.from({ 1e4, 0 }, dtype), 1), { 0, -1e4 })
        end
    end)
end)

check.test("gelu keeps the digits of small results", function() -- x/2 erfc(-x / sqrt 2)
    op.each_level(function()
        check.close(F.gelu(cnn.tensor { -5.0, -8.0, -10.0 }),
            { -1.4332578e-06, -4.9767686e-15, -7.6198530e-23 }, { rtol = 1e-5, atol = 0 })
    end)
end)

check.test("whole numbers give float32", function()
    local x = cnn.tensor { { 3, 250 }, { 0, 7 } }
    for _, bytes in ipairs { x, x:to("uint8") } do
        for _, f in pairs(functions) do
            local y = f(bytes)
            check.equal(y.dtype, "float32")
            check.close(y, f(x:float()), { rtol = 1e-6, atol = 1e-7 })
        end
    end
    check.close(F.leaky_relu(cnn.tensor { -4, 4 }, 0.25), { -1, 4 })
end)

check.test("wrong calls say what does not fit", function()
    check.fails(function() F.softmax(cnn.ones(2, 3), 0) end, "count from 1", "nn.functional.softmax(")
    check.fails(function() nn.Softmax(0) end, "count from 1", "nn.Softmax(")
    check.fails(function() nn.LogSoftmax() end, '"dim" is missing')
    check.fails(function() F.softmax(cnn.ones(2, 3), 3) end, "[2, 3]", "3")
    check.fails(function() nn.LogSoftmax(3)(cnn.ones(2, 3)) end, "[2, 3]", "3")
    check.fails(function() F.softmax(cnn.zeros(0, 3), 3) end, "[0, 3]")
    check.fails(function() nn.LeakyReLU { negativ_slope = 0.1 } end, "did you mean negative_slope?")
    check.fails(function() nn.LeakyReLU("0.1x") end, "negative_slope", "number")
    check.fails(function() nn.GELU("erf") end, "approximate", "none", "tanh", "erf")
    check.fails(function() nn.GELU(true) end, "approximate")
    check.fails(function() nn.Sigmoid(1) end, "takes no arguments")
    check.fails(function() nn.Tanh(1) end, "takes no arguments")
    check.fails(function() nn.SiLU { inplac = true } end, "did you mean inplace?")
    check.fails(function() F.gelu(3) end, "input", "tensor")
    check.fails(function() F.silu() end, '"input" is missing')
    local leaf = cnn.randn(3):requires_grad_()
    check.fails(function() F.silu(leaf, true) end, "leaf")
    check.fails(function() F.leaky_relu { leaf, inplace = true } end, "leaf")
end)
