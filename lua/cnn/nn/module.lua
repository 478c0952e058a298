-- SPDX-License-Identifier: MIT
-- nn.Module: what every layer and network is.
--
-- Whatever is assigned to `self.name` is an ordinary Lua field; __newindex merely notes the order of first assignment
-- in the list `_order`, so that children and parameters come out as they were written down. What a field *is* (a
-- parameter, a module, a buffer) is decided when somebody asks (cnn.nn.module_walk), hence reassigning needs no hook
-- and costs nothing. `net(x)` goes through Module.__call, whose running frames are what error messages read to say
-- which layer failed: its first local must stay `self`, and it must not end in a tail call to `forward`.
local class = require "cnn.nn.class"
local core = require "cnn.core"
local errors = require "cnn.errors"
local hints = require "cnn.hints"
local signature = require "cnn.signature"

local Module = class.make("Module")

function Module._prepare(self)
    rawset(self, "training", true)
    rawset(self, "_order", {}) -- [i] = name, [name] = i
    rawset(self, "_parameters", {}) -- [name] = true where the field's first value was one
    rawset(self, "_buffers", {}) -- [name] = true; false for buffers that state_dict leaves out
    rawset(self, "_hooks", false) -- or lists of them: module_hooks.lua
end

-- Moves `name` to the end of the order: it is assigned for the first time, or again after it was nil.
local function note_order(order, name)
    local place = order[name]
    if place then
        table.remove(order, place)
        for i = place, #order do
            order[order[i]] = i
        end
    end
    order[#order + 1] = name
    order[name] = #order
end

function Module.__newindex(self, name, value)
    if Module[name] ~= nil and type(value) ~= "function" then
        errors.raise {
            kind = "value",
            text = ("self.%s = … would hide the method %s that every module has"):format(name, name),
            fix = ("self.%s_ = …"):format(name),
        }
    end
    if type(name) == "string" then
        note_order(self._order, name)
        self._parameters[name] = core.is_tensor(value) and core.is_parameter(value) or nil
    end
    rawset(self, name, value)
end

local function class_name(self) return getmetatable(self).__name end

local function nothing_returned(self)
    local info = debug.getinfo(self.forward, "S")
    errors.raise({
        kind = "value", module = self,
        text = ("%s.forward (%s:%d) returned nothing: did it forget `return`?"):format(
            class_name(self), info.short_src, info.linedefined),
        fix = "return x, as its last line",
    }, 2)
end

local function results(self, ...)
    if ... == nil then nothing_returned(self) end
    return ...
end

function Module.__call(self, ...)
    -- an argument of results(), not a tail call: this frame stays on the stack while forward runs
    if self._hooks then return results(self, self:_run_hooked(...)) end
    return results(self, self:forward(...))
end

function Module:forward()
    errors.raise {
        kind = "value",
        text = ("%s has no forward, so it can't be called"):format(class_name(self)),
        fix = ("function %s:forward(x) … return y end"):format(class_name(self)),
    }
end

signature.document(Module.forward, {
    name = "nn.Module.forward", self = true, { "...", "any", doc = "what the module is called with" },
    returns = "what the module's call returns",
    doc = [[What a module computes. Every class of modules has its own.
net(x) calls it, with what hooks there are, and says which layer an error comes from: call the module, not this.]],
    example = [[
local Twice = nn.class("Twice")
function Twice:forward(x) return x * 2 end
print(Twice()(cnn.ones(3)))]],
    see = { "nn.class", "nn.Module.register_forward_hook" },
})

function Module:extra_repr() return "" end

signature.document(Module.extra_repr, {
    name = "nn.Module.extra_repr", self = true, returns = "string",
    doc = [[What stands between the parentheses when a module prints; lines of their own are allowed. Classes may have their own.]],
    example = [[
local Scale = nn.class("Scale")
function Scale:init(by) self.by = by end
function Scale:extra_repr() return ("by=%g"):format(self.by) end
print(Scale(3))]],
    see = { "nn.class" },
})

-- ---- walks that classes may override, so that each module meets its children itself --------------------------------

local inside = {} -- modules that such a walk is in; a network that contains itself must come to an end

local function leave(self) inside[self.module] = nil end
local guard = { __close = leave }

--- Calls visit(self) unless it is running on this module already; then returns nil.
function Module._once(self, visit)
    if inside[self] then return nil end
    inside[self] = true
    local mark <close> = setmetatable({ module = self }, guard) -- luacheck: ignore mark
    return visit(self)
end

local function indented(text) return (text:gsub("\n", "\n  ")) end

-- Not by tostring(), which is a function in C: a network may be deeper than C's stack.
local function shown(module)
    return Module._once(module, getmetatable(module).__tostring) or class_name(module) .. "(…)"
end
Module._shown = shown

local function is_module(value)
    local cls = class.of(value)
    return cls ~= nil and cls._prepare == Module._prepare
end

local function show(self)
    local extra = self:extra_repr()
    local lines = {}
    for line in extra:gmatch("[^\n]+") do
        lines[#lines + 1] = line
    end
    local extra_lines = #lines
    for _, field in ipairs(self._order) do
        local child = rawget(self, field)
        if is_module(child) then lines[#lines + 1] = ("(%s): %s"):format(field, indented(shown(child))) end
    end
    local name = class_name(self)
    if #lines == 0 then return name .. "()" end
    if #lines == 1 and extra_lines == 1 then return ("%s(%s)"):format(name, lines[1]) end
    return ("%s(\n  %s\n)"):format(name, table.concat(lines, "\n  "))
end

function Module:__tostring()
    if inside[self] then return show(self) end
    return Module._once(self, show)
end

Module.train = signature {
    name = "nn.Module.train", self = true,
    { "mode", "bool", default = true },
    returns = "the module",
    doc = [[Switches the module and all inside it to training (or, with false, to evaluation).
Batch norm then uses the statistics of the batch and dropout drops; in evaluation neither does.]],
    example = [[local net = nn.Dropout(0.5); print(net:train().training)]],
    see = { "nn.Module.eval" },
    call = function(self, mode)
        Module._once(self, function()
            rawset(self, "training", mode)
            hints.mode_set(self)
            for _, child in self:named_children() do
                child:train(mode)
            end
        end)
        return self
    end,
}

Module.eval = signature {
    name = "nn.Module.eval", self = true,
    returns = "the module",
    doc = [[Switches the module and all inside it to evaluation: the same as train(false).]],
    example = [[local net = nn.Dropout(0.5); print(net:eval()(cnn.ones(3)))]],
    see = { "nn.Module.train" },
    call = function(self) return self:train(false) end,
}

return Module
