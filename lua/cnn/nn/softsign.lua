-- SPDX-License-Identifier: MIT
-- nn.Softsign: x / (1 + |x|).
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local Softsign = class.make("Softsign", Module)

Softsign.init = signature {
    name = "nn.Softsign", self = true,
    returns = "module: any size → the same size",
    doc = [[The activation function x / (1 + |x|): between -1 and 1.]],
    example = [[print(nn.Softsign()(cnn.tensor { -1.0, 0.0, 2.0 }))]],
    see = { "nn.functional.softsign", "nn.Tanh" },
    call = function() end,
}

function Softsign:forward(x) return functional.softsign(x) end

return Softsign
