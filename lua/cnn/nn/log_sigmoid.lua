-- SPDX-License-Identifier: MIT
-- nn.LogSigmoid: the logarithm of sigmoid.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local LogSigmoid = class.make("LogSigmoid", Module)

LogSigmoid.init = signature {
    name = "nn.LogSigmoid", self = true,
    returns = "module: any size → the same size",
    doc = [[The activation function log(1 / (1 + exp(-x))), which keeps its digits on both sides.]],
    example = [[print(nn.LogSigmoid()(cnn.tensor { -1.0, 0.0, 2.0 }))]],
    see = { "nn.functional.logsigmoid", "nn.Sigmoid" },
    call = function() end,
}

function LogSigmoid:forward(x) return functional.logsigmoid(x) end

return LogSigmoid
