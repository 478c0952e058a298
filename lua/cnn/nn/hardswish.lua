-- SPDX-License-Identifier: MIT
-- nn.Hardswish: x times a sigmoid of straight lines.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local Hardswish = class.make("Hardswish", Module)

Hardswish.init = signature {
    name = "nn.Hardswish", self = true,
    { "inplace", "bool", default = false, doc = "overwrite the input, which saves its memory" },
    returns = "module: any size → the same size",
    doc = [[The activation function x * min(max(0, x + 3), 6) / 6: silu without an exponential.]],
    example = [[print(nn.Hardswish()(cnn.tensor { -1.0, 0.0, 2.0 }))]],
    see = { "nn.functional.hardswish", "nn.SiLU" },
    call = function(self, inplace) self.inplace = inplace end,
}

function Hardswish:forward(x) return functional.hardswish(x, self.inplace) end

return Hardswish
