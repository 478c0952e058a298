-- SPDX-License-Identifier: MIT
local check, op = require "check", require "helpers.op"
local cnn = require "cnn"
local F = cnn.nn.functional

local function largest(t, c)
    return F.max_pool2d { t.input, kernel_size = c.kernel_size, stride = c.stride, padding = c.padding, dilation = c.dilation,
        ceil_mode = c.ceil_mode }
end
local function mean(t, c)
    return F.avg_pool2d { t.input, kernel_size = c.kernel_size, stride = c.stride, padding = c.padding, ceil_mode = c.ceil_mode,
        count_include_pad = c.count_include_pad, divisor_override = c.divisor_override }
end
op.golden("max_pool2d", largest)
op.golden("avg_pool2d", mean)

check.test("gradients agree with differences", function()
    for _ = 1, 4 do
        local k = math.random(2, 3)
        local case = { kernel_size = k, stride = math.random(3), padding = math.random(0, k // 2) }
        op.differences(function(x) return largest({ input = x }, case) end, { { 2, 2, 6, 7 } }, { step = 1e-7, rtol = 1e-4, atol = 1e-6 })
        op.differences(function(x) return mean({ input = x }, case) end, { { 2, 2, 6, 7 } })
    end
end)

check.test("a NaN wins, and infinities are ordinary", function()
    op.each_level(function()
        local x = cnn.zeros(1, 1, 2, 4)
        x[{ 1, 1, 1, 2 }] = 0 / 0
        x[{ 1, 1, 2, 3 }] = -math.huge
        local y = F.max_pool2d(x, 2)
        check.equal(y[{ 1, 1, 1, 1 }]:item() ~= y[{ 1, 1, 1, 1 }]:item(), true)
        check.equal(y[{ 1, 1, 1, 2 }]:item(), 0.0)
        check.equal(F.max_pool2d(cnn.full({ 1, 1, 2, 2 }, -math.huge), 2):item(), -math.huge)
    end)
end)

check.test("with ceil_mode the only window may reach over the edge", function()
    op.each_level(function()
        local x = cnn.tensor { { 1.0, 2.0 }, { 3.0, 5.0 } }:view(1, 1, 2, 2)
        check.equal(F.max_pool2d { x, 3, ceil_mode = true }:totable(), { { { { 5.0 } } } })
        check.equal(F.avg_pool2d { x, 3, ceil_mode = true }:totable(), { { { { 2.75 } } } })
        check.fails(function() F.max_pool2d { x, 3, stride = 1, ceil_mode = true } end, "shape error")
    end)
end)

check.test("wrong calls say what does not fit", function()
    local x = cnn.randn(1, 2, 4, 4)
    check.fails(function() F.max_pool2d(x, 5) end, "shape error", "5", "4")
    check.fails(function() F.avg_pool2d(x, 5) end, "shape error", "5", "4")
    check.fails(function() F.max_pool2d { x, 2, padding = 2 } end, "padding", "2")
    check.fails(function() F.avg_pool2d { x, 2, stride = 0 } end, "stride")
    check.fails(function() F.max_pool2d(cnn.randn(4), 2) end, "[4]")
end)
