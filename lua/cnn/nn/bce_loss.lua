-- SPDX-License-Identifier: MIT
-- nn.BCELoss: yes-or-no questions answered with probabilities.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local BCELoss = class.make("BCELoss", Module)

BCELoss.init = signature {
    name = "nn.BCELoss", self = true,
    { "weight", "tensor", optional = true, doc = "a factor for each loss; stretches to the input's size" },
    { "reduction", "string", default = "mean", choices = { "mean", "sum", "none" },
    doc = "what is done with the losses" },
    returns = "module: probabilities, targets of the same size from 0 to 1 → a number",
    doc = [[The cross entropy of yes-or-no questions, for a network that ends in a sigmoid.
nn.BCEWithLogitsLoss, without the sigmoid, is more exact.]],
    shape = [[loss = -(t * log(x) + (1 - t) * log(1 - x)) * weight]],
    example = [[print(nn.BCELoss()(cnn.tensor { 0.9, 0.2 }, cnn.tensor { 1.0, 0.0 }))]],
    see = { "nn.functional.binary_cross_entropy", "nn.BCEWithLogitsLoss" },
    call = function(self, weight, reduction)
        self:register_buffer("weight", weight)
        self.reduction = reduction
    end,
}

function BCELoss:forward(input, target)
    return functional.binary_cross_entropy(input, target, self.weight, self.reduction)
end

return BCELoss
