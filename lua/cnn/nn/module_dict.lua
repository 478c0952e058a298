-- SPDX-License-Identifier: MIT
-- nn.ModuleDict: modules by name, which belong to the network that holds them. A name is a field: dict.conv, dict["conv"].
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local errors = require "cnn.errors"
local signature = require "cnn.signature"
local walk = require "cnn.nn.module_walk"

local ModuleDict = class.make("ModuleDict", Module)

local function put(self, name, module)
    if type(name) ~= "string" or name == "" or name:find(".", 1, true) then
        errors.raise { kind = "type", op = "nn.ModuleDict",
            text = ("modules stand under names without a dot; got %s"):format(signature.describe(name)) }
    elseif not walk.is_module(module) then
        errors.raise { kind = "type", op = "nn.ModuleDict",
            text = ("a ModuleDict takes modules; under %s is %s"):format(name, signature.describe(module)) }
    elseif ModuleDict[name] ~= nil then
        errors.raise { kind = "value", op = "nn.ModuleDict",
            text = ("a module called %s would hide the method of that name"):format(name), fix = ("%s_"):format(name) }
    end
    self[name] = module
end

-- A table of name = module, in the order of the names; or a list of {name, module}, in its own order.
local function put_all(self, modules)
    for i, pair in ipairs(modules) do
        if type(pair) ~= "table" or #pair ~= 2 then
            errors.raise { kind = "type", op = "nn.ModuleDict", text = ("entry %d is no pair {name, module}"):format(i),
                fix = 'nn.ModuleDict { { "conv", nn.Conv2d(3, 8, 3) } }' }
        end
        put(self, pair[1], pair[2])
    end
    local names = {}
    for name in pairs(modules) do
        if math.type(name) ~= "integer" then names[#names + 1] = name end
    end
    table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
    for _, name in ipairs(names) do put(self, name, modules[name]) end
end

ModuleDict.init = signature {
    name = "nn.ModuleDict", self = true,
    { "modules", "table", optional = true, doc = "name = module, or a list of {name, module} where the order matters" },
    returns = "module",
    doc = [[Modules by name. It has no forward: its user says what is done with them. dict.conv and dict["conv"] are fields, a
new field adds a module, #dict counts them; unlike in a plain table, parameters() finds the modules.
A table has no order, so its modules stand in that of their names.]],
    example = [[
local choices = nn.ModuleDict { relu = nn.ReLU(), tanh = nn.Tanh() }
for name, module in choices:items() do print(name, module(cnn.tensor { -1.0, 2.0 })) end]],
    see = { "nn.ModuleList", "nn.Sequential", "nn.ModuleDict.items" },
    call = function(self, modules) if modules then put_all(self, modules) end end,
}

ModuleDict.items = signature {
    name = "nn.ModuleDict.items", self = true, returns = "iterator: name, module",
    doc = [[Goes through the modules in order.]],
    example = [[for name, m in nn.ModuleDict { relu = nn.ReLU() }:items() do print(name, m) end]],
    see = { "nn.ModuleDict.keys" },
    call = function(self) return self:named_children() end,
}

ModuleDict.keys = signature {
    name = "nn.ModuleDict.keys", self = true, returns = "list of names", doc = [[The names, in order.]],
    example = [[print(table.concat(nn.ModuleDict { relu = nn.ReLU(), tanh = nn.Tanh() }:keys(), " "))]],
    see = { "nn.ModuleDict.items" },
    call = function(self)
        local names = {}
        for name in self:named_children() do names[#names + 1] = name end
        return names
    end,
}

ModuleDict.update = signature {
    name = "nn.ModuleDict.update", self = true,
    { "modules", "table", doc = "name = module, or a list of {name, module}" }, returns = "the dictionary",
    doc = [[Adds modules, and replaces those whose names are there already.]],
    example = [[print(#nn.ModuleDict():update { relu = nn.ReLU() })]], see = { "nn.ModuleDict.pop" },
    call = function(self, modules)
        put_all(self, modules)
        return self
    end,
}

ModuleDict.pop = signature {
    name = "nn.ModuleDict.pop", self = true,
    { "name", "string" }, returns = "module",
    doc = [[Takes a module out and returns it.]],
    example = [[print(nn.ModuleDict { relu = nn.ReLU() }:pop "relu")]], see = { "nn.ModuleDict.update" },
    call = function(self, name)
        local module = rawget(self, name)
        if not walk.is_module(module) then
            errors.raise { kind = "value", op = "nn.ModuleDict",
                text = ("no module is called %s; there are: %s"):format(name,
                table.concat(self:keys(), ", ")) }
        end
        self[name] = nil
        return module
    end,
}

function ModuleDict:__len() return #self:keys() end

function ModuleDict:forward()
    errors.raise { kind = "value", text = "a ModuleDict only holds its modules and can't be called",
        fix = "dict.name(x)" }
end

return ModuleDict
