-- SPDX-License-Identifier: MIT
-- BatchNorm1d, adaptive pooling, the modes of pad and the options of conv2d, against PyTorch, differences and messages.
local check, op = require "check", require "helpers.op"
local cnn = require "cnn"
local nn, F = cnn.nn, cnn.nn.functional

op.golden("conv2d_options", function(t, c)
    return F.conv2d { t.input, t.weight, t.bias, stride = c.stride, padding = c.padding, dilation = c.dilation, groups = c.groups }
end)

-- The layer itself with the case's parameters; float64 cases replace the buffers too.
op.golden("batch_norm1d", function(t, c)
    local bn = nn.BatchNorm1d { t.input.shape[2], eps = c.eps, momentum = c.momentum, affine = c.affine }
    bn:train(c.training)
    bn.running_mean, bn.running_var = t.running_mean, t.running_var
    if c.affine then bn.weight, bn.bias = nn.Parameter(t.weight), nn.Parameter(t.bias) end
    local y = bn(t.input)
    if c.affine then t.weight, t.bias = bn.weight, bn.bias end
    return y, bn.running_mean, bn.running_var
end)

op.golden("adaptive_avg_pool2d", function(t, c) return F.adaptive_avg_pool2d(t.input, c.output_size) end)

op.golden("pad_modes", function(t, c) return F.pad { t.input, c.pad, mode = c.mode, value = c.value } end)

check.test("gradients agree with differences", function()
    op.differences(function(x) return F.adaptive_avg_pool2d(x, { 3, 4 }) end, { { 2, 2, 5, 7 } })
    op.differences(function(x) return F.adaptive_avg_pool2d(x, { 2, 7 }) end, { { 2, 2, 6, 5 } })
    for _, mode in ipairs { "reflect", "replicate", "circular" } do
        op.differences(function(x) return F.pad(x, { 1, 3, 2, 0 }, mode) end, { { 2, 2, 4, 4 } })
        op.differences(function(x) return F.pad(x, { -1, 2, 3, -2 }, mode) end, { { 1, 2, 5, 4 } })
    end
    op.differences(function(x) return nn.BatchNorm1d { 3, affine = false, track_running_stats = false }(x) end, { { 5, 3 } },
        { rtol = 1e-4, atol = 1e-6 })
end)

check.test("adaptive windows do not look beyond themselves", function()
    local x = cnn.zeros(1, 1, 1, 5)
    x[{ 1, 1, 1, 1 }], x[{ 1, 1, 1, 5 }] = math.huge, 0 / 0
    local y = F.adaptive_avg_pool2d(x, { 1, 3 }):view(3)
    check.equal({ y[1]:item(), y[2]:item() }, { math.huge, 0.0 })
    check.equal(y[3]:item() ~= y[3]:item(), true)
end)

check.test("AdaptiveAvgPool2d: ways to say the size", function()
    local x = cnn.randn(2, 3, 10, 9)
    local function sizes(size) return table.concat(nn.AdaptiveAvgPool2d(size)(x).shape, " ") end
    check.equal(sizes(7), "2 3 7 7")
    check.equal(sizes { 7 }, "2 3 7 7")
    check.equal(sizes { 5, 7 }, "2 3 5 7")
    check.equal(sizes { nil, 7 }, "2 3 10 7")
    check.equal(sizes { 7, false }, "2 3 7 9")
    check.equal(sizes { output_size = { false, 4 } }, "2 3 10 4")
    check.equal(tostring(nn.AdaptiveAvgPool2d(1)), "AdaptiveAvgPool2d(output_size=1)")
    check.equal(tostring(nn.AdaptiveAvgPool2d { nil, 7 }), "AdaptiveAvgPool2d(output_size=(None, 7))")
    check.close(nn.AdaptiveAvgPool2d(1)(x):view(2, 3), x:mean({ 3, 4 }), { rtol = 1e-5, atol = 1e-6 })
end)

