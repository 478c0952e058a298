-- SPDX-License-Identifier: MIT
-- nn.Tanh: everything between -1 and 1.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local Tanh = class.make("Tanh", Module)

Tanh.init = signature {
    name = "nn.Tanh", self = true,
    returns = "module: any size → the same size",
    doc = [[The activation function tanh(x), element by element.]],
    example = [[print(nn.Tanh()(cnn.tensor { -1.0, 0.0, 2.0 }))]],
    see = { "nn.functional.tanh" },
    call = function() end,
}

function Tanh:forward(x) return functional.tanh(x) end

return Tanh
