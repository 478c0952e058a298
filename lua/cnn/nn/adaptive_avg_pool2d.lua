-- SPDX-License-Identifier: MIT
-- nn.AdaptiveAvgPool2d: means under windows that give the output a wanted size, whatever the input's.
local Module = require "cnn.nn.module"
local adaptive = require "cnn.nn.adaptive"
local class = require "cnn.nn.class"
local signature = require "cnn.signature"

local AdaptiveAvgPool2d = class.make("AdaptiveAvgPool2d", Module)

AdaptiveAvgPool2d.init = signature {
    name = "nn.AdaptiveAvgPool2d", self = true,
    { "output_size", "output_size2", min = 1, max = 65536,
        doc = "an integer or {h, w}; false keeps a size, as nil does before another one" },
    returns = "module: [N, C, H, W] → [N, C, P, Q]",
    doc = [[Brings images of any size to one size: each output is the mean under its window.
nn.AdaptiveAvgPool2d(1) takes the mean of every channel. Lua does not see a nil at the end of a list: write {7, false},
because {7, nil} is {7}, which means 7 both ways.]],
    shape = [[output p is the mean of the rows from floor((p - 1) * H / P) + 1 to ceil(p * H / P), columns likewise]],
    example = [[
print(nn.AdaptiveAvgPool2d(1)(cnn.randn(8, 64, 7, 5)):size())
print(nn.AdaptiveAvgPool2d { false, 7 }(cnn.randn(8, 64, 10, 9)):size())]],
    see = { "nn.functional.adaptive_avg_pool2d", "nn.AvgPool2d" },
    call = function(self, output_size) self.output_size = output_size end,
}

function AdaptiveAvgPool2d:forward(x) return adaptive.average(x, self.output_size) end

function AdaptiveAvgPool2d:extra_repr()
    local h, w = self.output_size[1], self.output_size[2]
    if h and h == w then return ("output_size=%d"):format(h) end
    return ("output_size=(%s, %s)"):format(h or "None", w or "None")
end

return AdaptiveAvgPool2d
