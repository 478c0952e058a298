-- SPDX-License-Identifier: MIT
-- Tensors as users handle them: made, converted, compared, joined, multiplied.
local check = require "check"
local cnn = require "cnn"

local function shape(x) return tostring(x.shape) end

check.test("making tensors", function()
    check.equal(cnn.zeros(2, 2):totable(), { { 0.0, 0.0 }, { 0.0, 0.0 } })
    check.equal(cnn.full({ 2 }, 7).dtype, "int64")
    check.equal(cnn.full({ 2 }, 7.5).dtype, "float32")
    check.equal(cnn.full({ 2 }, true):totable(), { true, true })
    check.equal(cnn.arange(4):totable(), { 0, 1, 2, 3 })
    check.equal(cnn.arange(1, 10, 4):totable(), { 1, 5, 9 })
    check.equal(cnn.arange(5, 1, -2):totable(), { 5, 3 })
    check.equal(cnn.arange(0, 1, 0.25):totable(), { 0.0, 0.25, 0.5, 0.75 })
    check.equal(cnn.linspace(-1, 1, 5):totable(), { -1.0, -0.5, 0.0, 0.5, 1.0 })
    check.equal(cnn.linspace(0, 0.1, 7, "float64"):totable()[7], 0.1)
    check.equal(cnn.linspace(2, 3, 1):totable(), { 2.0 })
    local odd = (1 << 53) + 1 -- no double holds it
    local written = cnn.full({ 2 }, odd)
    check.equal(written:totable(), { odd, odd })
    written[1] = -odd
    check.equal(written:totable(), { -odd, odd })
    check.equal(written:fill_(odd + 2):totable(), { odd + 2, odd + 2 })
    check.equal(cnn.eye(2, 3):totable(), { { 1.0, 0.0, 0.0 }, { 0.0, 1.0, 0.0 } })
    check.equal({ cnn.tensor(3).dtype, cnn.tensor(3.0).dtype, cnn.tensor { true }.dtype }, { "int64", "float32", "bool" })
    check.equal(cnn.tensor { { 1, 2 }, { 3, 4 }, dtype = "float64" }.dtype, "float64")
    check.equal(shape(cnn.tensor { {}, {} }), "[2, 0]")
    check.equal(cnn.ones_like(cnn.arange(3)).dtype, "int64")
    check.that(cnn.tensor({ 1.0 }, { requires_grad = true }).requires_grad)
    check.equal(cnn.tensor({ 2.9, -2.9 }, "int64"):totable(), { 2, -2 })
    for _, wrong in ipairs {
        { function() cnn.tensor { { 1, 2 }, { 3 } } end, "the first has 2, another 1" },
        { function() cnn.tensor { { 1 }, 2 } end, "a list of 1 is expected" },
        { function() cnn.tensor { 1, { 2 } } end, "nested deeper" },
        { function() cnn.tensor { 1, true } end, "mixed" },
        { function() cnn.tensor { "1" } end, 'the string "1"' },
        { function() cnn.tensor { cnn.ones(1) } end, "cnn.stack" },
        { function() cnn.tensor({ 300 }, "uint8") end, "300 does not fit in uint8" },
        { function() cnn.tensor({ 0 / 0 }, "int64") end, "nan" },
        { function() cnn.arange(1, 5, 0) end, "steps of 0" },
        { function() cnn.arange(300, { dtype = "uint8" }) end, "do not fit in uint8" },
        { function() cnn.randint(5, 1, { 2 }) end, "above" },
        { function() cnn.zeros(2, { device = "cuda:0" }) end, "this build has no CUDA" },
        { function() cnn.zeros(1 << 40, 1 << 40) end, "more elements" },
    } do
        check.fails(wrong[1], wrong[2])
    end
end)

