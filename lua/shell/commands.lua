-- SPDX-License-Identifier: MIT
-- The commands that begin with %, with IPython's names and meanings, and ! for the system's shell.
--
-- What one of them does is in commands/: loaded when it is first used. A command gets the session and the rest of the
-- line; it raises a text where it can't do what was asked. Names may be shortened as far as they stay clear.
local M = {}

-- name, arguments, what it does, where; "code": a statement of Lua follows, which may go on over several lines.
local LIST = {
    { "cd", "[-q] [FOLDER | -]", "goes to a folder: home, or back with -", "system" },
    { "debug", "", "looks around in the frame where the last error happened", "postmortem" },
    { "edit", "[-x] [-p] [FILE | INPUTS | NAME]", "opens $EDITOR, then runs what was written", "files" },
    { "history", "[-n] [-o] [-g PATTERN] [-l N] [-f FILE] [INPUTS]", "what was typed", "inputs" },
    { "lsmagic", "", "lists these commands", "list" },
    { "mem", "[N]", "the largest tensors, by name, and what graphs hold", "memory" },
    { "pdb", "[on | off]", "after an error, %debug by itself", "postmortem" },
    { "pwd", "", "the folder where the session is", "system" },
    { "reload", "MODULE", "loads a module anew, in the place of the old one", "files" },
    { "reset", "[-f]", "forgets all names and results", "names" },
    { "run", "[-i] [-t] FILE [ARGUMENTS]", "runs a script; its globals stay", "files" },
    { "save", "[-f] [-a] FILE INPUTS", "writes inputs to a file", "inputs" },
    { "time", "STATEMENT", "runs a statement and says how long it took", "timing", "code" },
    { "timeit", "[-n N] [-r R] [-q] STATEMENT", "runs a statement many times", "timing", "code" },
    { "who", "[TYPE …]", "names that were defined", "names" },
    { "whos", "[TYPE …]", "the same with types and values", "names" },
    { "xmode", "[minimal | plain | context | full]", "how much of an error is shown", "modes" },
}
local by_name = {}
for _, entry in ipairs(LIST) do
    local name, arguments, doc, module, code = table.unpack(entry)
    by_name[name] = { name = name, arguments = arguments, doc = doc, module = module, code = code ~= nil }
end

--- All commands: a list of { name, arguments, doc }, sorted by name.
function M.all()
    local list = {}
    for i, entry in ipairs(LIST) do list[i] = by_name[entry[1]] end
    return list
end

--- The description of a command, or nil: for help.
function M.describe(name)
    local entry = by_name[name:match("^%%*(%a*)$")]
    return entry and ("%%%s %s\n  %s"):format(entry.name, entry.arguments, entry.doc):gsub(" \n", "\n") or nil
end

local function find(name)
    if by_name[name] then return by_name[name] end
    local found
    for _, entry in ipairs(LIST) do
        if name ~= "" and entry[1]:sub(1, #name) == name then
            if found then return nil end
            found = by_name[entry[1]]
        end
    end
    return found
end

-- %name rest, %%name rest
local function parts(source)
    return source:match("^%s*%%%%?(%a*)%??%s*(.*)$")
end

-- What stands before the statement: %timeit -n 100 x:sum()
local OPTION = "^%-%a%s*%d*%s+"

--- Splits "-n 10 -q rest": a table of what was given (a number, a text where `texts` names the letter, or true), the rest.
function M.options(text, letters, texts)
    local given = {}
    while true do
        local letter, value, rest = text:match("^%-(%a)(%S*)%s*(.*)$")
        if not letter then return given, text end
        if not letters:find(letter, 1, true) then error(("there is no option -%s here"):format(letter), 0) end
        if texts and texts:find(letter, 1, true) then
            if value == "" then value, rest = rest:match("^(%S*)%s*(.*)$") end
            given[letter] = value
        else
            if value ~= "" then rest = "-" .. value .. " " .. rest end -- -fa is -f -a
            given[letter] = true
        end
        text = rest
    end
end

--- The statement of a command that has one, and what comes before it; nil for other lines.
function M.code(source)
    local name, rest = parts(source)
    local entry = name and find(name)
    if not entry or not entry.code then return nil end
    while rest:find(OPTION) do rest = rest:gsub(OPTION, "", 1) end
    return rest:find("%S") and rest or nil
end

-- ---- running ------------------------------------------------------------------------------------------------------------

-- IPython's commands that are not needed here.
local INSTEAD = {
    matplotlib = "plots need no command here: plt.plot{…}, then plt.show()", pylab = "plt and cnn are there from the start",
    load_ext = "%reload MODULE loads a module anew", autoreload = "%reload MODULE loads a module anew",
    paste = "paste as it is: a block runs as one", cpaste = "paste as it is: a block runs as one", ls = "!ls",
    pip = "!pip, for programs in Python; Lua's modules come with luarocks",
    config = "settings are Lua: ~/.config/cnnsh/init.lua", magic = "%lsmagic", quickref = "?", exit = "Ctrl-D", quit = "Ctrl-D",
}

local function unknown(name)
    if INSTEAD[name] then error(("there is no command %%%s: %s"):format(name, INSTEAD[name]), 0) end
    local names = {}
    for i, entry in ipairs(LIST) do names[i] = entry[1] end
    local ok, match = pcall(require, "cnn.signature.match")
    local meant = ok and match.nearest(name, names)
    error(("there is no command %%%s; %s"):format(name, meant and ("did you mean %%%s?"):format(meant) or "%lsmagic lists them"), 0)
end

--- Runs a line that begins with % or !, or assigns from !.
function M.run(session, source)
    if not source:find("^%s*%%") then return require("shell.commands.system").run(session, source) end
    local name, rest = parts(source)
    local entry = name and find(name)
    if not entry then return unknown(name or "") end
    if source:find("^%s*%%%%?%a*%?") then
        io.stdout:write(M.describe(entry.name), "\n")
        return
    end
    require("shell.commands." .. entry.module)[entry.name](session, (rest:gsub("%s+$", "")))
end

return M
