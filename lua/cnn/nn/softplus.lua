-- SPDX-License-Identifier: MIT
-- nn.Softplus: a smooth relu.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local repr = require "cnn.nn.repr"
local signature = require "cnn.signature"

local Softplus = class.make("Softplus", Module)

Softplus.init = signature {
    name = "nn.Softplus", self = true,
    { "beta", "number", default = 1.0, doc = "how sharp the bend at 0 is" },
    { "threshold", "number", default = 20.0, doc = "where beta * x is above it, the result is x" },
    returns = "module: any size → the same size",
    doc = [[The activation function log(1 + exp(beta * x)) / beta: always positive.]],
    example = [[print(nn.Softplus()(cnn.tensor { -1.0, 0.0, 2.0 }))]],
    see = { "nn.functional.softplus", "nn.ReLU" },
    call = function(self, beta, threshold) self.beta, self.threshold = beta, threshold end,
}

function Softplus:forward(x) return functional.softplus(x, self.beta, self.threshold) end

function Softplus:extra_repr()
    return ("beta=%s, threshold=%s"):format(repr.number(self.beta), repr.number(self.threshold))
end

return Softplus
