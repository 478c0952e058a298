-- SPDX-License-Identifier: MIT
-- nn.NLLLoss: the loss of a classifier that ends in log_softmax.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local NLLLoss = class.make("NLLLoss", Module)

NLLLoss.init = signature {
    name = "nn.NLLLoss", self = true,
    { "weight", "tensor", optional = true, doc = "how much each class counts, [C]" },
    { "ignore_index", "int", default = -100, doc = "rows with this label count nothing" },
    { "reduction", "string", default = "mean", choices = { "mean", "sum", "none" }, doc = "what is done with the losses" },
    returns = "module: logarithms of probabilities [N, C], labels [N] → a number",
    doc = [[Minus the input at the right class, for networks that end in log_softmax; labels count from 1.]],
    shape = [=[loss = mean over n of -x[n][y[n]]]=],
    example = [[
local criterion = nn.NLLLoss()
print(criterion(cnn.randn(4, 10):log_softmax(2), cnn.tensor { 1, 2, 3, 10 }))]],
    see = { "nn.functional.nll_loss", "nn.CrossEntropyLoss" },
    call = function(self, weight, ignore_index, reduction)
        self:register_buffer("weight", weight)
        self.ignore_index, self.reduction = ignore_index, reduction
    end,
}

function NLLLoss:forward(input, target)
    return functional.nll_loss(input, target, self.weight, self.ignore_index, self.reduction)
end

return NLLLoss
