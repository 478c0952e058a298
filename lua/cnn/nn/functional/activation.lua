-- SPDX-License-Identifier: MIT
-- nn.functional: activations. relu, sigmoid, tanh, silu and gelu are ops; the others are built from ops, which give
-- their gradients and the gradients of those.
local core = require "cnn.core"
local errors = require "cnn.errors"
local hints = require "cnn.hints"
local reals = require "cnn.reals"
local signature = require "cnn.signature"

local activation = {}

-- Real tensors as they are, whole numbers and truth values as float32.
local function real(x)
    if reals[x.dtype] then return x end
    return core.cast(x, "float32")
end

local function need_real(name, x)
    if real(x) == x then return end
    errors.raise { kind = "type", op = name, fix = "x:float()",
        text = ("%s with inplace=true writes fractions into the input; a tensor of %s can't hold them"):format(name, x.dtype) }
end

activation.relu = signature {
    name = "nn.functional.relu",
    { "input", "tensor" },
    { "inplace", "bool", default = false, doc = "overwrite the input" },
    returns = "tensor of the input's size",
    doc = [[max(0, x), element by element.]],
    example = [[print(nn.functional.relu(cnn.tensor { -1, 0, 2 }))]],
    see = { "nn.ReLU" },
    call = function(input, inplace)
        if inplace then return core.relu_(input) end
        return core.relu(input)
    end,
}

local function leaky_factor(x, slope)
    local type_of = x.dtype == "bfloat16" and "float32" or x.dtype -- bfloat16 would round the slope
    return core.where(core.gt(core.detach(x), 0), core.full(type_of, {}, 1), core.full(type_of, {}, slope))
end

local leaky = reals.wide(function(x, slope) return core.mul(x, leaky_factor(x, slope)) end)

activation.leaky_relu = signature {
    name = "nn.functional.leaky_relu",
    { "input", "tensor" },
    { "negative_slope", "number", default = 0.01, doc = "what values below zero are multiplied with" },
    { "inplace", "bool", default = false, doc = "overwrite the input" },
    returns = "tensor of the input's size",
    doc = [[x where it is above zero, negative_slope * x elsewhere. The derivative at 0 is negative_slope.]],
    shape = [[y = x if x > 0, else negative_slope * x]],
    example = [[print(nn.functional.leaky_relu(cnn.tensor { -1.0, 0.0, 2.0 }, 0.1))]],
    see = { "nn.LeakyReLU", "nn.functional.relu" },
    call = function(input, negative_slope, inplace)
        if inplace then need_real("leaky_relu", input) end
        local x = real(input)
        if not inplace then return leaky(x, negative_slope) end
        return core.mul_(x, leaky_factor(x, negative_slope))
    end,
}

activation.sigmoid = signature {
    name = "nn.functional.sigmoid",
    { "input", "tensor" },
    returns = "tensor of the input's size",
    doc = [[1 / (1 + exp(-x)), element by element: between 0 and 1.]],
    example = [[print(nn.functional.sigmoid(cnn.tensor { -1.0, 0.0, 2.0 }))]],
    see = { "nn.Sigmoid", "tensor:sigmoid" },
    call = function(input) return core.sigmoid(input) end,
}

activation.tanh = signature {
    name = "nn.functional.tanh",
    { "input", "tensor" },
    returns = "tensor of the input's size",
    doc = [[The hyperbolic tangent, element by element: between -1 and 1.]],
    example = [[print(nn.functional.tanh(cnn.tensor { -1.0, 0.0, 2.0 }))]],
    see = { "nn.Tanh", "tensor:tanh" },
    call = function(input) return core.tanh(input) end,
}

-- Into the input. Where a gradient is recorded, it needs the old input, of which a copy is made; the input is then cut
-- off from its history, emptied, and takes up the result with the result's.
local function silu_into(x)
    if not (x.requires_grad and core.grad_enabled()) then return core.silu_(x) end
    local result = core.silu(core.mul(x, 1))
    core.mul_(x, 1) -- refused where any in-place op is: leaves, views
    core.fill_(core.detach_(x), 0)
    return core.add_(x, result)
