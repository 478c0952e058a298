-- SPDX-License-Identifier: MIT
-- nn.Hardtanh: values cut off on both sides.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local repr = require "cnn.nn.repr"
local signature = require "cnn.signature"

local Hardtanh = class.make("Hardtanh", Module)

Hardtanh.init = signature {
    name = "nn.Hardtanh", self = true,
    { "min_val", "number", default = -1.0 },
    { "max_val", "number", default = 1.0 },
    { "inplace", "bool", default = false, doc = "overwrite the input, which saves its memory" },
    returns = "module: any size → the same size",
    doc = [[The activation function min(max(min_val, x), max_val).]],
    example = [[print(nn.Hardtanh()(cnn.tensor { -1.0, 0.0, 2.0 }))]],
    see = { "nn.functional.hardtanh", "tensor:clamp" },
    call = function(self, low, high, inplace) self.min_val, self.max_val, self.inplace = low, high, inplace end,
}

function Hardtanh:forward(x) return functional.hardtanh(x, self.min_val, self.max_val, self.inplace) end

function Hardtanh:extra_repr()
    return ("min_val=%s, max_val=%s%s"):format(repr.number(self.min_val), repr.number(self.max_val),
        self.inplace and ", inplace=True" or "")
end

return Hardtanh
