-- SPDX-License-Identifier: MIT
-- nn.PReLU: a leaky relu whose slope is learned.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local core = require "cnn.core"
local functional = require "cnn.nn.functional"
local parameter = require "cnn.nn.parameter"
local signature = require "cnn.signature"

local PReLU = class.make("PReLU", Module)

PReLU.init = signature {
    name = "nn.PReLU", self = true,
    { "num_parameters", "int", default = 1, min = 1, doc = "one slope for all, or one per channel" },
    { "init", "number", default = 0.25, doc = "the slopes at the beginning" },
    returns = "module: [N, C, …] → the same size",
    doc = [[The activation function x where it is above zero, weight * x elsewhere; the weight is learned.
Weight decay would pull it to zero: give it a group of its own.]],
    example = [[print(nn.PReLU()(cnn.tensor { -1.0, 0.0, 2.0 }))]],
    see = { "nn.functional.prelu", "nn.LeakyReLU" },
    call = function(self, num_parameters, value)
        self.num_parameters = num_parameters
        self.weight = parameter(core.full("float32", { num_parameters }, value))
    end,
}

function PReLU:forward(x) return functional.prelu(x, self.weight) end

function PReLU:extra_repr() return "num_parameters=" .. self.num_parameters end

return PReLU
