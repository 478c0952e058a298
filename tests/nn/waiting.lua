-- SPDX-License-Identifier: MIT
-- Batch norm, the sum and the ReLU behind it wait to be done in one pass (core/waiting.h). Nobody may be able to tell,
-- whatever is looked at, changed, dropped or used twice in between: every result has the bits of the single steps.
local check = require "check"
local cnn = require "cnn"
local op = require "helpers.op"
local F = cnn.nn.functional

local N, C, H = 4, 17, 9 -- 5,508 elements: enough to wait; 17 channels fill no vector

local function normal(...) return cnn.randn(...):contiguous() end

--- A batch norm's inputs, leaves; `seen` looks at every tensor as soon as it is there, so that nothing waits.
local function setting(seed, dtype)
    cnn.manual_seed(seed)
    local s = { x = normal(N, C, H, H), r = normal(N, C, H, H), w = cnn.rand(C) + 0.5, b = normal(C), dy = normal(N, C, H, H) }
    for _, name in ipairs { "x", "r", "dy" } do s[name] = s[name]:to(dtype or "float32") end
    for _, name in ipairs { "x", "r", "w", "b" } do s[name] = s[name]:detach():requires_grad_() end
    return s
end

local function look(t) t:sum():item() return t end

--- Runs `steps(s, see)` twice, once looking at everything; what it returns, and all gradients, must be the same bits.
local function same(seed, steps, dtype)
    local results = {}
    for turn, see in ipairs { function(t) return t end, look } do
        local s = setting(seed, dtype)
        local out = steps(s, see)
        if out.requires_grad then out:backward(s.dy) end
        results[turn] = { out, s.x.grad, s.r.grad, s.w.grad, s.b.grad }
    end
    for i = 1, 5 do
        local a, b = results[1][i], results[2][i]
        check.that((a == nil) == (b == nil), "gradient " .. i)
        if a then check.that(cnn.equal(a, b), ("result %d differs"):format(i)) end
    end
    return results[1][1]
end

local function bn(s, x) return F.batch_norm(x or s.x, nil, nil, s.w, s.b, true) end

check.test("a chain has the bits of its steps, in all its forms", function()
    same(1, function(s, see) return see(bn(s)) end)
    same(2, function(s, see) return F.relu(see(bn(s))) end)
    same(3, function(s, see) return F.relu(see(see(bn(s)) + s.r)) end)
    same(4, function(s, see) return F.relu(see(s.r + see(bn(s)))) end)
    same(5, function(s, see) return see(bn(s)) + see(bn(s, s.r)) end)
    same(6, function(s, see) return F.relu(see(see(see(bn(s)) + s.r) + s.r)) end)
    same(7, function(s, see) return F.relu(see(F.relu(see(bn(s))))) end)
    same(8, function(s, see) return see(bn(s)) * 2 + s.r:permute(1, 2, 4, 3) end)
    same(9, function(s, see) return F.relu(see(bn(s, s.x:permute(1, 2, 4, 3)))) end)
end)

check.test("bfloat16 waits as well, at every level, and is rounded after each step", function()
    op.each_level(function()
        for seed, steps in ipairs {
            function(s, see) return see(bn(s)) end,
            function(s, see) return F.relu(see(bn(s))) end,
            function(s, see) return F.relu(see(see(bn(s)) + s.r)) end,
            function(s, see) return see(bn(s)) + see(bn(s, s.r)) end,
            function(s, see) return F.relu(see(see(bn(s)):add_(s.r)), true) end,
            function(s, see)
                local h = F.relu(see(see(bn(s)) + s.r))
                return F.relu(see(see(bn(s, h)) + h))
            end,
        } do
            local y = same(50 + seed, steps, "bfloat16")
            check.equal(y.dtype, "bfloat16")
        end
    end)
end)

