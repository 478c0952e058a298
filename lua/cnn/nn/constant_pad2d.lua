-- SPDX-License-Identifier: MIT
-- nn.ConstantPad2d: a border of one value around images.
local Module = require "cnn.nn.module"
local border = require "cnn.nn.border"
local class = require "cnn.nn.class"
local repr = require "cnn.nn.repr"
local signature = require "cnn.signature"

local ConstantPad2d = class.make("ConstantPad2d", Module)

ConstantPad2d.init = signature {
    name = "nn.ConstantPad2d", self = true,
    { "padding", "sides", doc = "one width for all, or one for each; negative widths cut off" },
    { "value", "number" },
    returns = "module: [N, C, H, W] → [N, C, H + top + bottom, W + left + right]",
    doc = [[Adds rows and columns of one value around images.]],
    example = [[print(nn.ConstantPad2d(2, 0.5)(cnn.ones(1, 3, 8, 8)):size())]],
    see = { "nn.functional.pad", "nn.ZeroPad2d" },
    call = function(self, padding, value) self.padding, self.value = padding, value end,
}

function ConstantPad2d:forward(x) return border.pad(x, self.padding, "constant", self.value) end

function ConstantPad2d:extra_repr()
    return ("padding=%s, value=%s"):format(border.repr(self.padding), repr.number(self.value))
end

return ConstantPad2d