check.test("ZeroPad2d and ReflectionPad2d are pad", function()
    local x = cnn.randn(2, 3, 5, 6)
    for name, mode in pairs { ZeroPad2d = "constant", ReflectionPad2d = "reflect", ReplicationPad2d = "replicate",
        CircularPad2d = "circular" } do
        local layer = nn[name]
        check.equal(layer(2)(x), F.pad(x, { 2, 2, 2, 2 }, mode))
        check.equal(layer { 2 }(x), F.pad(x, { 2, 2, 2, 2 }, mode))
        check.equal(layer { { 1, 0, 3, 2 } }(x), F.pad(x, { 1, 0, 3, 2 }, mode))
        check.equal(layer { 1, -2, 3, 2 }(x), F.pad(x, { 1, -2, 3, 2 }, mode))
        check.equal(layer { padding = 1 }(x), F.pad(x, { 1, 1, 1, 1 }, mode))
        check.equal(layer { padding = { 1, 2, 3, 4 } }(x), F.pad(x, { 1, 2, 3, 4 }, mode))
        check.equal(tostring(layer { 1, 2, 3, 4 }), name .. "((1, 2, 3, 4))")
        check.fails(function() layer(1.5) end, "left, right, top, bottom", "1.5")
        check.fails(function() layer { padding = { 1, 2 } } end, "left, right, top, bottom", "{1, 2}")
        check.fails(function() layer() end, "padding", "missing")
        check.fails(function() layer(1)(3) end, "pad")
    end
end)

check.test("BatchNorm1d: statistics, parts, printing", function()
    local bn = nn.BatchNorm1d(3)
    local x = cnn.randn(32, 3) * 5 + 2
    check.close(bn(x):mean(1), { 0, 0, 0 }, { atol = 1e-5 })
    check.equal(bn.num_batches_tracked:item(), 1)
    bn:reset_running_stats()
    check.equal(bn.running_mean:totable(), { 0.0, 0.0, 0.0 })
    check.equal(#bn:parameters(), 2)
    check.equal(nn.is(bn, nn.BatchNorm2d), false)
    check.equal(tostring(bn), "BatchNorm1d(3, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)")
    check.equal(table.concat(bn:eval()(cnn.ones(2, 3, 4)).shape, " "), "2 3 4")
end)

check.test("wrong calls say what does not fit", function()
    local bn, x = nn.BatchNorm1d(3), cnn.randn(2, 3, 4, 5)
    check.fails(function() bn(x) end, "[N, 3, L]", "[2, 3, 4, 5]", "nn.BatchNorm2d(3)")
    check.fails(function() bn(cnn.ones(3)) end, "[3]")
    check.fails(function() bn(cnn.ones(2, 4)) end, "3 channels", "nn.BatchNorm1d(4)")
    check.fails(function() bn(cnn.ones(1, 3)) end, "more than one value per channel")
    check.fails(function() nn.BatchNorm1d(0) end, "nn.BatchNorm1d", "at least 1")
    check.fails(function() F.adaptive_avg_pool2d(cnn.ones(3, 4), 2) end, "[N, C, H, W]", "[3, 4]")
    check.fails(function() F.adaptive_avg_pool2d(cnn.ones(1, 2, 0, 4), 2) end, "at least 1", "[1, 2, 0, 4]")
    check.fails(function() nn.AdaptiveAvgPool2d(math.maxinteger) end, "output_size", "65536")
    check.fails(function() nn.AdaptiveAvgPool2d(1)(3) end, "adaptive_avg_pool2d", "got 3")
    check.fails(function() F.pad(x, { math.maxinteger, 0 }, "replicate") end, "pad")
    check.fails(function() F.pad(x, { math.mininteger, 0 }, "reflect") end, "pad")
    check.fails(function() F.adaptive_avg_pool2d(x, 0) end, "output_size")
    check.fails(function() F.adaptive_avg_pool2d(x, 2.5) end, "output_size")
    check.fails(function() F.adaptive_avg_pool2d(x, { 7, nil }) end, "output_size", "false keeps")
    check.fails(function() F.adaptive_avg_pool2d(x:long(), 2) end, "type error", "int64")
    check.fails(function() F.pad(x, { 5, 0 }, "reflect") end, "dimension 4", "below the size", "replicate")
    check.fails(function() F.pad(x, { 1, 1, 1 }, "reflect") end, "pairs")
    check.fails(function() F.pad(x, { 0, 6 }, "circular") end, "dimension 4", "up to the size")
    check.fails(function() F.pad(cnn.ones(3), { 1, 1, 1, 1 }, "replicate") end, "[3]")
    check.fails(function() F.pad(cnn.ones(2, 0), { 1, 1 }, "replicate") end, "edge to repeat")
    check.fails(function() F.pad { x, { -3, -3 }, mode = "reflect" } end, "leaves nothing")
    check.fails(function() F.pad { x, { 1, 1 }, mode = "reflect", value = 2 } end, "takes no value")
    check.fails(function() F.pad { x, { 1, 1 }, mode = "mirror" } end, "mode", "reflect")
end)