check.test("random numbers depend on the seed only, and keep their range", function()
    cnn.manual_seed(7)
    local a, b = cnn.randn(100), cnn.randint(-2, 3, { 1000 })
    cnn.manual_seed(7)
    check.equal(cnn.randn(100), a)
    check.equal(cnn.randint(-2, 3, { 1000 }), b)
    check.equal({ b:min():item(), b:max():item() }, { -2, 3 })
    local p = cnn.randperm(50)
    check.equal({ p:sum():item(), p:min():item(), p:max():item() }, { 1275, 1, 50 })
    local u = cnn.rand(10000)
    check.that(u:min():item() >= 0 and u:max():item() < 1 and math.abs(u:mean():item() - 0.5) < 0.02)
    check.that(math.abs(cnn.randn(10000):std():item() - 1) < 0.03)
end)

check.test("numbers take the tensor's side in arithmetic", function()
    local x, n, d = cnn.ones(2), cnn.arange(2), cnn.ones(2, { dtype = "float64" })
    check.equal({ (x * 2).dtype, (2 - x).dtype, (x ^ 2).dtype, (-x).dtype }, { "float32", "float32", "float32", "float32" })
    check.equal({ (n + 1).dtype, (n * 0.5).dtype, (n / 2).dtype }, { "int64", "float32", "float32" })
    check.equal((d * 0.1):totable(), { 0.1, 0.1 })
    check.equal((2 / cnn.tensor { 4.0 }):item(), 0.5)
    check.equal((2 ^ cnn.tensor { 3.0 }):item(), 8.0)
    check.equal((n + (1 << 60)):totable(), { 1 << 60, (1 << 60) + 1 })
    check.equal((cnn.tensor({ 250 }, "uint8") + 3).dtype, "uint8")
    check.equal(x:add(1, 3):totable(), { 4.0, 4.0 })
    check.equal(x:sub(x, { alpha = 0.5 }):totable(), { 0.5, 0.5 })
end)

check.test("in-place forms change the tensor and return it", function()
    local x = cnn.ones(3)
    check.that(rawequal(x:add_(2), x))
    x:mul_(3):sub_(1):div_(4)
    check.equal(x:totable(), { 2.0, 2.0, 2.0 })
    check.equal(cnn.tensor { -3.0, 0.5, 9.0 }:clamp_(-1, 1):totable(), { -1.0, 0.5, 1.0 })
    check.equal(cnn.tensor { -3.0, 0.5 }:relu_():totable(), { 0.0, 0.5 })
    check.equal(x:zero_():fill_(4):copy_(cnn.arange(3)):totable(), { 0.0, 1.0, 2.0 })
    check.fails(function() cnn.arange(3):add_(0.5) end, "int64")
    check.fails(function() cnn.ones(3):add_(cnn.ones(2, 3)) end, "[2, 3]")
end)

check.test("a view made before a recorded in-place change does not pass on the old gradient", function()
    local x = cnn.ones(3):requires_grad_()
    local y, constant = x * 2, cnn.zeros(3)
    local old, apart = y[1], y:detach():view(3)
    y:mul_(3)
    check.fails(function() old:backward() end, "value error", "make the view again")
    check.fails(function() return (old:view(1) * y):sum() end, "make the view again")
    local frozen = constant[1]
    constant:add_(x)
    check.fails(function() return frozen * x end, "make the view again")
    local sum = (y[1] * apart):sum() -- apart has no history to be wrong about: (6 + 6 + 6) * 6
    sum:backward()
    check.equal(x.grad:totable(), { 108.0, 0.0, 0.0 })
end)

check.test("a tensor in the middle of a chain of .. needs no room on the stack", function()
    local x = cnn.ones(2)
    local chain = coroutine.wrap(function() return "x = " .. x .. "\n" end) -- its stack is small, as yet
    check.equal(chain(), "x = tensor([1., 1.])\n")
    chain = coroutine.wrap(function() return "x = " .. x.shape .. "\n" end)
    check.equal(chain(), "x = [2]\n")
    local _, err = pcall(function() return x:view(3) end)
    chain = coroutine.wrap(function() return "x: " .. err .. "\n" end)
    check.equal(chain(), "x: " .. tostring(err) .. "\n")
end)

