-- SPDX-License-Identifier: MIT
-- Classes with single inheritance, the one mechanism behind every layer, loss and optimiser.
--
-- A class is a table that serves as the metatable of its instances and as their source of methods; `Class(…)` makes an
-- instance and passes the arguments on to `init`. Lookup goes instance → class → parent, so an inherited method costs
-- no copy; only metamethods (`__call`, `__tostring`, …), which Lua reads raw, are copied from the parent when a class
-- is made. `_prepare(self)`, where a parent defines it, readies an instance before `init` runs: a class need not call
-- its parent's `init` for its fields to be registered. `_item(self, i)`, where defined, answers `instance[i]`.
local core = require "cnn.core"
local errors = require "cnn.errors"

local class = {}

local known = setmetatable({}, { __mode = "k" }) -- every class made here

local spelled_otherwise = { "__init", "__init__", "new", "_init" }

-- A constructor under another name would silently never run.
local function check_constructor(cls, count)
    for _, name in ipairs(spelled_otherwise) do
        if rawget(cls, name) then
            errors.raise {
                kind = "value",
                text = ("%s has a function %s, but the constructor of a class is called init"):format(cls.__name, name),
                fix = ("function %s:init(…)"):format(cls.__name),
            }
        end
    end
    if count > 0 then
        errors.raise {
            kind = "value",
            text = ("%s takes no arguments, because it has no init; it got %d"):format(cls.__name, count),
            fix = ("function %s:init(…)"):format(cls.__name),
        }
    end
end

-- Lua drops surplus arguments, as blocks of different kinds like it that are made in one loop. But a surplus tensor is
-- the mistake Net(x), which would be a new network and not a forward pass.
local function check_count(cls, init, ...)
    local info, count = debug.getinfo(init, "u"), select("#", ...)
    if info.isvararg or count < info.nparams then return end -- self is one of nparams
    if not core.is_tensor((select(info.nparams, ...))) then return end
    local takes = info.nparams - 1
    errors.raise {
        kind = "type",
        text = ("%s.init takes %s; got %d"):format(cls.__name,
            takes < 1 and "no arguments" or takes == 1 and "1 argument" or takes .. " arguments", count),
        fix = takes < 1 and ("net = %s() makes one, net(x) runs it"):format(cls.__name) or nil,
    }
end

local function construct(cls, ...)
    local self = setmetatable({}, cls)
    local prepare = cls._prepare
    if prepare then prepare(self) end
    local init = cls.init
    if init then
        if ... ~= nil then check_count(cls, init, ...) end
        init(self, ...)
    else
        check_constructor(cls, select("#", ...))
    end
    return self
end

-- Classes that answer integer keys need a function; for all others the class itself is the fastest __index there is.
local function index_with_items(cls)
    return function(self, key)
        if math.type(key) == "integer" then return cls._item(self, key) end
        return cls[key]
    end
end

--- Makes a class. `parent` may be nil.
function class.make(name, parent)
    local cls = {}
    if parent then
        for key, value in pairs(parent) do
            if type(key) == "string" and key:sub(1, 2) == "__" then cls[key] = value end
        end
    end
    cls.__name = name
    cls.__index = parent and parent._item and index_with_items(cls) or cls
    cls.super = parent
    known[cls] = true
    return setmetatable(cls, {
        __index = parent,
        __call = construct,
        __name = "class",
        __tostring = function() return "class " .. name end,
    })
end

--- Lets instances of `cls` and of the classes made from it be indexed with integers, by `item(self, i)`.
function class.indexed(cls, item)
    cls._item = item
    cls.__index = index_with_items(cls)
end

--- The class of a value, or nil.
function class.of(value)
    if type(value) ~= "table" then return nil end
    local cls = getmetatable(value)
    return known[cls] and cls or nil
end

--- Is this table a class?
function class.is_class(value) return known[value] == true end

--- Is `value` an instance of `cls` (a class or the name of one), or of a class made from it?
function class.is(value, cls)
    local c = class.of(value)
    while c do
        if c == cls or c.__name == cls then return true end
        c = rawget(c, "super")
    end
    return false
end

return class
