-- SPDX-License-Identifier: MIT
-- nn.functional: losses of classifiers. Sizes must agree exactly: broadcasting in a loss is a mistake that trains.
--
-- The logarithm of softmax at the label is one op (core/ops/cross_entropy.c), which plain cross entropy is; weights,
-- ignored rows, smoothing and probabilities are composed around it. An ignored row gets the label 1 for the op, and a
-- loss and a gradient of 0 afterwards.
local core = require "cnn.core"
local errors = require "cnn.errors"
local hints = require "cnn.hints"
local log_softmax = require("cnn.nn.functional.activation").log_softmax
local support = require "cnn.nn.loss_support"

local loss = {}

local pick = support.pick

-- ---- parts -------------------------------------------------------------------------------------------------------------

-- Which rows are ignored (bool [rows], nil if none is), and labels where these are 1.
local function without_ignored(labels, ignore_index)
    local ignored = core.eq(labels, ignore_index)
    if core.item(core.sum(ignored, nil, false)) == 0 then return nil, labels end
    return ignored, core.where(ignored, core.full("int64", {}, 1), labels)
end

local function zero_where(condition, x)
    return condition and core.where(condition, core.full(x.dtype, {}, 0), x) or x
end

-- The mean of the rows that count, each as much as its class: what they add up to by what they weigh.
local function mean_of_counted(rows, weights, ignored)
    if not weights and not ignored then return core.mean(rows, nil, false) end
    weights = weights or core.full(rows.dtype, rows.shape, 1)
    return core.div(core.sum(rows, nil, false), core.sum(zero_where(ignored, weights), nil, false))
end

-- rows: the losses of all rows, weights included.
local function finish(rows, weights, ignored, input, reduction)
    rows = zero_where(ignored, rows)
    if reduction == "none" then return support.give_back(rows, input) end
    if reduction == "sum" then return core.sum(rows, nil, false) end
    return mean_of_counted(rows, weights, ignored)
end

-- ---- cross entropy -----------------------------------------------------------------------------------------------------

-- Sum over the classes of -log softmax(x), each as much as the class weighs.
local function spread_over_classes(rows, weight)
    local each = log_softmax(rows, 2)
    if weight then each = core.mul(each, weight) end
    return core.neg(core.sum(each, { 2 }, false))
end

local function with_labels(input, target, weight, ignore_index, reduction, smoothing)
    local rows, classes = support.as_rows(input), support.classes(input)
    local ignored, labels = without_ignored(support.labels("cross_entropy", "logits", input, target), ignore_index)
    if #input.shape > 2 then support.check_labels("cross_entropy", "logits", input, labels) end -- places, not rows
    local losses = core.cross_entropy(rows, labels)
    local weights = weight and pick(support.one_hot(labels, classes), weight)
    if weights then losses = core.mul(losses, weights) end
    if smoothing > 0 then
        losses = core.add(core.mul(losses, 1 - smoothing),
            core.mul(spread_over_classes(rows, weight), smoothing / classes))
    end
    return finish(losses, weights, ignored, input, reduction)
end

local function check_no_ignored(ignore_index)
    if ignore_index < 0 then return end -- the default among them, as in PyTorch
    errors.raise {
        kind = "value", op = "cross_entropy",
        text = ("ignore_index is %d, but the target holds probabilities, not labels: there is no label to ignore")
            :format(ignore_index),
        fix = "leave ignore_index out, or give labels: y:argmax(2)",
    }
end

local function with_probabilities(input, target, weight, reduction, smoothing)
    local rows, wanted, classes = support.as_rows(input), support.as_rows(target), support.classes(input)
    if wanted.dtype ~= rows.dtype then wanted = core.cast(wanted, rows.dtype) end
    if smoothing > 0 then wanted = core.add(core.mul(wanted, 1 - smoothing), smoothing / classes) end
    local each = core.mul(log_softmax(rows, 2), wanted)
    if weight then each = core.mul(each, weight) end
    return finish(core.neg(core.sum(each, { 2 }, false)), nil, nil, input, reduction)
