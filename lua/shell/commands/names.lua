-- SPDX-License-Identifier: MIT
-- %who, %whos and %reset: the names that a session has defined, its locals and globals.
--
-- A name of Lua's own, or one that the library answers to, counts only where the session has given it another value.
local class = require "shell.commands.class_of"
local inputs = require "shell.commands.inputs"
local options = require("shell.commands").options
local show = require "shell.show"

local M = {}

local STANDARD = "assert collectgarbage dofile error getmetatable ipairs load loadfile next pairs pcall print rawequal "
    .. "rawget rawlen rawset require select setmetatable tonumber tostring type warn xpcall _G _VERSION coroutine debug io "
    .. "math os string table utf8 package arg cnn nn F optim data datasets transforms plt _PROMPT _PROMPT2 "
local standard = {}
for name in STANDARD:gmatch("%S+") do standard[name] = true end

--- Is this name there before anybody has typed?
function M.is_standard(name) return standard[name] == true end

--- The names of a session, sorted, and their values.
function M.all(session)
    local list, values = {}, {}
    for _, t in ipairs { session.env, _G } do
        for name, value in next, t do
            if type(name) == "string" and not values[name] and not (t == _G and standard[name]) then
                list[#list + 1], values[name] = name, { value }
            end
        end
    end
    table.sort(list)
    return list, values
end

-- Those of the types that are wanted, any where none is named.
local function chosen(session, text)
    local wanted, any, found = {}, not text:find("%S"), {}
    for word in text:gmatch("%S+") do wanted[word] = true end
    local list, values = M.all(session)
    for _, name in ipairs(list) do
        local value = values[name][1]
        local kind, of_class = class.of(value)
        if any or wanted[kind] or of_class and wanted[of_class] then
            found[#found + 1] = { name = name, value = value, kind = of_class or kind }
        end
    end
    if #found == 0 then
        io.stdout:write(any and "no names are defined\n" or "no names are defined that have this type\n")
    end
    return found
end

function M.who(session, text)
    local line, width = "", session.terminal.width()
    for _, entry in ipairs(chosen(session, text)) do
        if line ~= "" and #line + #entry.name + 2 > width then
            io.stdout:write(line, "\n")
            line = ""
        end
        line = line == "" and entry.name or line .. "  " .. entry.name
    end
    if line ~= "" then io.stdout:write(line, "\n") end
end

local function brief(value, room)
    local core = package.loaded["cnn.core"]
    local text
    if core and core.is_tensor(value) then
        text = ("%s %s"):format(value.dtype, tostring(value.shape))
    elseif type(value) == "function" then
        local info = debug.getinfo(value, "S")
        text = info.what == "C" and "" or ("%s:%d"):format(info.short_src, info.linedefined)
    else
        text = show.value(value, 1 << 20)
    end
    text = text:gsub("%s*\n%s*", " ")
    if (utf8.len(text) or #text) <= room then return text end
    return text:sub(1, (utf8.offset(text, math.max(room, 2)) or room) - 1) .. "…"
end

function M.whos(session, text)
    local list, name_width, kind_width = chosen(session, text), 4, 4
    for _, entry in ipairs(list) do
        name_width, kind_width = math.max(name_width, #entry.name), math.max(kind_width, #entry.kind)
    end
    if #list == 0 then return end
    local width = session.terminal.width()
    name_width, kind_width = math.min(name_width, width // 3), math.min(kind_width, width // 3)
    local format = ("%%-%ds  %%-%ds  %%s"):format(name_width, kind_width)
    local function line(...) io.stdout:write((format:format(...):gsub("%s+$", "")), "\n") end
    line("name", "type", "value")
    for _, entry in ipairs(list) do
        line(entry.name, entry.kind, brief(entry.value, width - name_width - kind_width - 5))
    end
end

function M.reset(session, text)
    local given = options(text, "fs")
    local question = "Once deleted, variables can not be recovered. Proceed (y/[n])? "
    if not given.f and not inputs.ask(session, question) then
        io.stdout:write("nothing was deleted\n")
        return
    end
    for _, name in ipairs((M.all(session))) do
        rawset(session.env, name, nil)
        if not standard[name] then rawset(_G, name, nil) end
    end
    session.results:clear()
    session.outputs = {}
    require("shell.failure").last = nil
    collectgarbage()
end

return M
