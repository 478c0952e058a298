-- SPDX-License-Identifier: MIT
-- nn.BatchNorm1d: BatchNorm2d for rows of features or for sequences; the numbers and the running statistics are the same.
local BatchNorm2d = require "cnn.nn.batch_norm2d"
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local core = require "cnn.core"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local BatchNorm1d = class.make("BatchNorm1d", Module)

BatchNorm1d.init = signature {
    name = "nn.BatchNorm1d", self = true,
    { "num_features", "int", min = 1, doc = "features, or channels of a sequence" },
    { "eps", "number", default = 1e-5, min = 0, doc = "added to the variance, so that nothing is divided by zero" },
    { "momentum", "number|bool", default = 0.1,
        doc = "weight of the newest batch in the running statistics; false weighs all batches alike" },
    { "affine", "bool", default = true, doc = "learn a scale and a shift per feature" },
    { "track_running_stats", "bool", default = true, doc = "keep the running statistics that evaluation uses" },
    returns = "module: [N, C] or [N, C, L] → the same size",
    doc = [[Normalises each feature over the batch (and the sequence): y = (x - mean) / sqrt(var + eps) * weight + bias.
In training, mean and variance are the batch's, and the running ones move a step towards them; in evaluation (eval())
the running ones are used.]],
    shape = [[[N, C] → [N, C], [N, C, L] → [N, C, L]; weight, bias, running_mean and running_var are [C] ]],
    example = [[
local y = nn.BatchNorm1d(20)(cnn.randn(128, 20) * 100 + 7)
print(y:size(), y:mean():item(), y:std():item())]],
    see = { "nn.BatchNorm2d", "nn.functional.batch_norm" },
    call = function(self, ...) BatchNorm2d.init(self, ...) end,
}

function BatchNorm1d:_check(x)
    if not core.is_tensor(x) or #x.shape == 2 or #x.shape == 3 then return end
    local n = self.num_features
    errors.raise {
        kind = "shape", op = "batch_norm",
        text = ("BatchNorm1d(%d) needs [N, %d] or [N, %d, L]; got %s"):format(n, n, n, tostring(x.shape)),
        fix = #x.shape == 4 and ("nn.BatchNorm2d(%d)"):format(x.shape[2]) or nil,
    }
end

BatchNorm1d.reset_running_stats = BatchNorm2d.reset_running_stats
BatchNorm1d.forward = BatchNorm2d.forward
BatchNorm1d.extra_repr = BatchNorm2d.extra_repr

return BatchNorm1d
