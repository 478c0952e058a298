-- SPDX-License-Identifier: MIT
-- nn.functional: activations made of other ops, which give their gradients and the gradients of those.
--
-- Where a formula has two branches, each is computed from numbers that are harmless to it (0 for those of the other branch):
-- what `where` does not choose must not overflow, or its gradient would be 0 times infinity.
local reals = require "cnn.reals"
local arithmetic = require "cnn.tensor.arithmetic"
local core = require "cnn.core"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local curves = {}

local function real(x)
    if reals[x.dtype] then return x end
    return core.cast(x, "float32")
end

local function zero_where(condition, x) return core.where(condition, core.full(x.dtype, {}, 0), x) end

-- Writes f(x) into x. Where a gradient is recorded, it needs the old numbers, of which a copy is made; x is then cut off from
-- its history, emptied, and takes up the result with the result's.
local function into(name, x, f)
    if real(x) ~= x then
        errors.raise { kind = "type", op = name, fix = "x:float()",
            text = ("%s with inplace=true writes fractions into the input; a tensor of %s can't hold them"):format(name,
            x.dtype) }
    end
    if not (x.requires_grad and core.grad_enabled()) then return core.copy_(x, f(x)) end
    local result = f(core.mul(x, 1))
    core.mul_(x, 1) -- refused where any in-place op is: leaves, views
    core.fill_(core.detach_(x), 0)
    return core.add_(x, result)
end

-- Defines F[name] of one tensor; `f` gets the tensor and the parameters. With `inplace` it may overwrite its input.
local function define(name, spec)
    local f, count = reals.wide(spec.call), #spec
    if spec.inplace then spec[count + 1] = { "inplace", "bool", default = false, doc = "overwrite the input" } end
    table.insert(spec, 1, { "input", "tensor" })
    local inplace = spec.inplace
    spec.name, spec.returns, spec.inplace = "nn.functional." .. name, "tensor of the input's size", nil
    spec.example = spec.example or ("print(nn.functional.%s(cnn.tensor { -1.0, 0.0, 2.0 }))"):format(name)
    spec.call = function(x, ...)
        if not inplace then return f(real(x), ...) end
        local arguments = table.pack(...)
        local wanted = table.remove(arguments, count + 1)
        local function compute(input) return f(input, table.unpack(arguments, 1, count)) end
        if wanted then return into(name, x, compute) end
        return compute(real(x))
    end
    curves[name] = signature(spec)
end

local function elu(x, alpha)
    local above = core.gt(core.detach(x), 0)
    return core.where(above, x, core.mul(core.expm1(zero_where(above, x)), alpha))
end

define("elu", { { "alpha", "number", default = 1,
    doc = "what negative values come near to, with a minus" }, inplace = true,
    doc = [[x where it is above zero, alpha * (exp(x) - 1) elsewhere.]],
    shape = [[y = x if x > 0, else alpha * (exp(x) - 1)]],
    see = { "nn.ELU", "nn.functional.selu" }, call = elu })

local SELU_SCALE, SELU_ALPHA = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717

define("selu", { inplace = true, doc = [[An elu whose numbers keep mean 0 and variance 1 from layer to layer.]],
    shape = [[y = 1.0507 * elu(x, 1.6733)]], see = { "nn.SELU", "nn.functional.elu" },
    call = function(x) return core.mul(elu(x, SELU_ALPHA), SELU_SCALE) end })

local function between(x, low, high) return arithmetic.at_most(arithmetic.at_least(x, low), high) end

define("hardtanh", { { "min_val", "number", default = -1 }, { "max_val", "number", default = 1 }, inplace = true,
    doc = [[x cut off at min_val and max_val, where no gradient flows.]], see = { "nn.Hardtanh", "tensor:clamp" },
    call = function(x, low, high)
        if not (low <= high) then
            errors.raise { kind = "value", op = "hardtanh",
                text = ("min_val is at most max_val; got %s and %s"):format(low, high) }
        end
        return between(x, low, high)
    end })

define("relu6", { inplace = true, doc = [[x cut off at 0 and 6.]], shape = [[y = min(max(0, x), 6)]],
    see = { "nn.ReLU6", "nn.functional.relu" }, call = function(x) return between(x, 0, 6) end })

