-- SPDX-License-Identifier: MIT
-- nn.AvgPool1d: the mean under a window that walks along a sequence.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local AvgPool1d = class.make("AvgPool1d", Module)

AvgPool1d.init = signature {
    name = "nn.AvgPool1d", self = true,
    { "kernel_size", "int", min = 1, doc = "length of the window" },
    { "stride", "int", optional = true, min = 1, doc = "step of the window; kernel_size if not given" },
    { "padding", "int", default = 0, min = 0 },
    { "ceil_mode", "bool", default = false, doc = "keep windows that reach over the edge" },
    { "count_include_pad", "bool", default = true, doc = "the padding's zeros count as values" },
    returns = "module: [N, C, L] → [N, C, Q]",
    doc = [[Makes sequences shorter: each output is the mean under its window.]],
    shape = [[Q = floor((L + 2*padding - kernel_size) / stride) + 1]],
    example = [[print(nn.AvgPool1d(2)(cnn.randn(1, 4, 50)):size())]],
    see = { "nn.functional.avg_pool1d", "nn.AvgPool2d" },
    call = function(self, kernel_size, stride, padding, ceil_mode, count_include_pad)
        self.kernel_size, self.stride, self.padding = kernel_size, stride or kernel_size, padding
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad
    end,
}

function AvgPool1d:forward(x)
    return functional.avg_pool1d(x, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)
end

function AvgPool1d:extra_repr()
    return ("kernel_size=(%d,), stride=(%d,), padding=(%d,)"):format(self.kernel_size, self.stride, self.padding)
end

return AvgPool1d
