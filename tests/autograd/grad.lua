-- SPDX-License-Identifier: MIT
-- cnn.autograd: gradients of chosen tensors, several results, gradcheck, anomaly mode, errors about in-place changes.
local check = require "check"
local cnn = require "cnn"
local core = require "cnn.core"
local nn, autograd = cnn.nn, cnn.autograd

local function leaf(...) return cnn.tensor { ... }:requires_grad_() end

check.test("grad gives gradients by leaves and by computed tensors, and touches no .grad", function()
    local x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    x.grad = cnn.tensor { 7.0, 7.0 }
    local y = (x * w):retain_grad()
    local loss = (y * y):sum()
    local dy, dx, again = autograd.grad { loss, { y, x, y } }
    check.equal({ dy:totable(), dx:totable(), again:totable() }, { { 6.0, 16.0 }, { 18.0, 64.0 }, { 6.0, 16.0 } })
    check.equal({ x.grad:totable(), w.grad, y.grad }, { { 7.0, 7.0 }, nil, nil })
    check.that(not dx.requires_grad and dx.grad_fn == nil)
    check.equal(autograd.grad { loss, loss }:item(), 1.0)
    check.equal(autograd.grad { x, x, cnn.ones(2) }:totable(), { 1.0, 1.0 })
end)

check.test("grad walks and frees only what the inputs need", function()
    local x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    local low = x * w
    local high = low * w
    local dlow = autograd.grad { high:sum(), low }
    check.equal(dlow:totable(), { 3.0, 4.0 })
    check.equal(autograd.grad { low:sum(), x }:totable(), { 3.0, 4.0 }) -- low's own part is still whole
    check.fails(function() return autograd.grad { high:sum(), low } end, "freed by an earlier backward")
    local calls = 0
    local side = w * 2
    side:register_hook(function() calls = calls + 1 end)
    local out = (x * 2 + side):sum()
    check.equal(autograd.grad { out, x, retain_graph = true }:totable(), { 2.0, 2.0 })
    check.equal(autograd.grad { out, { side } }:totable(), { 1.0, 1.0 })
    out = x:exp():sum()
    autograd.grad { out, x, retain_graph = true }
    autograd.grad { out, x }
    check.fails(function() autograd.grad { out, x } end, "retain_graph=true")
end)

check.test("grad: several outputs, grad_outputs, create_graph, allow_unused", function()
    local x, unused = leaf(1.0, 2.0), leaf(1.0)
    local g = autograd.grad { { x * 2, x:square() }, x, grad_outputs = { cnn.tensor { 1.0, 10.0 }, cnn.ones(2) } }
    check.equal(g:totable(), { 4.0, 24.0 })
    local dx = autograd.grad { x:pow(3):sum(), x, create_graph = true }
    local ddx = autograd.grad { dx:sum(), x, create_graph = true }
    check.equal({ dx:totable(), ddx:totable(), autograd.grad { ddx:sum(), x }:totable() },
        { { 3.0, 12.0 }, { 6.0, 12.0 }, { 6.0, 6.0 } })
    local a, b = autograd.grad { x:sum(), { unused, x }, allow_unused = true }
    check.equal({ a, b:totable() }, { nil, { 1.0, 1.0 } })
    check.fails(function() autograd.grad { x:sum(), { x, unused } } end, "input 2 has no gradient", "allow_unused=true")
    check.fails(function() autograd.grad { x:sum(), cnn.ones(2) } end, "input 1 does not require a gradient")
    check.fails(function() autograd.grad { cnn.ones(2):sum(), x } end, "computed from something that requires")
    check.fails(function() autograd.grad { x * 2, x } end, "starts from one number")
    check.fails(function() autograd.grad { { x * 2, x }, x, { cnn.ones(2) } } end, "1 gradients for 2 outputs")
    check.fails(function() autograd.grad { x * 2, x, cnn.ones(3) } end, "[2]; got [3]")
    check.fails(function() autograd.grad { x * 2 } end, '"inputs" is missing')
    check.fails(function() autograd.grad { x * 2, { 5 } } end, "a tensor or a list of tensors")
    local c, d = autograd.grad({ x:sum(), (x * 2):sum() }, { x, x })
    check.equal({ c:totable(), d:totable() }, { { 3.0, 3.0 }, { 3.0, 3.0 } })
end)

