-- SPDX-License-Identifier: MIT
-- The prompt: reads a statement, runs it once, prints what it returns.
--
-- A statement is tried as an expression first (`return …`), then as it stands; it continues on the next line only where
-- the syntax error is that it ended too early. Its chunk is called "input N". `self.env` holds the session's locals and
-- lies in front of the globals. prompt.c calls `step` once per statement and owns everything that needs C: see there
-- for the fields of `terminal`.
--
-- Lines that are no Lua begin with a sign: ? asks for help, % is a command (commands.lua), ! is for the system's shell.
local failure = require "shell.failure"
local habits = require "shell.habits"
local help = require "shell.help"
local history = require "shell.history"
local lex = require "shell.lex"
local locals = require "shell.locals"
local pager = require "shell.pager"
local results = require "shell.results"
local settings = require "shell.settings"
local show = require "shell.show"
local transcript = require "shell.transcript"
local words = require "shell.words"

local KEPT_INPUTS = 10000 -- of this session

-- Returns what follows, but not as a tail call: the user's line stays in the traceback.
local EXPRESSION = "local __session__ <close> = nil; return "

local Session = {}
Session.__index = Session

-- ---- reading -----------------------------------------------------------------------------------------------------------

-- _PROMPT and _PROMPT2 may be anything that can be turned into text, or a function of the input's number. Colours are
-- marked, or readline would count them as columns.
function Session:prompt_text(name, default)
    local value = rawget(_G, name)
    local ok, text = true, value
    if type(value) == "function" then ok, text = pcall(value, self.number) end
    if ok then ok, text = pcall(tostring, text) end
    if value == nil or not ok then return default end
    return (text:gsub("%z", ""):gsub("\27%[[%d;]*m", "\1%0\2"))
end

-- Where a source may be split, from its end: behind the ends of lines and semicolons that stand between tokens.
local function splits(source)
    local list, before = {}, nil
    for _, token in ipairs(lex.tokens(source)) do
        local newline = before and source:sub(before.last + 1, token.first - 1):match("^.*()\n")
        if newline then
            table.insert(list, 1, before.last + newline)
        elseif before and before.text == ";" then
            table.insert(list, 1, before.last)
        end
        before = token
    end
    return list
end

-- What stands last may be an expression, whose value is the whole's: x = 1⏎x + 1, or x = 1; x + 1. Splits at the last place
-- where the first part is a block and the second an expression.
function Session:compile_block(source, name)
    for i, at in ipairs(splits(source)) do
        if i > 50 then return nil end
        if load("return " .. source:sub(at + 1), "=t") then
            local whole = source:sub(1, at) .. EXPRESSION .. source:sub(at + 1)
            local f, rescue = locals.load(whole, name, self.env)
            if f then return f, rescue end
        end
    end
end

-- "chunk" with the function and its rescue, "open" where more has to follow, "bad" with the message.
function Session:compile(source, name)
    local chunk, as_expression = load(EXPRESSION .. source, name, "t", self.env)
    if chunk then return "chunk", chunk, function() end end
    local f, rescue = locals.load(source, name, self.env)
    if f then return "chunk", f, rescue end
    local as_statement = rescue
    if as_statement:find("<eof>$") or as_expression:find("<eof>$") then
        local no_end = habits.has_python_block(source) -- no line to come would end it
            or as_statement:find("function arguments expected near <eof>$") and not source:find("\n") -- x:size
        if no_end then return "bad", as_statement end
        f, rescue = self:compile_block(source, name)
        if f then return "chunk", f, rescue end
        return "open", as_statement
    end
    f, rescue = self:compile_block(source, name)
    if f then return "chunk", f, rescue end
    return "bad", as_statement
end

-- A line from the user, or from a transcript that was pasted: that one is echoed as if it had been typed.
function Session:read_line(prompt)
    local queued = table.remove(self.queue, 1)
    if not queued then return self.terminal.read_line(prompt) end
    io.stdout:write((prompt:gsub("[\1\2]", "")), (queued:gsub("\n", "\n" .. self:prompt_text("_PROMPT2", ">> "))), "\n")
    return queued
