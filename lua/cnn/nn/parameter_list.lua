-- SPDX-License-Identifier: MIT
-- nn.ParameterList: parameters in a row, which belong to the module that holds them. They are fields named "0", "1", …, as
-- PyTorch names them in states.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local core = require "cnn.core"
local errors = require "cnn.errors"
local parameter = require "cnn.nn.parameter"
local signature = require "cnn.signature"

local ParameterList = class.make("ParameterList", Module)

function ParameterList:__len()
    local n = 0
    while rawget(self, tostring(n)) do n = n + 1 end
    return n
end

local function place(self, i)
    if i == 0 then errors.raise { kind = "value",
        text = "parameters in a list count from 1 (-1 is the last); got 0" } end
    return i < 0 and #self + 1 + i or i
end

class.indexed(ParameterList, function(self, i)
    i = place(self, i)
    return i > 0 and rawget(self, tostring(i - 1)) or nil
end)

local function check_tensor(value)
    if core.is_tensor(value) then return core.is_parameter(value) and value or parameter(value) end
    errors.raise { kind = "type", op = "nn.ParameterList",
        text = ("a list of parameters takes tensors; got %s"):format(signature.describe(value)) }
end

function ParameterList.__newindex(self, key, value)
    if math.type(key) ~= "integer" then return Module.__newindex(self, key, value) end
    local i, n = place(self, key), #self
    if i < 1 or i > n + 1 then
        errors.raise { kind = "value", text = ("parameter %d is out of range: there are %d"):format(key, n) }
    end
    self[tostring(i - 1)] = check_tensor(value)
end

ParameterList.init = signature {
    name = "nn.ParameterList", self = true,
    { "...", "tensor", doc = "made parameters where they are none yet" },
    returns = "module",
    doc = [[A list of parameters, from a table of them or empty. list[1], list[-1], #list and ipairs(list) work as for a table;
unlike in a plain table, parameters() finds them.]],
    example = [[
local scales = nn.ParameterList { cnn.ones(3), cnn.ones(3) }
for i, p in ipairs(scales) do print(i, p:size()) end]],
    see = { "nn.Parameter", "nn.ModuleList", "nn.ParameterList.append" },
    call = function(self, ...)
        for i = 1, select("#", ...) do self:append((select(i, ...))) end
    end,
}

ParameterList.append = signature {
    name = "nn.ParameterList.append", self = true,
    { "parameter", "tensor" }, returns = "the list", doc = [[Adds a parameter at the end.]],
    example = [[print(#nn.ParameterList():append(cnn.ones(3)))]], see = { "nn.ParameterList" },
    call = function(self, value)
        self[tostring(#self)] = check_tensor(value)
        return self
    end,
}

function ParameterList:forward()
    errors.raise { kind = "value", text = "a ParameterList only holds its parameters and can't be called" }
end

function ParameterList:extra_repr()
    local lines = {}
    for i, p in ipairs(self) do
        local size = {}
        for d, n in ipairs(p.shape) do size[d] = tostring(n) end
        lines[i] = ("  (%d): Parameter containing: [torch.%s of size %s]"):format(i - 1, p.dtype, table.concat(size,
            "x"))
    end
    return table.concat(lines, "\n")
end

return ParameterList
