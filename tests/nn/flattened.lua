-- SPDX-License-Identifier: MIT
-- A Linear behind flattened images reads them as they lie (core/ops/linear_image.h). Whether somebody looked at the flattened
-- copy, or changed it or the image meanwhile, may not be seen in any bit; and the numbers are those of the copy.
local check = require "check"
local cnn = require "cnn"
local core = require "cnn.core"
local op = require "helpers.op"
local F = cnn.nn.functional

local N, C, H, W, K = 24, 19, 5, 7, 6 -- 15,960 elements: enough to wait; 2·K ≤ N: enough images for it to pay

local function setting(seed, n)
    cnn.manual_seed(seed)
    n = n or N
    local s = { x = core.channels_last(cnn.randn(n, C, H, W)), w = cnn.randn(K, C * H * W), b = cnn.randn(K), dy = cnn.randn(n, K) }
    for _, name in ipairs { "x", "w", "b" } do s[name] = s[name]:detach():requires_grad_() end
    return s
end

local function look(t) t:sum():item() return t end

local ways = {
    plain = function(s, see) return F.linear(see(cnn.flatten(s.x, 2)), s.w, s.b) end,
    ["after a relu"] = function(s, see) return F.linear(see(cnn.flatten(F.relu(s.x), 2)), s.w, s.b) end,
    ["without bias"] = function(s, see) return F.linear(see(s.x:reshape(N, -1)), s.w) end,
    ["used twice"] = function(s, see)
        local f = see(cnn.flatten(s.x, 2))
        return F.linear(f, s.w, s.b) + F.linear(F.relu(f), s.w)
    end,
    ["a weight that does not lie dense"] = function(s, see)
        return F.linear(see(cnn.flatten(s.x, 2)), (s.w * 1):t():contiguous():t(), s.b)
    end,
    ["looked at behind"] = function(s, see)
        local f = cnn.flatten(s.x, 2)
        local y = F.linear(f, s.w, s.b)
        see(f)
        return y
    end,
}

local function gradients(s, y)
    y:backward(s.dy)
    return { y, s.x.grad, s.w.grad, s.b.grad }
end

local function same(got, want, exactly, what)
    for i = 1, 4 do
        check.that((got[i] == nil) == (want[i] == nil), what)
        if got[i] and exactly then check.that(cnn.equal(got[i], want[i]), ("%s: result %d"):format(what, i)) end
        if got[i] then check.close(got[i], want[i], { rtol = 1e-4, atol = 1e-4 }) end
    end
end

check.test("the numbers are those of a row-major copy, the bits do not depend on who looks", function()
    op.each_level(function()
        for name, way in pairs(ways) do
            local s, seen, copied = setting(1), setting(1), setting(1)
            local got = gradients(s, way(s, function(t) return t end))
            same(got, gradients(seen, way(seen, look)), true, name)
            copied.x = copied.x:detach():contiguous():requires_grad_()
            same(got, gradients(copied, way(copied, look)), false, name)
        end
    end)
end)

check.test("few images, float64 and other shapes take the copy", function()
    for _, n in ipairs { 0, 1, 2 * K - 1 } do
        local s, t = setting(2, n), setting(2, n)
        t.x = t.x:detach():contiguous():requires_grad_()
        same(gradients(s, F.linear(cnn.flatten(s.x, 2), s.w, s.b)), gradients(t, F.linear(cnn.flatten(t.x, 2), t.w, t.b)),
            true, n .. " images")
    end
    local x = core.channels_last(cnn.randn(N, C, H, W))
    local w = cnn.randn(2, C * H * W // 5)
    check.that(cnn.equal(F.linear(x:reshape(N * 5, -1), w), F.linear(x:contiguous():reshape(N * 5, -1), w)), "rows cut")
    check.that(cnn.equal(F.linear(cnn.flatten(x, 2):reshape(N * 5, -1), w), F.linear(x:contiguous():reshape(N * 5, -1), w)), "cut later")
    local d, v = x:double(), cnn.randn(3, C * H * W):double()
    check.that(cnn.equal(F.linear(cnn.flatten(d, 2), v), F.linear(cnn.flatten(d:contiguous(), 2), v)), "float64")
end)

check.test("what is written afterwards is not seen in what waits, and is seen in the copy", function()
    local s = setting(3)
    local x, w = s.x:detach(), s.w:detach()
    local want, other = F.linear(cnn.flatten(x:contiguous(), 2), w), F.linear(cnn.flatten((x * 2):contiguous(), 2), w)
    for _, change in ipairs { function(v) v:mul_(2) end, function(v) v:copy_(v * 2) end,
        function(v) v[{ {}, { 1, -1 } }]:mul_(2) end } do
        for _, see in ipairs { look, function(t) return t end } do
            local image = x:clone()
            local flat = see(cnn.flatten(image, 2))
            change(image)
            check.close(F.linear(flat, w), want, { rtol = 1e-4, atol = 1e-4 })
            check.close(F.linear(cnn.flatten(image, 2), w), other, { rtol = 1e-4, atol = 1e-4 })
            flat = see(cnn.flatten(x, 2))
            change(flat)
            check.close(F.linear(flat, w), other, { rtol = 1e-4, atol = 1e-4 })
            check.close(F.linear(cnn.flatten(x, 2), w), want, { rtol = 1e-4, atol = 1e-4 })
        end
    end
end)

check.test("gradients of the flattened images, by hook and retained, and second gradients", function()
    local s, seen = setting(4), nil
    local f = cnn.flatten(s.x, 2)
    f:retain_grad()
    f:register_hook(function(g) seen = g:clone() end)
    F.linear(f, s.w, s.b):backward(s.dy)
    local want = s.dy:matmul(s.w:detach())
    check.close(f.grad, want, { rtol = 1e-4, atol = 1e-4 })
    check.that(cnn.equal(f.grad, seen))
    check.that(cnn.equal(s.x.grad, f.grad:reshape(N, C, H, W)))

    local t = setting(5)
    local g = cnn.autograd.grad(F.linear(cnn.flatten(t.x, 2), t.w, t.b):square():sum(), t.x, { create_graph = true })
    g = type(g) == "table" and g[1] or g
    g:sum():backward()
    local u = setting(5)
    u.x = u.x:detach():contiguous():requires_grad_()
    local h = cnn.autograd.grad(F.linear(cnn.flatten(u.x, 2), u.w, u.b):square():sum(), u.x, { create_graph = true })
    h = type(h) == "table" and h[1] or h
    h:sum():backward()
    check.close(t.w.grad, u.w.grad, { rtol = 1e-3, atol = 1e-2 })
end)
