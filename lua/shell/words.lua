-- SPDX-License-Identifier: MIT
-- Words that people type at a prompt by habit, and that are the names of nothing in Lua: help, quit, exit, ls.
--
-- Without this they would print "nil", or a message about calling a nil value. A word that the user has given a value is
-- an ordinary name: nothing here looks at it then.
local M = {}

local LEAVING = { quit = true, exit = true, bye = true }

-- What to type instead: for the system's commands, which IPython takes without a sign, and for what Python has.
local INSTEAD = {
    ls = "!ls runs the system's ls", pwd = "%pwd", clear = "Ctrl-L clears the screen",
    cls = "Ctrl-L clears the screen", dir = "?x says what x is; nn. and the Tab key list names; %who lists your own",
    who = "%who", whos = "%whos", history = "%history", reset = "%reset", license = "MIT; the file LICENSE",
    cd = "%cd FOLDER",
}

--- What a line asks that is only such a word, with or without parentheses: "leave"; "help" and a name or ""; "say" and a
--- text. Nil for all other lines. `env` is where the session's names are looked up.
function M.meaning(line, env)
    local word, rest = line:match("^%s*(%a[%w_]*)%s*(.-)%s*;?%s*$")
    if not (word and (LEAVING[word] or INSTEAD[word] or word == "help")) then return nil end -- reading others may load or raise
    if rest:find("^[=,]") or rest:find("^[.:]%s*[%a_]") or env[word] ~= nil then return nil end
    local bare = rest == "" or rest:find("^%(%s*%)$") ~= nil
    if LEAVING[word] then
        if bare or rest:find("^%(%d+%)$") then return "leave" end
    elseif word == "help" then
        local name = bare and "" or rest:match("^%(%s*[\"']?([%a_][%w_.:%[%]]*)[\"']?%s*%)$") or rest:match("^([%a_][%w_.:]*)$")
        if name then return "help", name end
    elseif INSTEAD[word] then
        if bare or not load("return " .. line) then return "say", INSTEAD[word] end
    end
end

return M
