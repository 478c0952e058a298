-- SPDX-License-Identifier: MIT
-- %run, %reload and %edit: code that lies in files.
--
-- %run gives a script the globals that it would find on its own: the session's are put aside meanwhile, and come back
-- where the script has not set them. What it leaves are its globals and the locals of its top level, so that they can be
-- looked at. An os.exit in it ends the script and not the session.
local failure = require "shell.failure"
local inputs = require "shell.commands.inputs"
local locals = require "shell.locals"
local names = require "shell.commands.names"
local options = require("shell.commands").options

local M = {}

-- ---- words and paths ---------------------------------------------------------------------------------------------------

-- Words as a shell splits them: 'a b' and "a b" are one.
local function words(text)
    local list, at = {}, text:find("%S")
    while at do
        local word, stop = "", at
        repeat
            local quote = text:match("^['\"]", stop)
            local piece, after = text:match(quote and ("^%s([^%s]*)%s?()"):format(quote, quote, quote) or "^([^%s'\"]+)()", stop)
            word, stop = word .. piece, after
        until not text:find("^%S", stop)
        list[#list + 1] = word
        at = text:find("%S", stop)
    end
    return list
end

local function home(path)
    return (path:gsub("^~/", (os.getenv("HOME") or "~") .. "/"))
end

local function read(path)
    local file, why = io.open(path, "r")
    local text = file and file:read("a")
    if file then file:close() end
    if not text then error("can't read " .. (why or path), 0) end
    return text
end

-- The file, with .lua added where it is only there so.
local function script_path(word)
    local path = home(word)
    for _, name in ipairs { path, path .. ".lua" } do
        local file = io.open(name, "r")
        local readable = file and file:read(0) ~= nil or file and file:seek("end") == 0
        if file then file:close() end
        if readable then return name end
    end
    error(("there is no script %s"):format(word), 0)
end

-- ---- %run ----------------------------------------------------------------------------------------------------------------

local function put_aside()
    local aside = {}
    for name, value in next, _G do
        if type(name) == "string" and not names.is_standard(name) then aside[name] = value end
    end
    for name in next, aside do rawset(_G, name, nil) end
    return aside
end

-- What is restored when the script has ended, whichever way.
local function surround(path, list, aside)
    local former_arg, former_path, former_exit = rawget(_G, "arg"), package.path, os.exit
    local left = {}
    local arg = { table.unpack(list, 2) }
    arg[0] = path
    rawset(_G, "arg", arg)
    local folder = path:match("^(.*)/")
    if folder then package.path = ("%s/?.lua;%s/?/init.lua;%s"):format(folder, folder, package.path) end
    os.exit = function()
        left.exited = true
        error("the script has called os.exit", 0)
    end
    return left, function(session)
        rawset(_G, "arg", former_arg)
        package.path, os.exit = former_path, former_exit
        for name in next, _G do
            if type(name) == "string" and not names.is_standard(name) and aside[name] == nil then rawset(session.env, name, nil) end
        end
        for name, value in next, aside do
            if rawget(_G, name) == nil then rawset(_G, name, value) else rawset(session.env, name, nil) end
        end
    end
end

local function report_time(session, wall)
    io.stdout:write(("Wall time: %.2f s\n"):format(session.terminal.clocks() - wall))
end

-- Runs a file whose text is known; `list` are the words after %run.
local function run_script(session, path, list, with_session)
    local text = read(path):gsub("^#[^\n]*", "")
    local env = with_session and session.env or _G
    local chunk, rescue = locals.load(text, "@" .. path, env, session.env)
    if not chunk then return session:complain(rescue) end
    local left, restore = surround(path, list, with_session and {} or put_aside())
    local ok, message = session.terminal.guarded(rescue, function() chunk(table.unpack(list, 2)) end)
    restore(session)
    io.stdout:flush()
    if not ok and not left.exited then session:failed(message) end
end

function M.run(session, text)
    local given, rest = options(text, "itne")
    local list = words(require("shell.commands.system").expand(rest, session.env))
    if #list == 0 then error("%run FILE [ARGUMENTS]", 0) end
    local wall = session.terminal.clocks()
    run_script(session, script_path(list[1]), list, given.i)
    if given.t then report_time(session, wall) end
end

-- ---- %reload ------------------------------------------------------------------------------------------------------------

-- The new module's fields in the table that everybody has: who asked for the module before sees them too.
local function into(old, new)
    for key in next, old do rawset(old, key, nil) end
    for key, value in next, new do rawset(old, key, value) end
    return setmetatable(old, getmetatable(new))
end

function M.reload(session, name)
    name = name:gsub("^['\"](.*)['\"]$", "%1")
    local old = package.loaded[name]
    if name == "" then error("%reload MODULE: the name that require was given", 0) end
    if old == nil then error(("the module '%s' is not loaded: require it first"):format(name), 0) end
    package.loaded[name] = nil
    local ok, message = session.terminal.guarded(function() end, require, name)
    if not ok then
        package.loaded[name] = old
        return session:complain(message)
    end
    local new = package.loaded[name]
    if type(old) == "table" and type(new) == "table" then
        package.loaded[name] = into(old, new)
    else
        for _, t in ipairs { session.env, _G } do
            for key, value in next, t do
                if rawequal(value, old) and type(old) == "function" then rawset(t, key, new) end
            end
        end
    end
    io.stdout:write(("reloaded %s\n"):format(name))
end

-- ---- %edit ---------------------------------------------------------------------------------------------------------------

local function editor(path, line)
    local program = os.getenv("VISUAL") or os.getenv("EDITOR") or "vi"
    local quoted = "'" .. path:gsub("'", "'\\''") .. "'"
    local _, how, status = os.execute(("%s %s%s"):format(program, line and line > 1 and "+" .. line .. " " or "", quoted))
    if how ~= "exit" or status ~= 0 then error(("%s failed: nothing is run"):format(program), 0) end
end

-- Text in a file of its own, edited; returns what it is then.
local function edit_text(text)
    local path = os.tmpname()
    os.rename(path, path .. ".lua") -- editors go by the ending
    path = path .. ".lua"
    local file = assert(io.open(path, "w"))
    file:write(text, text ~= "" and "\n" or "")
    file:close()
    local ok, message = pcall(editor, path)
    local edited = ok and read(path)
    os.remove(path)
    if not ok then error(message, 0) end
    return (edited:gsub("%s+$", ""))
end

-- What is to be edited: a text, or a file and a line in it.
local function subject(session, word, given)
    if given.p then return session.edited or "" end
    if word == "" then return "" end
    if word:find("^~?%d") then
        local list = {}
        for i, number in ipairs(inputs.numbers(session, word)) do list[i] = session.inputs[number] end
        return table.concat(list, "\n")
    end
    local value = require("shell.names").resolve(word, session.env)
    if type(value) == "string" then return value end
    if type(value) == "function" then
        local info = debug.getinfo(value, "S")
        if info.source:sub(1, 1) == "@" then return nil, info.source:sub(2), info.linedefined end
        local text = failure.text(info.source)
        if text then return text end
        error(word .. " is not written in Lua: there is nothing to edit", 0)
    end
    return nil, home(word)
end

function M.edit(session, text)
    local given, word = options(text, "xp")
    local content, path, line = subject(session, word, given)
    if path then
        editor(path, line)
        if not given.x then run_script(session, path, { path }, true) end
        return
    end
    local edited = edit_text(content)
    session.edited = edited
    if edited == "" then return end
    io.stdout:write(edited, "\n")
    session.history:add(edited)
    session.inputs[session.running] = edited
    if not given.x then session:execute(edited) end
end

return M