check.test("a finalizer that closes a tensor in use does not free it", function()
    for _ = 1, 30 do
        local a, b = cnn.ones(1000), cnn.ones(1000)
        setmetatable({}, { __gc = function() local _ <close> = a end })
        for _ = 1, 1000 do b = a * b end
        check.equal(b[1000]:item(), 1.0)
    end
end)

check.test("conversions", function()
    local x = cnn.tensor { 1.7, -1.7 }
    check.equal(x:long():totable(), { 1, -1 })
    check.equal(x:double():float():double().dtype, "float64")
    check.that(rawequal(x:float(), x) and rawequal(x:to("cpu"), x))
    check.equal(x:to("int64").dtype, "int64")
    check.equal(x:to { device = "cpu", dtype = cnn.float64 }.dtype, "float64")
    check.equal(x:type_as(cnn.arange(2)).dtype, "int64")
    check.equal(cnn.tensor { 0, 2 }:bool():totable(), { false, true })
    check.fails(function() x:to("cuda:0") end, "device error", "this build has no CUDA")
    check.fails(function() x:to("floaty") end, "floaty")
    check.equal(cnn.tensor(5):item(), 5)
    check.fails(function() x:item() end, "one element", "[2]")
    check.equal(cnn.tensor { { 1, 2 }, { 3, 4 } }:t():tolist(), { { 1, 3 }, { 2, 4 } })
end)

check.test("comparing whole tensors", function()
    local x = cnn.tensor { 1.0, math.huge, 3.0 }
    check.that(x:equal(x:clone()) and not x:equal(x:view(1, 3)))
    check.that(x:allclose(x * (1 + 1e-6)) and not x:allclose(x + 0.1))
    check.that(not cnn.tensor { math.huge }:allclose(cnn.tensor { 1.0 }))
    check.that(not cnn.tensor { 1.0 }:allclose(cnn.tensor { math.huge }))
    local n = cnn.tensor { 0 / 0 }
    check.that(not n:equal(n) and not n:allclose(n) and n:allclose(n, { equal_nan = true }))
    check.equal({ n:isnan():item(), x:isinf():totable()[2], cnn.arange(2):isinf():totable()[1] }, { true, true, false })
    check.equal({ cnn.tensor { 0, 1 }:any():item(), cnn.tensor { 0, 1 }:all():item() }, { true, false })
    check.equal(cnn.tensor { { 1, 0 }, { 1, 1 } }:all(2):totable(), { false, true })
    check.that(x == x and x ~= x:clone() and x.shape == cnn.zeros(3).shape)
end)

check.test("identity: a gradient is one value, and a key", function()
    local w = cnn.ones(3):requires_grad_()
    w:sum():backward()
    check.that(rawequal(w.grad, w.grad))
    local names = { [w.grad] = "gradient" }
    collectgarbage()
    check.equal(names[w.grad], "gradient")
    local g = cnn.zeros(3)
    w.grad = g
    check.that(rawequal(w.grad, g))
    w.grad = nil
    check.equal(w.grad, nil)
    check.fails(function() w.grad = cnn.zeros(2) end, "[2]")
end)