check.test("what waits in bfloat16 is there at another level", function()
    local before = require("cnn.core").cpu()
    local s = setting(61, "bfloat16")
    local y = bn(s)
    require("cnn.core").cpu("reference")
    local numbers = y:float():sum():item()
    require("cnn.core").cpu(before)
    check.that(numbers == numbers)
end)

check.test("results that are used twice, as a residual block uses its input", function()
    same(11, function(s, see)
        local h = F.relu(see(bn(s)))
        see(h)
        return F.relu(see(see(bn(s, h)) + h))
    end)
    same(12, function(s, see)
        local y = see(bn(s))
        return F.relu(y) + y
    end)
    same(13, function(s, see)
        local h = F.relu(see(see(bn(s)) + s.r))
        local k = F.relu(see(see(bn(s, h)) + h))
        return see(see(bn(s, k)) + k) + h
    end)
end)

check.test("in-place steps join what waits", function()
    same(21, function(s, see) return F.relu(see(bn(s)), true) end)
    same(22, function(s, see) return F.relu(see(see(bn(s)):add_(s.r)), true) end)
    same(23, function(s, see) local y = see(bn(s)) y:mul_(2) return F.relu(see(y)) end)
end)

check.test("what a waiting result reads may be changed, it has the numbers of before", function()
    local s = setting(31)
    local want = bn(s):clone()
    for _, change in ipairs {
        function(x) x:add_(1) end, function(x) x:fill_(0) end, function(x) x[1] = 5 end, function(x) x:copy_(s.r) end,
        function(x) x:normal_() end, function(x) x[{ {}, 2 }]:mul_(3) end, function(x) x.data:zero_() end,
    } do
        local x = s.x:detach():clone()
        local y, waiting_too
        cnn.no_grad(function()
            y = bn(s, x)
            waiting_too = F.relu(y)
            change(x)
        end)
        check.that(cnn.equal(y, want) and cnn.equal(waiting_too, F.relu(want)))
        check.that(not cnn.equal(x, s.x))
    end
    local y = cnn.no_grad(function() return bn(s) end)
    cnn.no_grad(function() s.w:fill_(0) s.b:fill_(0) end)
    check.that(cnn.equal(y, want), "weight and bias were changed after")
end)

check.test("an optimiser's step on what waits is waited for", function()
    local s = setting(41)
    local want = bn(s):clone()
    local y = bn(s)
    s.x.grad = cnn.ones(N, C, H, H)
    cnn.optim.SGD({ s.x }, 0.1):step()
    check.that(cnn.equal(y, want))
end)

check.test("views, parts, copies and files of what waits", function()
    local s = setting(51)
    local want = F.relu(bn(s)):clone()
    local function wait() return F.relu(bn(s)) end
    check.that(cnn.equal(wait()[{ {}, { 2, 5 } }], want[{ {}, { 2, 5 } }]))
    check.that(cnn.equal(wait():flatten(2), want:flatten(2)))
    check.that(cnn.equal(wait():permute(1, 3, 4, 2), want:permute(1, 3, 4, 2)))
    check.that(cnn.equal(wait():detach(), want) and cnn.equal(wait():double():float(), want))
    check.equal(wait()[2][3][4][5]:item(), want[2][3][4][5]:item())
    check.equal(tostring(wait():detach()), tostring(want:detach()))
    local path = os.tmpname()
    cnn.save(path, { y = wait():detach() })
    check.that(cnn.equal(cnn.load(path).y, want))
    os.remove(path)
    local y = cnn.scope(function() return wait() end)
    collectgarbage()
    check.that(cnn.equal(y, want), "made in a scope whose other tensors are gone")
end)

check.test("a gate opens by the numbers that were seen: gradients of retained results and hooks", function()
    for _, kind in ipairs { "retain", "hook" } do
        local s = setting(61)
        local y = bn(s)
        local h = F.relu(y)
        local seen
        if kind == "retain" then y:retain_grad() else y:register_hook(function(g) seen = g:clone() end) end
        h:backward(s.dy)
        local want = s.dy * h:gt(0):float()
        check.that(cnn.equal(kind == "retain" and y.grad or seen, want), kind)
    end
end)

