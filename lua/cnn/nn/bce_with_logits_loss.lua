-- SPDX-License-Identifier: MIT
-- nn.BCEWithLogitsLoss: how surprised a network is by the right answers to yes-or-no questions.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local BCEWithLogitsLoss = class.make("BCEWithLogitsLoss", Module)

BCEWithLogitsLoss.init = signature {
    name = "nn.BCEWithLogitsLoss", self = true,
    { "weight", "tensor", optional = true, doc = "a factor for each loss; stretches to the input's size" },
    { "reduction", "string", default = "mean", choices = { "mean", "sum", "none" }, doc = "what is done with the losses" },
    { "pos_weight", "tensor", optional = true, doc = "how much yes counts, for each of the last dimension's questions" },
    returns = "module: logits, targets of the same size from 0 to 1 → a number",
    doc = [[The cross entropy of yes-or-no questions, one per element; sigmoid(input) is the probability of yes.
The input are the network's raw outputs (no sigmoid before it).]],
    example = [[
local criterion = nn.BCEWithLogitsLoss { pos_weight = cnn.tensor { 1.0, 5.0 } }
print(criterion(cnn.randn(4, 2), cnn.tensor { { 0, 1 }, { 1, 1 }, { 0, 0 }, { 1, 0 } }))]],
    see = { "nn.functional.binary_cross_entropy_with_logits", "nn.CrossEntropyLoss" },
    call = function(self, weight, reduction, pos_weight)
        self:register_buffer("weight", weight)
        self:register_buffer("pos_weight", pos_weight)
        self.reduction = reduction
    end,
}

function BCEWithLogitsLoss:forward(input, target)
    return functional.binary_cross_entropy_with_logits(input, target, self.weight, self.reduction, self.pos_weight)
end

return BCEWithLogitsLoss
