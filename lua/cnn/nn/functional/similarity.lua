-- SPDX-License-Identifier: MIT
-- nn.functional: how near two tensors are: more losses that compare element by element, and distances of vectors.
local arithmetic = require "cnn.tensor.arithmetic"
local core = require "cnn.core"
local errors = require "cnn.errors"
local reals = require "cnn.reals"
local signature = require "cnn.signature"
local support = require "cnn.nn.loss_support"

local similarity = {}

local function loss(name, spec)
    spec.name = "nn.functional." .. name
    spec.returns = spec.returns or "tensor: one number, or of the input's size for reduction=\"none\""
    similarity[name] = support.signature(spec)
end

local function reduction() return { "reduction", "string", default = "mean", choices = support.reductions } end
local input = { "input", "tensor" }
local target = { "target", "tensor", doc = "of the input's size" }

-- ---- losses ------------------------------------------------------------------------------------------------------------

-- a² / 2 where |a| is below the limit, limit * (|a| - limit / 2) beyond
local function bent(op, x, wanted, limit)
    support.check_same_size(op, x, wanted)
    local distance = core.abs(core.sub(x, wanted))
    local near = core.lt(core.detach(distance), limit)
    return core.where(near, core.mul(core.square(distance), 0.5), core.mul(core.sub(distance, 0.5 * limit), limit))
end

loss("smooth_l1_loss", { input, target, reduction(),
    { "beta", "number", default = 1, min = 0, doc = "where the parabola becomes a line" },
    doc = [[The distance |input - target|, rounded near 0 so that its gradient gets small there.]],
    shape = [[with d = |x - t|: d² / (2 beta) if d < beta, else d - beta/2]],
    example = [[print(nn.functional.smooth_l1_loss(cnn.tensor { 0.5, 3.0 }, cnn.zeros(2)))]],
    see = { "nn.SmoothL1Loss", "nn.functional.huber_loss", "nn.functional.l1_loss" },
    call = function(x, wanted, how, beta)
        if beta == 0 then
            support.check_same_size("smooth_l1_loss", x, wanted)
            return support.reduced(core.abs(core.sub(x, wanted)), how)
        end
        return support.reduced(core.div(bent("smooth_l1_loss", x, wanted, beta), beta), how)
    end })

loss("huber_loss", { input, target, reduction(),
    { "delta", "number", default = 1, doc = "where the parabola becomes a line; above 0" },
    { "weight", "tensor", optional = true, doc = "a factor for each loss; stretches to the input's size" },
    doc = [[The squared distance near the target, the plain one further away: outliers pull less.]],
    shape = [[with d = |x - t|: d² / 2 if d < delta, else delta * (d - delta/2)]],
    example = [[print(nn.functional.huber_loss(cnn.tensor { 0.5, 3.0 }, cnn.zeros(2)))]],
    see = { "nn.HuberLoss", "nn.functional.smooth_l1_loss" },
    call = function(x, wanted, how, delta, weight)
        if not (delta > 0) then
            errors.raise { kind = "value", op = "huber_loss", text = ("delta is above 0; got %s"):format(delta) }
        end
        local losses = bent("huber_loss", x, wanted, delta)
        if weight then losses = core.mul(losses, support.factors("huber_loss", "weight", weight, x)) end
        return support.reduced(losses, how)
    end })

local function check_between(what, x)
    local wrong = core.add(core.cast(core.ge(core.detach(x), 0), "int64"), core.cast(core.le(core.detach(x), 1),
        "int64"))
    if core.item(core.sum(core.ne(wrong, 2), nil, false)) == 0 then return end
    errors.raise { kind = "value", op = "binary_cross_entropy",
        text = what .. " are probabilities, from 0 (no) to 1 (yes); some here are outside, or no numbers",
        fix = what == "inputs" and "nn.BCEWithLogitsLoss() for a network without a sigmoid at its end" or nil }
end

loss("binary_cross_entropy", { { "input", "tensor", doc = "probabilities of yes, from 0 to 1" },
    { "target", "tensor", doc = "of the input's size, from 0 to 1" },
    { "weight", "tensor", optional = true, doc = "a factor for each loss; stretches to the input's size" }, reduction(),
    doc = [[The cross entropy of yes-or-no questions, from probabilities. Logarithms are cut off at -100.
binary_cross_entropy_with_logits is more exact, and cheaper, than a sigmoid before this.]],
    shape = [[loss = -(t * log(x) + (1 - t) * log(1 - x)) * weight]],
    example = [[print(nn.functional.binary_cross_entropy(cnn.tensor { 0.9, 0.2 }, cnn.tensor { 1.0, 0.0 }))]],
    see = { "nn.BCELoss", "nn.functional.binary_cross_entropy_with_logits" },
    call = function(x, wanted, weight, how)
        support.check_same_size("binary_cross_entropy", x, wanted)
        if not support.is_real(x) then
            errors.raise { kind = "type", op = "binary_cross_entropy", fix = "criterion(net(x), y)",
                text = ("the probabilities come first, real numbers as the network gives them; got %s"):format(x.dtype) }
        end
        check_between("inputs", x)
        check_between("targets", wanted)
        if wanted.dtype ~= x.dtype then wanted = core.cast(wanted, x.dtype) end
        local yes = arithmetic.at_least(core.log(x), -100)
        local no = arithmetic.at_least(core.log1p(core.neg(x)), -100)
        local losses = core.neg(core.add(core.mul(wanted, yes), core.mul(core.sub(1, wanted), no)))
        if weight then losses = core.mul(losses, support.factors("binary_cross_entropy", "weight", weight, x)) end
        return support.reduced(losses, how)
    end })

