-- SPDX-License-Identifier: MIT
-- Activations, normalisations, convolutions and pooling of sequences, enlargements, losses and distances: PyTorch's numbers, how
-- the modules print, gradients, wrong calls.
local check, op = require "check", require "helpers.op"
local cnn = require "cnn"
local core = require "cnn.core"
local nn, F = cnn.nn, cnn.nn.functional

op.golden("functional", function(t, case)
    local call = {}
    for name, value in pairs(case.options) do call[name] = value end
    for _, name in ipairs(case.inputs) do call[name] = t[name] end
    local out = F[case.f](call)
    if case.outputs == 3 then return out, t.running_mean, t.running_var end
    return out
end)

local _, metadata = core.load(check.root .. "/tests/golden/functional.safetensors")
for _, case in ipairs(load("return " .. metadata.printed)()) do
    check.test("prints as in PyTorch: " .. case[1], function()
        local text = case[1]:gsub("True", "true"):gsub("False", "false"):gsub("None", "nil"):gsub("([(,])%(([%d,]+)%)", "%1{%2}")
        local module = assert(load("local nn = ... return nn." .. text, text, "t"))(nn)
        check.equal(tostring(module), case[2])
    end)
end

local functions = {
    elu = function(x) return F.elu(x, 0.7) end, selu = F.selu, relu6 = F.relu6, hardtanh = F.hardtanh, hardsigmoid = F.hardsigmoid,
    hardswish = F.hardswish, softplus = function(x) return F.softplus(x, 2) end, softsign = F.softsign, logsigmoid = F.logsigmoid,
    mish = F.mish, normalize = F.normalize,
    ["layer norm"] = function(x) return F.layer_norm(x, 3) end,
    ["group norm"] = function(x) return F.group_norm(x, 1) end,
    ["instance norm"] = function(x) return F.instance_norm(x:view(2, 2, 3)) end,
}

-- The squared gradient of a weighted sum of f(x)^2, as a function of x that can be differentiated again.
local function steepness(f)
    return function(x)
        if not x.requires_grad then x = x:detach():requires_grad_() end
        local y = f(x):square()
        local weights = cnn.arange(1, y:numel() + 1):to("float64"):view(y.shape) * 0.3
        core.backward((y * weights):sum(), nil, true, true)
        local gradient = x.grad
        core.set_grad(x, nil)
        return gradient:square()
    end
end

for name, f in pairs(functions) do
    check.test("gradients agree with differences, their own too: " .. name, function()
        op.differences(f, { { 4, 3 } }, { low = -2, high = 2 })
        op.differences(steepness(f), { { 4, 3 } }, { low = -2, high = 2, rtol = 1e-4, atol = 1e-6 })
    end)
end

check.test("gradients of losses and distances agree with differences", function()
    for _, call in ipairs {
        function(x, t) return F.huber_loss(x, t, "none", 0.5) end, function(x, t) return F.smooth_l1_loss { x, t, beta = 0.5 } end,
        function(x, t) return F.binary_cross_entropy(x, t) end, function(x, t) return F.kl_div(x, t) end,
        function(x, t) return F.kl_div { x, t, log_target = true, reduction = "batchmean" } end,
        function(x, t) return F.cosine_similarity(x, t) end, function(x, t) return F.pairwise_distance(x, t) end,
    } do
        op.differences(call, { { 3, 4 }, { 3, 4 } }, { low = 0.1, high = 0.9 })
    end
    op.differences(function(x, w, b) return F.conv1d { x, w, b, stride = 2, padding = 1 } end, { { 1, 2, 7 }, { 3, 2, 3 }, { 3 } })
    op.differences(function(x, w, b) return F.conv_transpose2d { x, w, b, stride = 2, output_padding = 1 } end,
        { { 1, 2, 3, 3 }, { 2, 3, 2, 2 }, { 3 } })
    for _, mode in ipairs { "nearest", "bilinear" } do
        op.differences(function(x) return F.interpolate { x, { 5, 7 }, mode = mode } end, { { 1, 2, 3, 4 } })
    end
    op.differences(function(x) return F.adaptive_max_pool2d(x, { 2, 3 }) end, { { 1, 2, 5, 7 } })
    op.differences(function(x, w) return F.prelu(x, w) end, { { 2, 3, 2 }, { 3 } })
end)

