-- SPDX-License-Identifier: MIT
-- nn.ReLU6: relu with a ceiling.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local ReLU6 = class.make("ReLU6", Module)

ReLU6.init = signature {
    name = "nn.ReLU6", self = true,
    { "inplace", "bool", default = false, doc = "overwrite the input, which saves its memory" },
    returns = "module: any size → the same size",
    doc = [[The activation function min(max(0, x), 6).]],
    example = [[print(nn.ReLU6()(cnn.tensor { -1.0, 0.0, 2.0 }))]],
    see = { "nn.functional.relu6", "nn.ReLU" },
    call = function(self, inplace) self.inplace = inplace end,
}

function ReLU6:forward(x) return functional.relu6(x, self.inplace) end

function ReLU6:extra_repr() return self.inplace and "inplace=True" or "" end

return ReLU6
