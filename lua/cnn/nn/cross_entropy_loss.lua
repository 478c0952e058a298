-- SPDX-License-Identifier: MIT
-- nn.CrossEntropyLoss: how surprised a classifier is by the right answers.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local CrossEntropyLoss = class.make("CrossEntropyLoss", Module)

CrossEntropyLoss.init = signature {
    name = "nn.CrossEntropyLoss", self = true,
    { "reduction", "string", default = "mean", choices = { "mean", "sum", "none" }, doc = "what is done with the losses" },
    returns = "module: logits [N, C], labels [N] → a number",
    doc = [[The loss of a classifier: minus the logarithm of the probability that softmax gives to the right class.
The input are the network's raw outputs (no softmax before it); labels count from 1.]],
    shape = [=[loss = mean over n of -log(exp(x[n][y[n]]) / sum over c of exp(x[n][c]))]=],
    example = [[
local criterion = nn.CrossEntropyLoss()
print(criterion(cnn.randn(4, 10), cnn.tensor { 1, 2, 3, 10 }))]],
    see = { "nn.functional.cross_entropy" },
    call = function(self, reduction) self.reduction = reduction end,
}

function CrossEntropyLoss:forward(input, target) return functional.cross_entropy(input, target, self.reduction) end

return CrossEntropyLoss
