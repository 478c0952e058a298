-- SPDX-License-Identifier: MIT
-- %history and %save: what was typed in this session, by number, and in all sessions.
--
-- INPUTS are numbers and ranges, as in IPython: 4  2-5  3-, and ~1 for the last one,
-- ~2 for the one before.
local history = require "shell.history"
local options = require("shell.commands").options
local pager = require "shell.pager"

local M = {}

local function position(text, last)
    if text:sub(1, 1) == "~" then return last + 1 - tonumber(text:sub(2)) end
    return tonumber(text)
end

--- The numbers that a text such as "1 3-5" names, of inputs that there are, in its order.
function M.numbers(session, text)
    local last, list = session.running - 1, {}
    for word in text:gmatch("%S+") do
        local from, dash, to = word:match("^(~?%d+)([-:]?)(~?%d*)$")
        if not from then error(("%q is no input: a number, or a range such as 2-5"):format(word), 0) end
        local a = position(from, last)
        local b = dash == "" and a or to == "" and last or position(to, last) - (dash == ":" and 1 or 0)
        for i = math.max(a, 1), math.min(b, last) do
            if session.inputs[i] then list[#list + 1] = i end
        end
    end
    return list
end

local function every_number(session)
    return M.numbers(session, session.running > 1 and ("1-" .. session.running - 1) or "")
end

-- IPython's patterns: * and ? stand for any text and any character, and a pattern without them may be anywhere.
local function matcher(pattern)
    if not pattern or pattern == "" then return function() return true end end
    local wild = pattern:find("[*?]")
    local lua = pattern:gsub("%p", "%%%0"):gsub("%%%*", ".*"):gsub("%%%?", ".")
    return function(text) return text:find(wild and "^" .. lua .. "$" or lua) ~= nil end
end

-- Entries of all sessions, oldest first, as lines.
local function everything(session, given)
    local matches, list = matcher(given.g), {}
    for entry in history.all(session.history.path) do
        if matches(entry) then list[#list + 1] = entry end
    end
    local count = given.l and math.tointeger(tonumber(given.l)) or #list
    return { table.unpack(list, math.max(1, #list - math.min(count, 100000) + 1)) }
end

local function of_session(session, given, text)
    local list = {}
    for _, i in ipairs(text == "" and every_number(session) or M.numbers(session, text)) do
        local number = given.n and ("%4d: "):format(i) or ""
        list[#list + 1] = number .. session.inputs[i]:gsub("\n", "\n" .. (" "):rep(#number))
        if given.o and session.outputs[i] then list[#list + 1] = session.outputs[i] end
    end
    return list
end

local function ask(session, question)
    local answer = session.terminal.read_line(question)
    return answer and answer:find("^%s*[yY]") ~= nil
end
M.ask = ask

local function write(session, path, text, given)
    local there = io.open(path, "r")
    if there then there:close() end
    if there and not given.f and not given.a and not ask(session, ("File %s exists. Overwrite (y/[N])? "):format(path)) then
        io.stdout:write("nothing was written\n")
        return false
    end
    local file, why = io.open(path, given.a and "a" or "w")
    if not file then error("can't write " .. why, 0) end
    file:write(text, "\n")
    file:close()
    return true
end

function M.history(session, text)
    local given, rest = options(text, "noglf", "glf")
    if given.g and rest ~= "" then given.g, rest = given.g .. " " .. rest, "" end
    local list = (given.g or given.l) and everything(session, given) or of_session(session, given, rest)
    local all = table.concat(list, "\n")
    if given.f then
        if write(session, given.f, all, {}) then io.stdout:write("written to ", given.f, "\n") end
    elseif #list > 0 then
        pager.show(all, session.terminal)
    end
end

function M.save(session, text)
    local given, rest = options(text, "fa")
    local path, which = rest:match("^(%S+)%s*(.*)$")
    if not path or which == "" then error("%save FILE INPUTS: %save net.lua 1-4 6", 0) end
    if not path:find("%.[%w]+$") then path = path .. ".lua" end
    local list = {}
    for i, number in ipairs(M.numbers(session, which)) do list[i] = session.inputs[number] end
    if #list == 0 then error("there are no such inputs: " .. which, 0) end
    local all = table.concat(list, "\n")
    if write(session, path, all, given) then
        io.stdout:write(("The following inputs were written to %s:\n%s\n"):format(path, all))
    end
end

return M
