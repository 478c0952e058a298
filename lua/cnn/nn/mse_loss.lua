-- SPDX-License-Identifier: MIT
-- nn.MSELoss: the mean squared distance from a target.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local MSELoss = class.make("MSELoss", Module)

MSELoss.init = signature {
    name = "nn.MSELoss", self = true,
    { "reduction", "string", default = "mean", choices = { "mean", "sum", "none" }, doc = "what is done with the losses" },
    returns = "module: a tensor, a target of its size → a number",
    doc = [[The squared distance (input - target)², averaged over all elements.]],
    example = [[print(nn.MSELoss()(cnn.ones(3), cnn.zeros(3)))]],
    see = { "nn.functional.mse_loss", "nn.L1Loss" },
    call = function(self, reduction) self.reduction = reduction end,
}

function MSELoss:forward(input, target) return functional.mse_loss(input, target, self.reduction) end

return MSELoss
