-- SPDX-License-Identifier: MIT
-- nn.Softmax: probabilities from scores.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local Softmax = class.make("Softmax", Module)

Softmax.init = signature {
    name = "nn.Softmax", self = true,
    { "dim", "dim", doc = "the dimension that sums to 1" },
    returns = "module: any size → the same size",
    doc = [[Probabilities from scores: exp(x), divided by its sum along a dimension. CrossEntropyLoss wants the scores themselves.]],
    example = [[print(nn.Softmax(2)(cnn.tensor { { 1.0, 2.0, 3.0 } }))]],
    see = { "nn.functional.softmax", "nn.LogSoftmax", "nn.CrossEntropyLoss" },
    call = function(self, dim) self.dim = dim end,
}

function Softmax:forward(x) return functional.softmax(x, self.dim) end

function Softmax:extra_repr() return ("dim=%d"):format(self.dim) end

return Softmax
