-- SPDX-License-Identifier: MIT
-- nn.Mish: x times tanh of softplus.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local Mish = class.make("Mish", Module)

Mish.init = signature {
    name = "nn.Mish", self = true,
    { "inplace", "bool", default = false, doc = "overwrite the input, which saves its memory" },
    returns = "module: any size → the same size",
    doc = [[The activation function x * tanh(log(1 + exp(x))).]],
    example = [[print(nn.Mish()(cnn.tensor { -1.0, 0.0, 2.0 }))]],
    see = { "nn.functional.mish", "nn.SiLU" },
    call = function(self, inplace) self.inplace = inplace end,
}

function Mish:forward(x) return functional.mish(x, self.inplace) end

function Mish:extra_repr() return self.inplace and "inplace=True" or "" end

return Mish
