-- SPDX-License-Identifier: MIT
-- nn.AvgPool2d: the mean under a window that walks over each channel.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local core = require "cnn.core"
local repr = require "cnn.nn.repr"
local signature = require "cnn.signature"

local AvgPool2d = class.make("AvgPool2d", Module)

AvgPool2d.init = signature {
    name = "nn.AvgPool2d", self = true,
    { "kernel_size", "size2", min = 1, doc = "height and width of the window" },
    { "stride", "size2", optional = true, min = 1, doc = "step of the window; kernel_size if not given" },
    { "padding", "size2", default = 0, min = 0, doc = "zeros around the image; at most half a window" },
    { "ceil_mode", "bool", default = false, doc = "keep windows that reach over the edge" },
    { "count_include_pad", "bool", default = true, doc = "the zeros of the padding count as values" },
    { "divisor_override", "int", optional = true, min = 1, doc = "divide the sums by this instead" },
    returns = "module: [N, C, H, W] → [N, C, P, Q]",
    doc = [[Makes images smaller: each output is the mean of the values under its window.]],
    shape = [[P = floor((H + 2*padding - kernel_size) / stride) + 1, Q likewise from W]],
    example = [[print(nn.AvgPool2d { 8, stride = 1 }(cnn.randn(1, 64, 8, 8)):size())]],
    see = { "nn.functional.avg_pool2d", "nn.MaxPool2d" },
    call = function(self, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
        self.kernel_size, self.stride, self.padding = kernel_size, stride or kernel_size, padding
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad
        self.divisor_override = divisor_override
    end,
}

function AvgPool2d:forward(x)
    local kernel, stride, padding = self.kernel_size, self.stride, self.padding
    return core.avg_pool2d(x, kernel[1], kernel[2], stride[1], stride[2], padding[1], padding[2], self.ceil_mode,
        self.count_include_pad, self.divisor_override or 0)
end

function AvgPool2d:extra_repr()
    return ("kernel_size=%s, stride=%s, padding=%s"):format(
        repr.size(self.kernel_size), repr.size(self.stride), repr.size(self.padding))
end

return AvgPool2d
