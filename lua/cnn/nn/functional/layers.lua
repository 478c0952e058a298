-- SPDX-License-Identifier: MIT
-- nn.functional: convolution, linear, batch norm, padding, flatten.
local border = require "cnn.nn.border"
local core = require "cnn.core"
local errors = require "cnn.errors"
local padding_of = require "cnn.nn.padding"
local signature = require "cnn.signature"

local layers = {}

layers.conv2d = signature {
    name = "nn.functional.conv2d",
    { "input", "tensor", doc = "[N, C, H, W]" },
    { "weight", "tensor", doc = "[K, C/groups, R, S]" },
    { "bias", "tensor", optional = true, doc = "[K]" },
    { "stride", "size2", default = 1, min = 1 },
    { "padding", "size2|string", default = 0, min = 0, doc = [[zeros on each side; "same" or "valid"]] },
    { "dilation", "size2", default = 1, min = 1 },
    { "groups", "int", default = 1, min = 1 },
    returns = "tensor [N, K, P, Q]",
    doc = [[Convolution: K filters of C×R×S numbers walk over images.]],
    shape = [[P = floor((H + 2*padding - dilation*(R - 1) - 1) / stride) + 1, Q likewise from W and S]],
    example = [[
local x, w = cnn.randn(1, 3, 32, 32), cnn.randn(10, 3, 5, 5)
print(nn.functional.conv2d { x, w, padding = 2 }:size())]],
    see = { "nn.Conv2d" },
    call = function(input, weight, bias, stride, padding, dilation, groups)
        padding_of.check(padding, stride, "conv2d")
        local shape = weight.shape
        local x, pad_h, pad_w = padding_of.apply(input, padding, shape[3] or 1, shape[4] or 1, dilation)
        return core.conv2d(x, weight, bias, stride[1], stride[2], pad_h, pad_w, dilation[1], dilation[2], groups)
    end,
}

layers.linear = signature {
    name = "nn.functional.linear",
    { "input", "tensor", doc = "[..., in]" },
    { "weight", "tensor", doc = "[out, in]" },
    { "bias", "tensor", optional = true, doc = "[out]" },
    returns = "tensor [..., out]",
    doc = [[Weighted sums of the last dimension: y = x Wᵀ + b.]],
    example = [[print(nn.functional.linear(cnn.randn(128, 20), cnn.randn(5, 20)):size())]],
    see = { "nn.Linear" },
    call = function(input, weight, bias) return core.linear(input, weight, bias) end,
}

layers.batch_norm = signature {
    name = "nn.functional.batch_norm",
    { "input", "tensor", doc = "[N, C], [N, C, L] or [N, C, H, W]" },
    { "running_mean", "tensor", optional = true, doc = "[C]" },
    { "running_var", "tensor", optional = true, doc = "[C]" },
    { "weight", "tensor", optional = true, doc = "[C]" },
    { "bias", "tensor", optional = true, doc = "[C]" },
    { "training", "bool", default = false, doc = "use the batch's statistics and update the running ones" },
    { "momentum", "number", default = 0.1, doc = "weight of this batch in the running statistics" },
    { "eps", "number", default = 1e-5, min = 0 },
    returns = "tensor of the input's size",
    doc = [[Brings each channel to mean 0 and variance 1, then scales by weight and shifts by bias.
The running statistics, where given, are changed in place when training, and used instead of the batch's when not.]],
    shape = [[y = (x - mean) / sqrt(var + eps) * weight + bias, per channel]],
    example = [[print(nn.functional.batch_norm { cnn.randn(16, 3, 8, 8), training = true }:size())]],
    see = { "nn.BatchNorm2d", "nn.BatchNorm1d" },
    call = function(input, running_mean, running_var, weight, bias, training, momentum, eps)
        if not training and not (running_mean and running_var) then
            errors.raise {
                kind = "value", op = "batch_norm",
                text = "without training=true the running statistics are used, but running_mean or running_var is missing",
                fix = "F.batch_norm{x, training=true}",
            }
        end
        return core.batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)
    end,
}

layers.pad = signature {
    name = "nn.functional.pad",
    { "input", "tensor" },
    { "pad", "sizes", doc = "{left, right, top, bottom, …}: pairs of before and after, the last dimension first" },
    { "mode", "string", default = "constant", choices = { "constant", "reflect", "replicate", "circular" } },
    { "value", "number", default = 0, doc = "what the constant mode fills in" },
    returns = "tensor",
    doc = [[Adds places around a tensor; a negative number takes places away.
The new places hold the value ("constant"), the tensor mirrored at its edge, which is not repeated ("reflect"), the edge
repeated ("replicate"), or what stands at the other end ("circular").
The list goes from the last dimension to the first: {0, 0, 0, 0, 0, 16} adds 16 channels behind those of [N, C, H, W].]],
    example = [[print(nn.functional.pad(cnn.ones(1, 16, 8, 8), { 0, 0, 0, 0, 0, 16 }):size())]],
    see = { "nn.ZeroPad2d", "nn.ReflectionPad2d", "nn.ReplicationPad2d", "nn.CircularPad2d" },
    call = border.pad,
}

layers.flatten = signature {
    name = "nn.functional.flatten",
    { "input", "tensor" },
    { "start_dim", "dim", default = 1 },
    { "end_dim", "dim", default = -1 },
    returns = "tensor",
    doc = [[Makes one dimension of several; flatten(x, 2) keeps the first, the batch.]],
    example = [[print(nn.functional.flatten(cnn.randn(128, 64, 16, 16), 2):size())]],
    see = { "nn.Flatten" },
    call = function(input, start_dim, end_dim)
        local shape = input.shape
        local first = start_dim < 0 and #shape + 1 + start_dim or start_dim
        local last = end_dim < 0 and #shape + 1 + end_dim or end_dim
        if #shape == 0 and math.abs(start_dim) == 1 and math.abs(end_dim) == 1 then return core.reshape(input, { 1 }) end
        if first < 1 or last > #shape or first > last then
            errors.raise {
                kind = "shape", op = "flatten",
                text = ("dimensions %d to %d can't be flattened: the input is %s"):format(
                    start_dim, end_dim, tostring(shape)),
            }
        end
        local sizes, product = {}, 1
        for i = 1, #shape do
            product = product * shape[i]
            if i < first or i >= last then
                sizes[#sizes + 1] = product
                product = 1
            end
        end
        return core.reshape(input, sizes)
    end,
}

return layers
