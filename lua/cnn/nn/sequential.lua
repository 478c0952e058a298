-- SPDX-License-Identifier: MIT
-- nn.Sequential: modules one after the other, each fed with what the one before gave.
local Container = require "cnn.nn.container"
local class = require "cnn.nn.class"
local signature = require "cnn.signature"

local Sequential = class.make("Sequential", Container)

Sequential.init = signature {
    name = "nn.Sequential", self = true,
    { "...", "module" },
    returns = "module",
    doc = [[Modules in a row: the output of each is the input of the next.
They may also come as one list or one ModuleList. s[1] is the first, s[-1] the last, #s their number.]],
    example = [[
local s = nn.Sequential(nn.Conv2d(3, 10, 5), nn.BatchNorm2d(10), nn.ReLU())
print(s(cnn.randn(1, 3, 32, 32)):size())]],
    see = { "nn.ModuleList" },
    call = Container._fill,
}

function Sequential:forward(x)
    local names, i = self._field_names, 1
    local module = rawget(self, "0")
    while module do
        x = module(x)
        i = i + 1
        module = rawget(self, names[i])
    end
    return x
end

return Sequential
