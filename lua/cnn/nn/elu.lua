-- SPDX-License-Identifier: MIT
-- nn.ELU: what is below zero bends towards -alpha.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local repr = require "cnn.nn.repr"
local signature = require "cnn.signature"

local ELU = class.make("ELU", Module)

ELU.init = signature {
    name = "nn.ELU", self = true,
    { "alpha", "number", default = 1.0, doc = "what negative values come near to, with a minus" },
    { "inplace", "bool", default = false, doc = "overwrite the input, which saves its memory" },
    returns = "module: any size → the same size",
    doc = [[The activation function x where it is above zero, alpha * (exp(x) - 1) elsewhere.]],
    example = [[print(nn.ELU()(cnn.tensor { -1.0, 0.0, 2.0 }))]],
    see = { "nn.functional.elu", "nn.SELU" },
    call = function(self, alpha, inplace) self.alpha, self.inplace = alpha, inplace end,
}

function ELU:forward(x) return functional.elu(x, self.alpha, self.inplace) end

function ELU:extra_repr()
    return ("alpha=%s%s"):format(repr.number(self.alpha), self.inplace and ", inplace=True" or "")
end

return ELU