end

activation.silu = signature {
    name = "nn.functional.silu",
    { "input", "tensor" },
    { "inplace", "bool", default = false, doc = "overwrite the input" },
    returns = "tensor of the input's size",
    doc = [[x * sigmoid(x), element by element; also known as swish.]],
    shape = [[y = x / (1 + exp(-x))]],
    example = [[print(nn.functional.silu(cnn.tensor { -1.0, 0.0, 2.0 }))]],
    see = { "nn.SiLU", "nn.functional.sigmoid" },
    call = function(input, inplace)
        if not inplace then return core.silu(input) end
        need_real("silu", input)
        return silu_into(input)
    end,
}

-- (1 + tanh(u)) / 2 = sigmoid(2 u), which keeps the digits of a small one
local gelu_tanh = reals.wide(function(x)
    local scale = 2 * math.sqrt(2 / math.pi)
    local bent = core.add(core.mul(core.square(x), 0.044715 * scale), scale)
    return core.mul(x, core.sigmoid(core.mul(x, bent)))
end)

activation.gelu = signature {
    name = "nn.functional.gelu",
    { "input", "tensor" },
    { "approximate", "string", default = "none", choices = { "none", "tanh" },
        doc = "tanh: a formula near it, in which older networks were trained" },
    returns = "tensor of the input's size",
    doc = [[x times the probability that a normal random number is below x.]],
    shape = [[y = x/2 * (1 + erf(x / sqrt(2))); tanh: y = x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3)))]],
    example = [[print(nn.functional.gelu(cnn.tensor { -1.0, 0.0, 2.0 }))]],
    see = { "nn.GELU" },
    call = function(input, approximate)
        if approximate == "tanh" then return gelu_tanh(real(input)) end
        return core.gelu(input)
    end,
}

-- x minus its largest value along dim, so that exp can't overflow; the shift changes neither result nor gradient.
local function shifted(x, dim)
    for _, size in ipairs(x.shape) do
        if size == 0 then return x end -- nothing has no largest value
    end
    local largest = core.extreme(core.detach(x), dim, true, true)
    return core.sub(x, largest)
end

local softmax = reals.wide(function(x, dim)
    local e = core.exp(shifted(x, dim))
    return core.div(e, core.sum(e, { dim }, true))
end)

local log_softmax = reals.wide(function(x, dim)
    local s = shifted(x, dim)
    return core.sub(s, core.log(core.sum(core.exp(s), { dim }, true)))
end)

activation.softmax = signature {
    name = "nn.functional.softmax",
    { "input", "tensor" },
    { "dim", "dim", doc = "the dimension that sums to 1" },
    returns = "tensor of the input's size",
    doc = [[Probabilities from scores: exp(x), divided by its sum along a dimension.]],
    shape = [[y[i] = exp(x[i]) / sum over j of exp(x[j])]],
    example = [[print(nn.functional.softmax(cnn.tensor { { 1.0, 2.0, 3.0 } }, 2))]],
    see = { "nn.Softmax", "nn.functional.log_softmax", "nn.functional.cross_entropy" },
    call = function(input, dim)
        local y = softmax(real(input), dim)
        hints.softmaxed[y] = true
        return y
    end,
}

activation.log_softmax = signature {
    name = "nn.functional.log_softmax",
    { "input", "tensor" },
    { "dim", "dim", doc = "the dimension along which the exponentials sum to 1" },
    returns = "tensor of the input's size",
    doc = [[The logarithm of softmax, computed without losing digits.]],
    shape = [[y[i] = x[i] - log(sum over j of exp(x[j]))]],
    example = [[print(nn.functional.log_softmax(cnn.tensor { { 1.0, 2.0, 3.0 } }, 2))]],
    see = { "nn.LogSoftmax", "nn.functional.softmax" },
    call = function(input, dim) return log_softmax(real(input), dim) end,
}

return activation
