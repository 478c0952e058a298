-- SPDX-License-Identifier: MIT
-- !command, %cd and %pwd: the system's shell, and the folder in which it and the session are.
--
-- What the session knows can be used in a command, in IPython's spelling: {expr} is the value of an expression, $name and
-- $name.field that of a name. The shell has braces and dollars of its own, so only what stands for something here is
-- replaced: a name that the session has defined, an expression that has a value which is a text of some kind. All the rest
-- ($HOME, ${x}, {a,b}, awk's '{print $1}') reaches the shell as it was typed. $$name and {{…}} are $name and {…}.
-- A list becomes its items, each quoted where the shell would split it.
local is_standard = require("shell.commands.names").is_standard
local names = require "shell.names"

local M = {}

-- ---- values in commands --------------------------------------------------------------------------------------------------

local function quoted(word)
    return word:find("^[%w_@%%+=:,./-]+$") and word or "'" .. word:gsub("'", "'\\''") .. "'"
end

local function is_plain(value)
    local kind = math.type(value) or type(value)
    return kind == "string" or kind == "integer" or kind == "float" or kind == "boolean"
end

-- What stands for a value in a command, or nil where it is nothing to write there.
local function text_of(value)
    if is_plain(value) then return tostring(value) end
    local mt = debug.getmetatable(value)
    if type(mt) == "table" and rawget(mt, "__tostring") then return tostring(value) end
    if type(value) ~= "table" or value[1] == nil then return nil end
    local list = {}
    for i, item in ipairs(value) do
        if not is_plain(item) then return nil end
        list[i] = quoted(tostring(item))
    end
    return table.concat(list, " ")
end

-- $name.field: fields as far as there are some, so that "$file.txt" works where file is a text.
local function of_name(path, env)
    local name, rest = path:match("^([%a_][%w_]*)(.*)$")
    if is_standard(name) or name:find("^_+%d*$") then return nil end -- $_ is the shell's
    local value = rawget(env, name)
    if value == nil then value = rawget(_G, name) end
    while type(value) == "table" do
        local field, after = rest:match("^%.([%a_][%w_]*)(.*)$")
        local inner = field and names.field(value, field)
        if inner == nil then break end
        value, rest = inner, after
    end
    local text
    if value ~= nil then text = text_of(value) end
    return text and text .. rest
end

-- {expr}: (1, 2) is no expression, and what fails or has no value is the shell's.
local function of_expression(code, env)
    local chunk = code:find("%S") and load(("return (%s\n)"):format(code), "=!", "t", env)
    if not chunk then return nil end
    local ok, value = pcall(chunk)
    if ok and value ~= nil then return text_of(value) end
end

-- What stands at a $ or a {, and where it ends; nil where that is the shell's.
local function replacement(command, at, env)
    local escaped = command:match("^%$(%$[%a_{][%w_]*)", at)
    if escaped then return escaped, at + #escaped end
    local path = command:match("^%$([%a_][%w_.]*)", at)
    if path then
        path = path:gsub("%.+$", "")
        return of_name(path, env), at + #path
    end
    local doubled = command:match("^{(%b{})}", at)
    if doubled then return doubled, at + #doubled + 1 end
    local braces = command:sub(at - 1, at - 1) ~= "$" and command:match("^%b{}", at)
    if braces then return of_expression(braces:sub(2, -2), env), at + #braces - 1 end
end

--- The command with the session's values in it.
function M.expand(command, env)
    local out, from = {}, 1
    while true do
        local at = command:find("[${]", from)
        if not at then break end
        local text, last = replacement(command, at, env)
        out[#out + 1] = command:sub(from, at - 1) .. (text or command:sub(at, at))
        from = text and last + 1 or at + 1
    end
    return table.concat(out) .. command:sub(from)
end

-- ---- !command -----------------------------------------------------------------------------------------------------------

-- x = !ls: the lines of what it prints
local function capture(session, name, command)
    local pipe = assert(io.popen(M.expand(command, session.env), "r"))
    local list = {}
    for line in pipe:lines() do list[#list + 1] = line end
    pipe:close()
    session.env[name] = list
end

--- Runs a line that begins with !, or assigns from one.
function M.run(session, source)
    local name, command = source:match("^%s*([%a_][%w_]*)%s*=%s*!%s*(.-)%s*$")
    if name then return capture(session, name, command) end
    command = source:match("^%s*!%s*(.-)%s*$")
    if command == "" then error("!command runs a command of the system: !ls", 0) end
    if command:find("^cd%f[^%w_]") and not command:find("[;&|]") then
        error("a command has a shell of its own, whose folder ends with it; %" .. command .. " moves the session", 0)
    end
    command = M.expand(command, session.env)
    io.stdout:flush()
    local _, how, status = os.execute(command) -- Ctrl-C goes to the command alone
    if how == "signal" or status == 130 then io.stdout:write("\n") end -- Ctrl-C stands on the line
end

-- ---- folders --------------------------------------------------------------------------------------------------------------

local function folder(session)
    local path, why = session.terminal.folder()
    return path or error("the folder where the session is can't be named: " .. why, 0)
end

function M.pwd(session) io.stdout:write(folder(session), "\n") end

--- %cd goes home, %cd - to where it was before, %cd -q FOLDER without a word.
function M.cd(session, text)
    local quiet, rest = text:match("^(%-q)%f[%s%z]%s*(.*)$")
    local path = M.expand(quiet and rest or text, session.env):gsub("^(['\"])(.*)%1$", "%2")
    if path == "-" then path = session.folder_before or error("there was no folder before", 0) end
    local home = os.getenv("HOME") or "/"
    path = path == "" and home or path:gsub("^~%f[/%z]", (home:gsub("%%", "%%%%")))
    local before = session.terminal.folder()
    local ok, why = session.terminal.change_folder(path)
    if not ok then error(("can't go to %s: %s"):format(path, why), 0) end
    session.folder_before = before
    if not quiet then M.pwd(session) end
end

return M
