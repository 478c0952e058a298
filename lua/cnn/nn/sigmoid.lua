-- SPDX-License-Identifier: MIT
-- nn.Sigmoid: everything between 0 and 1.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local Sigmoid = class.make("Sigmoid", Module)

Sigmoid.init = signature {
    name = "nn.Sigmoid", self = true,
    returns = "module: any size → the same size",
    doc = [[The activation function 1 / (1 + exp(-x)), element by element.]],
    example = [[print(nn.Sigmoid()(cnn.tensor { -1.0, 0.0, 2.0 }))]],
    see = { "nn.functional.sigmoid" },
    call = function() end,
}

function Sigmoid:forward(x) return functional.sigmoid(x) end

return Sigmoid