end

loss.cross_entropy = support.signature {
    name = "nn.functional.cross_entropy",
    { "input", "tensor", doc = "logits [N, C], the network's raw outputs" },
    { "target", "tensor", doc = "labels [N] from 1 to C, int64; or probabilities of the input's size" },
    { "weight", "tensor", optional = true, doc = "how much each class counts, [C]" },
    { "ignore_index", "int", default = -100, doc = "rows with this label count nothing" },
    { "reduction", "string", default = "mean", choices = support.reductions },
    { "label_smoothing", "number", default = 0, min = 0, max = 1, doc = "the part that is spread over all classes" },
    returns = "tensor: one number, or [N] for reduction=\"none\"",
    doc = [[Minus the logarithm of the probability that softmax gives to the right class.
Also takes [N, C, d1, …] with labels [N, d1, …], and [C] with one label. With weights, each row's loss is multiplied by its
class's weight, and the mean divides by the sum of these weights. Ignored rows are left out of the mean.]],
    shape = [=[loss[n] = log(sum over c of exp(x[n][c])) - x[n][target[n]]]=],
    example = [[
print(nn.functional.cross_entropy(cnn.randn(4, 10), cnn.tensor { 1, 2, 3, 10 }))
print(nn.functional.cross_entropy { cnn.randn(2, 3), cnn.tensor { 1, -100 }, label_smoothing = 0.1 })]],
    see = { "nn.CrossEntropyLoss", "nn.functional.nll_loss" },
    call = function(input, target, weight, ignore_index, reduction, label_smoothing)
        support.check_input("cross_entropy", "logits", input)
        if hints.on then hints.cross_entropy(input, target) end
        weight = support.class_weight("cross_entropy", weight, input)
        if support.is_real(target) and support.fits(input.shape, target.shape) then
            check_no_ignored(ignore_index)
            return with_probabilities(input, target, weight, reduction, label_smoothing)
        end
        return with_labels(input, target, weight, ignore_index, reduction, label_smoothing)
    end,
}

-- ---- negative log likelihood -------------------------------------------------------------------------------------------

loss.nll_loss = support.signature {
    name = "nn.functional.nll_loss",
    { "input", "tensor", doc = "logarithms of probabilities [N, C], as log_softmax gives them" },
    { "target", "tensor", doc = "labels [N] from 1 to C, int64" },
    { "weight", "tensor", optional = true, doc = "how much each class counts, [C]" },
    { "ignore_index", "int", default = -100, doc = "rows with this label count nothing" },
    { "reduction", "string", default = "mean", choices = support.reductions },
    returns = "tensor: one number, or [N] for reduction=\"none\"",
    doc = [[Minus the input at the right class: cross entropy for a network that ends in log_softmax.
Takes the sizes that cross_entropy takes, and treats weights and ignored rows alike.]],
    shape = [=[loss[n] = -x[n][target[n]]]=],
    example = [[
local x, y = cnn.randn(4, 10), cnn.tensor { 1, 2, 3, 10 }
print(nn.functional.nll_loss(x:log_softmax(2), y), nn.functional.cross_entropy(x, y))]],
    see = { "nn.NLLLoss", "nn.functional.log_softmax", "nn.functional.cross_entropy" },
    call = function(input, target, weight, ignore_index, reduction)
        support.check_input("nll_loss", "logarithms of probabilities", input)
        if hints.on then hints.nll_loss(input) end
        weight = support.class_weight("nll_loss", weight, input)
        local ignored, labels = without_ignored(support.labels("nll_loss", "logarithms", input, target), ignore_index)
        support.check_labels("nll_loss", "logarithms", input, labels)
        local hot = support.one_hot(labels, support.classes(input))
        local losses = core.neg(pick(hot, support.as_rows(input)))
        local weights = weight and pick(hot, weight)
        if weights then losses = core.mul(losses, weights) end
        return finish(losses, weights, ignored, input, reduction)
    end,
}

return loss
