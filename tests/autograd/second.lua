-- SPDX-License-Identifier: MIT
-- Gradients of gradients: every differentiable op that a network uses, by gradgradcheck.
local check = require "check"
local cnn = require "cnn"
local nn, F = cnn.nn, cnn.nn.functional

local function doubles(...) return cnn.randn(...):double():requires_grad_() end
local function positive(...) return (cnn.rand(...):double() + 0.5):requires_grad_() end

local cases = {
    { "add, sub, mul, div", function(a, b) return (a + b) * (a - b) / b end, function() return { doubles(2, 3), positive(3) } end },
    { "pow", function(a, b) return a ^ b end, function() return { positive(2, 2), doubles(2) } end },
    { "exp, log, sqrt", function(a) return a:exp() * a:log() + a:sqrt() end, function() return { positive(4) } end },
    { "tanh, sigmoid", function(a) return a:tanh() * a:sigmoid() end },
    { "gelu, silu", function(a) return F.gelu(a) + F.silu(a) end },
    { "relu, leaky_relu, abs, square", function(a) return F.relu(a) * F.leaky_relu(a) + a:abs() * a:square() end },
    { "softmax, log_softmax", function(a) return F.softmax(a, 2) * F.log_softmax(a, 2) end },
    { "matmul", function(a, b) return a:matmul(b) end, function() return { doubles(2, 3), doubles(3, 2) } end },
    { "linear", F.linear, function() return { doubles(2, 3), doubles(2, 3), doubles(2) } end },
    { "sum, mean, var, max", function(a) return a:sum(1) * a:mean(1) * a:var(1) + (a:max(1)) end },
    { "views", function(a) return a:t():reshape(-1):narrow(1, 2, 3) * a:select(1, 2) end },
    { "expand, cat, where", function(a)
        local wide = a:unsqueeze(1):expand(2, 2, 3)
        return cnn.cat({ wide, wide * wide }, 1):where(wide:narrow(1, 1, 1):gt(0), 2)
    end },
    { "pad", function(a) return F.pad(a, { 1, 2 }):square() end },
    { "conv2d", function(x, w, b) return F.conv2d(x, w, b, 1, 1) end,
        function() return { doubles(1, 2, 3, 3), doubles(2, 2, 3, 3), doubles(2) } end },
    { "conv2d, strides and groups", function(x, w) return F.conv2d { x, w, stride = 2, padding = 1, groups = 2 } end,
        function() return { doubles(2, 2, 4, 4), doubles(4, 1, 3, 3) } end },
    { "max_pool2d", function(x) return F.max_pool2d(x, 2) end, function() return { doubles(1, 2, 4, 4) } end },
    { "max_pool2d, windows that overlap and lie outside", function(x)
        local y = F.max_pool2d { x, 2, stride = 1, padding = 1, dilation = 3 }
        return y:where(y:gt(-1e300), 0):square()
    end, function() return { doubles(1, 2, 4, 4) } end },
    { "avg_pool2d", function(x) return F.avg_pool2d(x, 2):square() end, function() return { doubles(1, 2, 4, 4) } end },
    { "batch norm in evaluation", function(x, w, b)
        return F.batch_norm(x, cnn.zeros(2):double(), cnn.ones(2):double(), w, b)
    end, function() return { doubles(2, 2, 2, 2), doubles(2), doubles(2) } end },
    { "batch norm in training", function(x, w, b)
        return F.batch_norm { x, cnn.zeros(2):double(), cnn.ones(2):double(), w, b, training = true }
    end, function() return { doubles(3, 2, 2, 2), doubles(2), doubles(2) } end },
    { "cross_entropy", function(x) return F.cross_entropy(x, cnn.tensor { 1, 3 }) end },
    { "mse_loss", function(x) return F.mse_loss(x, cnn.zeros(2, 3):double()) end },
    { "gather, index_select", function(x) return x:gather(2, cnn.tensor { { 1, 1 }, { 3, 2 } }):square() end },
    { "sort, topk, cumsum", function(x) return (x:sort(2)) * x:cumsum(2) * (x:topk(3, 2)) end },
    { "group_norm", function(x) return F.group_norm(x, 2) end, function() return { doubles(2, 4, 3) } end },
    { "layer_norm", function(x) return F.layer_norm(x, { 3 }) end, function() return { doubles(2, 4, 3) } end },
    { "instance_norm", function(x) return F.instance_norm(x) end, function() return { doubles(2, 2, 3, 3) } end },
    { "conv_transpose2d", function(x, w) return F.conv_transpose2d{ x, w, stride = 2 } end,
        function() return { doubles(1, 2, 3, 3), doubles(2, 2, 2, 2) } end },
    { "conv1d", function(x, w) return F.conv1d(x, w) end, function() return { doubles(1, 2, 5), doubles(2, 2, 3) } end },
    { "interpolate, bilinear", function(x) return F.interpolate{ x, { 5, 5 }, mode = "bilinear" }:square() end,
        function() return { doubles(1, 1, 3, 3) } end },
    { "interpolate, nearest", function(x) return F.interpolate{ x, { 5, 5 } }:square() end,
        function() return { doubles(1, 1, 3, 3) } end },
    { "adaptive_avg_pool2d", function(x) return F.adaptive_avg_pool2d(x, { 2, 3 }):square() end,
        function() return { doubles(1, 2, 4, 5) } end },
    { "adaptive_max_pool2d", function(x) return F.adaptive_max_pool2d(x, { 2, 3 }):square() end,
        function() return { doubles(1, 2, 4, 5) } end },
    { "pad, reflect", function(x) return F.pad(x, { 1, 1, 1, 1 }, "reflect"):square() end,
        function() return { doubles(1, 1, 3, 3) } end },
    { "prod", function(x) return x:prod(2) end, function() return { doubles(2, 3) } end },
    { "cumprod", function(x) return x:cumprod(2) end, function() return { doubles(2, 3) } end },
    { "std", function(x) return x:std(2) end, function() return { doubles(2, 3) } end },
    { "scatter", function(x, y) return x:scatter(2, cnn.tensor{ { 1, 2 }, { 3, 1 } }, y:square()):square() end,
        function() return { doubles(2, 3), doubles(2, 2) } end },
    { "masked_select", function(x) return x:masked_select(x:gt(0)):square() end, function() return { doubles(3, 3) } end },
    { "maximum, clamp", function(x, y) return x:maximum(y):square() + x:clamp(-0.5, 0.5):square() end,
        function() return { doubles(3, 3), doubles(3, 3) } end },
    { "sin, cos, reciprocal", function(x) return x:sin() * x:cos() + (x:square()+1):reciprocal() end,
        function() return { doubles(3) } end },
    { "huber_loss", function(x) return F.huber_loss(x, cnn.zeros(3):double()) end, function() return { doubles(3) } end },
    { "binary cross entropy", function(x) return F.binary_cross_entropy_with_logits(x, cnn.ones(3):double() * 0.3) end,
        function() return { doubles(3) } end },
    { "kl_div", function(x) return F.kl_div(x:log_softmax(1), cnn.ones(3):double() / 3) end,
        function() return { doubles(3) } end },
    { "cosine_similarity", function(x, y) return F.cosine_similarity(x, y, 1) end,
        function() return { doubles(4), doubles(4) } end },
    { "prelu", function(x, w) return F.prelu(x, w) end, function() return { doubles(3, 2), doubles(2) } end },
    { "elu, softplus", function(x) return F.elu(x) * F.softplus(x) end, function() return { doubles(3, 2) } end },
    { "index_select", function(x) return x:index_select(1, cnn.tensor{ 1, 1, 2 }):square() end,
        function() return { doubles(3, 2) } end },
    { "bmm", function(x, y) return x:bmm(y) end, function() return { doubles(2, 2, 3), doubles(2, 3, 2) } end },
    { "norm", function(x) return x:norm() end, function() return { doubles(3, 2) } end },
    { "median", function(x) return x:median():square() end, function() return { doubles(3, 3) } end },
}

for _, case in ipairs(cases) do
    check.test("twice: " .. case[1], function()
        local inputs = case[3] and case[3]() or { doubles(2, 3) }
        cnn.autograd.gradcheck { case[2], inputs, fast_mode = true, rtol = 1e-5, atol = 1e-6 }
        cnn.autograd.gradgradcheck { case[2], inputs, fast_mode = true, rtol = 1e-4, atol = 1e-6 }
    end)
end

check.test("a gradient penalty: gradients through a gradient through a network", function()
    local x = doubles(2, 1, 4, 4)
    local function penalty(w, b, v)
        local y = F.max_pool2d(F.conv2d(x, w, b):tanh(), 2, 1):flatten(2):matmul(v)
        return cnn.autograd.grad { y:sum(), x, create_graph = true }:square():sum()
    end
    cnn.autograd.gradcheck { penalty, { doubles(2, 1, 3, 3), doubles(2), doubles(2, 1) }, rtol = 1e-4 }
end)
