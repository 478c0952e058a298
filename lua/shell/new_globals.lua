-- SPDX-License-Identifier: MIT
-- A function that assigns a global which nobody has declared: most often a misspelt local. Said once per name.
-- settings.new_globals = false in the start-up file keeps it quiet.
--
-- Declared is what has a value, and what a statement at the prompt or a file's main chunk has assigned, even nil. The
-- assignment takes place all the same.
local M = {}

local own = debug.getinfo(1, "S").source:gsub("shell/new_globals%.lua$", "")

local function nearest(name, level, env)
    local names = {}
    for i = 1, 250 do
        local key = debug.getlocal(level + 1, i)
        if not key then break end
        names[#names + 1] = key
    end
    local info = debug.getinfo(level + 1, "f")
    for i = 1, 255 do
        local key = info and debug.getupvalue(info.func, i)
        if not key then break end
        names[#names + 1] = key
    end
    for key in next, env do names[#names + 1] = key end
    for key in next, _G do
        if type(key) == "string" and #key > 2 and key ~= name then names[#names + 1] = key end
    end
    local ok, match = pcall(require, "cnn.signature.match")
    return #name > 2 and ok and match.nearest(name, names) or nil
end

local function warn_of(name, info, meant)
    local fix = meant and ("did you mean %s?"):format(meant) or ("write local %s, or %s = nil outside first"):format(name, name)
    io.stdout:flush()
    io.stderr:write(("%s:%d: the function assigns a new global '%s'; %s\n"):format(info.short_src, info.currentline, name, fix))
end

--- Watches the globals of a session. A program that gave them a __newindex of its own keeps that one.
function M.watch(session)
    local meta, declared = getmetatable(_G) or {}, {}
    if meta.__newindex then return end
    meta.__newindex = function(t, name, value)
        rawset(t, name, value)
        if declared[name] or type(name) ~= "string" then return end
        declared[name] = true
        local info = debug.getinfo(2, "Sl")
        if not info or info.what ~= "Lua" or name:sub(1, 1) == "_" or info.source:sub(1, #own) == own then return end
        if info.source:sub(1, 1) == "=" and not info.source:find("^=input") then return end
        warn_of(name, info, nearest(name, 2, session.env))
    end
    setmetatable(_G, meta)
end

return M
