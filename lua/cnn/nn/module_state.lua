-- SPDX-License-Identifier: MIT
-- The state of a module: registering tensors, moving them, saving and loading them. Adds its methods to nn.Module.
--
-- The keys of a state are PyTorch's ("layer1.0.weight", "bn.running_mean"), so files go both ways. Loading checks all
-- keys and sizes before it writes the first number: a file that does not fit leaves the network as it was.
local Module = require "cnn.nn.module"
local core = require "cnn.core"
local errors = require "cnn.errors"
local hints = require "cnn.hints"
local reals = require "cnn.reals"
local signature = require "cnn.signature"
local walk = require "cnn.nn.module_walk"

Module.register_buffer = signature {
    name = "nn.Module.register_buffer", self = true,
    { "name", "string" },
    { "tensor", "tensor", optional = true },
    { "persistent", "bool", default = true, doc = "part of state_dict" },
    doc = [[Makes self[name] a buffer: a tensor that is saved and moved with the module, but not trained.]],
    example = [[local m = nn.Module(); m:register_buffer("steps", cnn.zeros(1)); print(m.steps)]],
    see = { "nn.Module.register_parameter" },
    call = function(self, name, tensor, persistent)
        if self._buffers[name] == nil and rawget(self, name) ~= nil then
            errors.raise { kind = "value", op = "register_buffer",
                text = ("self.%s is there already, and no buffer"):format(name),
                fix = ("self:register_buffer(%q, …)"):format(name .. "_buffer") }
        end
        self._buffers[name] = persistent
        self[name] = tensor
    end,
}

Module.register_parameter = signature {
    name = "nn.Module.register_parameter", self = true,
    { "name", "string" },
    { "parameter", "tensor", optional = true },
    doc = [[The same as self[name] = parameter, for names that are computed.]],
    example = [[local m = nn.Module(); m:register_parameter("scale", nn.Parameter(cnn.ones(1))); print(m.scale)]],
    see = { "nn.Parameter" },
    call = function(self, name, parameter)
        if parameter and not core.is_parameter(parameter) then
            errors.raise {
                kind = "type",
                text = ("%s is a tensor, but not a parameter"):format(name),
                fix = ("register_parameter(%q, nn.Parameter(…))"):format(name),
            }
        end
        self[name] = parameter
    end,
}

Module.zero_grad = signature {
    name = "nn.Module.zero_grad", self = true,
    { "set_to_none", "bool", default = true, doc = "false fills the gradients with 0 instead" },
    doc = [[Forgets the gradients of all parameters: their .grad becomes nil.]],
    example = [[nn.Linear(3, 2):zero_grad()]],
    see = { "optim.Optimizer.zero_grad" },
    call = function(self, set_to_none)
        hints.zeroed(self)
        for _, p in ipairs(self:parameters()) do
            if set_to_none then
                core.set_grad(p, nil)
            elseif p.grad then
                hints.refilled[p.grad] = true
                core.fill_(p.grad.grad_fn and core.detach_(p.grad) or p.grad, 0)
            end
        end
    end,
}

Module.requires_grad_ = signature {
    name = "nn.Module.requires_grad_", self = true,
    { "requires_grad", "bool", default = true },
    returns = "the module",
    doc = [[Says whether gradients are computed for the parameters: requires_grad_(false) freezes a module.]],
    example = [[local conv = nn.Conv2d(3, 10, 5):requires_grad_(false); print(conv.weight.requires_grad)]],
    see = { "nn.Module.parameters" },
    call = function(self, requires_grad)
        for _, p in ipairs(self:parameters()) do
            core.set_requires_grad(p, requires_grad)
        end
        return self
    end,
}

-- A tensor that changes its type stays the same tensor, with its gradient: an optimiser that has it goes on.
local function move(tensor, arguments)
    local target = core.detach(tensor):to(table.unpack(arguments, 1, arguments.n))
    if target.dtype == tensor.dtype then return end
    local grad = tensor.grad
    core.adopt(tensor, target)
    if grad then core.set_grad(tensor, core.cast(core.detach(grad), target.dtype)) end
end

-- Integer buffers (counters) keep their type when the network changes its.
local function wants_moving(self, name, value)
    return walk.wants_parameter(self, name, value)
        or walk.wants_buffer(self, name, value) and reals[value.dtype]
end

