-- SPDX-License-Identifier: MIT
-- nn.ReLU: what is below zero becomes zero.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local core = require "cnn.core"
local signature = require "cnn.signature"

local ReLU = class.make("ReLU", Module)

ReLU.init = signature {
    name = "nn.ReLU", self = true,
    { "inplace", "bool", default = false, doc = "overwrite the input, which saves its memory" },
    returns = "module: any size → the same size",
    doc = [[The activation function max(0, x), element by element.]],
    example = [[print(nn.ReLU()(cnn.tensor { -1, 0, 2 }))]],
    see = { "nn.functional.relu" },
    call = function(self, inplace) self.inplace = inplace end,
}

function ReLU:forward(x)
    if self.inplace then return core.relu_(x) end
    return core.relu(x)
end

function ReLU:extra_repr() return self.inplace and "inplace=True" or "" end

return ReLU
