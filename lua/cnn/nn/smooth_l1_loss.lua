-- SPDX-License-Identifier: MIT
-- nn.SmoothL1Loss: the distance, rounded near the target.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local SmoothL1Loss = class.make("SmoothL1Loss", Module)

SmoothL1Loss.init = signature {
    name = "nn.SmoothL1Loss", self = true,
    { "reduction", "string", default = "mean", choices = { "mean", "sum", "none" },
    doc = "what is done with the losses" },
    { "beta", "number", default = 1.0, min = 0, doc = "where the parabola becomes a line" },
    returns = "module: input, target of the same size → a number",
    doc = [[The distance |input - target|, rounded near 0 so that its gradient gets small there; Fast R-CNN fits boxes with it.]],
    shape = [[with d = |x - t|: d² / (2 beta) if d < beta, else d - beta/2]],
    example = [[print(nn.SmoothL1Loss()(cnn.tensor { 0.5, 3.0 }, cnn.zeros(2)))]],
    see = { "nn.functional.smooth_l1_loss", "nn.HuberLoss", "nn.L1Loss" },
    call = function(self, reduction, beta) self.reduction, self.beta = reduction, beta end,
}

function SmoothL1Loss:forward(input, target)
    return functional.smooth_l1_loss(input, target, self.reduction, self.beta)
end

return SmoothL1Loss
