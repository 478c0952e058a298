-- SPDX-License-Identifier: MIT
-- nn.Linear: every output is a weighted sum of all inputs.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local core = require "cnn.core"
local init = require "cnn.nn.initialisers"
local parameter = require "cnn.nn.parameter"
local repr = require "cnn.nn.repr"
local signature = require "cnn.signature"

local Linear = class.make("Linear", Module)

Linear.init = signature {
    name = "nn.Linear", self = true,
    { "in_features", "int", min = 1, doc = "size of the last dimension of what comes in" },
    { "out_features", "int", min = 1, doc = "size of the last dimension of what goes out" },
    { "bias", "bool", default = true, doc = "add a learned number per output" },
    returns = "module: [..., in_features] → [..., out_features]",
    doc = [[A fully connected layer: y = x Wᵀ + b, with a weight of [out_features, in_features].
Weights and biases start uniform in ±1/sqrt(in_features), as in PyTorch.]],
    example = [[print(nn.Linear(20, 5)(cnn.randn(128, 20)):size())]],
    see = { "nn.functional.linear", "nn.Flatten" },
    call = function(self, in_features, out_features, bias)
        self.in_features, self.out_features = in_features, out_features
        self.weight = parameter(core.empty("float32", { out_features, in_features }))
        if bias then self.bias = parameter(core.empty("float32", { out_features })) end
        self:reset_parameters()
    end,
}

Linear.reset_parameters = signature {
    name = "nn.Linear.reset_parameters", self = true,
    doc = [[Draws new weights and biases, as when the layer was made.]],
    example = [[
local layer = nn.Linear(3, 2)
layer:reset_parameters()]],
    see = { "nn.Linear", "nn.Module.apply" },
    call = function(self)
        init.kaiming_uniform_(self.weight, math.sqrt(5))
        local bound = 1 / math.sqrt(self.in_features)
        if self.bias then init.uniform_(self.bias, -bound, bound) end
    end,
}

function Linear:forward(x) return core.linear(x, self.weight, self.bias) end

function Linear:extra_repr()
    return ("in_features=%d, out_features=%d, bias=%s"):format(
        self.in_features, self.out_features, repr.bool(self.bias))
end

return Linear
