-- SPDX-License-Identifier: MIT
-- The place on a line where an error happened. Lua tells the line and a name, not the column.
--
-- Of the tokens with that name those remain that can be meant: by what stands around them (a name that was called has a
-- bracket behind it, a field a dot before it), and, where several are left, by what they stand for in the frame: the nil
-- field is not the one that has a value, the call is the one whose arguments the function got. One that remains is the
-- place; several are none, since a wrong mark is worse than no mark. Values are read raw: nothing of the user's runs.
local lex = require "shell.lex"
local names = require "shell.names"
local path = require "shell.path"

local M = {}

local OPERATORS = { add = "+", sub = "-", mul = "*", div = "/", mod = "%", pow = "^", unm = "-", concat = "..", idiv = "//",
    len = "#", eq = "==", lt = "<", le = "<=" }

local CALLED, INDEXED, ENDS = "^[%({'\"]", "^[%.:%[]", "^[%),;%]}]"
local ARITHMETIC = { ["+"] = 1, ["-"] = 1, ["*"] = 2, ["/"] = 2, ["//"] = 2, ["%"] = 2, ["^"] = 3 }
local is_lazy = { Out = true, In = true }
for _, name in ipairs(names.lazy) do is_lazy[name] = true end

local BITWISE = { ["&"] = true, ["|"] = true, ["~"] = true, ["<<"] = true, [">>"] = true }

-- ---- values in the frame ----------------------------------------------------------------------------------------------

-- Is the value of a name known, and which is it.
local function name_value(frame, name)
    local held = frame.locals and frame.locals[name]
    if held then return true, held[1] end
    local env = _G
    for i = 1, 255 do
        local key, value = debug.getupvalue(frame.func, i)
        if not key then break end
        if key == name then return true, value end
        if key == "_ENV" then env = value end
    end
    if type(env) ~= "table" then return false end
    local value = names.field(env, name)
    return value ~= nil or not (is_lazy[name] or name:find("^_")), value
end

