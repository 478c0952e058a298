-- SPDX-License-Identifier: MIT
-- The prompt: reads a statement, runs it once, prints what it returns.
--
-- A statement is tried as an expression first (`return …`), then as it stands; it continues on the next line only where
-- the syntax error is that it ended too early. Its chunk is called "input N". `self.env` holds the session's locals and
-- lies in front of the globals. prompt.c calls `step` once per statement and owns everything that needs C: see there
-- for the fields of `terminal`.
local habits = require "shell.habits"
local help = require "shell.help"
local history = require "shell.history"
local lex = require "shell.lex"
local locals = require "shell.locals"
local show = require "shell.show"

local KEPT_TEXTS = 200 -- statements whose text error messages can quote

-- Returns what follows, but not as a tail call: the user's line stays in the traceback.
local EXPRESSION = "local __session__ <close> = nil; return "

local Session = {}
Session.__index = Session

-- ---- reading -----------------------------------------------------------------------------------------------------------

-- _PROMPT and _PROMPT2 may be anything that can be turned into text. Colours are marked, or readline would count them as
-- columns.
local function prompt_text(name, default)
    local value = rawget(_G, name)
    local ok, text = pcall(tostring, value)
    if value == nil or not ok then return default end
    return (text:gsub("%z", ""):gsub("\27%[[%d;]*m", "\1%0\2"))
end

-- "chunk" with the function and its rescue, "open" where more has to follow, "bad" with the message.
function Session:compile(source, name)
    local chunk, as_expression = load(EXPRESSION .. source, name, "t", self.env)
    if chunk then return "chunk", chunk, function() end end
    local f, rescue = locals.load(source, name, self.env)
    if f then return "chunk", f, rescue end
    local as_statement = rescue
    if as_statement:find("<eof>$") or as_expression:find("<eof>$") then return "open", as_statement end
    return "bad", as_statement
end

-- A whole statement: its source, and what `compile` says of it. nil at the end of the input, "" where the user gave up.
function Session:read(name)
    local source, why = self.terminal.read_line(prompt_text("_PROMPT", "> "))
    if not source then return why ~= "end" and "" or nil end
    if source:find("^%s*%?") or not source:find("%S") then return source end
    while true do
        local state, a, b = self:compile(source, name)
        if state ~= "open" then return source, state, a, b end
        local more
        self.typed = source
        more, why = self.terminal.read_line(prompt_text("_PROMPT2", ">> "))
        self.typed = nil
        if not more then
            if why == "interrupt" then return "" end
            return source, "bad", a
        end
        source = source .. "\n" .. more
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
    rawset(_G, "_", values[1])
    if ends_with_semicolon(source) then return end
    io.stdout:write(show.results(values, self.terminal.width(), self.view), "\n")
end

-- Errors of the library quote the user's line: they learn here what was typed, before they are turned into text.
function Session:tell_texts()
    local errors = package.loaded["cnn.errors"]
    if errors then errors.chunk_text = function(source) return self.texts[source] end end
end

function Session:complain(message)
    message = habits.explain(message, self.texts["=" .. (message:match("^input %d+") or "")])
    io.stderr:write(self.colourful_errors and require("shell.colour").error(message) or message, "\n")
end

function Session:run(source, chunk, rescue)
    local function on_error()
        self:tell_texts()
        rescue()
    end
    local ok, message = self.terminal.guarded(on_error, function()
        self:print(table.pack(chunk()), source)
    end)
    io.stdout:flush()
    if not ok then self:complain(message) end
end

-- One statement. Returns whether there may be another.
function Session:step()
    local core = package.loaded["cnn.core"]
    if core and core.safe_point then core.safe_point() end -- what the last statement left is garbage now
    local name = "=input " .. self.number
    local source, state, a, b = self:read(name)
    if not source then return false end
    if not source:find("%S") then return true end
    self.history:add((source:gsub("%s+$", "")))
    self.texts[name], self.texts["=input " .. self.number - KEPT_TEXTS] = source, nil
    self.number = self.number + 1
    if state == "chunk" then
        self:run(source, a, b)
    elseif state == "bad" then
        self:complain(a)
    else
        local name = source:match("^%s*%?+%s*(.-)%s*$")
        io.stdout:write(help.text(name, self.env, self.terminal.width()), "\n")
    end
    return true
end

local M = {}

function M.new(terminal)
    local self = setmetatable({ terminal = terminal, number = 1, texts = {} }, Session)
    self.env = setmetatable({}, { __index = _G, __newindex = _G })
    self.history = history.open(terminal)
    if self.history.warning then io.stderr:write("cnnsh: ", self.history.warning, "\n") end
    self.view = {}
    self.view.colourful, self.colourful_errors = terminal.colours()
    if self.view.colourful then
        terminal.set_painter(function(line) return require("shell.colour").letters(line, self.typed) end)
    end
    terminal.set_completer(function(line, start)
        return require("shell.complete").words(line, start, self.env)
    end)
    return self
end

return M
