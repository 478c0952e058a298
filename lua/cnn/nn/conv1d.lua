-- SPDX-License-Identifier: MIT
-- nn.Conv1d: filters that walk along sequences.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local core = require "cnn.core"
local errors = require "cnn.errors"
local functional = require "cnn.nn.functional"
local init = require "cnn.nn.initialisers"
local padding_of = require "cnn.nn.padding"
local parameter = require "cnn.nn.parameter"
local signature = require "cnn.signature"

local Conv1d = class.make("Conv1d", Module)

Conv1d.init = signature {
    name = "nn.Conv1d", self = true,
    { "in_channels", "int", min = 1, doc = "channels of the sequences that come in" },
    { "out_channels", "int", min = 1, doc = "filters, hence channels that go out" },
    { "kernel_size", "int", min = 1, doc = "length of a filter" },
    { "stride", "int", default = 1, min = 1, doc = "step of the filter" },
    { "padding", "int|string", default = 0, min = 0,
    doc = [[zeros on each side; "same" keeps the length, "valid" is 0]] },
    { "dilation", "int", default = 1, min = 1, doc = "distance between the filter's elements" },
    { "groups", "int", default = 1, min = 1, doc = "blocks of channels that don't see each other" },
    { "bias", "bool", default = true, doc = "add a learned number per filter" },
    returns = "module: [N, C, L] → [N, K, Q]",
    doc = [[A convolutional layer for sequences: out_channels filters of length kernel_size walk along them.
Weights and biases start uniform in ±1/sqrt(C*S/groups), as in PyTorch.]],
    shape = [[Q = floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1]],
    example = [[print(nn.Conv1d { 4, 8, 3, padding = "same" }(cnn.randn(2, 4, 50)):size())]],
    see = { "nn.functional.conv1d", "nn.Conv2d", "nn.MaxPool1d" },
    call = function(self, in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias)
        if in_channels % groups ~= 0 or out_channels % groups ~= 0 then
            errors.raise { kind = "value", op = "nn.Conv1d",
                text = ("groups must divide both numbers of channels; got %d channels in, %d out, %d groups"):format(
                    in_channels, out_channels, groups) }
        end
        self.in_channels, self.out_channels, self.kernel_size, self.stride = in_channels, out_channels, kernel_size,
            stride
        self.padding, self.dilation, self.groups = padding_of.check(padding, stride, "nn.Conv1d"), dilation, groups
        self.weight = parameter(core.empty("float32", { out_channels, in_channels // groups, kernel_size }))
        if bias then self.bias = parameter(core.empty("float32", { out_channels })) end
        self:reset_parameters()
    end,
}

Conv1d.reset_parameters = signature {
    name = "nn.Conv1d.reset_parameters", self = true,
    doc = [[Draws new weights and biases, as when the layer was made.]],
    example = [[
local layer = nn.Conv1d(1, 2, 3)
layer:reset_parameters()]],
    see = { "nn.Conv1d", "nn.Module.apply" },
    call = function(self)
        init.kaiming_uniform_(self.weight, math.sqrt(5))
        local bound = 1 / math.sqrt(self.in_channels // self.groups * self.kernel_size)
        if self.bias then init.uniform_(self.bias, -bound, bound) end
    end,
}

function Conv1d:forward(x)
    return functional.conv1d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)
end

function Conv1d:extra_repr()
    local text = ("%d, %d, kernel_size=(%d,), stride=(%d,)"):format(self.in_channels, self.out_channels,
        self.kernel_size,
        self.stride)
    local padding = self.padding
    if type(padding) == "string" then text = text .. ", padding=" .. padding
    elseif padding ~= 0 then text = text .. (", padding=(%d,)"):format(padding) end
    if self.dilation ~= 1 then text = text .. (", dilation=(%d,)"):format(self.dilation) end
    if self.groups ~= 1 then text = text .. ", groups=" .. self.groups end
    return self.bias and text or text .. ", bias=False"
end

return Conv1d