end

-- The same, with what was pasted together with prompts and results taken apart.
function Session:read_first()
    local prompt = self:prompt_text("_PROMPT", "> ")
    local source, why = self:read_line(prompt)
    local list = source and transcript.statements(source, prompt, self:prompt_text("_PROMPT2", ">> "))
    if not list then return source, why end
    if #list == 1 then return list[1] end
    table.move(list, 1, #list, 1, self.queue)
    return ""
end

-- A whole statement: its source, and what `compile` says of it. nil at the end of the input, "" where the user gave up.
function Session:read(name)
    local source, why = self:read_first()
    if not source then return why ~= "end" and "" or nil end
    local code = source
    if not source:find("%S") then return source end
    if help.question(source) or words.meaning(source, self.env) then return source, "special" end
    if source:find("^%s*[%%!]") then
        code = self.commands().code(source)
        if not code then return source, "special" end
    elseif source:find("^%s*[%a_][%w_]*%s*=%s*!") then
        return source, "special"
    end
    while true do
        local state, a, b = self:compile(code, name)
        if state ~= "open" then return source, code ~= source and "special" or state, a, b end
        local more
        self.typed = source
        more, why = self:read_line(self:prompt_text("_PROMPT2", ">> "))
        self.typed = nil
        if not more then
            if why == "interrupt" then return "" end
            return source, "bad", a
        end
        source, code = source .. "\n" .. more, code .. "\n" .. more
    end
end

-- ---- running -----------------------------------------------------------------------------------------------------------

local function ends_with_semicolon(source)
    local tokens = lex.tokens(source)
    for i = #tokens, 1, -1 do
        if tokens[i].kind ~= "comment" then return tokens[i].text == ";" end
    end
end

function Session:print(values, source)
    if values.n == 0 then return end
    self.results:add(self.running, values[1])
    if ends_with_semicolon(source) then return end
    local text = show.results(values, self.terminal.width(), self.view)
    self.outputs[self.running] = text:gsub("\27%[[%d;]*m", "")
    io.stdout:write(text, "\n")
    local meant = values[1] == nil and values.n == 1 and require("shell.suggest").of_path(source)
    if meant then io.stderr:write(meant, "\n") end
end

--- Prints a message about the running input, or about `source`.
function Session:complain(message, source)
    source = source or self.texts["=" .. (message:match("^input %d+") or "")]
    message = failure.finish(message, source)
    io.stderr:write(self.colourful_errors and require("shell.colour").error(message) or message, "\n")
end

--- Says what an error was; with %pdb on, the debugger follows by itself. Not after Ctrl-C, which is no mistake.
function Session:failed(message)
    self:complain(message)
    local last = failure.last
    if not settings.pdb or not last or last.seen or message:find("^interrupted") then return end
    require("shell.commands.postmortem").debug(self, "", true)
end

--- Runs a chunk that `compile` made; `between` is called when it has returned, before its value is printed. Returns
--- whether it ended well.
function Session:run(source, chunk, rescue, between)
    local ok, message = self.terminal.guarded(rescue, function()
        local values = table.pack(chunk())
        if between then between() end
        self:print(values, source)
    end)
    io.stdout:flush()
    if not ok then self:failed(message) end
    if not ok and message:find("^interrupted") then self.queue = {} end -- nor does the rest of a transcript run
    return ok
end

--- Compiles and runs a statement as part of the running input. Returns whether it ended well, nil if it is no Lua.
function Session:execute(source, between)
    local name = "=input " .. self.running
    self.texts[name] = source
    local state, a, b = self:compile(source, name)
    if state ~= "chunk" then return self:bad(source, a) end
    return self:run(source, a, b, between)
end

-- What does not compile: a syntax error, or an exercise with blanks left.
function Session:bad(source, message)
    local blanks = source:find("?", 1, true) and require("shell.blanks").explain(source, self.env)
    if blanks then io.stderr:write(blanks, "\n") else self:complain(message, source) end
    return nil
end

-- Gives the input its number, and keeps its text for messages, %history and %save.
function Session:note(source)
    local number = self.number
    self.running, self.number = number, number + 1
    self.history:add((source:gsub("%s+$", "")))
    self.inputs[number], self.texts["=input " .. number] = source, source
    local old = number - KEPT_INPUTS
    self.inputs[old], self.outputs[old], self.texts["=input " .. old] = nil, nil, nil
end

-- A word of habit, or a line that begins with a sign. What a command raises is said, and the session goes on: returns
-- whether it does.
function Session:special(source)
    local meaning, text = words.meaning(source, self.env)
    if meaning == "leave" then return false end
    local ok, message = self.terminal.guarded(function() end, function()
        if meaning == "say" then
            io.stderr:write(text, "\n")
        elseif meaning == "help" or help.question(source) then
            pager.show(help.answer(meaning and "?" .. text or source, self), self.terminal)
        else
            self.commands().run(self, source)
        end
    end)
    io.stdout:flush()
    if not ok then io.stderr:write(message, "\n") end
    return true
end

-- One statement. Returns whether there may be another.
function Session:step()
    local core = package.loaded["cnn.core"]
    if core and core.safe_point then core.safe_point() end -- what the last statement left is garbage now
    failure.keep = false -- what follows is our own work
    local source, state, a, b = self:read("=input " .. self.number)
    if not source then return false end
    if not source:find("%S") then return true end
    self:note(source)
    failure.keep = true
    if state == "chunk" then
        self:run(source, a, b)
    elseif state == "bad" then
        self:bad(source, a)
    else
        return self:special(source)
    end
    return true
end

local M = {}

-- Names of results and of inputs are looked up where nothing else has that name: program.c's __index of the globals asks.
local function answer_results(session)
    local meta = getmetatable(_G)
    if not meta then return end
    meta.results = function(name)
        if name == "In" then return table.move(session.inputs, 1, session.running, 1, {}) end
        return session.results:get(name)
    end
end

-- The user's start-up file; -E, which leaves the environment alone, leaves it out.
local function run_startup(session)
    local path = settings.path()
    local file = path and not debug.getregistry().LUA_NOENV and io.open(path, "r")
    if not file then return end
    file:close()
    local chunk, message = loadfile(path)
    local ok = chunk ~= nil
    if ok then ok, message = session.terminal.guarded(function() end, chunk) end
    if not ok then session:complain(message) end
end

function M.new(terminal)
    local texts = package.loaded["shell.texts"] or {}
    package.loaded["shell.texts"] = texts -- where messages of the library look for the lines they quote
    local self = setmetatable({ terminal = terminal, number = 1, running = 0, texts = texts, inputs = {}, outputs = {},
        queue = {}, results = results.new() }, Session)
    self.env = setmetatable({}, { __index = _G, __newindex = _G })
    failure.width = terminal.width
    answer_results(self)
    self.history = history.open(terminal)
    if self.history.warning then io.stderr:write("cnnsh: ", self.history.warning, "\n") end
    self.view = {}
    self.view.colourful, self.colourful_errors = terminal.colours()
    if self.view.colourful then
        terminal.set_painter(function(line) return require("shell.colour").letters(line, self.typed) end)
    end
    run_startup(self)
    if settings.new_globals then require("shell.new_globals").watch(self) end
    terminal.set_completer(function(line, start)
        local above = self.typed and self.typed .. "\n" or "" -- a call may be open since then
        return require("shell.complete").words(above .. line, start + #above, self.completion_env or self.env,
            terminal.list_folder)
    end)
    return self
end

-- Loaded by the first line that needs it.
function Session.commands() return require "shell.commands" end

return M
