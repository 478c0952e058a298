-- SPDX-License-Identifier: MIT
-- nn.LayerNorm: the last dimensions of each sample brought to mean 0 and variance 1.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local core = require "cnn.core"
local functional = require "cnn.nn.functional"
local parameter = require "cnn.nn.parameter"
local repr = require "cnn.nn.repr"
local signature = require "cnn.signature"

local LayerNorm = class.make("LayerNorm", Module)

LayerNorm.init = signature {
    name = "nn.LayerNorm", self = true,
    { "normalized_shape", "dims", min = 1, doc = "the sizes of the last dimensions, or of the last one" },
    { "eps", "number", default = 1e-5, min = 0, doc = "added to the variance, so that nothing is divided by zero" },
    { "elementwise_affine", "bool", default = true, doc = "learn a scale and a shift per element" },
    { "bias", "bool", default = true, doc = "learn the shift" },
    returns = "module: [.., *normalized_shape] → the same size",
    doc = [[Normalises each sample by itself: y = (x - mean) / sqrt(var + eps) * weight + bias.
Training and evaluation are alike, and so are batches of any size.]],
    example = [[print(nn.LayerNorm(10)(cnn.randn(4, 10)):size())]],
    see = { "nn.functional.layer_norm", "nn.GroupNorm", "nn.BatchNorm2d" },
    call = function(self, size, eps, affine, bias)
        self.normalized_shape, self.eps, self.elementwise_affine = table.move(size, 1, #size, 1, {}), eps, affine
        if affine then self.weight = parameter(core.full("float32", size, 1)) end
        if affine and bias then self.bias = parameter(core.full("float32", size, 0)) end
    end,
}

function LayerNorm:forward(x)
    return functional.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
end

function LayerNorm:extra_repr()
    local size = self.normalized_shape
    return ("(%s), eps=%s, elementwise_affine=%s, bias=%s"):format(#size == 1 and size[1] .. "," or table.concat(size,
        ", "),
        repr.number(self.eps), repr.bool(self.elementwise_affine), repr.bool(self.bias ~= nil))
end

return LayerNorm