check.test("cat and stack, with gradients", function()
    local a, b = cnn.ones(2, 2):requires_grad_(), cnn.zeros(2, 1):requires_grad_()
    local y = cnn.cat({ a, b, a }, 2)
    check.equal(y:totable(), { { 1.0, 1.0, 0.0, 1.0, 1.0 }, { 1.0, 1.0, 0.0, 1.0, 1.0 } });
    (y * cnn.arange(5)):sum():backward()
    check.equal(a.grad:totable(), { { 3.0, 5.0 }, { 3.0, 5.0 } })
    check.equal(b.grad:totable(), { { 2.0 }, { 2.0 } })
    check.equal(shape(cnn.stack { cnn.ones(2), cnn.ones(2), cnn.ones(2) }), "[3, 2]")
    check.equal(shape(cnn.stack({ cnn.ones(2), cnn.ones(2) }, -1)), "[2, 2]")
    check.equal(cnn.cat { cnn.arange(2), cnn.tensor { 0.5 } }.dtype, "float32")
    check.equal(shape(cnn.cat({ cnn.zeros(0, 3), cnn.ones(2, 3) })), "[2, 3]")
    check.fails(function() cnn.cat { cnn.ones(2), cnn.ones(2, 2) } end, "number 2 is [2, 2]")
    check.fails(function() cnn.cat {} end, "no tensor")
    check.fails(function() cnn.stack { cnn.ones(2), cnn.ones(3) } end, "[3]")
    check.fails(function() cnn.cat { 1, 2 } end, "tensors")
end)

check.test("matrix products of all kinds", function()
    local function product(a, b) return shape(cnn.randn(a):matmul(cnn.randn(b))) end
    check.equal(product({ 2, 3 }, { 3, 4 }), "[2, 4]")
    check.equal(product({ 3 }, { 3, 4 }), "[4]")
    check.equal(product({ 2, 3 }, { 3 }), "[2]")
    check.equal(product({ 3 }, { 3 }), "[]")
    check.equal(product({ 5, 2, 3 }, { 3, 4 }), "[5, 2, 4]")
    check.equal(product({ 5, 2, 3 }, { 5, 3, 4 }), "[5, 2, 4]")
    check.equal(product({ 2, 1, 2, 3 }, { 4, 3, 5 }), "[2, 4, 2, 5]")
    check.equal(product({ 3 }, { 5, 3, 4 }), "[5, 4]")
    local a, b = cnn.randn(2, 2, 3), cnn.randn(3, 4)
    check.close(a:matmul(b)[2], a[2]:mm(b))
    check.fails(function() cnn.ones(2, 3):mm(cnn.ones(2, 3)) end, "[2, 3]")
    check.fails(function() cnn.ones(2):mm(cnn.ones(2)) end, "x:matmul(y)")
end)

check.test("a length of 0 has the gradient 0", function()
    local function gradient(values, f)
        local x = cnn.tensor(values):requires_grad_()
        f(x):backward()
        return x.grad:totable()
    end
    for _, p in ipairs { 2, 3, 1.5 } do
        check.equal(gradient({ 0.0, 0.0 }, function(x) return x:norm(p) end), { 0.0, 0.0 })
    end
    check.equal(gradient({ 0.0, 0.5 }, function(x) return x:norm() end), { 0.0, 1.0 })
    check.equal(gradient({ 1.5, 1.5, 1.5 }, function(x) return x:std() end), { 0.0, 0.0, 0.0 })
end)

check.test("norms and extremes", function()
    local x = cnn.tensor { { 3.0, -4.0 }, { 0.0, 12.0 } }
    check.equal(x:norm():item(), 13.0)
    check.equal(x:norm(1):item(), 19.0)
    check.equal(x:norm(math.huge):item(), 12.0)
    check.equal(x:norm { dim = 2 }:totable(), { 5.0, 12.0 })
    local value, at = x:max(2)
    check.equal({ value:totable(), at:totable() }, { { 3.0, 12.0 }, { 1, 2 } })
    check.equal({ x:argmax():item(), x:argmin():item() }, { 4, 2 })
    check.equal(x:max(cnn.zeros(2)):totable(), { { 3.0, 0.0 }, { 0.0, 12.0 } })
    check.equal(shape(x:max(1, true)), "[1, 2]")
    check.equal(x:std { dim = 1, unbiased = false }:totable(), { 1.5, 8.0 })
end)

check.test("shapes are read from 1, or from the end", function()
    local shape = cnn.zeros(2, 3, 5).shape
    check.equal({ shape[1], shape[-1], shape[-3], shape[4], shape[-4], shape.x }, { 2, 5, 2 })
    check.fails(function() return shape[0] end, "dimensions count from 1")
end)
