-- SPDX-License-Identifier: MIT
-- nn.ReflectionPad2d: images mirrored at their edges.
local Module = require "cnn.nn.module"
local border = require "cnn.nn.border"
local class = require "cnn.nn.class"
local signature = require "cnn.signature"

local ReflectionPad2d = class.make("ReflectionPad2d", Module)

ReflectionPad2d.init = signature {
    name = "nn.ReflectionPad2d", self = true,
    { "padding", "sides", doc = "one width for all, or one for each; negative widths cut off" },
    returns = "module: [N, C, H, W] → [N, C, H + top + bottom, W + left + right]",
    doc = [[Adds rows and columns around images that mirror what is inside; the edge itself is not repeated.]],
    shape = [[[N, C, H, W] → [N, C, H + top + bottom, W + left + right]; widths are below H and W]],
    example = [[print(nn.ReflectionPad2d{ 1, 2, 0, 3 }(cnn.ones(1, 3, 8, 8)):size())]],
    see = { "nn.functional.pad" },
    call = function(self, padding) self.padding = padding end,
}

function ReflectionPad2d:forward(x) return border.pad(x, self.padding, "reflect", 0) end

function ReflectionPad2d:extra_repr() return border.repr(self.padding) end

return ReflectionPad2d
