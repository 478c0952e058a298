-- SPDX-License-Identifier: MIT
-- nn.Flatten: several dimensions become one; by default all but the batch.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local Flatten = class.make("Flatten", Module)

Flatten.init = signature {
    name = "nn.Flatten", self = true,
    { "start_dim", "dim", default = 2, doc = "first dimension that is flattened" },
    { "end_dim", "dim", default = -1, doc = "last dimension that is flattened" },
    returns = "module",
    doc = [[Makes one dimension of several: [N, C, H, W] becomes [N, C*H*W], as a Linear layer wants it.]],
    example = [[print(nn.Flatten()(cnn.randn(128, 64, 16, 16)):size())]],
    see = { "nn.functional.flatten", "nn.Linear" },
    call = function(self, start_dim, end_dim) self.start_dim, self.end_dim = start_dim, end_dim end,
}

function Flatten:forward(x) return functional.flatten(x, self.start_dim, self.end_dim) end

function Flatten:extra_repr() return ("start_dim=%d, end_dim=%d"):format(self.start_dim, self.end_dim) end

return Flatten
