-- SPDX-License-Identifier: MIT
-- nn.functional: pooling.
local adaptive = require "cnn.nn.adaptive"
local core = require "cnn.core"
local signature = require "cnn.signature"

local pooling = {}

pooling.max_pool2d = signature {
    name = "nn.functional.max_pool2d",
    { "input", "tensor", doc = "[N, C, H, W]" },
    { "kernel_size", "size2", min = 1 },
    { "stride", "size2", optional = true, min = 1, doc = "kernel_size if not given" },
    { "padding", "size2", default = 0, min = 0, doc = "places that never win" },
    { "dilation", "size2", default = 1, min = 1 },
    { "ceil_mode", "bool", default = false, doc = "keep windows that reach over the edge" },
    returns = "tensor [N, C, P, Q]",
    doc = [[The largest value under a window that walks over each channel.]],
    shape = [[P = floor((H + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1, Q likewise from W]],
    example = [[print(nn.functional.max_pool2d(cnn.randn(1, 16, 32, 32), 2):size())]],
    see = { "nn.MaxPool2d" },
    call = function(input, kernel, stride, padding, dilation, ceil_mode)
        stride = stride or kernel
        return core.max_pool2d(input, kernel[1], kernel[2], stride[1], stride[2], padding[1], padding[2], dilation[1],
            dilation[2], ceil_mode)
    end,
}

pooling.avg_pool2d = signature {
    name = "nn.functional.avg_pool2d",
    { "input", "tensor", doc = "[N, C, H, W]" },
    { "kernel_size", "size2", min = 1 },
    { "stride", "size2", optional = true, min = 1, doc = "kernel_size if not given" },
    { "padding", "size2", default = 0, min = 0 },
    { "ceil_mode", "bool", default = false, doc = "keep windows that reach over the edge" },
    { "count_include_pad", "bool", default = true, doc = "the padding's zeros count as values" },
    { "divisor_override", "int", optional = true, min = 1, doc = "divide the sums by this instead" },
    returns = "tensor [N, C, P, Q]",
    doc = [[The mean under a window that walks over each channel.]],
    shape = [[P = floor((H + 2*padding - kernel_size) / stride) + 1, Q likewise from W]],
    example = [[print(nn.functional.avg_pool2d { cnn.randn(1, 64, 8, 8), 8, stride = 1 }:size())]],
    see = { "nn.AvgPool2d" },
    call = function(input, kernel, stride, padding, ceil_mode, count_include_pad, divisor)
        stride = stride or kernel
        return core.avg_pool2d(input, kernel[1], kernel[2], stride[1], stride[2], padding[1], padding[2], ceil_mode,
            count_include_pad, divisor or 0)
    end,
}

pooling.adaptive_avg_pool2d = signature {
    name = "nn.functional.adaptive_avg_pool2d",
    { "input", "tensor", doc = "[N, C, H, W]" },
    { "output_size", "output_size2", min = 1, max = 65536,
        doc = "P and Q; false keeps a size, as nil does before another one" },
    returns = "tensor [N, C, P, Q]",
    doc = [[The mean under windows that are chosen so that the output has the size asked for.
Lua does not see a nil at the end of a list: write {7, false}.]],
    shape = [[output p is the mean of the rows from floor((p - 1) * H / P) + 1 to ceil(p * H / P), columns likewise]],
    example = [[print(nn.functional.adaptive_avg_pool2d(cnn.randn(1, 64, 10, 9), { 5, 7 }):size())]],
    see = { "nn.AdaptiveAvgPool2d", "nn.functional.avg_pool2d" },
    call = function(input, output_size) return adaptive.average(input, output_size) end,
}

return pooling
