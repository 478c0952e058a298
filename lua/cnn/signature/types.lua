-- SPDX-License-Identifier: MIT
-- The types of arguments: what each accepts, what it becomes, and how a message calls it.
--
-- A type is {text, convert}: `convert(value, param)` gives the value that the function receives, or nil where it does
-- not fit. Limits (min, max, choices, of) are part of fitting; `limits` puts them into words. New types (the kinds of
-- objects that other modules make) are added with `define`. "tensor|number" accepts either, unconverted.
local class = require "cnn.nn.class"

local types = {}
local registry = {}
local integer_type = math.type

-- Tensors are known to the C module, which is loaded when the first tensor argument is checked.
local function is_tensor(value)
    is_tensor = require("cnn.core").is_tensor
    types.is_tensor = is_tensor
    return is_tensor(value)
end
function types.is_tensor(value) return is_tensor(value) end

--- Adds a type: `convert(value, param)` returns what the function gets, nil for no; `text` follows "must be".
function types.define(name, text, convert)
    registry[name] = { text = text, convert = convert }
end

--- The type with that name, built from its parts for a union such as "tensor|number"; nil if there is none.
function types.get(name)
    local known = registry[name]
    if known or not name:find("|", 1, true) then return known end
    local parts, texts = {}, {}
    for part in name:gmatch("[^|]+") do
        local kind = registry[part]
        if not kind then return nil end
        parts[#parts + 1], texts[#texts + 1] = kind, kind.text
    end
    types.define(name, table.concat(texts, " or "), function(value, param)
        for i = 1, #parts do
            local converted = parts[i].convert(value, param)
            if converted ~= nil then return converted end
        end
    end)
    return registry[name]
end

local function integer(value)
    if integer_type(value) == "integer" then return value end
    if integer_type(value) == "float" then return math.tointeger(value) end -- 10 / 2 is 5.0 in Lua
end

local function within(value, param)
    if param.min and not (value >= param.min) or param.max and not (value <= param.max) then return nil end
    return value
end

types.define("int", "an integer", function(value, param)
    local number = integer(value)
    return number and within(number, param)
end)
types.define("number", "a number", function(value, param)
    if type(value) == "number" then return within(value, param) end
end)
types.define("bool", "true or false", function(value)
    if type(value) == "boolean" then return value end
end)
types.define("string", "a string", function(value, param)
    if type(value) ~= "string" then return nil end
    if param.choices then
        for i = 1, #param.choices do
            if param.choices[i] == value then return value end
        end
        return nil
    end
    return value
end)
types.define("tensor", "a tensor", function(value)
    if is_tensor(value) then return value end
end)
types.define("function", "a function", function(value)
    if type(value) == "function" then return value end
    if class.is_class(value) then return nil end -- transforms.ToTensor without its parentheses
    local meta = getmetatable(value)
    if type(meta) == "table" and meta.__call then return value end
end)
types.define("table", "a table", function(value)
    if type(value) == "table" then return value end
end)
types.define("any", "any value", function(value) return value end)

-- A dimension counts from 1, or from the end with -1; 0 is the mistake of whoever comes from Python.
types.define("dim", "a dimension (they count from 1; -1 is the last)", function(value)
    local number = integer(value)
    return number ~= 0 and number or nil
end)

local function has_names(value)
    local count = rawlen(value) -- a data set has a length of its own making
    if next(value, count > 0 and count or nil) == nil then return false end -- a list and nothing else
    for key in next, value do
        if type(key) == "string" then return true end
    end
    return false
end
types.has_names = has_names

-- The list itself where all its values are integers within the limits; a copy where some had to be converted.
local function integers(value, param)
    if type(value) ~= "table" or has_names(value) then return nil end
    local list = value
    for i = 1, #value do
        local number = integer(value[i])
        if not number or not within(number, param) then return nil end
        if integer_type(value[i]) ~= "integer" then
            if list == value then list = table.move(value, 1, #value, 1, {}) end
            list[i] = number
        end
    end
    return list
end

types.define("sizes", "integers, or a list of them", integers)
types.define("dims", "a dimension or a list of them (they count from 1; -1 is the last)", function(value, param)
    local list = type(value) == "number" and { integer(value) } or integers(value, param)
    if not list or type(value) == "number" and #list == 0 then return nil end
    for i = 1, #list do
        if list[i] == 0 then return nil end
    end
    return list
end)

local pairs_of = {} -- {5, 5} for 5: shared, since nobody writes into an argument
types.define("size2", "an integer or a pair {h, w}", function(value, param)
    local number = integer(value)
    if number then
        if not within(number, param) then return nil end
        local pair = pairs_of[number]
        if not pair then
            pair = { number, number }
            if number >= 0 and number < 64 then pairs_of[number] = pair end
        end
        return pair
    end
    local list = integers(value, param)
    return list and #list == 2 and list or nil
end)

local dtypes = {
    float32 = "float32", float64 = "float64", bfloat16 = "bfloat16", int64 = "int64", uint8 = "uint8", bool = "bool",
    float = "float32", double = "float64", long = "int64", byte = "uint8",
}
types.define("dtype", "a type: cnn.float32, cnn.float64, cnn.bfloat16, cnn.int64, cnn.uint8 or cnn.bool", function(value)
    return type(value) == "string" and dtypes[value] or nil
end)

types.define("list", "a list", function(value, param)
    if type(value) ~= "table" or has_names(value) then return nil end
    local of = param.of and types.get(param.of)
    if of then
        for i = 1, #value do
            if of.convert(value[i], param) == nil then return nil end
        end
    end
    return value
end)

types.define("module", "a module", function(value)
    if type(value) == "table" and getmetatable(value) and type(value.forward) == "function" then return value end
end)
types.define("dataset", "a data set, which answers #d and d:get(i)", function(value)
    local meta = type(value) == "table" and getmetatable(value)
    if type(meta) == "table" and meta.__len then return value end
end)

--- The limits of a parameter, in words: " from 1 to 3", ", one of …"; "" where it has none.
function types.limits(param)
    if param.choices then return ': "' .. table.concat(param.choices, '", "') .. '"' end
    if param.min and param.max then return (" from %s to %s"):format(param.min, param.max) end
    if param.min then return (", at least %s"):format(param.min) end
    if param.max then return (", at most %s"):format(param.max) end
    return param.of and (" of %ss"):format(param.of == "int" and "integer" or param.of) or ""
end

return types