local function hardsigmoid(x) return core.div(between(core.add(x, 3), 0, 6), 6) end

define("hardsigmoid", { inplace = true, doc = [[A sigmoid of three straight lines.]],
    shape = [[y = min(max(0, x + 3), 6) / 6]],
    see = { "nn.Hardsigmoid", "nn.functional.sigmoid" }, call = hardsigmoid })

define("hardswish", { inplace = true, doc = [[x times hardsigmoid(x): silu without an exponential.]],
    shape = [[y = x * min(max(0, x + 3), 6) / 6]], see = { "nn.Hardswish", "nn.functional.silu" },
    call = function(x) return core.mul(x, hardsigmoid(x)) end })

local function softplus(x, beta, threshold)
    local scaled = beta == 1 and x or core.mul(x, beta)
    local straight = core.gt(core.detach(scaled), threshold)
    local bent = core.log1p(core.exp(zero_where(straight, scaled)))
    return core.where(straight, x, beta == 1 and bent or core.div(bent, beta))
end

define("softplus", { { "beta", "number", default = 1, doc = "how sharp the bend at 0 is" },
    { "threshold", "number", default = 20, doc = "where beta * x is above it, the result is x" },
    doc = [[A smooth relu, always positive.]], shape = [[y = log(1 + exp(beta * x)) / beta]],
    see = { "nn.Softplus", "nn.functional.relu" },
    call = function(x, beta, threshold)
        if beta == 0 then errors.raise { kind = "value", op = "softplus",
            text = "beta is a divisor; it can't be 0" } end
        return softplus(x, beta, threshold)
    end })

define("softsign", { doc = [[x / (1 + |x|): between -1 and 1.]], shape = [[y = x / (1 + |x|)]],
    see = { "nn.Softsign", "nn.functional.tanh" },
    call = function(x) return core.div(x, core.add(core.abs(x), 1)) end })

define("logsigmoid", { doc = [[The logarithm of sigmoid, which keeps its digits on both sides.]],
    shape = [[y = -log(1 + exp(-x))]], see = { "nn.LogSigmoid", "nn.functional.sigmoid" },
    call = function(x)
        local below = core.lt(core.detach(x), 0)
        local left = zero_where(core.eq(below, 0), x)
        local right = zero_where(below, x)
        return core.where(below, core.sub(left, core.log1p(core.exp(left))),
            core.neg(core.log1p(core.exp(core.neg(right)))))
    end })

define("mish", { inplace = true, doc = [[x times tanh(softplus(x)).]], shape = [[y = x * tanh(log(1 + exp(x)))]],
    see = { "nn.Mish", "nn.functional.silu" },
    call = function(x) return core.mul(x, core.tanh(softplus(x, 1, 20))) end })

-- The learned slopes as they meet the input: one for all, or one per channel.
local function slopes(x, weight)
    local n, channels = core.numel(weight), #x.shape > 1 and x.shape[2] or 1
    if core.dim(weight) > 1 or n ~= 1 and n ~= channels then
        errors.raise { kind = "shape", op = "prelu",
            text = ("one slope, or one for each of %d channels (the input is %s); got %s"):format(channels, x.shape,
            weight.shape) }
    end
    local size = {}
    for i = 1, #x.shape do size[i] = i == 2 and n or 1 end
    return core.reshape(weight, #size > 0 and n == channels and n > 1 and size or {})
end

define("prelu", { { "weight", "tensor", doc = "one slope, or one per channel [C]" },
    doc = [[x where it is above zero, a learned slope times x elsewhere.]], shape = [[y = x if x > 0, else weight * x]],
    example = [[print(nn.functional.prelu(cnn.tensor { -1.0, 0.0, 2.0 }, cnn.tensor { 0.25 }))]],
    see = { "nn.PReLU", "nn.functional.leaky_relu" },
    call = function(x, weight)
        if core.autocast_enabled() and x.dtype == "float32" and weight.dtype == "float32" then
            x, weight = core.cast(x, "bfloat16"), core.cast(weight, "bfloat16")
        end
        return core.where(core.gt(core.detach(x), 0), x, core.mul(x, slopes(x, weight)))
    end })

return curves
