-- SPDX-License-Identifier: MIT
-- nn.HuberLoss: the squared distance near the target, the plain one further away.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local HuberLoss = class.make("HuberLoss", Module)

HuberLoss.init = signature {
    name = "nn.HuberLoss", self = true,
    { "reduction", "string", default = "mean", choices = { "mean", "sum", "none" },
    doc = "what is done with the losses" },
    { "delta", "number", default = 1.0, doc = "where the parabola becomes a line; above 0" },
    returns = "module: input, target of the same size → a number",
    doc = [[The squared distance near the target, the plain one further away: outliers pull less.]],
    shape = [[with d = |x - t|: d² / 2 if d < delta, else delta * (d - delta/2)]],
    example = [[print(nn.HuberLoss()(cnn.tensor { 0.5, 3.0 }, cnn.zeros(2)))]],
    see = { "nn.functional.huber_loss", "nn.SmoothL1Loss", "nn.MSELoss" },
    call = function(self, reduction, delta) self.reduction, self.delta = reduction, delta end,
}

function HuberLoss:forward(input, target)
    return functional.huber_loss(input, target, self.reduction, self.delta)
end

return HuberLoss
