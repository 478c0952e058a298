-- SPDX-License-Identifier: MIT
-- nn.GroupNorm: groups of channels of each sample brought to mean 0 and variance 1.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local core = require "cnn.core"
local errors = require "cnn.errors"
local functional = require "cnn.nn.functional"
local parameter = require "cnn.nn.parameter"
local repr = require "cnn.nn.repr"
local signature = require "cnn.signature"

local GroupNorm = class.make("GroupNorm", Module)

GroupNorm.init = signature {
    name = "nn.GroupNorm", self = true,
    { "num_groups", "int", min = 1, doc = "divides num_channels; 1 normalises the whole sample" },
    { "num_channels", "int", min = 1 },
    { "eps", "number", default = 1e-5, min = 0, doc = "added to the variance, so that nothing is divided by zero" },
    { "affine", "bool", default = true, doc = "learn a scale and a shift per channel" },
    returns = "module: [N, C, …] → the same size",
    doc = [[Normalises groups of C/num_groups channels of each sample by themselves, then scales and shifts each channel.
Training and evaluation are alike, and so are batches of any size.]],
    example = [[print(nn.GroupNorm(3, 6)(cnn.randn(2, 6, 4, 4)):size())]],
    see = { "nn.functional.group_norm", "nn.LayerNorm", "nn.BatchNorm2d" },
    call = function(self, groups, channels, eps, affine)
        if channels % groups ~= 0 then
            errors.raise { kind = "value", op = "nn.GroupNorm",
                text = ("num_groups must divide num_channels; got %d groups of %d channels"):format(groups, channels) }
        end
        self.num_groups, self.num_channels, self.eps, self.affine = groups, channels, eps, affine
        if affine then
            self.weight = parameter(core.full("float32", { channels }, 1))
            self.bias = parameter(core.full("float32", { channels }, 0))
        end
    end,
}

function GroupNorm:forward(x)
    if core.is_tensor(x) and #x.shape > 1 and x.shape[2] ~= self.num_channels then
        errors.raise { kind = "shape", op = "group_norm",
            text = ("GroupNorm(%d, %d) needs [N, %d, …]; got %s"):format(self.num_groups, self.num_channels,
            self.num_channels,
                x.shape) }
    end
    return functional.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)
end

function GroupNorm:extra_repr()
    return ("%d, %d, eps=%s, affine=%s, bias=%s"):format(self.num_groups, self.num_channels, repr.number(self.eps),
        repr.bool(self.affine), repr.bool(self.affine))
end

return GroupNorm
