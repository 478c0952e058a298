-- SPDX-License-Identifier: MIT
-- nn.ConvTranspose2d: filters that images are painted with.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local core = require "cnn.core"
local errors = require "cnn.errors"
local functional = require "cnn.nn.functional"
local init = require "cnn.nn.initialisers"
local parameter = require "cnn.nn.parameter"
local repr = require "cnn.nn.repr"
local signature = require "cnn.signature"

local ConvTranspose2d = class.make("ConvTranspose2d", Module)

ConvTranspose2d.init = signature {
    name = "nn.ConvTranspose2d", self = true,
    { "in_channels", "int", min = 1, doc = "channels of the images that come in" },
    { "out_channels", "int", min = 1, doc = "channels that go out" },
    { "kernel_size", "size2", min = 1, doc = "height and width of a filter" },
    { "stride", "size2", default = 1, min = 1, doc = "how far the painted filters lie apart" },
    { "padding", "size2", default = 0, min = 0, doc = "rows and columns taken away on each side" },
    { "output_padding", "size2", default = 0, min = 0, doc = "rows and columns added at the end" },
    { "groups", "int", default = 1, min = 1, doc = "blocks of channels that don't see each other" },
    { "bias", "bool", default = true, doc = "add a learned number per channel" },
    { "dilation", "size2", default = 1, min = 1, doc = "distance between the filter's elements" },
    returns = "module: [N, C, H, W] → [N, K, P, Q]",
    doc = [[A transposed convolution, which makes images larger: every pixel paints a filter, and what overlaps adds up.
It is the gradient of a convolution with the same numbers, so it undoes what that does to the size.]],
    shape = [[P = (H - 1)*stride - 2*padding + dilation*(kernel_size - 1) + output_padding + 1, Q likewise from W]],
    example = [[print(nn.ConvTranspose2d { 8, 3, 4, stride = 2, padding = 1 }(cnn.randn(1, 8, 7, 7)):size())]],
    see = { "nn.functional.conv_transpose2d", "nn.Conv2d", "nn.Upsample" },
    call = function(self, in_channels, out_channels, kernel_size, stride, padding, output_padding, groups, bias,
        dilation)
        if in_channels % groups ~= 0 or out_channels % groups ~= 0 then
            errors.raise { kind = "value", op = "nn.ConvTranspose2d",
                text = ("groups must divide both numbers of channels; got %d channels in, %d out, %d groups"):format(
                    in_channels, out_channels, groups) }
        end
        self.in_channels, self.out_channels, self.kernel_size, self.stride = in_channels, out_channels, kernel_size,
            stride
        self.padding, self.output_padding, self.groups, self.dilation = padding, output_padding, groups, dilation
        self.weight = parameter(core.empty("float32",
            { in_channels, out_channels // groups, kernel_size[1], kernel_size[2] }))
        if bias then self.bias = parameter(core.empty("float32", { out_channels })) end
        self:reset_parameters()
    end,
}

ConvTranspose2d.reset_parameters = signature {
    name = "nn.ConvTranspose2d.reset_parameters", self = true,
    doc = [[Draws new weights and biases, as when the layer was made.]],
    example = [[
local layer = nn.ConvTranspose2d(1, 2, 3)
layer:reset_parameters()]],
    see = { "nn.ConvTranspose2d", "nn.Module.apply" },
    call = function(self)
        init.kaiming_uniform_(self.weight, math.sqrt(5))
        local bound = 1 / math.sqrt(self.out_channels // self.groups * self.kernel_size[1] * self.kernel_size[2])
        if self.bias then init.uniform_(self.bias, -bound, bound) end
    end,
}

function ConvTranspose2d:forward(x)
    return functional.conv_transpose2d(x, self.weight, self.bias, self.stride, self.padding, self.output_padding,
        self.groups,
        self.dilation)
end

local function is(pair, value) return pair[1] == value and pair[2] == value end

function ConvTranspose2d:extra_repr()
    local text = ("%d, %d, kernel_size=%s, stride=%s"):format(
        self.in_channels, self.out_channels, repr.pair(self.kernel_size), repr.pair(self.stride))
    if not is(self.padding, 0) then text = text .. ", padding=" .. repr.pair(self.padding) end
    if not is(self.dilation, 1) then text = text .. ", dilation=" .. repr.pair(self.dilation) end
    if not is(self.output_padding, 0) then text = text .. ", output_padding=" .. repr.pair(self.output_padding) end
    if self.groups ~= 1 then text = text .. ", groups=" .. self.groups end
    return self.bias and text or text .. ", bias=False"
end

return ConvTranspose2d
