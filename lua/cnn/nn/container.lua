-- SPDX-License-Identifier: MIT
-- What nn.Sequential and nn.ModuleList have in common: modules in a row, list[1] … list[#list], list[-1] the last.
-- The children are ordinary fields named "0", "1", …, as PyTorch names them in states and when it prints.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local errors = require "cnn.errors"
local signature = require "cnn.signature"
local walk = require "cnn.nn.module_walk"

local Container = class.make("Container", Module)

-- field_names[i] is the field of the i-th module
local field_names = setmetatable({}, {
    __index = function(t, i)
        t[i] = tostring(i - 1)
        return t[i]
    end,
})
Container._field_names = field_names

function Container:__len()
    local n = 0
    while rawget(self, field_names[n + 1]) do
        n = n + 1
    end
    return n
end

local function place(self, i)
    if i == 0 then errors.raise { kind = "value", text = "modules in a list count from 1 (-1 is the last); got 0" } end
    return i < 0 and #self + 1 + i or i
end

local function check_module(value)
    if walk.is_module(value) then return value end
    errors.raise {
        kind = "type",
        text = ("a list of modules takes modules; got %s"):format(signature.describe(value)),
        fix = class.is_class(value) and value.__name .. "(…)" or nil,
    }
end

class.indexed(Container, function(self, i)
    i = place(self, i)
    return i > 0 and rawget(self, field_names[i]) or nil
end)

function Container.__newindex(self, key, value)
    if math.type(key) ~= "integer" then return Module.__newindex(self, key, value) end
    local i, n = place(self, key), #self
    if i < 1 or i > n + 1 then
        errors.raise { kind = "value", text = ("module %d is out of range: there are %d"):format(key, n) }
    end
    self[field_names[i]] = check_module(value)
end

-- The modules of a constructor's arguments: one by one, or a single list of them.
function Container:_fill(...)
    local first = ...
    if select("#", ...) == 1 and class.is(first, "ModuleList") then
        for _, module in ipairs(first) do
            self:append(module)
        end
        return
    end
    for i = 1, select("#", ...) do
        self:append((select(i, ...)))
    end
end

Container.append = signature {
    name = "nn.ModuleList.append", self = true,
    { "module", "module" },
    returns = "the list",
    doc = [[Adds a module at the end of a ModuleList or a Sequential.]],
    example = [[local list = nn.ModuleList(); list:append(nn.ReLU()); print(#list)]],
    see = { "nn.ModuleList.insert" },
    call = function(self, module)
        self[field_names[#self + 1]] = check_module(module)
        return self
    end,
}

Container.extend = signature {
    name = "nn.ModuleList.extend", self = true,
    { "modules", "table", doc = "a list of modules, or a ModuleList" },
    returns = "the list",
    doc = [[Adds all modules of another list at the end.]],
    example = [[local list = nn.ModuleList(); list:extend({ nn.ReLU(), nn.ReLU() }); print(#list)]],
    see = { "nn.ModuleList.append" },
    call = function(self, modules)
        local added = {} -- beforehand: a list may be extended by itself
        for i, module in ipairs(modules) do
            added[i] = module
        end
        for _, module in ipairs(added) do
            self:append(module)
        end
        return self
    end,
}

Container.insert = signature {
    name = "nn.ModuleList.insert", self = true,
    { "index", "int", doc = "where the module will stand; the others move up" },
    { "module", "module" },
    returns = "the list",
    doc = [[Puts a module at a place of a ModuleList or a Sequential.]],
    example = [[local s = nn.Sequential(nn.Linear(3, 2)); s:insert(1, nn.ReLU()); print(s)]],
    see = { "nn.ModuleList.append" },
    call = function(self, index, module)
        check_module(module)
        local i, n = place(self, index), #self
        if i < 1 or i > n + 1 then
            errors.raise { kind = "value", text = ("place %d is out of range: there are %d modules"):format(index, n) }
        end
        for j = n, i, -1 do
            self[field_names[j + 1]] = rawget(self, field_names[j])
        end
        self[field_names[i]] = module
        return self
    end,
}

return Container