check.test("grad agrees with backward on a network, hooks included", function()
    local net = nn.Sequential(nn.Conv2d { 1, 4, 3, padding = 1 }, nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 3))
    local x = cnn.randn(2, 1, 4, 4)
    local parameters = net:parameters()
    parameters[1]:register_hook(function(g) return g * 2 end)
    local grads = { autograd.grad { net(x):square():sum(), parameters } }
    check.equal(parameters[1].grad, nil)
    net(x):square():sum():backward()
    for i, p in ipairs(parameters) do check.equal(grads[i], p.grad) end
end)

check.test("backward of several results", function()
    local x = leaf(1.0, 2.0)
    autograd.backward { { (x * x):sum(), x * 3 }, { cnn.tensor(2.0), cnn.tensor { 1.0, 10.0 } } }
    check.equal(x.grad:totable(), { 7.0, 38.0 })
    autograd.backward(x:sum())
    check.equal(x.grad:totable(), { 8.0, 39.0 })
end)

check.test("10,000 calls leave nothing behind", function()
    local x = leaf(1.0, 2.0)
    local function once(fail)
        local y = x * x
        if fail then
            y:register_hook(function() error("no") end)
            pcall(autograd.grad, y:sum(), { x, y })
        else
            autograd.grad({ y:sum() }, { x, y }, nil, false, true)
        end
    end
    once(true)
    for _ = 1, 3 do collectgarbage() end
    local live, tensors = core.memory().live_bytes, core.memory().tensors
    for i = 1, 10000 do once(i % 2 == 0) end
    for _ = 1, 3 do collectgarbage() end
    check.equal({ core.memory().live_bytes, core.memory().tensors }, { live, tensors })
end)

check.test("an expanded gradient becomes dense where others are added to it", function()
    local x = cnn.ones(2, 3):requires_grad_()
    x.grad = cnn.ones(1, 3):expand(2, 3)
    x:sum():backward()
    check.equal(x.grad:totable(), { { 2.0, 2.0, 2.0 }, { 2.0, 2.0, 2.0 } })
    x.grad = nil
    x:sum():backward { create_graph = true }
    x.grad:add_(1)
    check.equal(x.grad:sum():item(), 12.0)
    local g = cnn.ones(2, 3)
    x.grad = g
    check.that(x.grad == g)
end)

-- ---- gradcheck -----------------------------------------------------------------------------------------------------------

local function doubles(...) return cnn.randn(...):double():requires_grad_() end

check.test("gradcheck passes right gradients", function()
    local x, w = doubles(2, 3), doubles(3, 2)
    local before = x:detach():clone()
    check.equal(autograd.gradcheck(function(a, b) return a:matmul(b):tanh(), a:sum() end, { x, w }), true)
    check.equal(autograd.gradcheck { function(a, b) return a:matmul(b) end, { x, w:detach() }, fast_mode = true }, true)
    check.equal(autograd.gradgradcheck(function(a, b) return a:matmul(b):tanh() end, { x, w }), true)
    check.equal(autograd.gradcheck(function(a) return a:permute(2, 1):contiguous():select(1, 1) end, x), true)
    check.equal(autograd.gradcheck(function(a) return a:t() * 2 end, w:t():detach():requires_grad_()), true)
    check.equal(x:detach(), before)
    check.equal({ x.grad, w.grad }, {})
end)

-- A function whose gradient is off by a factor at one element.
local function wrong(x)
    local y = x * 1
    y:register_hook(function(g)
        g = g:clone()
        g[{ 2, 1 }] = g[{ 2, 1 }]:item() * 1.5
        return g
    end)
    return y * 2
end

check.test("gradcheck names the input, the element and both values", function()
    local x, other = doubles(2, 2), doubles(3)
    local e = check.fails(function() autograd.gradcheck(function(_, a) return wrong(a) end, { other, x }) end,
        "output 1[2, 1] by input 2[2, 1]", "backward says 3", "differences say 2")
    check.equal(e.kind, "value error")
    check.fails(function() autograd.gradcheck { function(a) return wrong(a) end, x, fast_mode = true } end,
        "by input 1[2, 1]", "times random numbers")
    local ok, err = autograd.gradcheck { wrong, x, raise_exception = false }
    check.that(not ok and err:find("backward says"))
    check.fails(function() autograd.gradgradcheck(function(a)
        local y = a:pow(2)
        y:register_hook(function(g) return g * (a:detach() + 1) end)
        return y
    end, x) end, "wrong")
    check.equal(autograd.gradcheck { wrong, x, atol = 2 }, true)
end)

