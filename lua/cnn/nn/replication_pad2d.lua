-- SPDX-License-Identifier: MIT
-- nn.ReplicationPad2d: images continued with their edges.
local Module = require "cnn.nn.module"
local border = require "cnn.nn.border"
local class = require "cnn.nn.class"
local signature = require "cnn.signature"

local ReplicationPad2d = class.make("ReplicationPad2d", Module)

ReplicationPad2d.init = signature {
    name = "nn.ReplicationPad2d", self = true,
    { "padding", "sides", doc = "one width for all, or one for each; negative widths cut off" },
    returns = "module: [N, C, H, W] → [N, C, H + top + bottom, W + left + right]",
    doc = [[Adds rows and columns around images that repeat their edges.]],
    example = [[print(nn.ReplicationPad2d { 1, 2, 0, 3 }(cnn.ones(1, 3, 8, 8)):size())]],
    see = { "nn.functional.pad", "nn.ReflectionPad2d" },
    call = function(self, padding) self.padding = padding end,
}

function ReplicationPad2d:forward(x) return border.pad(x, self.padding, "replicate", 0) end

function ReplicationPad2d:extra_repr() return border.repr(self.padding) end

return ReplicationPad2d
