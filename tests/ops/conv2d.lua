-- SPDX-License-Identifier: MIT
local check, op = require "check", require "helpers.op"
local cnn = require "cnn"
local F = cnn.nn.functional

local function run(t, case)
    return F.conv2d(t.input, t.weight, t.bias, case.stride, case.padding, case.dilation, case.groups)
end
op.golden("conv2d", run)

check.test("gradients agree with differences on random shapes", function()
    for _ = 1, 6 do
        local random = math.random
        local groups, r, s = random(2), random(4), random(4)
        local case = { stride = { random(2), random(2) }, padding = { random(0, 2), random(0, 2) },
            dilation = { random(2), random(2) }, groups = groups }
        local h, w = case.dilation[1] * (r - 1) + random(4), case.dilation[2] * (s - 1) + random(4)
        local c, k = random(3), groups * random(3)
        op.differences(function(input, weight, bias) return run({ input = input, weight = weight, bias = bias }, case) end,
            { { random(2), c * groups, h, w }, { k, c, r, s }, { k } })
    end
end)

check.test("every level agrees with the textbook loops on random shapes", function()
    for _ = 1, 12 do
        local random = math.random
        local c, k, r, s = random(40), random(40), random(7), random(7)
        local case = { stride = { random(3), random(3) }, padding = { random(0, 3), random(0, 3) }, dilation = { 1, 1 }, groups = 1 }
        local input = cnn.randn(random(3), c, r + random(0, 9), s + random(0, 9))
        local weight, bias = cnn.randn(k, c, r, s), cnn.randn(k)
        op.agree(run, { input = input, weight = weight, bias = bias }, case)
    end
end)

check.test("wrong calls say what does not fit", function()
    local x = cnn.randn(2, 3, 8, 8)
    check.fails(function() F.conv2d(x, cnn.randn(4, 5, 3, 3)) end, "shape error", "[2, 3, 8, 8]", "5")
    check.fails(function() F.conv2d(x, cnn.randn(4, 3, 9, 9)) end, "shape error", "8", "9")
    check.fails(function() F.conv2d(x, cnn.randn(4, 3, 3, 3), cnn.randn(5)) end, "bias", "4", "5")
    check.fails(function() F.conv2d(cnn.randn(3, 8), cnn.randn(4, 3, 3, 3)) end, "[3, 8]")
    check.fails(function() F.conv2d { x, cnn.randn(4, 3, 3, 3), stride = 0 } end, "stride")
    check.fails(function() F.conv2d { x, cnn.randn(4, 3, 3, 3), padding = -1 } end, "padding")
    check.fails(function() F.conv2d { x, cnn.randn(4, 3, 3, 3), paddin = 1 } end, "did you mean", "padding")
    check.fails(function() F.conv2d(x, cnn.randn(4, 3, 3, 3):double()) end, "float32", "float64")
end)