Module.to = signature {
    name = "nn.Module.to", self = true,
    { "device", "string", optional = true, doc = [[a device ("cpu") or a type of real numbers ("float32", "float64", "bfloat16")]] },
    { "dtype", "dtype", optional = true },
    returns = "the module",
    doc = [[Moves all parameters and buffers to a device or turns them into another type of number.
The module itself is changed and returned; its parameters stay the same tensors, so that an optimiser made before has them.]],
    example = [[print(nn.Linear(3, 2):to("float64").weight.dtype)]],
    see = { "nn.Module.parameters" },
    call = function(self, device, dtype)
        walk.check_instance(self)
        if not device then
            if not dtype then return self end
            device, dtype = dtype, nil
        end
        local arguments = table.pack(device, dtype)
        local type_of = core.detach(core.empty("float32", {})):to(device, dtype).dtype
        if not reals[type_of] then
            errors.raise { kind = "type", op = "nn.Module.to",
                text = ("a network computes in real numbers (float32, float64, bfloat16); got %s"):format(type_of) }
        end
        for _, place in ipairs(walk.collect_modules(self, "", {}, {})) do
            for _, entry in ipairs(walk.fields(place[2], wants_moving)) do move(entry[2], arguments) end
        end
        return self
    end,
}

for name, dtype in pairs { float = "float32", double = "float64", bfloat16 = "bfloat16" } do
    Module[name] = signature {
        name = "nn.Module." .. name, self = true,
        returns = "the module",
        doc = ("Turns all parameters and buffers of real numbers into %s: the same as to(%q)."):format(dtype, dtype),
        example = ("print(nn.Linear(3, 2):%s().weight.dtype)"):format(name),
        see = { "nn.Module.to" },
        call = function(self) return self:to(dtype) end,
    }
end

for _, name in ipairs { "cpu", "cuda" } do
    Module[name] = signature {
        name = "nn.Module." .. name, self = true,
        returns = "the module",
        doc = ("The same as to(%q)."):format(name),
        example = name == "cpu" and "nn.Linear(3, 2):cpu()" or "print(pcall(function() nn.Linear(3, 2):cuda() end))",
        see = { "nn.Module.to" },
        call = function(self) return self:to(name) end,
    }
end

-- ---- state_dict --------------------------------------------------------------------------------------------------

local function wants_state(self, name, value)
    return walk.wants_parameter(self, name, value) or walk.wants_buffer(self, name, value) and self._buffers[name]
end

