-- SPDX-License-Identifier: MIT
-- nn.BatchNorm2d: every channel is brought to mean 0 and variance 1, then scaled and shifted by learned numbers.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local core = require "cnn.core"
local errors = require "cnn.errors"
local hints = require "cnn.hints"
local parameter = require "cnn.nn.parameter"
local repr = require "cnn.nn.repr"
local signature = require "cnn.signature"

local BatchNorm2d = class.make("BatchNorm2d", Module)

BatchNorm2d.init = signature {
    name = "nn.BatchNorm2d", self = true,
    { "num_features", "int", min = 1, doc = "channels" },
    { "eps", "number", default = 1e-5, min = 0, doc = "added to the variance, so that nothing is divided by zero" },
    { "momentum", "number|bool", default = 0.1,
        doc = "weight of the newest batch in the running statistics; false weighs all batches alike" },
    { "affine", "bool", default = true, doc = "learn a scale and a shift per channel" },
    { "track_running_stats", "bool", default = true, doc = "keep the running statistics that evaluation uses" },
    returns = "module: [N, C, H, W] → the same size",
    doc = [[Normalises each channel over the batch and the image: y = (x - mean) / sqrt(var + eps) * weight + bias.
In training, mean and variance are the batch's, and the running ones move a step towards them; in evaluation (eval())
the running ones are used.]],
    shape = [[[N, C, H, W] → [N, C, H, W]; weight, bias, running_mean and running_var are [C] ]],
    example = [[
local y = nn.BatchNorm2d(3)(cnn.randn(16, 3, 8, 8) * 100 + 7)
print(y:size(), y:mean():item(), y:std():item())]],
    see = { "nn.functional.batch_norm", "nn.Module.eval" },
    call = function(self, num_features, eps, momentum, affine, track_running_stats)
        if momentum == true then
            errors.raise { kind = "value", op = "nn.BatchNorm", text = "momentum is a number, or false; got true" }
        end
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

BatchNorm2d.reset_running_stats = signature {
    name = "nn.BatchNorm2d.reset_running_stats", self = true,
    doc = [[Forgets the running statistics: mean 0 and variance 1, of no batch.]],
    example = [[
local bn = nn.BatchNorm2d(3)
bn(cnn.randn(2, 3, 4, 4) + 5)
bn:reset_running_stats()
print(bn.running_mean)]],
    see = { "nn.BatchNorm2d" },
    call = function(self)
        if not self.track_running_stats then return end
        core.fill_(self.running_mean, 0)
        core.fill_(self.running_var, 1)
        core.fill_(self.num_batches_tracked, 0)
    end,
}

-- Counts the batch and returns the weight that it has in the running statistics.
local function count_batch(self)
    core.add_(self.num_batches_tracked, 1)
    return self.momentum or 1 / core.get(self.num_batches_tracked, 1)
end

function BatchNorm2d:_check(x)
    if not core.is_tensor(x) or #x.shape == 4 then return end
    errors.raise {
        kind = "shape", op = "batch_norm",
        text = ("BatchNorm2d(%d) needs images [N, %d, H, W]; got %s"):format(
            self.num_features, self.num_features, tostring(x.shape)),
    }
end

function BatchNorm2d:forward(x)
    self:_check(x)
    if self.training and hints.on then hints.trains(self) end
    local tracked = self.track_running_stats
    local training = self.training or not tracked
    local running = tracked and (self.training or not training)
    local momentum = self.training and tracked and count_batch(self) or self.momentum or 0
    return core.batch_norm(x, self.weight, self.bias, running and self.running_mean or nil,
        running and self.running_var or nil, training, momentum, self.eps)
end

function BatchNorm2d:extra_repr()
    return ("%d, eps=%s, momentum=%s, affine=%s, track_running_stats=%s"):format(
        self.num_features, repr.number(self.eps), self.momentum and repr.number(self.momentum) or "None",
        repr.bool(self.affine), repr.bool(self.track_running_stats))
end

return BatchNorm2d