local function path_value(frame, steps, count)
    local known, value = name_value(frame, steps[1])
    for i = 2, count or #steps do
        if not known or type(value) ~= "table" and type(value) ~= "userdata" then return false end
        value = names.field(value, steps[i])
        if value == nil and i < (count or #steps) then return false end
    end
    return known, value
end

-- What one argument or operand is, from token `first` on: a path or a constant; and the token behind it.
local function operand(frame, tokens, first)
    local token = tokens[first]
    if not token then return false end
    if token.kind == "number" then return true, tonumber(token.text), tokens[first + 1] end
    if token.kind == "string" then
        local text = token.text:match("^[\"']([^\\]*)[\"']$")
        return text ~= nil, text, tokens[first + 1]
    end
    local steps, last = path.beginning_at(tokens, first)
    if not steps then return false end
    local known, value = path_value(frame, steps)
    return known, value, tokens[last + 1]
end

-- ---- choosing -------------------------------------------------------------------------------------------------------------

-- Those of a list of token numbers that pass; all of them where none does.
local function those(list, test)
    local left = {}
    for _, at in ipairs(list) do
        if test(at) then left[#left + 1] = at end
    end
    return #left > 0 and left or list
end

-- What a name of this kind has before it: `.name` and `:name` are fields and methods, all others are not. A name that is
-- assigned to is not read.
local function fits_kind(tokens, at, kind)
    local before, after = tokens[at - 1], tokens[at + 1]
    local mark = before and (before.text == "." or before.text == ":")
    if after and after.text == "=" then return false end
    if kind == "method" then return mark and before.text == ":" end
    return (mark or false) == (kind == "field")
end

local function around(tokens, at, set)
    local _, first = path.ending_at(tokens, at)
    local before, after = tokens[(first or at) - 1], tokens[at + 1]
    if after and set[after.text] then return true end
    return before ~= nil and set[before.text] ~= nil and not (after and after.text:find("^[%.:%[%({'\"]"))
end

local function fits_verb(tokens, at, message)
    local verb = message:match("attempt to (%a+)")
    local after = tokens[at + 1]
    if verb == "call" then return after and after.text:find(CALLED) end
    if verb == "index" then return after and after.text:find(INDEXED) end
    if verb == "concatenate" then return around(tokens, at, { [".."] = true }) end
    if verb == "get" then return around(tokens, at, { ["#"] = true }) end
    return around(tokens, at, message:find("bitwise", 1, true) and BITWISE or ARITHMETIC)
end

local function type_name(value)
    local mt = debug.getmetatable(value)
    local name = type(mt) == "table" and rawget(mt, "__name")
    return type(name) == "string" and type(value) ~= "string" and name or type(value)
end

-- Has the field the value that the message complains of? Also where that can't be told.
local function fits_value(frame, tokens, at, what)
    local steps = path.ending_at(tokens, at)
    if not steps then return true end
    local known, value = path_value(frame, steps)
    return not known or value == nil or type_name(value) == what
end

-- Did the function get what this call gives it? True only where something says so.
local function fits_call(frame, tokens, at)
    local given, index, positive = frame.given, 1, false
    if not given then return false end
    local steps = path.ending_at(tokens, at)
    local mark = tokens[at - 1]
    if mark and mark.text == ":" then
        local known, value = false, nil
        if steps and #steps > 1 then known, value = path_value(frame, steps, #steps - 1) end
        if known and not rawequal(value, given[1]) then return false end
        positive, index = known, 2
    elseif steps and mark and mark.text == "." then
        local known, value = path_value(frame, steps)
        if known and not rawequal(value, frame.called) then return false end
        positive = known
    end
    if not tokens[at + 1] or tokens[at + 1].text ~= "(" then return positive end
    local known, value, after = operand(frame, tokens, at + 2)
    if not known or not after or not after.text:find(ENDS) then return positive end
    return rawequal(value, given[index])
end

-- Is the operand on this side the one that the operator got? nil where that can't be told.
local function left_fits(frame, tokens, at)
    local steps, first = path.ending_at(tokens, at - 1)
    local before = first and tokens[first - 1]
    if not first or before and not (before.text:find("^[%(=,{%[;]$") or before.kind == "keyword") then return nil end
    local known, value = path_value(frame, steps)
    if known then return rawequal(value, frame.given[1]) end
end

local function right_fits(frame, tokens, at)
    local known, value, after = operand(frame, tokens, at + 1)
    local binds = after and (ARITHMETIC[after.text] or after.text:find("^[%.:%[%({'\"]$") and 9 or 0) or 0
    if known and binds <= (ARITHMETIC[tokens[at].text] or 0) then return rawequal(value, frame.given[2]) end
end

local function fits_operands(frame, tokens, at)
    if not frame.given then return false end
    local left, right = left_fits(frame, tokens, at), right_fits(frame, tokens, at)
    if left == false or right == false then return false end
    return left or right or false
end

-- Unary or binary: - has an operand before it or not.
local function is_binary(tokens, at)
    local before = tokens[at - 1]
    if not before or before.kind == "keyword" then return false end
    return before.kind ~= "symbol" or before.text:find("^[%)%]}]$") ~= nil
end

-- The only one of a list, or the only one that passes.
local function single(list, test)
    if #list > 1 then
        local left = {}
        for _, at in ipairs(list) do
            if test(at) then left[#left + 1] = at end
        end
        list = left
    end
    return #list == 1 and list[1] or nil
end

-- ---- the three kinds of places ------------------------------------------------------------------------------------------

local function with_text(tokens, text)
    local list = {}
    for at, token in ipairs(tokens) do
        if token.text == text and token.kind ~= "string" then list[#list + 1] = at end
    end
    return list
end

-- The name that a message of Lua's own is about: attempt to call a nil value (field 'Conv2D')
local function of_message(tokens, frame, message)
    local what, kind, name = message:match("attempt to .-a (%S+) value %((%a+) '([^']+)'%)")
    if not name then return nil end
    local list = those(with_text(tokens, name), function(at) return fits_kind(tokens, at, kind) end)
    list = those(list, function(at) return fits_verb(tokens, at, message) end)
    return single(list, function(at) return fits_value(frame, tokens, at, what) end)
end

local function of_operator(tokens, frame)
    local list = with_text(tokens, OPERATORS[frame.calls] or "")
    if frame.calls == "sub" or frame.calls == "unm" then
        list = those(list, function(at) return is_binary(tokens, at) == (frame.calls == "sub") end)
    end
    return single(list, function(at) return fits_operands(frame, tokens, at) end)
end

local function of_call(tokens, frame)
    local name = frame.calls:match("[%w_]+$") or ""
    local list = with_text(tokens, name)
    if frame.calls_how == "field" or frame.calls_how == "method" then
        list = those(list, function(at) return fits_kind(tokens, at, frame.calls_how) end)
    end
    list = those(list, function(at) return tokens[at + 1] and tokens[at + 1].text:find(CALLED) end)
    return single(list, function(at) return fits_call(frame, tokens, at) end)
end

--- First and last byte of the place on a line of the frame, or nil. frame.calls is what it has called, frame.called the
--- function, frame.given its first two arguments.
function M.find(line, frame, message)
    local tokens = {}
    for _, token in ipairs(lex.tokens(line)) do
        if token.kind ~= "comment" then tokens[#tokens + 1] = token end
    end
    local at = frame.innermost and of_message(tokens, frame, message)
    if not at and frame.calls then
        if frame.calls_how == "metamethod" then at = of_operator(tokens, frame) else at = of_call(tokens, frame) end
    end
    if at then return tokens[at].first, tokens[at].last end
end

return M
