-- SPDX-License-Identifier: MIT
-- nn.MaxPool1d: the largest value under a window that walks along a sequence.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local repr = require "cnn.nn.repr"
local signature = require "cnn.signature"

local MaxPool1d = class.make("MaxPool1d", Module)

MaxPool1d.init = signature {
    name = "nn.MaxPool1d", self = true,
    { "kernel_size", "int", min = 1, doc = "length of the window" },
    { "stride", "int", optional = true, min = 1, doc = "step of the window; kernel_size if not given" },
    { "padding", "int", default = 0, min = 0, doc = "places that never win; at most half a window" },
    { "dilation", "int", default = 1, min = 1 },
    { "ceil_mode", "bool", default = false, doc = "keep windows that reach over the edge" },
    returns = "module: [N, C, L] → [N, C, Q]",
    doc = [[Makes sequences shorter: each output is the largest value under its window.]],
    shape = [[Q = floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1]],
    example = [[print(nn.MaxPool1d(2)(cnn.randn(1, 4, 50)):size())]],
    see = { "nn.functional.max_pool1d", "nn.MaxPool2d" },
    call = function(self, kernel_size, stride, padding, dilation, ceil_mode)
        self.kernel_size, self.stride, self.padding = kernel_size, stride or kernel_size, padding
        self.dilation, self.ceil_mode = dilation, ceil_mode
    end,
}

function MaxPool1d:forward(x)
    return functional.max_pool1d(x, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode)
end

function MaxPool1d:extra_repr()
    return ("kernel_size=%d, stride=%d, padding=%d, dilation=%d, ceil_mode=%s"):format(self.kernel_size, self.stride,
        self.padding, self.dilation, repr.bool(self.ceil_mode))
end

return MaxPool1d
