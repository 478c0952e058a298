-- SPDX-License-Identifier: MIT
-- nn.functional: losses that compare a result with a target of the same size, element by element. Another size is an
-- error, also where the two would broadcast.
local core = require "cnn.core"
local errors = require "cnn.errors"
local hints = require "cnn.hints"
local support = require "cnn.nn.loss_support"

local distance = {}

local function compared(op, input, target)
    support.check_same_size(op, input, target)
    return core.sub(input, target)
end

distance.mse_loss = support.signature {
    name = "nn.functional.mse_loss",
    { "input", "tensor" },
    { "target", "tensor", doc = "of the input's size" },
    { "reduction", "string", default = "mean", choices = support.reductions },
    returns = "tensor",
    doc = [[The squared distance (input - target)², averaged over all elements.]],
    example = [[print(nn.functional.mse_loss(cnn.ones(3), cnn.zeros(3)))]],
    see = { "nn.MSELoss", "nn.functional.l1_loss" },
    call = function(input, target, reduction)
        return support.reduced(core.square(compared("mse_loss", input, target)), reduction)
    end,
}

distance.l1_loss = support.signature {
    name = "nn.functional.l1_loss",
    { "input", "tensor" },
    { "target", "tensor", doc = "of the input's size" },
    { "reduction", "string", default = "mean", choices = support.reductions },
    returns = "tensor",
    doc = [[The distance |input - target|, averaged over all elements; its gradient is 0 where the two are equal.]],
    example = [[print(nn.functional.l1_loss(cnn.ones(3), cnn.zeros(3)))]],
    see = { "nn.L1Loss", "nn.functional.mse_loss" },
    call = function(input, target, reduction)
        return support.reduced(core.abs(compared("l1_loss", input, target)), reduction)
    end,
}

-- ---- binary cross entropy ----------------------------------------------------------------------------------------------

-- The two losses of a logit, -log(sigmoid(x)) = m + s if the answer is yes and -log(1 - sigmoid(x)) = (x + m) + s if it is
-- no, with m = max(-x, 0) and s = log(exp(-m) + exp(-x - m)). Taking m out, nothing overflows; it is a constant, which leaves
-- the gradient exact, also at 0, where m has a kink. The sum below the logarithm is 1 + u, and rounds a small u away: what
-- got lost is added to the value again by log(1 + u) = log(w) + lost / w, with w the rounded sum.
local function yes_and_no(x)
    local numbers = core.detach(x)
    local m = core.relu(core.neg(numbers))
    local w = core.add(core.exp(core.neg(m)), core.exp(core.sub(core.neg(x), m)))
    local rounded = core.detach(w)
    local lost = core.sub(core.exp(core.neg(core.abs(numbers))), core.sub(rounded, 1))
    local s = core.add(core.log(w), core.div(lost, rounded))
    return core.add(m, s), core.add(core.add(x, m), s)
end

-- Targets are probabilities. Integers are checked, since they may be labels from 1, which would train the wrong thing.
local function probabilities(input, target)
    if support.is_real(target) then return target.dtype == input.dtype and target or core.cast(target, input.dtype) end
    local wrong = core.add(core.cast(core.lt(target, 0), "int64"), core.cast(core.gt(target, 1), "int64"))
    if core.item(core.sum(wrong, nil, false)) > 0 then
        errors.raise {
            kind = "value", op = "binary_cross_entropy_with_logits",
            text = "targets are probabilities, from 0 (no) to 1 (yes); some here are outside",
            fix = "y - 1 (if the labels are 1 and 2)",
        }
    end
    return core.cast(target, input.dtype)
end

distance.binary_cross_entropy_with_logits = support.signature {
    name = "nn.functional.binary_cross_entropy_with_logits",
    { "input", "tensor", doc = "logits, the network's raw outputs" },
    { "target", "tensor", doc = "of the input's size: the probability of yes, from 0 to 1" },
    { "weight", "tensor", optional = true, doc = "a factor for each loss; stretches to the input's size" },
    { "reduction", "string", default = "mean", choices = support.reductions },
    { "pos_weight", "tensor", optional = true, doc = "how much yes counts, for each of the last dimension's questions" },
    returns = "tensor",
    doc = [[The cross entropy of yes-or-no questions, one per element; sigmoid(input) is the probability of yes.
Computed from the logits themselves, so no logit is too large.]],
    shape = [[loss = -(pos_weight * t * log(sigmoid(x)) + (1 - t) * log(1 - sigmoid(x))) * weight]],
    example = [[
print(nn.functional.binary_cross_entropy_with_logits(cnn.tensor { 3.0, -200.0 }, cnn.tensor { 1, 0 }))]],
    see = { "nn.BCEWithLogitsLoss", "nn.functional.cross_entropy" },
    call = function(input, target, weight, reduction, pos_weight)
        local op = "binary_cross_entropy_with_logits"
        support.check_same_size(op, input, target)
        if not support.is_real(input) then
            errors.raise {
                kind = "type", op = op, fix = "criterion(net(x), y)",
                text = ("the logits come first, real numbers as the network gives them; got %s"):format(input.dtype),
            }
        end
        if hints.on then hints.with_logits(input) end
        target = probabilities(input, target)
        local yes, no = yes_and_no(input)
        if pos_weight then yes = core.mul(yes, support.factors(op, "pos_weight", pos_weight, input)) end
        local losses = core.add(core.mul(target, yes), core.mul(core.sub(1, target), no))
        if weight then losses = core.mul(losses, support.factors(op, "weight", weight, input)) end
        return support.reduced(losses, reduction)
    end,
}

return distance