check.test("second gradients go through what waits", function()
    local s = setting(71)
    local g = cnn.autograd.grad(F.relu(bn(s)):square():sum(), s.x, { create_graph = true })
    g = type(g) == "table" and g[1] or g
    g:square():sum():backward()
    local t = setting(71)
    local y = bn(t)
    look(y)
    local h = F.relu(y)
    look(h)
    local k = cnn.autograd.grad(h:square():sum(), t.x, { create_graph = true })
    k = type(k) == "table" and k[1] or k
    look(k)
    k:square():sum():backward()
    check.that(cnn.allclose(s.x.grad, t.x.grad, 1e-4, 1e-4))
end)

-- A block as residual networks have it: conv, bn, relu, conv, bn, add, relu, conv; `see` looks at everything.
local function block(s, convs, see, bias)
    local h = see(F.relu(see(bn(s))))
    local y = see(F.relu(see(bn(s, see(convs[1](h))))))
    local z = see(F.relu(see(see(bn(s, see(convs[2](y)))) + h)))
    return see(bn(s, see(convs[3](z)))), y
end

local function three_convs(bias)
    cnn.manual_seed(81)
    local convs = {}
    for i = 1, 3 do convs[i] = cnn.nn.Conv2d(C, C, { kernel_size = i == 2 and 5 or 3, padding = i == 2 and 2 or 1, bias = bias }) end
    return convs
end

-- Sums over images that a convolution has made on its way have another order: the last bits may differ, no more.
local function taken(dtype, level, algorithm, bias)
    local results = {}
    for turn, see in ipairs { function(t) return t end, look } do
        local s, convs = setting(82, dtype), three_convs(bias)
        local out = cnn.autocast(function() return (block(s, convs, see)) end, dtype == "bfloat16")
        check.equal(out.dtype, dtype)
        out:backward(s.dy)
        results[turn] = { out, s.x.grad, s.w.grad, s.b.grad, convs[1].weight.grad, convs[2].weight.grad, convs[3].weight.grad }
    end
    for i, a in ipairs(results[1]) do
        a, results[2][i] = a:float(), results[2][i]:float()
        local b = results[2][i]
        local worst, size = (a - b):abs():max():item(), b:abs():max():item()
        check.that(worst <= (dtype == "bfloat16" and 2e-2 or 2e-5) * size,
            ("%s %s %s: result %d differs by %g of %g"):format(dtype, level, algorithm, i, worst, size))
    end
end

check.test("convolutions take what waits, on every level and by every algorithm", function()
    op.each_level(function(level)
        for _, algorithm in ipairs { "auto", "direct", "winograd", "fft" } do
            op.with_algorithm(algorithm, function()
                for _, bias in ipairs { false, true } do
                    taken("float32", level, algorithm, bias)
                    taken("bfloat16", level, algorithm, bias)
                end
            end)
        end
    end)
end)

check.test("whoever looks at the gradient of a ReLU's result sees it whole, though a convolution took its numbers", function()
    local want
    for _, kind in ipairs { "seen", "retain", "hook", "asked" } do
        local s, convs = setting(83), three_convs(false)
        local out, y = block(s, convs, kind == "seen" and look or function(t) return t end)
        local got
        if kind == "hook" then y:register_hook(function(g) got = g:clone() end)
        elseif kind ~= "asked" then y:retain_grad() end
        if kind == "asked" then
            got = cnn.autograd.grad(out, y, s.dy)
            got = cnn.is_tensor(got) and got or got[1]
        else
            out:backward(s.dy)
        end
        got = got or y.grad
        want = want or got
        check.that(cnn.allclose(got, want, 1e-3, 1e-5), kind)
        check.that((got * y:eq(0):float()):abs():max():item() > 0, kind .. ": zeros where the ReLU closed")
    end
end)