loss("kl_div", { { "input", "tensor", doc = "logarithms of probabilities" },
    { "target", "tensor", doc = "of the input's size: probabilities, or their logarithms" },
    { "reduction", "string", default = "mean", choices = { "mean", "sum", "none", "batchmean" },
        doc = "batchmean divides the sum by the number of rows, which is the divergence" },
    { "log_target", "bool", default = false, doc = "the targets are logarithms too" },
    doc = [[The Kullback-Leibler divergence of the input's distribution from the target's.]],
    shape = [[loss = t * (log(t) - x), 0 where t is 0]],
    example = [[
local x, t = cnn.randn(2, 3):log_softmax(2), cnn.randn(2, 3):softmax(2)
print(nn.functional.kl_div { x, t, reduction = "batchmean" })]],
    see = { "nn.KLDivLoss", "nn.functional.cross_entropy" },
    call = function(x, wanted, how, log_target)
        support.check_same_size("kl_div", x, wanted)
        local losses
        if log_target then
            losses = core.mul(core.exp(wanted), core.sub(wanted, x))
        else
            local none = core.eq(core.detach(wanted), 0) -- 0 * log 0 = 0
            local logarithm = core.log(core.where(none, core.full(wanted.dtype, {}, 1), wanted))
            losses = core.sub(core.mul(wanted, logarithm), core.mul(wanted, x))
        end
        if how ~= "batchmean" then return support.reduced(losses, how) end
        return core.div(core.sum(losses, nil, false), #x.shape > 0 and x.shape[1] or 1)
    end })

-- ---- vectors -----------------------------------------------------------------------------------------------------------

local function distance(name, spec)
    spec.name, spec.call = "nn.functional." .. name, reals.wide(spec.call)
    similarity[name] = signature(spec)
end

distance("cosine_similarity", { { "x1", "tensor" }, { "x2", "tensor", doc = "broadcasts with x1" },
    { "dim", "dim", default = 2, doc = "along which the vectors lie" },
    { "eps", "number", default = 1e-8, min = 0, doc = "lengths below this count as this" },
    returns = "tensor without that dimension",
    doc = [[The cosine of the angle between two vectors: 1 for one direction, 0 for right angles, -1 for opposite ones.]],
    shape = [[y = sum(x1 * x2) / (max(|x1|, eps) * max(|x2|, eps))]],
    example = [[print(nn.functional.cosine_similarity(cnn.tensor { { 1.0, 0.0 } }, cnn.tensor { { 1.0, 1.0 } }))]],
    see = { "nn.CosineSimilarity", "nn.functional.normalize" },
    call = function(x1, x2, dim, eps)
        local shape = core.mul(core.detach(x1), core.detach(x2)).shape -- both in the common size
        local a, b = core.expand(x1, shape), core.expand(x2, shape)
        local function unit(x) return core.div(x, arithmetic.at_least(core.methods.norm(x, 2, dim, true), eps)) end
        return core.sum(core.mul(unit(a), unit(b)), { dim }, false)
    end })

distance("pairwise_distance", { { "x1", "tensor", doc = "[.., D]" }, { "x2", "tensor", doc = "broadcasts with x1" },
    { "p", "number", default = 2, doc = "which length: see tensor:norm" },
    { "eps", "number", default = 1e-6, doc = "added to the difference, so that the gradient of a root exists" },
    { "keepdim", "bool", default = false }, returns = "tensor [..]",
    doc = [[The length of the difference of two vectors, along the last dimension.]], shape = [[y = |x1 - x2 + eps|]],
    example = [[print(nn.functional.pairwise_distance(cnn.zeros(1, 2), cnn.tensor { { 3.0, 4.0 } }))]],
    see = { "nn.PairwiseDistance", "tensor:norm" },
    call = function(x1, x2, p, eps, keepdim)
        return core.methods.norm(core.add(core.sub(x1, x2), eps), p, { -1 }, keepdim)
    end })

return similarity
