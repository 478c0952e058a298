-- SPDX-License-Identifier: MIT
-- nn.InstanceNorm2d: each channel of each image brought to mean 0 and variance 1.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local core = require "cnn.core"
local errors = require "cnn.errors"
local functional = require "cnn.nn.functional"
local parameter = require "cnn.nn.parameter"
local repr = require "cnn.nn.repr"
local signature = require "cnn.signature"

local InstanceNorm2d = class.make("InstanceNorm2d", Module)

InstanceNorm2d.init = signature {
    name = "nn.InstanceNorm2d", self = true,
    { "num_features", "int", min = 1, doc = "channels" },
    { "eps", "number", default = 1e-5, min = 0, doc = "added to the variance, so that nothing is divided by zero" },
    { "momentum", "number", default = 0.1, doc = "weight of the newest batch in the running statistics" },
    { "affine", "bool", default = false, doc = "learn a scale and a shift per channel" },
    { "track_running_stats", "bool", default = false, doc = "keep running statistics, which evaluation uses" },
    returns = "module: [N, C, H, W] → the same size",
    doc = [[Normalises each channel of each image by itself, as networks that transfer styles do.
Unlike BatchNorm2d it learns nothing and remembers nothing unless asked to.]],
    example = [[print(nn.InstanceNorm2d(3)(cnn.randn(2, 3, 8, 8)):size())]],
    see = { "nn.functional.instance_norm", "nn.BatchNorm2d", "nn.GroupNorm" },
    call = function(self, num_features, eps, momentum, affine, track_running_stats)
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        if affine then
            self.weight = parameter(core.full("float32", { num_features }, 1))
            self.bias = parameter(core.full("float32", { num_features }, 0))
        end
        if track_running_stats then
            self:register_buffer("running_mean", core.full("float32", { num_features }, 0))
            self:register_buffer("running_var", core.full("float32", { num_features }, 1))
            self:register_buffer("num_batches_tracked", core.full("int64", {}, 0))
        end
    end,
}

function InstanceNorm2d:forward(x)
    if core.is_tensor(x) and (#x.shape ~= 4 or x.shape[2] ~= self.num_features) then
        errors.raise { kind = "shape", op = "instance_norm",
            text = ("InstanceNorm2d(%d) needs images [N, %d, H, W]; got %s"):format(self.num_features,
            self.num_features, x.shape) }
    end
    local own = self.training or not self.track_running_stats
    return functional.instance_norm(x, self.running_mean, self.running_var, self.weight, self.bias, own, self.momentum,
        self.eps)
end

function InstanceNorm2d:extra_repr()
    return ("%d, eps=%s, momentum=%s, affine=%s, bias=%s, track_running_stats=%s"):format(self.num_features,
        repr.number(self.eps), repr.number(self.momentum), repr.bool(self.affine), repr.bool(self.affine),
        repr.bool(self.track_running_stats))
end

return InstanceNorm2d
