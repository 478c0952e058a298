-- SPDX-License-Identifier: MIT
-- The careful way through an argument list: table calls, named arguments, and every complaint.
--
-- The checker that signature.lua compiles handles the plain, correct, positional call; whatever else it meets comes
-- here with the same arguments: a table call, a trailing table of options, or a mistake. `match` either returns the
-- converted values or raises an error that names the argument, shows what came and ends with the signature line.
local class = require "cnn.nn.class"
local errors = require "cnn.errors"
local types = require "cnn.signature.types"

local match = {}

-- ---- words ---------------------------------------------------------------------------------------------------------

local function shown_table(value)
    local meta = getmetatable(value)
    if type(meta) == "table" and meta.__tostring then
        local ok, text = pcall(tostring, value)
        if ok then return #text <= 60 and text or text:sub(1, 57) .. "…" end
    end
    local parts = {}
    for i = 1, math.min(#value, 4) do
        local item = value[i]
        parts[i] = type(item) == "table" and "{…}" or type(item) == "string" and ("%q"):format(item)
            or type(item) == "userdata" and match.describe(item) or tostring(item)
    end
    for key in pairs(value) do
        if #parts >= 5 then parts[#parts] = "…" break end
        if type(key) == "string" then parts[#parts + 1] = key .. "=…" end
    end
    return "the table {" .. table.concat(parts, ", ") .. (#value > 4 and ", …" or "") .. "}"
end

--- What came, for a message: `the string "5"`, `5.5`, `a tensor [3, 4] float32`.
function match.describe(value)
    local kind = type(value)
    if kind == "nil" then return "nothing" end
    if kind == "string" then
        return ("the string %q"):format(#value <= 40 and value or value:sub(1, 37) .. "…")
    end
    if kind == "number" or kind == "boolean" then return tostring(value) end
    if types.is_tensor(value) then
        local ok, text = pcall(function() return ("a tensor %s %s"):format(value.shape, value.dtype) end)
        return ok and text or "a tensor that was freed"
    end
    if kind == "table" then return shown_table(value) end
    return "a " .. kind
end
local describe = match.describe

local function literal(value)
    if type(value) == "string" then return '"' .. value .. '"' end
    if type(value) == "table" then
        local parts = {}
        for i = 1, #value do parts[i] = literal(value[i]) end
        return "{" .. table.concat(parts, ", ") .. "}"
    end
    return tostring(value)
end

--- "nn.Conv2d(in_channels, out_channels, kernel_size, stride=1, …)".
function match.line(sig)
    local parts = {}
    for i, param in ipairs(sig.params) do
        if param.default ~= nil then
            parts[i] = param.name .. "=" .. literal(param.default)
        else
            parts[i] = param.optional and param.name .. "=nil" or param.name
        end
    end
    return sig.name .. "(" .. table.concat(parts, ", ") .. ")"
end

local function fail_with(fix, sig, kind, format, ...)
    local text = format:format(...) .. "\n" .. match.line(sig)
    errors.raise({ kind = kind, op = sig.name, text = text, fix = fix, signature = sig }, 2)
end

local function fail(sig, kind, format, ...) fail_with(nil, sig, kind, format, ...) end

local ordinal = errors.ordinal

-- Edits that turn a into b; two letters in the wrong order are one edit (optimal string alignment, a row at a time).
local function distance(a, b)
    local older, row = nil, {}
    for j = 0, #b do row[j] = j end
    for i = 1, #a do
        local next_row = { [0] = i }
        for j = 1, #b do
            local same = a:byte(i) == b:byte(j)
            local best = math.min(row[j - 1] + (same and 0 or 1), row[j] + 1, next_row[j - 1] + 1)
            if older and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
                best = math.min(best, older[j - 2] + 1)
            end
            next_row[j] = best
        end
        older, row = row, next_row
    end
    return row[#b]
end

-- learning_rate → lr
local function initials(word) return (word:gsub("([%w])[%w]*_?", "%1")) end

--- The name in `names` that `word` was probably meant to be, or nil. The first part of a name is enough: kernal → kernel_size
function match.nearest(word, names)
    local best, best_distance = nil, #word // 3 + 1
    for _, name in ipairs(names) do
        local d = distance(word:lower(), name:lower())
        if name:find("_", 2, true) then d = math.min(d, distance(word:lower(), name:lower():match("^_?[^_]+")) + 0.5) end
        if #name >= 2 and word:find("_", 1, true) and initials(word) == name then d = 1 end
        if #word >= 3 and name:lower():find(word:lower(), 1, true) then d = math.min(d, 1) end
        if d < best_distance then best, best_distance = name, d end
    end
    return best
end

-- ---- matching ------------------------------------------------------------------------------------------------------

-- nn.CrossEntropyLoss(out, y) and nn.ReLU(x): a layer is made first, and called then. A class where a module belongs
-- lacks its parentheses; tensors that belong in a list came one by one.
local function mend(sig, param, value)
    local is_tensor = types.is_tensor(value)
    if param.mend then return param.mend(value) end
    if is_tensor and sig.self == true and sig.name:find("^nn%.%u[%w]*$") then
        return ("two steps: local layer = %s(…), then layer(x)"):format(sig.name)
    elseif is_tensor and param.type == "list" then
        return ("a list: %s({a, b}%s)"):format(sig.name, #sig.params > 1 and ", …" or "")
    elseif param.type == "tensor" and class.of(value) and types.is_tensor(rawget(value, "weight")) then
        return ("a layer's weight is a tensor: %s(layer.weight)"):format(sig.name)
    elseif param.type == "dataset" then
        return is_tensor and "data.TensorDataset(x, y)"
            or 'data.TensorDataset(x, y), or a class of your own: nn.class("Mine", data.Dataset)'
    elseif param.type == "module" and type(value) == "table" and class.is_class(value) then
        return ("nn.%s(…), which makes a module of the class"):format(value.__name)
    elseif param.type == "function" and class.is_class(value) then
        return ("%s(), which makes an object of the class"):format(value.__name)
    elseif param.type == "module" and type(value) == "function" then
        return "a module such as nn.ReLU() in place of the function; or call the function in forward"
    end
end

local function is_number_like(value)
    if type(value) ~= "table" then return type(value) == "number" end
    for i = 1, #value do
        if type(value[i]) ~= "number" then return false end
    end
    return #value > 0 and not types.has_names(value)
end

-- `came`: how the value is shown, if not as what it is (sizes that came one by one)
local function convert(sig, i, value, place, came)
    local param = sig.params[i]
    local kind = types.get(param.type)
    local converted = kind.convert(value, param)
    if converted ~= nil then return converted end
    local text = param.name ~= "..." and ('"%s"%s'):format(param.name, place) or place
    local numeric = (param.min or param.max) and is_number_like(value)
    local zero = value == 0 and (param.type == "dim" or param.type == "dims")
    local what = zero and "dimensions count from 1 (-1 is the last); got 0"
        or ("%s must be %s%s; got %s"):format(text, kind.text, types.limits(param), came or describe(value))
    fail_with(mend(sig, param, value), sig,
        (zero or numeric or param.choices and type(value) == "string") and "value" or "type", "%s", what)
end

-- Arguments of PyTorch's that are left out, and what to write for them.
local LEFT_OUT = {
    padding_mode = "a layer before it: nn.ReflectionPad2d, nn.ReplicationPad2d or nn.CircularPad2d",
    device = "net:to(device) once the layers are made", dtype = "x:to(dtype)", size_average = 'reduction="mean" or "sum"',
    axis = "dim", reduce = 'reduction="none"', rounding_mode = "x:div(y):floor() or :trunc()", out = "x:copy_(…) with the result",
}

local function unknown(sig, name)
    local names = {}
    for i, param in ipairs(sig.params) do names[i] = param.name end
    local meant = match.nearest(name, names)
    fail_with(not meant and LEFT_OUT[name] or nil, sig, "type", 'there is no argument "%s"%s', name,
        meant and (" (did you mean %s?)"):format(meant) or "")
end

-- Puts positional values in their places. `got[i]` is {value, place}; values beyond a "..." go to rest.
local function place_positional(sig, args, count, got, rest)
    local params, at, i = sig.params, 0, 1
    while i <= count do
        at = at + 1
        local param, value = params[at], args[i]
        if not param then
            fail(sig, "type", "%s takes %s; got %d", sig.name, #params == 0 and "no arguments"
                or #params == 1 and "1 argument" or ("at most %d arguments"):format(#params), count)
        elseif param.name == "..." then
            for j = i, count do rest[#rest + 1] = convert(sig, at, args[j], "value " .. j - i + 1) end
            return
        elseif param.type == "sizes" and type(value) == "number" then -- sizes one by one: take all the numbers
            local list = {}
            while type(args[i]) == "number" do
                list[#list + 1] = args[i]
                i = i + 1
            end
            got[at] = { list, "", table.concat(list, ", ") }
        else
            if value ~= nil then got[at] = { value, (" (the %s)"):format(ordinal(at)) } end
            i = i + 1
        end
    end
end

local function place_named(sig, named, got)
    local index = {}
    for i, param in ipairs(sig.params) do
        index[param.name] = i
        for _, other in ipairs(param.also or {}) do index[other] = i end
    end
    local names = {}
    for key in pairs(named) do
        if type(key) == "string" then names[#names + 1] = key
        elseif math.type(key) ~= "integer" or key < 1 then
            fail(sig, "type", "an argument's key must be its name; got %s", describe(key))
        end
    end
    table.sort(names) -- the same mistake gives the same message every time
    for _, key in ipairs(names) do
        local i = index[key]
        if not i or key == "..." then unknown(sig, key) end
        if got[i] then
            fail(sig, "type", '"%s" is given twice: %s by %s and %s by name', key, describe(got[i][1]),
                got[i][2] == "" and "another name" or "place", describe(named[key]))
        end
        got[i] = { named[key], "" }
    end
end

local function last_index(list)
    local last = 0
    for key in pairs(list) do
        if math.type(key) == "integer" and key > last then last = key end
    end
    return last
end

local function has_argument(sig, value)
    for _, param in ipairs(sig.params) do
        if value[param.name] ~= nil then return true end
    end
    return false
end

-- Is the only argument, a plain table, an argument list? Not if the first parameter takes it as it is and
-- needs no other beside it; a parameter that takes any table still leaves {value, name=…} to be one, and {name=…} where
-- it may be absent.
local function is_argument_list(sig, value)
    local first = sig.params[1]
    if not first or first.name == "..." then return true end
    if types.get(first.type).convert(value, first) == nil then return true end
    local second = sig.params[2]
    if second and second.name ~= "..." and second.default == nil and not second.optional then return true end
    return types.has_names(value) and (value[1] ~= nil or value[first.name] ~= nil or first.optional and has_argument(sig, value))
end

local function is_options(sig, i, value)
    if type(value) ~= "table" or getmetatable(value) ~= nil or next(value) == nil or #value > 0 then return false end
    local param = sig.params[i]
    return not param or param.name == "..." or param.type == "sizes"
        or types.get(param.type).convert(value, param) == nil
end

--- The values to call with, from the arguments after the receiver, of which there are `count`. Returns a list with
--- its length (nil holes are absent optional arguments).
function match.arguments(sig, count, ...)
    local args, named = { ... }, nil
    while count > 0 and args[count] == nil do count = count - 1 end
    if count == 1 and type(args[1]) == "table" and getmetatable(args[1]) == nil and is_argument_list(sig, args[1]) then
        args, named = args[1], args[1]
        count = last_index(args)
        local first = sig.params[1]
        if count > 1 and first and first.gather and type(args[2]) ~= "string" then -- {1, 2, 3, name=…}: all of them
            args, count = { table.move(args, 1, count, 1, {}) }, 1
        end
    elseif count > 1 and is_options(sig, count, args[count]) then
        named = args[count]
        count = count - 1
    end
    local got, rest = {}, {}
    place_positional(sig, args, count, got, rest)
    if named then place_named(sig, named, got) end
    local values, n = {}, #sig.params
    for i, param in ipairs(sig.params) do
        if param.name == "..." then
            n = i - 1 + #rest
            table.move(rest, 1, #rest, i, values)
        elseif got[i] then
            values[i] = convert(sig, i, got[i][1], got[i][2], got[i][3])
        elseif param.default ~= nil then
            values[i] = types.get(param.type).convert(param.default, {})
        elseif not param.optional then
            local dot = sig.self and count == 0 and not named and not sig.name:find("%.%u%w*$") -- layers.append(m): m became the receiver
            fail(sig, "type", '"%s" is missing: %s%s%s', param.name, types.get(param.type).text, types.limits(param),
                dot and (" (or there is a dot for a colon: x:%s(…))"):format(sig.name:match("[%w_]+$")) or "")
        end
    end
    return values, n
end

-- The user's call with a colon: net.parameters() → net:parameters(); nil where the line has it twice, or not so.
local function with_colon(name)
    local line = errors.running_line() or ""
    local call = "%." .. name .. "%s*(%b())"
    if select(2, line:gsub(call, "")) ~= 1 then return nil end
    local object, arguments = line:match("([%a_][%w_.]*%b[])" .. call)
    if not object then object, arguments = line:match("([%a_][%w_.]*%b())" .. call) end
    if not object then object, arguments = line:match("([%a_][%w_.]*)" .. call) end
    return object and ("%s:%s%s"):format(object, name, arguments)
end

--- What to do without a proper receiver: x.sum{x, dim=2} brings it along in the table, as the first entry; anything
--- else was called with a dot, or on something else. `slow` is the careful way, which takes the receiver first.
function match.receiver(sig, slow, value, ...)
    local inner = type(value) == "table" and getmetatable(value) == nil and value[1]
    if inner and (...) == nil and (sig.self ~= "tensor" or types.is_tensor(inner)) then
        local rest = {}
        for key, item in pairs(value) do
            if math.type(key) ~= "integer" then rest[key] = item elseif key > 1 then rest[key - 1] = item end
        end
        return slow(inner, rest)
    end
    local name = sig.name:match("[%w_]+$")
    errors.raise({ kind = "type", op = sig.name, text = ("%s is a method%s: call it with a colon, x:%s(…); got %s\n%s")
        :format(name, sig.self == "tensor" and " of a tensor" or "", name, describe(value), match.line(sig)),
        fix = with_colon(name) }, 2)
end

return match
