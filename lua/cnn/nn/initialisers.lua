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

local orthogonal = require "cnn.nn.orthogonal"
local truncated = require "cnn.nn.truncated"

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

local nonlinearities = { "linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
    "sigmoid", "tanh", "relu", "leaky_relu", "selu" }

local function misfit(name, text, tensor)
    errors.raise({ kind = "shape", op = "nn.init." .. name, text = ("%s; got %s"):format(text, tostring(tensor.shape)) }, 2)
end

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

init.trunc_normal_ = signature {
    name = "nn.init.trunc_normal_",
    { "tensor", "tensor" },
    { "mean", "number", default = 0, doc = "of the normal distribution, before what is beyond a and b is cut off" },
    { "std", "number", default = 1, min = 0 },
    { "a", "number", default = -2, doc = "smallest value" },
    { "b", "number", default = 2, doc = "largest value" },
    returns = "the tensor",
    doc = [[Fills with normally distributed random numbers from a to b: those outside are drawn again.]],
    example = [[print(nn.init.trunc_normal_(cnn.empty(3), 0, 0.02, -0.04, 0.04))]],
    see = { "nn.init.normal_" },
    call = function(tensor, mean, std, a, b)
        if not (a < b) then
            errors.raise { kind = "value", op = "nn.init.trunc_normal_",
                text = ("a must be less than b; got a=%s and b=%s"):format(a, b) }
        end
        if mean - mean ~= 0 or std - std ~= 0 then
            errors.raise { kind = "value", op = "nn.init.trunc_normal_",
                text = ("mean and std must be finite; got mean=%s and std=%s"):format(mean, std) }
        end
        return truncated.fill(tensor, mean, std, a, b)
    end,
}

init.eye_ = signature {
    name = "nn.init.eye_",
    { "tensor", "tensor", doc = "a weight [out, in]" },
    returns = "the tensor",
    doc = [[Fills a matrix with 1 on its diagonal and 0 elsewhere: a Linear layer then gives what it gets.]],
    example = [[print(nn.init.eye_(cnn.empty(2, 3)))]],
    see = { "nn.init.dirac_" },
    call = function(tensor)
        if #tensor.shape ~= 2 then misfit("eye_", "needs a matrix", tensor) end
        fill(tensor, 0)
        for i = 1, math.min(tensor.shape[1], tensor.shape[2]) do
            core.fill_(core.select(core.select(core.detach(tensor), 1, i - 1), 1, i - 1), 1)
        end
        return tensor
    end,
}

init.dirac_ = signature {
    name = "nn.init.dirac_",
    { "tensor", "tensor", doc = "a weight of a convolution [out, in, …]" },
    { "groups", "int", default = 1, min = 1 },
    returns = "the tensor",
    doc = [[Fills a convolution's weight so that it gives what it gets: 1 in the middle of each channel's own filter, else 0.]],
    example = [[
local conv = nn.Conv2d{2, 2, 3, padding=1, bias=false}
nn.init.dirac_(conv.weight)
local x = cnn.randn(1, 2, 4, 4)
print(conv(x):eq(x):all())]],
    see = { "nn.init.eye_" },
    call = function(tensor, groups)
        local shape = tensor.shape
        if #shape < 3 or #shape > 5 then misfit("dirac_", "needs a convolution's weight, of 3 to 5 dimensions", tensor) end
        if shape[1] % groups ~= 0 then
            misfit("dirac_", ("the first size must be a multiple of groups=%d"):format(groups), tensor)
        end
        fill(tensor, 0)
        local per_group = shape[1] // groups
        for group = 0, per_group > 0 and groups - 1 or -1 do
            for i = 0, math.min(per_group, shape[2]) - 1 do
                local at = core.select(core.select(core.detach(tensor), 1, group * per_group + i), 1, i)
                for d = 3, #shape do at = core.select(at, 1, shape[d] // 2) end
                core.fill_(at, 1)
            end
        end
        return tensor
    end,
}

init.orthogonal_ = signature {
    name = "nn.init.orthogonal_",
    { "tensor", "tensor", doc = "a weight [out, in, …]; seen as a matrix [out, the rest]" },
    { "gain", "number", default = 1 },
    returns = "the tensor",
    doc = [[Fills a weight with a random matrix whose rows (or columns, if there are more rows) are orthogonal and of length gain:
values keep their length through it (Saxe et al. 2013).]],
    example = [[
local w = nn.init.orthogonal_(cnn.empty(3, 5))
print(w:matmul(w:t()))]],
    see = { "nn.init.calculate_gain" },
    call = function(tensor, gain)
        if #tensor.shape < 2 then misfit("orthogonal_", "needs a weight of two or more dimensions", tensor) end
        return orthogonal(tensor, gain)
    end,
}

init.sparse_ = signature {
    name = "nn.init.sparse_",
    { "tensor", "tensor", doc = "a weight [out, in]" },
    { "sparsity", "number", min = 0, max = 1, doc = "the part of each column that becomes 0, rounded up" },
    { "std", "number", default = 0.01, min = 0 },
    returns = "the tensor",
    doc = [[Fills a matrix with normal random numbers, and each column with zeros at random places (Martens 2010).]],
    example = [[print(nn.init.sparse_(cnn.empty(4, 3), 0.5))]],
    see = { "nn.init.normal_" },
    call = function(tensor, sparsity, std)
        if #tensor.shape ~= 2 then misfit("sparse_", "needs a matrix", tensor) end
        local rows = tensor.shape[1]
        local zeros, inside = math.ceil(sparsity * rows), core.detach(normal(tensor, 0, std))
        for column = 0, tensor.shape[2] - 1 do
            local order = core.permutation_(core.empty("int64", { rows })) -- where it is 1 … zeros
            local values = core.select(inside, 2, column)
            core.copy_(values, core.where(core.gt(order, zeros), values, 0))
        end
        return tensor
    end,
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