-- Own parameters, own buffers, then children: PyTorch's order. Shared tensors appear under each of their names.
local function collect_state(self, prefix, list, above)
    above[self] = true
    for _, wanted in ipairs { walk.wants_parameter, wants_state } do
        for _, entry in ipairs(walk.fields(self, wanted)) do
            if wanted ~= wants_state or not walk.wants_parameter(self, entry[1], entry[2]) then
                list[#list + 1] = { prefix .. entry[1], entry[2] }
            end
        end
    end
    for _, entry in ipairs(walk.fields(self, walk.wants_module)) do
        if not above[entry[2]] then collect_state(entry[2], prefix .. entry[1] .. ".", list, above) end
    end
    above[self] = nil
    return list
end

-- A plain table name → tensor whose pairs() goes in the order of `names`.
local function ordered(state, names)
    local function following(_, previous)
        local i = previous == nil and 1 or names[previous] + 1
        while names[i] and state[names[i]] == nil do
            i = i + 1
        end
        if names[i] then return names[i], state[names[i]] end
    end
    for i, name in ipairs(names) do
        names[name] = i
    end
    return setmetatable(state, {
        __name = "state_dict",
        __pairs = function(t) return following, t, nil end,
        __newindex = function(t, name, value)
            if not names[name] then
                names[#names + 1] = name
                names[name] = #names
            end
            rawset(t, name, value)
        end,
    })
end

Module.state_dict = signature {
    name = "nn.Module.state_dict", self = true,
    returns = "table: name → tensor",
    doc = [[All parameters and buffers by name, in PyTorch's order: what cnn.save writes and load_state_dict takes.
The tensors share the module's memory; clone them to keep a copy of how it is now.]],
    example = [[for name, t in pairs(nn.BatchNorm2d(3):state_dict()) do print(name, t:size()) end]],
    see = { "nn.Module.load_state_dict", "cnn.save" },
    call = function(self)
        local state, names = {}, {}
        for _, entry in ipairs(collect_state(self, "", {}, {})) do
            state[entry[1]] = core.detach(entry[2])
            names[#names + 1] = entry[1]
        end
        return ordered(state, names)
    end,
}

local function same_shape(a, b)
    local x, y = a.shape, b.shape
    if #x ~= #y then return false end
    for i = 1, #x do
        if x[i] ~= y[i] then return false end
    end
    return true
end

-- Compares the wanted entries with what came: lists of missing and unexpected names, and of sentences on sizes.
local function compare(wanted, state)
    local missing, unexpected, misfits, expected = {}, {}, {}, {}
    for _, entry in ipairs(wanted) do
        local name, tensor = entry[1], entry[2]
        local given = state[name]
        expected[name] = true
        if given == nil then
            missing[#missing + 1] = name
        elseif not core.is_tensor(given) then
            misfits[#misfits + 1] = ("%s is a %s, not a tensor"):format(name, type(given))
        elseif not same_shape(given, tensor) then
            misfits[#misfits + 1] = ("size mismatch for %s: the state has %s, the module needs %s"):format(
                name, tostring(given.shape), tostring(tensor.shape))
        end
    end
    for name in pairs(state) do
        if not expected[name] then unexpected[#unexpected + 1] = tostring(name) end
    end
    table.sort(unexpected)
    return missing, unexpected, misfits
end

-- Are the names all there, behind a prefix that some other program has put before them?
local function prefix_to_strip(missing, unexpected)
    local first = missing[1]
    for _, name in ipairs(first and unexpected or {}) do
        local prefix = name:sub(-#first - 1) == "." .. first and name:sub(1, -#first - 1)
        local have = {}
        for _, other in ipairs(unexpected) do have[other] = true end
        for _, wanted in ipairs(prefix and missing or {}) do prefix = prefix and have[prefix .. wanted] and prefix end
        if prefix then
            return ("the names begin with %q: for name, x in pairs(state) do plain[name:sub(%d)] = x end"):format(prefix,
                #prefix + 1)
        end
    end
end

local MOST = 12 -- names of each kind that a message shows

local function listed(names, between)
    if #names <= MOST then return table.concat(names, between) end
    return table.concat(names, between, 1, MOST) .. between .. ("and %d more"):format(#names - MOST)
end

-- A whole checkpoint instead of the network's part of it: the name of the part that is a state.
local function part_of(state)
    for _, name in ipairs { "model", "net", "network", "state_dict" } do
        local part = state[name]
        if type(part) == "table" then return name end
    end
end

local function complain(self, state, missing, unexpected, misfits)
    local lines = { ("the state does not fit %s"):format(getmetatable(self).__name) }
    if #missing > 0 then lines[#lines + 1] = "missing: " .. listed(missing, ", ") end
    if #unexpected > 0 then lines[#lines + 1] = "unexpected: " .. listed(unexpected, ", ") end
    if #misfits > 0 then lines[#lines + 1] = listed(misfits, "\n  ") end
    local part = part_of(state)
    errors.raise { kind = #misfits > 0 and "shape" or "value", op = "load_state_dict", text = table.concat(lines, "\n  "),
        fix = part and ("net:load_state_dict(checkpoint.%s)"):format(part) or prefix_to_strip(missing, unexpected) or nil }
end

Module.load_state_dict = signature {
    name = "nn.Module.load_state_dict", self = true,
    { "state", "table", doc = "name → tensor, from state_dict or cnn.load",
        mend = function(value)
            return type(value) == "string" and ("net:load_state_dict(cnn.load(%q))"):format(value) or nil
        end },
    { "strict", "bool", default = true, doc = "insist that no name is missing or left over" },
    returns = "list of missing names, list of unexpected names",
    doc = [[Copies the numbers of a state into the module's own parameters and buffers.
Sizes must agree. Nothing is copied if something does not fit.]],
    example = [[local a, b = nn.Linear(3, 2), nn.Linear(3, 2); b:load_state_dict(a:state_dict())]],
    see = { "nn.Module.state_dict", "cnn.load" },
    call = function(self, state, strict)
        local wanted = collect_state(self, "", {}, {})
        local missing, unexpected, misfits = compare(wanted, state)
        if #misfits > 0 or strict and #missing + #unexpected > 0 then complain(self, state, missing, unexpected, misfits) end
        for _, entry in ipairs(wanted) do
            if state[entry[1]] ~= nil then core.copy_(core.detach(entry[2]), state[entry[1]]) end
        end
        return missing, unexpected
    end,
}

return Module
