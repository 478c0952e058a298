-- SPDX-License-Identifier: MIT
-- nn.ZeroPad2d: zeros around images.
local Module = require "cnn.nn.module"
local border = require "cnn.nn.border"
local class = require "cnn.nn.class"
local signature = require "cnn.signature"

local ZeroPad2d = class.make("ZeroPad2d", Module)

ZeroPad2d.init = signature {
    name = "nn.ZeroPad2d", self = true,
    { "padding", "sides", doc = "one width for all, or one for each; negative widths cut off" },
    returns = "module: [N, C, H, W] → [N, C, H + top + bottom, W + left + right]",
    doc = [[Adds rows and columns of zeros around images.]],
    shape = [[[N, C, H, W] → [N, C, H + top + bottom, W + left + right] ]],
    example = [[print(nn.ZeroPad2d{ 1, 2, 0, 3 }(cnn.ones(1, 3, 8, 8)):size())]],
    see = { "nn.functional.pad" },
    call = function(self, padding) self.padding = padding end,
}

function ZeroPad2d:forward(x) return border.pad(x, self.padding, "constant", 0) end

function ZeroPad2d:extra_repr() return border.repr(self.padding) end

return ZeroPad2d
