-- SPDX-License-Identifier: MIT
-- The name that was probably meant: "; did you mean nn.Conv2d?" behind Lua's messages about a nil value.
--
-- missing.lua asks while the stack of the error still stands. Candidates are what the failing line could have written: for
-- a global, the names in sight of its function; for a field, those of the table (read raw, as completion does), for a
-- string's method the string library. Names that habits.lua explains are left to it.
local names = require "shell.names"

local M = {}

local function add_keys(list, value)
    for t in names.chain(value) do
        for key in next, t do
            if type(key) == "string" and not key:find("^_") then list[#list + 1] = key end
        end
    end
end

-- Needs no library: a program that never loaded it may have misspelt print.
local function nearest(word, list)
    local ok, match = pcall(require, "cnn.signature.match")
    table.sort(list)
    return ok and match.nearest(word, list) or nil
end

-- relu(x), Conv2d(1, 2, 3): functions of the library that are called by their last name alone. The shortest name counts.
local function of_library(word)
    if #word < 3 or not debug.getmetatable(_G) then return nil end -- its globals are at hand only with the metatable
    local ok, signature = pcall(function() return require("cnn").nn and require "cnn.signature" end)
    local found
    if not ok then return nil end
    for name in signature.all() do
        if name:match("%.([%w_]+)$") == word and (not found or #name < #found) then found = name end
    end
    return found
end

--- For a global: `level` is the frame that reads it, as the caller counts, `info.func` its function.
function M.global(word, level, info)
    if #word < 2 or require("shell.habits").names[word] then return nil end
    local list, env = {}, nil
    for i = 1, 250 do
        local key, value = debug.getlocal(level + 1, i)
        if not key then break end
        list[#list + 1] = key
        if key == "_ENV" then env = value end
    end
    for i = 1, 250 do
        local key, value = debug.getupvalue(info.func, i)
        if not key then break end
        list[#list + 1] = key
        if key == "_ENV" and env == nil then env = value end
    end
    if type(env) == "table" then add_keys(list, env) end
    if debug.getmetatable(_G) then table.move(names.lazy, 1, #names.lazy, #list + 1, list) end
    local near = {}
    for _, name in ipairs(list) do -- a part of a long name is not meant by its accident, nor Lua's next by net
        if math.abs(#name - #word) <= 2 and name:find("^%a") and name ~= word and name ~= "next" then near[#near + 1] = name end
    end
    return nearest(word, near) or of_library(word)
end

--- For a field or method: `path` is what stood before it on the line, and `value` its value.
function M.field(word, path, value, mark)
    local list = {}
    if type(value) == "table" or type(value) == "string" then add_keys(list, value) end
    if rawequal(value, package.loaded.cnn) then table.move(names.parts, 1, #names.parts, #list + 1, list) end
    local name = nearest(word, list)
    return name and path .. mark .. name
end

--- For a line that is only the path of a part of the library, and was nil: nn.Conv2D. A sentence, or nil.
function M.of_path(line)
    local path, word = line:match("^%s*([%a_][%w_.]*)%.([%a_][%w_]*)%s*$")
    local root, is_part = path and path:match("^[%w_]+"), false
    for _, name in ipairs(names.lazy) do is_part = is_part or name == root end
    local value = is_part and names.resolve(path, _G)
    local meant = type(value) == "table" and M.field(word, path, value, ".")
    return meant and ("nothing is called %s.%s; did you mean %s?"):format(path, word, meant) or nil
end

return M
