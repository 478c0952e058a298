-- SPDX-License-Identifier: MIT
-- Lua source as a list of tokens: what the prompt needs to know about a line without running it.
--
-- Tolerant of anything, since it sees half-typed lines: an unfinished string or comment is the last token and marked
-- `open`. Comments are tokens, too. Each token is { kind, text, first, last } with kind one of
-- "name" "keyword" "number" "string" "comment" "symbol".
local M = {}

local KEYWORDS = "and break do else elseif end false for function goto if in local nil not or repeat return then true "
    .. "until while "
M.keywords = {}
for word in KEYWORDS:gmatch("%a+") do M.keywords[word] = true end

local SYMBOLS = { "^%.%.%.", "^<<", "^>>", "^//", "^==", "^~=", "^<=", "^>=", "^::", "^%.%.", "^." }

-- End of a short string that begins at `first`, and whether it is unfinished.
local function short_string(source, first)
    local quote, at = source:sub(first, first), first + 1
    while true do
        local stop = source:find('[\\\n"\']', at)
        if not stop then return #source, true end
        local c = source:sub(stop, stop)
        if c == quote then return stop, false end
        if c == "\n" then return stop - 1, true end
        at = stop + (c == "\\" and 2 or 1)
    end
end

-- A long bracket at `at`: its end and whether it is unfinished; nil where there is none.
local function long_bracket(source, at)
    local level = source:match("^%[(=*)%[", at)
    if not level then return nil end
    local _, stop = source:find("]" .. level .. "]", at, true)
    return stop or #source, not stop
end

local function scan(source, at)
    local c = source:sub(at, at)
    if c:find("[%a_]") then
        local _, stop = source:find("^[%w_]+", at)
        return M.keywords[source:sub(at, stop)] and "keyword" or "name", stop
    end
    if source:find("^%-%-", at) then
        local stop, open = long_bracket(source, at + 2)
        if stop then return "comment", stop, open end
        return "comment", (source:find("\n", at, true) or #source + 1) - 1
    end
    if c == '"' or c == "'" then return "string", short_string(source, at) end
    local stop, open = long_bracket(source, at)
    if stop then return "string", stop, open end
    if source:find("^%.?%d", at) then
        local hex = source:find("^0[xX]", at)
        stop = at
        while source:find("^[%w_.]", stop + 1)
            or source:find("^[+-]", stop + 1) and source:find(hex and "^[pP]" or "^[eE]", stop) do stop = stop + 1 end
        return "number", stop
    end
    for _, pattern in ipairs(SYMBOLS) do
        local _, last = source:find(pattern, at)
        if last then return "symbol", last end
    end
    return "symbol", at
end

function M.tokens(source)
    local list, at = {}, source:find("%S")
    while at do
        local kind, last, open = scan(source, at)
        list[#list + 1] = { kind = kind, text = source:sub(at, last), first = at, last = last, open = open or nil }
        at = source:find("%S", last + 1)
    end
    return list
end

return M
