-- SPDX-License-Identifier: MIT
-- nn.LeakyReLU: what is below zero is made small instead of zero.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local repr = require "cnn.nn.repr"
local signature = require "cnn.signature"

local LeakyReLU = class.make("LeakyReLU", Module)

LeakyReLU.init = signature {
    name = "nn.LeakyReLU", self = true,
    { "negative_slope", "number", default = 0.01, doc = "what values below zero are multiplied with" },
    { "inplace", "bool", default = false, doc = "overwrite the input, which saves its memory" },
    returns = "module: any size → the same size",
    doc = [[The activation function x where it is above zero, negative_slope * x elsewhere.]],
    example = [[print(nn.LeakyReLU(0.1)(cnn.tensor { -1.0, 0.0, 2.0 }))]],
    see = { "nn.functional.leaky_relu", "nn.ReLU" },
    call = function(self, negative_slope, inplace) self.negative_slope, self.inplace = negative_slope, inplace end,
}

function LeakyReLU:forward(x) return functional.leaky_relu(x, self.negative_slope, self.inplace) end

function LeakyReLU:extra_repr()
    return ("negative_slope=%s%s"):format(repr.number(self.negative_slope), self.inplace and ", inplace=True" or "")
end

return LeakyReLU
