-- SPDX-License-Identifier: MIT
-- nn.SELU: an elu that keeps mean 0 and variance 1.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local SELU = class.make("SELU", Module)

SELU.init = signature {
    name = "nn.SELU", self = true,
    { "inplace", "bool", default = false, doc = "overwrite the input, which saves its memory" },
    returns = "module: any size → the same size",
    doc = [[The activation function 1.0507 * elu(x, 1.6733), which keeps mean 0 and variance 1 from layer to layer.]],
    example = [[print(nn.SELU()(cnn.tensor { -1.0, 0.0, 2.0 }))]],
    see = { "nn.functional.selu", "nn.ELU" },
    call = function(self, inplace) self.inplace = inplace end,
}

function SELU:forward(x) return functional.selu(x, self.inplace) end

function SELU:extra_repr() return self.inplace and "inplace=True" or "" end

return SELU
