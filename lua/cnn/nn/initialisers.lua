-- SPDX-License-Identifier: MIT
-- nn.init: first values for parameters. All of them write into the tensor, whether it requires a gradient or not, and
-- return it.
--
-- fan_in is the number of values that one output sums up: in_features of a Linear, C/groups*R*S of a Conv2d; fan_out is
-- the number of outputs that one input takes part in. Kaiming: He et al. 2015, arXiv:1502.01852. Xavier: Glorot and
-- Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks".
local core = require "cnn.core"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local init = {}

-- All of them write through a detached tensor: the same memory, outside of the graph.
local function uniform(tensor, low, high)
    core.uniform_(core.detach(tensor), low, high)
    return tensor
end

local function normal(tensor, mean, std)
    core.normal_(core.detach(tensor), mean, std)
    return tensor
end

local function fill(tensor, value)
    core.fill_(core.detach(tensor), value)
    return tensor
end

local nonlinearities = { "linear", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu" }

local function fans(tensor, name)
    local shape = tensor.shape
    if #shape < 2 then
        errors.raise {
            kind = "shape", op = "nn.init." .. name,
            text = ("needs a weight of two or more dimensions, to know how many inputs and outputs it joins; got %s"):format(
                tostring(shape)),
        }
    end
    local field = 1
    for i = 3, #shape do
        field = field * shape[i]
    end
    return shape[2] * field, shape[1] * field
end

local function gain_of(nonlinearity, param)
    if nonlinearity == "tanh" then return 5 / 3 end
    if nonlinearity == "relu" then return math.sqrt(2) end
    if nonlinearity == "leaky_relu" then return math.sqrt(2 / (1 + (param or 0.01) ^ 2)) end
    if nonlinearity == "selu" then return 3 / 4 end
    return 1
end

init.calculate_gain = signature {
    name = "nn.init.calculate_gain",
    { "nonlinearity", "string", choices = nonlinearities },
    { "param", "number", optional = true, doc = "slope of leaky_relu below zero, 0.01 if not given" },
    returns = "number",
    doc = [[By how much weights must be larger so that values keep their spread through an activation.]],
    example = [[print(nn.init.calculate_gain("relu"))]],
    see = { "nn.init.kaiming_normal_", "nn.init.xavier_normal_" },
    call = gain_of,
}

init.uniform_ = signature {
    name = "nn.init.uniform_",
    { "tensor", "tensor" },
    { "a", "number", default = 0, doc = "smallest value" },
    { "b", "number", default = 1, doc = "largest value" },
    returns = "the tensor",
    doc = [[Fills with random numbers, all between a and b alike probable.]],
    example = [[print(nn.init.uniform_(cnn.empty(3), -1, 1))]],
    see = { "nn.init.normal_" },
    call = uniform,
}

init.normal_ = signature {
    name = "nn.init.normal_",
    { "tensor", "tensor" },
    { "mean", "number", default = 0 },
    { "std", "number", default = 1, min = 0 },
    returns = "the tensor",
    doc = [[Fills with normally distributed random numbers.]],
    example = [[print(nn.init.normal_(cnn.empty(3), 0, 0.01))]],
    see = { "nn.init.uniform_" },
    call = normal,
}

init.constant_ = signature {
    name = "nn.init.constant_",
    { "tensor", "tensor" },
    { "val", "number" },
    returns = "the tensor",
    doc = [[Fills with one value.]],
    example = [[print(nn.init.constant_(cnn.empty(3), 0.5))]],
    see = { "nn.init.zeros_", "nn.init.ones_" },
    call = fill,
}

init.zeros_ = signature {
    name = "nn.init.zeros_",
    { "tensor", "tensor" },
    returns = "the tensor",
    doc = [[Fills with 0.]],
    example = [[print(nn.init.zeros_(cnn.empty(3)))]],
    see = { "nn.init.constant_" },
    call = function(tensor) return fill(tensor, 0) end,
}

init.ones_ = signature {
    name = "nn.init.ones_",
    { "tensor", "tensor" },
    returns = "the tensor",
    doc = [[Fills with 1.]],
    example = [[print(nn.init.ones_(cnn.empty(3)))]],
    see = { "nn.init.constant_" },
    call = function(tensor) return fill(tensor, 1) end,
}

-- The deviation that keeps the spread of values (mode fan_in) or of gradients (fan_out).
local function kaiming_std(tensor, a, mode, nonlinearity, name)
    local fan_in, fan_out = fans(tensor, name)
    return gain_of(nonlinearity, a) / math.sqrt(math.max(1, mode == "fan_in" and fan_in or fan_out))
end

local function kaiming(name, doc, draw)
    return signature {
        name = "nn.init." .. name,
        { "tensor", "tensor", doc = "a weight [out, in, …]" },
        { "a", "number", default = 0, doc = "slope of leaky_relu below zero" },
        { "mode", "string", default = "fan_in", choices = { "fan_in", "fan_out" },
            doc = "keep the spread of the values, or of the gradients" },
        { "nonlinearity", "string", default = "leaky_relu", choices = nonlinearities },
        returns = "the tensor",
        doc = doc,
        shape = [[std = gain / sqrt(fan)]],
        example = ([[
local conv = nn.Conv2d(3, 16, 3)
nn.init.%s(conv.weight, { mode = "fan_out", nonlinearity = "relu" })
print(conv.weight:std())]]):format(name),
        see = { "nn.init.calculate_gain" },
        call = function(tensor, a, mode, nonlinearity)
            return draw(tensor, kaiming_std(tensor, a, mode, nonlinearity, name))
        end,
    }
end

init.kaiming_uniform_ = kaiming("kaiming_uniform_",
    [[Fills a weight with uniform random numbers, as wide as suits layers with ReLU (He et al. 2015).]],
    function(tensor, std)
        local bound = math.sqrt(3) * std
        return uniform(tensor, -bound, bound)
    end)

init.kaiming_normal_ = kaiming("kaiming_normal_",
    [[Fills a weight with normal random numbers, as wide as suits layers with ReLU (He et al. 2015).]],
    function(tensor, std) return normal(tensor, 0, std) end)

local function xavier(name, doc, draw)
    return signature {
        name = "nn.init." .. name,
        { "tensor", "tensor", doc = "a weight [out, in, …]" },
        { "gain", "number", default = 1 },
        returns = "the tensor",
        doc = doc,
        shape = [[std = gain * sqrt(2 / (fan_in + fan_out))]],
        example = ([[print(nn.init.%s(cnn.empty(10, 20)):std())]]):format(name),
        see = { "nn.init.calculate_gain" },
        call = function(tensor, gain)
            local fan_in, fan_out = fans(tensor, name)
            return draw(tensor, gain * math.sqrt(2 / math.max(1, fan_in + fan_out)))
        end,
    }
end

init.xavier_uniform_ = xavier("xavier_uniform_",
    [[Fills a weight with uniform random numbers, as wide as suits layers with tanh (Glorot and Bengio 2010).]],
    function(tensor, std)
        local bound = math.sqrt(3) * std
        return uniform(tensor, -bound, bound)
    end)

init.xavier_normal_ = xavier("xavier_normal_",
    [[Fills a weight with normal random numbers, as wide as suits layers with tanh (Glorot and Bengio 2010).]],
    function(tensor, std) return normal(tensor, 0, std) end)

return init
