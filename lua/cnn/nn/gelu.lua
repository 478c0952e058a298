-- SPDX-License-Identifier: MIT
-- nn.GELU: x times the probability that a normal random number is below x.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local GELU = class.make("GELU", Module)

GELU.init = signature {
    name = "nn.GELU", self = true,
    { "approximate", "string", default = "none", choices = { "none", "tanh" },
        doc = "tanh: a formula near it, in which older networks were trained" },
    returns = "module: any size → the same size",
    doc = [[The activation function x times the probability that a normal random number is below x.]],
    example = [[print(nn.GELU()(cnn.tensor { -1.0, 0.0, 2.0 }))]],
    see = { "nn.functional.gelu", "nn.SiLU" },
    call = function(self, approximate) self.approximate = approximate end,
}

function GELU:forward(x) return functional.gelu(x, self.approximate) end

function GELU:extra_repr() return ("approximate='%s'"):format(self.approximate) end

return GELU
