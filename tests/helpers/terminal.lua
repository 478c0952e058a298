-- SPDX-License-Identifier: MIT
-- Typing at a program in a pseudo-terminal, for the tests of the prompt.
--
--     local t <close> = terminal.start{"./cnnsh", state=folder}   waits for the first prompt
--     t:enter("1 + 1")        types a line, waits for the next prompt, returns what was printed between
--     t:send("abc\3")         types without waiting       t:expect("text")   waits for it, returns what came before
--     t:ends()                waits for the end, returns the exit status or nil and the signal
--
-- What comes from the terminal is stripped of escape sequences first. Waiting ends after some seconds with an error that
-- shows what did come: no test depends on how fast the machine is.
package.cpath = (os.getenv("CNN_BUILD") or "build") .. "/tests/?.so;" .. package.cpath
local pty = require "pty"
local check = require "check"

local PATIENCE = 20 -- seconds; reached only by a failing test

local M = {}
local Terminal = {}
Terminal.__index = Terminal

-- The program under test is the one that runs the tests.
M.program = arg and arg[-1] or "./cnnsh"

local function plain(text)
    return (text:gsub("\27%[[%d;?]*[%a@]", ""):gsub("\27[=>]", ""):gsub("[\r\7]", ""))
end

-- Starts the program in a list of words, or the prompt where there are none. Options: state (a folder for the history;
-- a fresh one without it), env, rows, columns, prompt (what to wait for; false: nothing). Colours are off unless
-- env.NO_COLOR is false.
function M.start(options)
    options = options or {}
    local words = { table.unpack(options) }
    if #words == 0 then words[1] = M.program end
    words.rows, words.columns = options.rows, options.columns
    local state = options.state or M.folder() -- also where the start-up file would be
    words.env = { XDG_STATE_HOME = state, XDG_CONFIG_HOME = state, PAGER = "cat", TERM = "xterm",
        INPUTRC = "/dev/null", LUA_INIT = false, LC_ALL = "C.UTF-8", NO_COLOR = "1" }
    for name, value in pairs(options.env or {}) do words.env[name] = value end
    local self = setmetatable({ session = pty.spawn(words), pending = "", log = "" }, Terminal)
    if options.prompt ~= false then self:expect(options.prompt or "> ") end
    return self
end

-- A fresh folder, removed when the tests end.
function M.folder()
    local path = check.temp()
    os.remove(path)
    assert(os.execute("mkdir -p " .. path))
    return path
end

function Terminal:send(text)
    self.session:write(text)
end

-- Waits until `text` has come (plain, after what was expected before); returns what came before it.
function Terminal:expect(text, seconds)
    local deadline = os.time() + (seconds or PATIENCE)
    while true do
        local seen = plain(self.pending)
        local first, last = seen:find(text, 1, true)
        if first then
            self.pending = seen:sub(last + 1)
            return seen:sub(1, first - 1)
        end
        local more = self.session:read(0.1)
        if more == nil then check.fail("the program ended before %q; last came:\n%s", text, plain(self.log)) end
        if os.time() > deadline then check.fail("%q did not come; instead:\n%s", text, plain(self.log)) end
        self.pending, self.log = self.pending .. more, (self.log .. more):sub(-4000)
    end
end

-- Types a line; returns what was printed until the next prompt, without the echo.
function Terminal:enter(line, prompt)
    self:send(line .. "\r")
    self:expect((line:gsub("\t.*", "")))
    local printed = self:expect(prompt or "\n> ")
    return (printed:gsub("^[^\n]*\n", "")) -- the rest of the echo
end

-- Waits for the end of the program; returns its exit status, or nil and the signal, and what was printed last.
function Terminal:ends()
    local rest = ""
    local deadline = os.time() + PATIENCE
    while os.time() <= deadline do
        local more = self.session:read(0.1)
        if not more then break end
        rest = rest .. more
    end
    local status, signal = self.session:wait(PATIENCE)
    if not status and not signal then check.fail("the program is still running; last came:\n%s", plain(self.log .. rest)) end
    return status, signal, plain(self.pending .. rest)
end

function Terminal:close()
    self.session:close()
end
Terminal.__close = Terminal.close

return M
