-- SPDX-License-Identifier: MIT
-- nn.CircularPad2d: images that go around.
local Module = require "cnn.nn.module"
local border = require "cnn.nn.border"
local class = require "cnn.nn.class"
local signature = require "cnn.signature"

local CircularPad2d = class.make("CircularPad2d", Module)

CircularPad2d.init = signature {
    name = "nn.CircularPad2d", self = true,
    { "padding", "sides", doc = "one width for all, or one for each; negative widths cut off" },
    returns = "module: [N, C, H, W] → [N, C, H + top + bottom, W + left + right]",
    doc = [[Adds rows and columns around images that hold what stands at the other side.]],
    shape = [[[N, C, H, W] → [N, C, H + top + bottom, W + left + right]; widths are at most H and W]],
    example = [[print(nn.CircularPad2d{ 1, 2, 0, 3 }(cnn.ones(1, 3, 8, 8)):size())]],
    see = { "nn.functional.pad" },
    call = function(self, padding) self.padding = padding end,
}

function CircularPad2d:forward(x) return border.pad(x, self.padding, "circular", 0) end

function CircularPad2d:extra_repr() return border.repr(self.padding) end

return CircularPad2d
