-- SPDX-License-Identifier: MIT
-- `??name`: the source of a Lua function, and what is known of values that have no description: where a function was
-- written and the comment above it, the shape of a tensor, the class of an object. Looks only; runs nothing.
local names = require "shell.names"

local M = {}

local LONGEST = 400 -- lines of a function that are shown

-- The lines of a chunk; `texts` has what was typed, by the chunk's name.
local function lines_of(source, texts)
    local text = texts and texts[source]
    if not text and source:sub(1, 1) == "@" then
        local file = io.open(source:sub(2), "r")
        text = file and file:read("a")
        if file then file:close() end
    elseif not text and source:sub(1, 1) ~= "=" then
        text = source -- load("…") without a name
    end
    if not text then return nil end
    local lines = {}
    for line in (text:gsub("\n$", "") .. "\n"):gmatch("(.-)\r?\n") do lines[#lines + 1] = line end
    return lines
end

local function place(info) return ("%s:%d"):format(info.short_src, info.linedefined) end

-- The comment that ends right above a line.
local function comment_above(lines, number)
    local first = number
    while first > 1 and lines[first - 1]:find("^%s*%-%-") do first = first - 1 end
    return table.concat(lines, "\n", first, number - 1)
end

-- The source of one function with its place above; or a sentence that says why there is none.
local function of_function(f, name, texts, paint)
    local info = debug.getinfo(f, "S")
    if info.what == "C" then return ("%s is written in C; ?%s describes it"):format(name, name) end
    local lines = lines_of(info.source, texts)
    if not lines or not lines[info.lastlinedefined] then return ("%s was made in %s, whose text is not there"):format(name, place(info)) end
    local last = math.min(info.lastlinedefined, info.linedefined + LONGEST)
    local above = comment_above(lines, info.linedefined)
    local text = (above ~= "" and above .. "\n" or "") .. table.concat(lines, "\n", info.linedefined, last)
    return ("-- %s\n%s"):format(place(info), paint and paint(text) or text)
end

-- What a function with a description runs; the function itself where it has none.
local function behind(f)
    local signature = package.loaded["cnn.signature"]
    local sig = signature and type(f) == "function" and signature.of(f)
    return sig and sig.call or f
end

--- The source behind a value called `name`: of a function, of a class or an object its init and forward.
function M.text(value, name, texts, paint)
    if type(value) == "function" then return of_function(behind(value), name, texts, paint) end
    if type(value) ~= "table" then return ("%s is a %s; only functions and classes have a source"):format(name, type(value)) end
    local parts = {}
    for _, method in ipairs { "init", "forward" } do
        local f = names.field(value, method)
        if type(f) == "function" then parts[#parts + 1] = of_function(behind(f), name .. "." .. method, texts, paint) end
    end
    if #parts == 0 then return ("%s is a table without init or forward; ??%s.name shows a function in it"):format(name, name) end
    return table.concat(parts, "\n\n")
end

local function parameters(f, info)
    local list = {}
    for i = 1, info.nparams do list[i] = debug.getlocal(f, i) end
    if info.isvararg then list[#list + 1] = "..." end
    return table.concat(list, ", ")
end

--- What can be said of a value of the user's.
function M.about(value, name, texts)
    local core = package.loaded["cnn.core"]
    if core and core.is_tensor(value) then
        local ok, text = pcall(function() return ("%s %s %s"):format(tostring(value.shape), value.dtype, value.device) end)
        return ("%s is a tensor%s; ?tensor: lists what tensors can do"):format(name, ok and " " .. text or "")
    end
    if type(value) ~= "function" then
        local class = package.loaded["cnn.nn.class"]
        local cls = class and class.of(value)
        local what = cls and "an object of the class " .. tostring(cls.__name) or "a " .. type(value)
        return ("%s is %s"):format(name, what)
    end
    local info = debug.getinfo(value, "Su")
    local call, doc = require("shell.lua_functions").describe(value)
    if call then return ("%s\n  %s\n  one of Lua's own functions: www.lua.org/manual/5.4"):format(call, doc) end
    if info.what == "C" then return ("%s is a function written in C, of a library"):format(name) end
    local lines = lines_of(info.source, texts)
    local above = lines and lines[info.linedefined] and comment_above(lines, info.linedefined) or ""
    return ("%s(%s), a function of %s; ??%s shows its source"):format(name, parameters(value, info), place(info), name)
        .. (above ~= "" and "\n" .. above or "")
end

return M