check.test("gradcheck: wrong use", function()
    local f = function(x) return x * 2 end
    check.fails(function() autograd.gradcheck(f, leaf(1.0)) end, "float32", "x:double()")
    check.fails(function() autograd.gradcheck(f, doubles(2):detach()) end, "none of the inputs requires a gradient")
    check.fails(function() autograd.gradcheck(function() return 5 end, doubles(2)) end, "result 1 is 5")
    check.fails(function() autograd.gradcheck(function(x) return x:detach() end, doubles(2)) end, "no result of the function")
    check.fails(function() autograd.gradcheck(function(x) return x * cnn.rand(1) end, doubles(2)) end, "another result each time")
    check.fails(function() autograd.gradcheck(function() error("mine") end, doubles(2)) end, "mine")
    local x = doubles(2)
    local before, calls = x:detach():clone(), 0
    check.fails(function()
        autograd.gradcheck(function(a)
            calls = calls + 1
            if calls == 6 then error("in the middle") end
            return a * 2
        end, x)
    end, "in the middle")
    check.equal(x:detach(), before)
end)

-- ---- who is to blame --------------------------------------------------------------------------------------------------------

local function spoil(change)
    local x = leaf(1.0, 2.0)
    local y = x:exp()
    local z = y * y
    change(y)
    return function() z:sum():backward() end
end

check.test("an in-place change names the op that changed and its line, and in anomaly mode both lines", function()
    check.fails(spoil(function(y) y:add_(1) end),
        "the gradient of mul needs was changed in place by add_ %(at [^)]*grad.lua:%d+%) after", "set_detect_anomaly(true)")
    check.fails(spoil(function(y) cnn.no_grad(function() y:zero_() end) end), "in place by fill_ %(at [^)]*grad.lua:%d+%) after")
    check.fails(spoil(function(y) cnn.no_grad(function() y[1] = 5 end) end), "in place by fill_ %(at [^)]*grad.lua:%d+%) after")
    check.fails(spoil(function(y) y:detach():normal_() end), "in place by random numbers %(at [^)]*grad.lua:%d+%) after")
    autograd.detect_anomaly(function()
        local e = check.fails(spoil(function(y) y:add_(1) end),
            "the gradient of mul %(at [^)]*grad.lua:%d+%) needs was changed in place by add_ %(at [^)]*grad.lua:%d+%)")
        check.that(not e:find("set_detect_anomaly"))
    end)
    check.that(not core.detect_anomaly())
end)

check.test("anomaly mode stops at the first op whose gradient has a NaN, and names the layer", function()
    local x = cnn.zeros(2):requires_grad_()
    local function loss() return (x:sqrt() * 0):sum() end -- 0 * 1/(2 sqrt 0)
    loss():backward()
    check.that(x.grad[1]:item() ~= x.grad[1]:item())
    check.equal(autograd.set_detect_anomaly(true), false)
    check.fails(function() loss():backward() end, "the gradient of sqrt", "first with a NaN", "grad.lua:%d+")
    local Root = nn.class("Root")
    function Root:forward(v) return v:sqrt() end
    local Net = nn.class("Net")
    function Net:init() self.body = nn.Sequential(nn.Linear(2, 2), Root()) end
    function Net:forward(v)
        local y = self.body(v)
        return y
    end
    local net = Net()
    nn.init.zeros_(net.body[1].weight)
    nn.init.zeros_(net.body[1].bias)
    local l = (net(cnn.ones(1, 2)) * 0):sum()
    autograd.set_detect_anomaly(false)
    autograd.detect_anomaly(function() check.fails(function() l:backward() end, "sqrt", "in body.1") end)
    check.fails(function() autograd.set_detect_anomaly(5) end, "mode")
    check.fails(function() autograd.detect_anomaly(error, "x") end, "x")
    check.that(not core.detect_anomaly())
end)