check.test("modules do what their functions do", function()
    local x, s, r = cnn.randn(2, 6, 4, 4), cnn.randn(2, 6, 9), cnn.randn(5, 6)
    check.equal(nn.ELU(0.5)(x), F.elu(x, 0.5))
    check.equal(nn.Hardtanh(-0.5, 2)(x), F.hardtanh(x, -0.5, 2))
    check.equal(nn.Softplus { beta = 2 }(x), F.softplus(x, 2))
    for name, f in pairs { SELU = "selu", ReLU6 = "relu6", Hardsigmoid = "hardsigmoid", Hardswish = "hardswish", Mish = "mish",
        Softsign = "softsign", LogSigmoid = "logsigmoid" } do
        check.equal(nn[name]()(x), F[f](x), name)
    end
    check.equal(nn.PReLU(6)(x), F.leaky_relu(x, 0.25))
    check.equal(nn.LayerNorm { 4, 4 }(x), F.layer_norm(x, { 4, 4 }))
    check.equal(nn.LayerNorm(6)(r), F.layer_norm(r, 6))
    check.equal(nn.GroupNorm(2, 6)(x), F.group_norm(x, 2))
    check.equal(nn.InstanceNorm2d(6)(x), F.instance_norm(x))
    check.equal(nn.MaxPool1d(3, 2, 1)(s), F.max_pool1d(s, 3, 2, 1))
    check.equal(nn.AvgPool1d(3, 2, 1)(s), F.avg_pool1d(s, 3, 2, 1))
    check.equal(nn.AdaptiveMaxPool2d(3)(x), F.adaptive_max_pool2d(x, 3))
    check.equal(nn.Upsample { scale_factor = 2, mode = "bilinear" }(x), F.interpolate { x, scale_factor = 2, mode = "bilinear" })
    check.equal(nn.Upsample { size = { 3, 5 } }(x), F.interpolate(x, { 3, 5 }))
    check.equal(tostring(nn.Upsample { scale_factor = { 2, 1.5 } }), "Upsample(scale_factor=(2.0, 1.5), mode='nearest')")
    check.equal(tostring(nn.Upsample { scale_factor = {} }), "Upsample(scale_factor=(), mode='nearest')")
    check.equal(nn.ConstantPad2d(2, 0.5)(x), F.pad(x, { 2, 2, 2, 2 }, "constant", 0.5))
    check.equal(nn.ReplicationPad2d { 1, 2, 0, 3 }(x), F.pad(x, { 1, 2, 0, 3 }, "replicate"))
    check.equal(nn.Unflatten(2, { 2, 3 })(r), r:view(5, 2, 3))
    local conv = nn.Conv1d { 6, 4, 3, stride = 2, padding = 1, groups = 2 }
    local t = nn.ConvTranspose2d { 6, 4, 3, stride = 2, output_padding = 1 }
    check.equal(conv(s), F.conv1d { s, conv.weight, conv.bias, stride = 2, padding = 1, groups = 2 })
    check.equal(t(x), F.conv_transpose2d { x, t.weight, t.bias, stride = 2, output_padding = 1 })
    check.equal({ #conv:parameters(), #t:parameters(), #nn.Conv1d { 2, 2, 1, bias = false }:parameters() }, { 2, 2, 1 })
    local a, b = r:sigmoid(), cnn.rand(5, 6)
    check.equal(nn.SmoothL1Loss("sum", 0.5)(a, b), F.smooth_l1_loss(a, b, "sum", 0.5))
    check.equal(nn.HuberLoss { delta = 0.5 }(a, b), F.huber_loss(a, b, "mean", 0.5))
    check.equal(nn.BCELoss()(a, b), F.binary_cross_entropy(a, b))
    check.close(nn.BCELoss()(a, b), nn.BCEWithLogitsLoss()(r, b), { rtol = 1e-4 })
    check.equal(nn.KLDivLoss("batchmean")(a:log(), b), F.kl_div { a:log(), b, reduction = "batchmean" })
    check.equal(nn.CosineSimilarity(-1)(a, b), F.cosine_similarity(a, b, -1))
    check.equal(nn.PairwiseDistance(1)(a, b), F.pairwise_distance(a, b, 1))
end)

check.test("a transposed convolution undoes what a convolution does to the size, and is its gradient", function()
    local x = cnn.randn(2, 3, 9, 12)
    for _, o in ipairs { { 3, 1, 0 }, { 4, 2, 1 }, { 2, 2, 0 }, { 5, 3, 2 } } do
        local down = nn.Conv2d { 3, 4, o[1], o[2], o[3], bias = false }
        local y = down(x)
        check.equal(down(nn.ConvTranspose2d(4, 3, o[1], o[2], o[3])(y)):size(), y:size())
        local z, input = cnn.randn(y:size()), cnn.zeros(x:size()):requires_grad_()
        down(input):backward(z)
        local painted = F.conv_transpose2d { z, down.weight, stride = o[2], padding = o[3] }
        local h, w = painted.shape[3], painted.shape[4]
        check.close(painted, input.grad:narrow(3, 1, h):narrow(4, 1, w), { rtol = 1e-4, atol = 1e-5 })
    end
end)

check.test("in place: the input holds the result, and the gradient is the same", function()
    for _, name in ipairs { "elu", "selu", "hardtanh", "relu6", "hardsigmoid", "hardswish", "mish" } do
        local leaf = cnn.randn(50):requires_grad_()
        local other = leaf:detach():clone():requires_grad_()
        local x = leaf * 3
        local y = F[name] { x, inplace = true }
        check.that(y == x, name)
        local want = F[name](other * 3)
        check.equal(y:detach(), want:detach())
        y:sum():backward()
        want:sum():backward()
        check.equal(leaf.grad, other.grad)
        local plain = cnn.tensor { -1.0, 0.5, 9.0 }
        check.equal(F[name] { plain, inplace = true }, F[name](cnn.tensor { -1.0, 0.5, 9.0 }))
        check.that(plain:equal(F[name](cnn.tensor { -1.0, 0.5, 9.0 })))
        check.fails(function() F[name] { cnn.tensor { 1, 2 }, inplace = true } end, "type error", "int64", "x:float()")
        check.fails(function() F[name] { leaf, inplace = true } end, "leaf")
    end
end)

check.test("the new layers go through a network without numbers", function()
    local net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.GroupNorm(2, 8), nn.ELU(), nn.InstanceNorm2d(8), nn.PReLU(8),
        nn.ConvTranspose2d { 8, 4, 4, stride = 2 }, nn.Upsample { scale_factor = 1.5 }, nn.Upsample { size = 20, mode = "bilinear" },
        nn.AdaptiveMaxPool2d(6), nn.PixelShuffle(2), nn.Hardtanh(), nn.Softplus(), nn.Flatten(), nn.LayerNorm(144),
        nn.Unflatten(2, { 4, 36 }), nn.Conv1d(4, 6, 3), nn.MaxPool1d(2))
    local rows = cnn.shapes(net, 3, 16, 16)
    check.equal(table.concat(rows[#rows].output, " "), table.concat(net(cnn.randn(1, 3, 16, 16)):size(), " "))
    check.equal(rows[6].multiply_adds, 8 * 14 * 14 * 4 * 16)
end)

check.test("running statistics of instance norm", function()
    local x = cnn.randn(4, 3, 5, 5) * 3 + 2
    local norm = nn.InstanceNorm2d { 3, affine = true, track_running_stats = true, momentum = 1 }
    norm(x)
    check.close(norm.running_mean, x:mean { 1, 3, 4 }, { rtol = 1e-4 })
    norm:eval()
    check.close(norm(x):mean { 1, 3, 4 }, { 0, 0, 0 }, { atol = 1e-4 })
    check.equal({ norm:state_dict().running_var ~= nil, #norm:parameters() }, { true, 2 })
end)

check.test("wrong calls say what does not fit", function()
    local x, s = cnn.randn(2, 6, 4, 4), cnn.randn(2, 6, 9)
    check.fails(function() F.layer_norm(x, 3) end, "[3]", "[2, 6, 4, 4]")
    check.fails(function() F.layer_norm { x, 4, weight = cnn.ones(3) } end, "weight must be [4]; got [3]")
    check.fails(function() F.layer_norm(x:long(), 4) end, "real numbers", "int64")
    check.fails(function() F.group_norm(x, 4) end, "4 groups do not divide the 6 channels")
    check.fails(function() nn.GroupNorm(4, 6) end, "num_groups must divide num_channels")
    check.fails(function() nn.GroupNorm(2, 4)(x) end, "GroupNorm(2, 4) needs [N, 4, …]", "[2, 6, 4, 4]")
    check.fails(function() F.group_norm(cnn.ones(3), 1) end, "[N, C, …]", "[3]")
    check.fails(function() F.instance_norm(cnn.ones(2, 3, 1, 1)) end, "more than one value per channel")
    check.fails(function() F.instance_norm { x, use_input_stats = false } end, "running_mean and running_var")
    check.fails(function() nn.InstanceNorm2d(3)(x) end, "InstanceNorm2d(3) needs images [N, 3, H, W]")
    check.fails(function() F.conv1d(x, cnn.ones(1, 6, 3)) end, "sequences [N, C, L]", "conv2d")
    check.fails(function() F.conv1d(s, cnn.ones(1, 6, 3, 1)) end, "[K, C/groups, S]")
    check.fails(function() nn.Conv1d { 6, 4, 3, groups = 4 } end, "groups must divide")
    check.fails(function() nn.Conv1d { 6, 4, 3, stride = 2, padding = "same" }(s) end, "same")
    check.fails(function() F.max_pool1d(s, 20) end, "max_pool2d")
    check.fails(function() F.conv_transpose2d(x, cnn.ones(5, 1, 2, 2)) end, "weight is for 5 channels; got 6")
    check.fails(function() F.conv_transpose2d(s, cnn.ones(6, 1, 2, 2)) end, "images [N, C, H, W]", "[2, 6, 9]")
    check.fails(function() F.conv_transpose2d { x, cnn.ones(6, 1, 2, 2), cnn.ones(2) } end, "bias must be [1]; got [2]")
    check.fails(function() F.conv_transpose2d { x, cnn.ones(6, 1, 2, 2), output_padding = 1 } end, "output_padding must be smaller")
    check.fails(function() F.conv_transpose2d { x, cnn.ones(6, 1, 2, 2), padding = 9 } end, "padding 9 leaves nothing")
    check.fails(function() nn.ConvTranspose2d { 6, 4, 2, groups = 4 } end, "groups must divide")
    check.fails(function() F.interpolate(x) end, "either a size or a scale_factor")
    check.fails(function() F.interpolate { x, 3, scale_factor = 2 } end, "either a size or a scale_factor")
    check.fails(function() F.interpolate { x, scale_factor = -1 } end, "scale_factor=-1")
    check.fails(function() F.interpolate { x, scale_factor = { 2 } } end, "scale_factor")
    check.fails(function() F.interpolate { x, scale_factor = 2, mode = "bicubic" } end, "mode", "bilinear")
    check.fails(function() F.interpolate { x, 2, align_corners = true } end, 'mode="bilinear" only')
    check.fails(function() F.interpolate(s, 2) end, "images", "[2, 6, 9]")
    check.fails(function() F.pixel_shuffle(x, 2) end, "divided by 4", "[2, 6, 4, 4]")
    check.fails(function() F.adaptive_max_pool2d(s, 2) end, "adaptive_max_pool2d needs images")
    check.fails(function() F.hardtanh(x, 2, 1) end, "min_val is at most max_val")
    check.fails(function() F.softplus(x, 0) end, "beta")
    check.fails(function() F.prelu(x, cnn.ones(3)) end, "one for each of 6 channels", "[3]")
    check.fails(function() nn.ELU { alfa = 1 } end, "did you mean alpha?")
    for _, f in ipairs { F.smooth_l1_loss, F.huber_loss, F.binary_cross_entropy, F.kl_div } do
        check.fails(function() f(cnn.ones(4, 1), cnn.ones(4)) end, "must have one size", "[4, 1]", "[4]")
    end
    check.fails(function() F.huber_loss { x, x, delta = 0 } end, "delta is above 0")
    check.fails(function() F.binary_cross_entropy(cnn.tensor { 1.5 }, cnn.ones(1)) end, "inputs are probabilities", "BCEWithLogitsLoss")
    check.fails(function() F.binary_cross_entropy(cnn.tensor { 0 / 0 }, cnn.ones(1)) end, "inputs are probabilities")
    check.fails(function() F.binary_cross_entropy(cnn.rand(1), cnn.tensor { 2 }) end, "targets are probabilities")
    check.fails(function() F.binary_cross_entropy(cnn.tensor { 1 }, cnn.ones(1)) end, "come first", "int64")
end)
