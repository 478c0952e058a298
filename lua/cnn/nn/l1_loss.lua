-- SPDX-License-Identifier: MIT
-- nn.L1Loss: the mean absolute distance from a target.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local L1Loss = class.make("L1Loss", Module)

L1Loss.init = signature {
    name = "nn.L1Loss", self = true,
    { "reduction", "string", default = "mean", choices = { "mean", "sum", "none" }, doc = "what is done with the losses" },
    returns = "module: a tensor, a target of its size → a number",
    doc = [[The distance |input - target|, averaged over all elements: outliers pull less than in MSELoss.]],
    example = [[print(nn.L1Loss()(cnn.ones(3), cnn.zeros(3)))]],
    see = { "nn.functional.l1_loss", "nn.MSELoss" },
    call = function(self, reduction) self.reduction = reduction end,
}

function L1Loss:forward(input, target) return functional.l1_loss(input, target, self.reduction) end

return L1Loss
