-- SPDX-License-Identifier: MIT
-- nn.functional: normalisations that look at one sample at a time, so training and evaluation are alike.
local reals = require "cnn.reals"
local arithmetic = require "cnn.tensor.arithmetic"
local core = require "cnn.core"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local normal = {}

local function check_real(op, x)
    if reals[x.dtype] then return end
    errors.raise { kind = "type", op = op, text = ("%s needs real numbers; got %s"):format(op, x.dtype),
        fix = "x:float()" }
end

-- (x - mean) / sqrt(var + eps), both over the listed dimensions.
local function standardised(x, dims, eps)
    local centred = core.sub(x, core.mean(x, dims, true))
    return core.div(centred, core.sqrt(core.add(core.mean(core.square(centred), dims, true), eps)))
end

-- y * weight + bias; `size`: how the factors lie along y
local function scaled(y, weight, bias, size)
    if weight then y = core.mul(y, core.reshape(weight, size)) end
    if bias then y = core.add(y, core.reshape(bias, size)) end
    return y
end

-- Both, computed in float32 for bfloat16. `shape`: what x is seen as for the statistics.
local normalised = reals.wide(function(x, weight, bias, dims, eps, size, shape)
    local y = standardised(shape and core.reshape(x, shape) or x, dims, eps)
    return scaled(shape and core.reshape(y, x.shape) or y, weight, bias, size)
end)

local function list_text(list) return "[" .. table.concat(list, ", ") .. "]" end

local function check_size(op, name, x, size)
    if not x or table.concat(x.shape, ",") == table.concat(size, ",") then return end
    errors.raise { kind = "shape", op = op, text = ("%s must be %s; got %s"):format(name, list_text(size), x.shape) }
end

-- ---- layer norm ------------------------------------------------------------------------------------------------------

local function check_last(x, size)
    local shape, fits = x.shape, #size <= #x.shape and #size > 0
    for i = 1, fits and #size or 0 do fits = fits and shape[#shape - #size + i] == size[i] end
    if fits then return end
    errors.raise { kind = "shape", op = "layer_norm",
        text = ("normalises the last dimensions %s, which an input of %s does not end in"):format(list_text(size),
        shape) }
end

normal.layer_norm = signature {
    name = "nn.functional.layer_norm",
    { "input", "tensor", doc = "[.., *normalized_shape]" },
    { "normalized_shape", "dims", min = 1, doc = "the sizes of the last dimensions, or the last one" },
    { "weight", "tensor", optional = true, doc = "of that size" }, { "bias", "tensor", optional = true,
    doc = "of that size" },
    { "eps", "number", default = 1e-5, min = 0, doc = "added to the variance" },
    returns = "tensor of the input's size",
    doc = [[Brings the last dimensions of each sample to mean 0 and variance 1, then scales and shifts them.]],
    shape = [[y = (x - mean) / sqrt(var + eps) * weight + bias]],
    example = [[print(nn.functional.layer_norm(cnn.randn(4, 10), 10):size())]],
    see = { "nn.LayerNorm", "nn.functional.group_norm" },
    call = function(x, size, weight, bias, eps)
        check_real("layer_norm", x)
        check_last(x, size)
        check_size("layer_norm", "weight", weight, size)
        check_size("layer_norm", "bias", bias, size)
        local dims = {}
        for i = 1, #size do dims[i] = -i end
        return normalised(x, weight, bias, dims, eps, size)
    end,
}

-- ---- per channel -----------------------------------------------------------------------------------------------------

-- Images with channels in the second dimension; returns the number of channels and how factors per channel lie.
local function channels_of(op, x, weight, bias)
    check_real(op, x)
    if #x.shape < 2 then
        errors.raise { kind = "shape", op = op, text = ("%s needs [N, C, …]; got %s"):format(op, x.shape) }
    end
    local count, size = x.shape[2], {}
    for i = 1, #x.shape do size[i] = i == 2 and count or 1 end
    check_size(op, "weight", weight, { count })
    check_size(op, "bias", bias, { count })
    return count, size
end

