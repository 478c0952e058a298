-- SPDX-License-Identifier: MIT
-- nn.SiLU: x times its sigmoid.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local SiLU = class.make("SiLU", Module)

SiLU.init = signature {
    name = "nn.SiLU", self = true,
    { "inplace", "bool", default = false, doc = "overwrite the input" },
    returns = "module: any size → the same size",
    doc = [[The activation function x * sigmoid(x), element by element; also known as swish.]],
    example = [[print(nn.SiLU()(cnn.tensor { -1.0, 0.0, 2.0 }))]],
    see = { "nn.functional.silu", "nn.GELU" },
    call = function(self, inplace) self.inplace = inplace end,
}

function SiLU:forward(x) return functional.silu(x, self.inplace) end

function SiLU:extra_repr() return self.inplace and "inplace=True" or "" end

return SiLU
