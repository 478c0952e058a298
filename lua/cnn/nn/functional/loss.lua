-- SPDX-License-Identifier: MIT
-- nn.functional: losses. Sizes must agree exactly: broadcasting in a loss is a mistake that trains.
local core = require "cnn.core"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local loss = {}

local reductions = { "mean", "sum", "none" }

local function reduced(x, reduction)
    if reduction == "mean" then return core.mean(x, nil, false) end
    if reduction == "sum" then return core.sum(x, nil, false) end
    return x
end

-- [N, C, d1, d2, …] as rows of classes [N*d1*d2…, C]; [C] as one row.
local function as_rows(input)
    local shape = input.shape
    if #shape == 2 then return input end
    if #shape == 1 then return core.reshape(input, { 1, shape[1] }) end
    local order = { 1 }
    for i = 3, #shape do
        order[#order + 1] = i
    end
    order[#order + 1] = 2
    return core.reshape(core.permute(input, order), { -1, shape[2] })
end

local function labels_shape(shape)
    local sizes = {}
    for i = 1, #shape do
        if i ~= math.min(2, #shape) then sizes[#sizes + 1] = shape[i] end
    end
    return sizes
end

local function fits(wanted, shape)
    if #wanted ~= #shape then return false end
    for i = 1, #wanted do
        if wanted[i] ~= shape[i] then return false end
    end
    return true
end

local function check_target(input, target)
    if not input.dtype:find("float", 1, true) then
        errors.raise {
            kind = "type", op = "cross_entropy",
            text = ("the logits come first, real numbers as the network gives them; got %s"):format(input.dtype),
            fix = "criterion(net(x), y)",
        }
    end
    local wanted = labels_shape(input.shape)
    if not fits(wanted, target.shape) then
        errors.raise {
            kind = "shape", op = "cross_entropy",
            text = ("logits of %s need labels of [%s], one class per row; got %s"):format(
                tostring(input.shape), table.concat(wanted, ", "), tostring(target.shape)),
        }
    end
    if target.dtype:find("float", 1, true) then
        errors.raise {
            kind = "type", op = "cross_entropy",
            text = ("labels are the numbers of classes, int64; got %s"):format(target.dtype),
            fix = "y:long()",
        }
    end
    return wanted
end

loss.cross_entropy = signature {
    name = "nn.functional.cross_entropy",
    { "input", "tensor", doc = "logits [N, C], the network's raw outputs" },
    { "target", "tensor", doc = "labels [N] from 1 to C, int64" },
    { "reduction", "string", default = "mean", choices = reductions },
    returns = "tensor: one number, or [N] for reduction=\"none\"",
    doc = [[Minus the logarithm of the probability that softmax gives to the right class.
Also takes [N, C, d1, …] with labels [N, d1, …], and [C] with one label.]],
    shape = [=[loss[n] = log(sum over c of exp(x[n][c])) - x[n][target[n]]]=],
    example = [[print(nn.functional.cross_entropy(cnn.randn(4, 10), cnn.tensor { 1, 2, 3, 10 }))]],
    see = { "nn.CrossEntropyLoss" },
    call = function(input, target, reduction)
        if #input.shape == 0 then
            errors.raise { kind = "shape", op = "cross_entropy", text = "logits need a dimension of classes; got a scalar" }
        end
        local wanted = check_target(input, target)
        if target.dtype ~= "int64" then target = core.cast(target, "int64") end
        if #wanted ~= 1 then target = core.reshape(target, { -1 }) end
        local rows = core.cross_entropy(as_rows(input), target)
        if reduction == "none" and #wanted ~= 1 then return core.reshape(rows, wanted) end
        return reduced(rows, reduction)
    end,
}

loss.mse_loss = signature {
    name = "nn.functional.mse_loss",
    { "input", "tensor" },
    { "target", "tensor", doc = "of the input's size" },
    { "reduction", "string", default = "mean", choices = reductions },
    returns = "tensor",
    doc = [[The squared distance (input - target)², averaged over all elements.]],
    example = [[print(nn.functional.mse_loss(cnn.ones(3), cnn.zeros(3)))]],
    see = { "nn.functional.cross_entropy" },
    call = function(input, target, reduction)
        if not fits(input.shape, target.shape) then
            errors.raise {
                kind = "shape", op = "mse_loss",
                text = ("input and target must have one size; got %s and %s"):format(
                    tostring(input.shape), tostring(target.shape)),
            }
        end
        return reduced(core.square(core.sub(input, target)), reduction)
    end,
}

return loss
