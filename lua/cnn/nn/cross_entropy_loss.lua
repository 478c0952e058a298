-- SPDX-License-Identifier: MIT
-- nn.CrossEntropyLoss: how surprised a classifier is by the right answers.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local CrossEntropyLoss = class.make("CrossEntropyLoss", Module)

CrossEntropyLoss.init = signature {
    name = "nn.CrossEntropyLoss", self = true,
    { "weight", "tensor", optional = true, doc = "how much each class counts, [C]" },
    { "ignore_index", "int", default = -100, doc = "rows with this label count nothing" },
    { "reduction", "string", default = "mean", choices = { "mean", "sum", "none" }, doc = "what is done with the losses" },
    { "label_smoothing", "number", default = 0, min = 0, max = 1, doc = "the part that is spread over all classes" },
    returns = "module: logits [N, C], labels [N] → a number",
    doc = [[The loss of a classifier: minus the logarithm of the probability that softmax gives to the right class.
The input are the network's raw outputs (no softmax before it); labels count from 1.]],
    shape = [=[loss = mean over n of -log(exp(x[n][y[n]]) / sum over c of exp(x[n][c]))]=],
    example = [[
local criterion = nn.CrossEntropyLoss { label_smoothing = 0.1 }
print(criterion(cnn.randn(4, 10), cnn.tensor { 1, 2, 3, 10 }))]],
    see = { "nn.functional.cross_entropy", "nn.NLLLoss" },
    call = function(self, weight, ignore_index, reduction, label_smoothing)
        self:register_buffer("weight", weight)
        self.ignore_index, self.reduction, self.label_smoothing = ignore_index, reduction, label_smoothing
    end,
}

function CrossEntropyLoss:forward(input, target)
    return functional.cross_entropy(input, target, self.weight, self.ignore_index, self.reduction, self.label_smoothing)
end

return CrossEntropyLoss
