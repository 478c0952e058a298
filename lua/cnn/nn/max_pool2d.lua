-- SPDX-License-Identifier: MIT
-- nn.MaxPool2d: the largest value under a window that walks over each channel.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local core = require "cnn.core"
local repr = require "cnn.nn.repr"
local signature = require "cnn.signature"

local MaxPool2d = class.make("MaxPool2d", Module)

MaxPool2d.init = signature {
    name = "nn.MaxPool2d", self = true,
    { "kernel_size", "size2", min = 1, doc = "height and width of the window" },
    { "stride", "size2", optional = true, min = 1, doc = "step of the window; kernel_size if not given" },
    { "padding", "size2", default = 0, min = 0, doc = "places around the image, which never win; at most half a window" },
    { "dilation", "size2", default = 1, min = 1, doc = "distance between the window's elements" },
    { "ceil_mode", "bool", default = false, doc = "keep windows that reach over the edge" },
    returns = "module: [N, C, H, W] → [N, C, P, Q]",
    doc = [[Makes images smaller: each output is the largest value under its window.]],
    shape = [[P = floor((H + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1, Q likewise from W]],
    example = [[print(nn.MaxPool2d(2)(cnn.randn(1, 16, 32, 32)):size())]],
    see = { "nn.functional.max_pool2d", "nn.AvgPool2d" },
    call = function(self, kernel_size, stride, padding, dilation, ceil_mode)
        self.kernel_size, self.stride, self.padding = kernel_size, stride or kernel_size, padding
        self.dilation, self.ceil_mode = dilation, ceil_mode
    end,
}

function MaxPool2d:forward(x)
    local kernel, stride, padding, dilation = self.kernel_size, self.stride, self.padding, self.dilation
    return core.max_pool2d(x, kernel[1], kernel[2], stride[1], stride[2], padding[1], padding[2], dilation[1],
        dilation[2], self.ceil_mode)
end

function MaxPool2d:extra_repr()
    return ("kernel_size=%s, stride=%s, padding=%s, dilation=%s, ceil_mode=%s"):format(
        repr.size(self.kernel_size), repr.size(self.stride), repr.size(self.padding), repr.size(self.dilation),
        repr.bool(self.ceil_mode))
end

return MaxPool2d
