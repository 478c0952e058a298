-- SPDX-License-Identifier: MIT
-- nn.AdaptiveMaxPool2d: images of any size brought to one size by maxima.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local AdaptiveMaxPool2d = class.make("AdaptiveMaxPool2d", Module)

AdaptiveMaxPool2d.init = signature {
    name = "nn.AdaptiveMaxPool2d", self = true,
    { "output_size", "output_size2", min = 1, max = 65536,
    doc = "P and Q; false keeps a size, as nil does before another one" },
    returns = "module: [N, C, H, W] → [N, C, P, Q]",
    doc = [[Brings images of any size to one size: each output is the largest value under its window.]],
    example = [[print(nn.AdaptiveMaxPool2d(1)(cnn.randn(1, 64, 9, 10)):size())]],
    see = { "nn.functional.adaptive_max_pool2d", "nn.AdaptiveAvgPool2d" },
    call = function(self, output_size) self.output_size = output_size end,
}

function AdaptiveMaxPool2d:forward(x) return functional.adaptive_max_pool2d(x, self.output_size) end

local function text(size) return size and tostring(size) or "None" end

function AdaptiveMaxPool2d:extra_repr()
    local h, w = self.output_size[1], self.output_size[2]
    return "output_size=" .. (h == w and text(h) or ("(%s, %s)"):format(text(h), text(w)))
end

return AdaptiveMaxPool2d
