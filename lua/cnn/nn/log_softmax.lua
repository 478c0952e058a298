-- SPDX-License-Identifier: MIT
-- nn.LogSoftmax: the logarithms of the probabilities that belong to scores.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local LogSoftmax = class.make("LogSoftmax", Module)

LogSoftmax.init = signature {
    name = "nn.LogSoftmax", self = true,
    { "dim", "dim", doc = "the dimension along which the exponentials sum to 1" },
    returns = "module: any size → the same size",
    doc = [[The logarithm of softmax, computed without losing digits.]],
    example = [[print(nn.LogSoftmax(2)(cnn.tensor { { 1.0, 2.0, 3.0 } }))]],
    see = { "nn.functional.log_softmax", "nn.Softmax" },
    call = function(self, dim) self.dim = dim end,
}

function LogSoftmax:forward(x) return functional.log_softmax(x, self.dim) end

function LogSoftmax:extra_repr() return ("dim=%d"):format(self.dim) end

return LogSoftmax
