-- SPDX-License-Identifier: MIT
-- nn.Conv2d: filters that walk over images.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local core = require "cnn.core"
local errors = require "cnn.errors"
local init = require "cnn.nn.initialisers"
local padding_of = require "cnn.nn.padding"
local parameter = require "cnn.nn.parameter"
local repr = require "cnn.nn.repr"
local signature = require "cnn.signature"

local Conv2d = class.make("Conv2d", Module)

local function check_groups(in_channels, out_channels, groups)
    if in_channels % groups == 0 and out_channels % groups == 0 then return end
    errors.raise {
        kind = "value", op = "nn.Conv2d",
        text = ("groups must divide both numbers of channels; got %d channels in, %d out, %d groups"):format(
            in_channels, out_channels, groups),
    }
end

Conv2d.init = signature {
    name = "nn.Conv2d", self = true,
    { "in_channels", "int", min = 1, doc = "channels of the images that come in" },
    { "out_channels", "int", min = 1, doc = "filters, hence channels that go out" },
    { "kernel_size", "size2", min = 1, doc = "height and width of a filter" },
    { "stride", "size2", default = 1, min = 1, doc = "step of the filter" },
    { "padding", "size2|string", default = 0, min = 0, doc = [[zeros on each side; "same" keeps the size, "valid" is 0]] },
    { "dilation", "size2", default = 1, min = 1, doc = "distance between the filter's elements" },
    { "groups", "int", default = 1, min = 1, doc = "blocks of channels that don't see each other" },
    { "bias", "bool", default = true, doc = "add a learned number per filter" },
    returns = "module: [N, C, H, W] → [N, K, P, Q]",
    doc = [[A convolutional layer: out_channels filters of size kernel_size walk over images with in_channels channels.
Weights start uniform in ±1/sqrt(C*R*S/groups), the biases too, as in PyTorch.]],
    shape = [[P = floor((H + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1, Q likewise from W]],
    example = [[
local conv = nn.Conv2d { 3, 10, kernel_size = 5, padding = 2 }
print(conv(cnn.randn(1, 3, 32, 32)):size())]],
    see = { "nn.functional.conv2d", "nn.MaxPool2d", "nn.BatchNorm2d" },
    call = function(self, in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias)
        check_groups(in_channels, out_channels, groups)
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size, self.stride = kernel_size, stride
        self.padding = padding_of.check(padding, stride, "nn.Conv2d")
        self.dilation, self.groups = dilation, groups
        local sizes = { out_channels, in_channels // groups, kernel_size[1], kernel_size[2] }
        self.weight = parameter(core.empty("float32", sizes))
        if bias then self.bias = parameter(core.empty("float32", { out_channels })) end
        self:reset_parameters()
    end,
}

Conv2d.reset_parameters = signature {
    name = "nn.Conv2d.reset_parameters", self = true,
    doc = [[Draws new weights and biases, as when the layer was made.]],
    example = [[
local layer = nn.Conv2d(1, 2, 3)
layer:reset_parameters()]],
    see = { "nn.Conv2d", "nn.Module.apply" },
    call = function(self)
        init.kaiming_uniform_(self.weight, math.sqrt(5))
        if self.bias then
            local bound = 1 / math.sqrt(self.in_channels // self.groups * self.kernel_size[1] * self.kernel_size[2])
            init.uniform_(self.bias, -bound, bound)
        end
    end,
}

function Conv2d:forward(x)
    local kernel, stride, dilation = self.kernel_size, self.stride, self.dilation
    local input, pad_h, pad_w = padding_of.apply(x, self.padding, kernel[1], kernel[2], dilation)
    return core.conv2d(input, self.weight, self.bias, stride[1], stride[2], pad_h, pad_w, dilation[1], dilation[2],
        self.groups)
end

local function is(pair, value) return pair[1] == value and pair[2] == value end

function Conv2d:extra_repr()
    local text = ("%d, %d, kernel_size=%s, stride=%s"):format(
        self.in_channels, self.out_channels, repr.pair(self.kernel_size), repr.pair(self.stride))
    local padding = self.padding
    if type(padding) == "string" then text = text .. ", padding=" .. padding
    elseif not is(padding, 0) then text = text .. ", padding=" .. repr.pair(padding) end
    if not is(self.dilation, 1) then text = text .. ", dilation=" .. repr.pair(self.dilation) end
    if self.groups ~= 1 then text = text .. ", groups=" .. self.groups end
    if not self.bias then text = text .. ", bias=False" end
    return text
end

return Conv2d