normal.group_norm = signature {
    name = "nn.functional.group_norm",
    { "input", "tensor", doc = "[N, C, …]" }, { "num_groups", "int", min = 1, doc = "divides C" },
    { "weight", "tensor", optional = true, doc = "[C]" }, { "bias", "tensor", optional = true, doc = "[C]" },
    { "eps", "number", default = 1e-5, min = 0, doc = "added to the variance" },
    returns = "tensor of the input's size",
    doc = [[Brings each group of channels of each sample to mean 0 and variance 1, then scales and shifts each channel.]],
    shape = [[y = (x - mean) / sqrt(var + eps) * weight + bias, mean and var over C/num_groups channels and all positions]],
    example = [[print(nn.functional.group_norm(cnn.randn(2, 6, 4, 4), 3):size())]],
    see = { "nn.GroupNorm", "nn.functional.layer_norm", "nn.functional.instance_norm" },
    call = function(x, groups, weight, bias, eps)
        local channels, size = channels_of("group_norm", x, weight, bias)
        if channels % groups ~= 0 then
            errors.raise { kind = "shape", op = "group_norm",
                text = ("%d groups do not divide the %d channels of %s"):format(groups, channels, x.shape) }
        end
        if core.numel(x) == 0 then return scaled(x, weight, bias, size) end
        return normalised(x, weight, bias, { 3 }, eps, size, { x.shape[1], groups, -1 })
    end,
}

-- running = (1 - momentum) * running + momentum * (mean over the samples), outside of the graph
local function step(running, values, momentum)
    if not running then return end
    local mean = core.mean(core.detach(values), { 1 }, false)
    core.copy_(running, core.add(core.mul(core.detach(running), 1 - momentum), core.mul(mean, momentum)))
end

local as_running = reals.wide(function(x, mean, var, weight, bias, eps, size)
    local centred = core.sub(x, core.reshape(mean, size))
    return scaled(core.div(centred, core.sqrt(core.add(core.reshape(var, size), eps))), weight, bias, size)
end)

normal.instance_norm = signature {
    name = "nn.functional.instance_norm",
    { "input", "tensor", doc = "[N, C, …]" },
    { "running_mean", "tensor", optional = true, doc = "[C], moved a step" },
    { "running_var", "tensor", optional = true, doc = "[C]" },
    { "weight", "tensor", optional = true, doc = "[C]" }, { "bias", "tensor", optional = true, doc = "[C]" },
    { "use_input_stats", "bool", default = true, doc = "false: the running statistics instead" },
    { "momentum", "number", default = 0.1 }, { "eps", "number", default = 1e-5, min = 0,
    doc = "added to the variance" },
    returns = "tensor of the input's size",
    doc = [[Brings each channel of each sample to mean 0 and variance 1, then scales and shifts it.]],
    shape = [[y = (x - mean) / sqrt(var + eps) * weight + bias, mean and var over the positions of one image]],
    example = [[print(nn.functional.instance_norm(cnn.randn(2, 3, 4, 4)):size())]],
    see = { "nn.InstanceNorm2d", "nn.functional.batch_norm" },
    call = function(x, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)
        local count, size = channels_of("instance_norm", x, weight, bias)
        check_size("instance_norm", "running_mean", running_mean, { count })
        check_size("instance_norm", "running_var", running_var, { count })
        if not use_input_stats then
            if not running_mean or not running_var then
                errors.raise { kind = "value", op = "instance_norm",
                    text = "without the input's statistics, running_mean and running_var are needed" }
            end
            return as_running(x, running_mean, running_var, weight, bias, eps, size)
        end
        local dims, positions = {}, 1
        for i = 3, #x.shape do dims[#dims + 1], positions = i, positions * x.shape[i] end
        if positions < 2 then
            errors.raise { kind = "shape", op = "instance_norm",
                text = ("needs more than one value per channel of an image; got %s"):format(x.shape) }
        end
        step(running_mean, core.mean(x, dims, false), momentum)
        step(running_var, core.var(x, dims, 1, false), momentum)
        return normalised(x, weight, bias, dims, eps, size)
    end,
}

-- ---- to length 1 -----------------------------------------------------------------------------------------------------

local to_length_1 = reals.wide(function(x, p, dim, eps)
    return core.div(x, arithmetic.at_least(core.methods.norm(x, p, dim, true), eps))
end)

normal.normalize = signature {
    name = "nn.functional.normalize",
    { "input", "tensor" }, { "p", "number", default = 2, doc = "which length: see tensor:norm" },
    { "dim", "dims", default = 2, doc = "along which the vectors lie" },
    { "eps", "number", default = 1e-12, min = 0, doc = "shorter vectors are divided by this" },
    returns = "tensor of the input's size",
    doc = [[Divides vectors by their length.]], shape = [[y = x / max(|x|, eps)]],
    example = [[print(nn.functional.normalize(cnn.tensor { { 3.0, 4.0 } }))]],
    see = { "tensor:norm", "nn.functional.cosine_similarity" },
    call = function(x, p, dim, eps)
        check_real("normalize", x)
        return to_length_1(x, p, dim, eps)
    end,
}

return normal
