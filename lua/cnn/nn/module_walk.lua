-- SPDX-License-Identifier: MIT
-- The contents of a module: its parameters, buffers and children, its own or those of the whole tree.
--
-- A field of a module is a *child* if it is a module, a *parameter* if it is a tensor marked by nn.Parameter, a
-- *buffer* if register_buffer named it. Walks go in the order of first assignment, own tensors before children, and
-- visit a shared module or tensor once, under its first name. Adds its methods to nn.Module.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local core = require "cnn.core"
local errors = require "cnn.errors"
local hints = require "cnn.hints"
local signature = require "cnn.signature"

local function is_module(value)
    local cls = class.of(value)
    return cls ~= nil and cls._prepare == Module._prepare
end

local function is_parameter(value) return core.is_tensor(value) and core.is_parameter(value) end

-- A method was called on the class itself, or on something else.
local function check_instance(self)
    if is_module(self) then return end
    local is_class = class.is_class(self)
    errors.raise {
        kind = "type",
        text = is_class and ("%s is a class; its methods are for the modules that it makes"):format(self.__name)
            or ("this is a method of modules, called with a colon; got %s"):format(signature.describe(self)),
        fix = is_class and ("net = %s(…)"):format(self.__name) or nil,
    }
end

-- The fields of one module that satisfy `wanted(self, name, value)`: a list of {name, value}.
local function fields(self, wanted)
    local list = {}
    if type(self) ~= "table" or not rawget(self, "_order") then check_instance(self) end
    for _, name in ipairs(self._order) do
        local value = rawget(self, name)
        if value ~= nil and wanted(self, name, value) then list[#list + 1] = { name, value } end
    end
    return list
end

local function wants_module(_, _, value) return is_module(value) end
-- A plain tensor in a parameter's place would neither be trained nor saved, and nothing else would tell.
local function lost_parameter(self, name, value)
    local layer = getmetatable(self).__name
    errors.raise {
        kind = "type",
        text = ("%s of %s was a parameter and is %s now: it would be neither trained nor saved"):format(name, layer,
            signature.describe(value)),
        fix = core.is_tensor(value)
            and ("layer.%s = nn.Parameter(x), or cnn.no_grad(function() layer.%s:copy_(x) end)"):format(name, name)
            or ("layer.%s = nil takes it away"):format(name),
    }
end

local function wants_parameter(self, name, value)
    if is_parameter(value) then return true end
    if self._parameters[name] then lost_parameter(self, name, value) end
    return false
end
local function wants_buffer(self, name, value) return self._buffers[name] ~= nil and core.is_tensor(value) end

local function iterate(list)
    local i = 0
    return function()
        i = i + 1
        local entry = list[i]
        if entry then return entry[1], entry[2] end
    end
end

local function joined(prefix, name) return prefix == "" and name or prefix .. "." .. name end

local function collect_modules(self, prefix, seen, list)
    if seen[self] then return list end
    seen[self] = true
    list[#list + 1] = { prefix, self }
    for _, entry in ipairs(fields(self, wants_module)) do
        collect_modules(entry[2], joined(prefix, entry[1]), seen, list)
    end
    return list
end

-- The modules directly inside, each once: a list of {name, module}.
local function collect_children(self)
    local list, seen = {}, {}
    for _, entry in ipairs(fields(self, wants_module)) do
        if not seen[entry[2]] then list[#list + 1] = entry end
        seen[entry[2]] = true
    end
    return list
end

-- Tensors of the whole tree that satisfy `wanted`, each once: a list of {name, tensor}.
local function collect_tensors(self, prefix, wanted)
    local list, seen = {}, {}
    for _, place in ipairs(collect_modules(self, prefix, {}, {})) do
        for _, entry in ipairs(fields(place[2], wanted)) do
            if not seen[entry[2]] then
                seen[entry[2]] = true
                list[#list + 1] = { joined(place[1], entry[1]), entry[2] }
            end
        end
    end
    return list
end

-- The first module in a plain table that the walk did not see, hence whose parameters nobody would train.
local function hidden_in(value, registered)
    if type(value) ~= "table" or getmetatable(value) ~= nil then return nil end
    for _, inner in pairs(value) do
        if is_module(inner) and not registered[inner] then return inner end
    end
end

local function check_plain_tables(self)
    local registered = {}
    local places = collect_modules(self, "", registered, {})
    for _, place in ipairs(places) do
        for _, entry in ipairs(fields(place[2], function(_, _, value) return hidden_in(value, registered) end)) do
            errors.raise {
                kind = "value",
                text = ("%s is a plain table with a %s in it: modules in a plain table are not part of the network, "
                    .. "their parameters would not be trained"):format(
                    joined(place[1], entry[1]), getmetatable(hidden_in(entry[2], registered)).__name),
                fix = ("self.%s = nn.ModuleList{…}"):format(entry[1]),
            }
        end
    end
end

local function seconds(list)
    local values = {}
    for i, entry in ipairs(list) do
        values[i] = entry[2]
    end
    return values
end

Module.parameters = signature {
    name = "nn.Module.parameters", self = true,
    returns = "list of tensors",
    doc = [[The parameters of the module and of all modules inside it: what an optimiser is given.
A parameter that is used in two places comes once. Modules in a plain Lua table are not found, which is an error here.]],
    example = [[print(#nn.Linear(3, 2):parameters())]],
    see = { "nn.Module.named_parameters", "optim.SGD" },
    call = function(self)
        check_plain_tables(self)
        local list = seconds(collect_tensors(self, "", wants_parameter))
        hints.lists[list] = self
        return list
    end,
}

Module.named_parameters = signature {
    name = "nn.Module.named_parameters", self = true,
    { "prefix", "string", default = "" },
    returns = "iterator: name, tensor",
    doc = [[For a loop over the parameters with their names, as they stand in state_dict: "layer1.0.weight".]],
    example = [[for name, p in nn.Linear(3, 2):named_parameters() do print(name, p:size()) end]],
    see = { "nn.Module.parameters", "nn.Module.named_buffers" },
    call = function(self, prefix)
        check_plain_tables(self)
        return iterate(collect_tensors(self, prefix, wants_parameter))
    end,
}

Module.buffers = signature {
    name = "nn.Module.buffers", self = true,
    returns = "list of tensors",
    doc = [[The buffers of the module and of all inside it: tensors that belong to its state but are not trained.]],
    example = [[print(#nn.BatchNorm2d(3):buffers())]],
    see = { "nn.Module.register_buffer" },
    call = function(self) return seconds(collect_tensors(self, "", wants_buffer)) end,
}

Module.named_buffers = signature {
    name = "nn.Module.named_buffers", self = true,
    { "prefix", "string", default = "" },
    returns = "iterator: name, tensor",
    doc = [[For a loop over the buffers with their names.]],
    example = [[for name in nn.BatchNorm2d(3):named_buffers() do print(name) end]],
    see = { "nn.Module.buffers" },
    call = function(self, prefix) return iterate(collect_tensors(self, prefix, wants_buffer)) end,
}

Module.named_children = signature {
    name = "nn.Module.named_children", self = true,
    returns = "iterator: name, module",
    doc = [[For a loop over the modules directly inside this one, with their names, in order of assignment.]],
    example = [[for name, m in nn.Sequential(nn.ReLU(), nn.Linear(3, 2)):named_children() do print(name, m) end]],
    see = { "nn.Module.named_modules" },
    call = function(self) return iterate(collect_children(self)) end,
}

Module.children = signature {
    name = "nn.Module.children", self = true,
    returns = "iterator: module",
    doc = [[For a loop over the modules directly inside this one.]],
    example = [[for m in nn.Sequential(nn.ReLU(), nn.Linear(3, 2)):children() do print(m) end]],
    see = { "nn.Module.modules" },
    call = function(self)
        local list, i = collect_children(self), 0
        return function()
            i = i + 1
            return list[i] and list[i][2]
        end
    end,
}

Module.named_modules = signature {
    name = "nn.Module.named_modules", self = true,
    { "prefix", "string", default = "" },
    returns = "iterator: name, module",
    doc = [[For a loop over the module itself (named "") and all modules inside it, at any depth, each once.]],
    example = [[for name, m in nn.Sequential(nn.ReLU(), nn.Linear(3, 2)):named_modules() do print(name, m) end]],
    see = { "nn.Module.named_children" },
    call = function(self, prefix) return iterate(collect_modules(self, prefix, {}, {})) end,
}

Module.modules = signature {
    name = "nn.Module.modules", self = true,
    returns = "iterator: module",
    doc = [[For a loop over the module itself and all modules inside it, at any depth, each once.]],
    example = [[for m in nn.Sequential(nn.ReLU(), nn.Linear(3, 2)):modules() do print(nn.is(m, nn.Linear)) end]],
    see = { "nn.Module.children", "nn.is" },
    call = function(self)
        local list, i = collect_modules(self, "", {}, {}), 0
        return function()
            i = i + 1
            return list[i] and list[i][2]
        end
    end,
}

Module.get_submodule = signature {
    name = "nn.Module.get_submodule", self = true,
    { "path", "string", doc = [[names joined by dots, as named_modules gives them; "" is the module itself]] },
    returns = "module",
    doc = [[The module at a place: net:get_submodule("layer1.0").]],
    example = [[print(nn.Sequential(nn.ReLU()):get_submodule("0"))]],
    see = { "nn.Module.named_modules" },
    call = function(self, path)
        local place = self
        for name in path:gmatch("[^.]+") do
            local inner = rawget(place, name)
            if not is_module(inner) then
                errors.raise {
                    kind = "value",
                    text = ("there is no module %q: %s has no module named %s"):format(
                        path, getmetatable(place).__name, name),
                }
            end
            place = inner
        end
        return place
    end,
}

Module.apply = signature {
    name = "nn.Module.apply", self = true,
    { "visit", "function", doc = "called with each module" },
    returns = "the module",
    doc = [[Calls a function with every module inside, children first, and last with the module itself.]],
    example = [[nn.Sequential(nn.ReLU(), nn.Linear(3, 2)):apply(function(m) print(m) end)]],
    see = { "nn.Module.modules", "nn.init" },
    call = function(self, visit)
        Module._once(self, function()
            for _, entry in ipairs(fields(self, wants_module)) do
                entry[2]:apply(visit)
            end
            visit(self)
        end)
        return self
    end,
}

return {
    check_instance = check_instance,
    is_module = is_module,
    is_parameter = is_parameter,
    fields = fields,
    wants_module = wants_module,
    wants_parameter = wants_parameter,
    wants_buffer = wants_buffer,
    collect_modules = collect_modules,
    collect_tensors = collect_tensors,
}
