-- SPDX-License-Identifier: MIT
-- nn.Hardsigmoid: a sigmoid of straight lines.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local Hardsigmoid = class.make("Hardsigmoid", Module)

Hardsigmoid.init = signature {
    name = "nn.Hardsigmoid", self = true,
    { "inplace", "bool", default = false, doc = "overwrite the input, which saves its memory" },
    returns = "module: any size → the same size",
    doc = [[The activation function min(max(0, x + 3), 6) / 6.]],
    example = [[print(nn.Hardsigmoid()(cnn.tensor { -1.0, 0.0, 2.0 }))]],
    see = { "nn.functional.hardsigmoid", "nn.Sigmoid" },
    call = function(self, inplace) self.inplace = inplace end,
}

function Hardsigmoid:forward(x) return functional.hardsigmoid(x, self.inplace) end

return Hardsigmoid
