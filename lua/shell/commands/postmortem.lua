-- SPDX-License-Identifier: MIT
-- %debug: looks around in the frames of the last error, innermost first. %pdb on: by itself after each error.
--
-- The frames were copied when the error was raised (failure.lua): their locals can be read by name, and whatever is
-- typed is evaluated with them, with the function's own upvalues and with the globals. An assignment to a local changes
-- the copy alone, since the function does not run any more.
local failure = require "shell.failure"
local settings = require "shell.settings"
local show = require "shell.show"

local M = {}

local HELP = [[
u, up      to the caller                d, down    back towards the error
l, list    the lines around             ll         the whole function
w, where   all frames                   a, args    the locals by name
p EXPR     prints a value               q, quit    back to the prompt
anything else is run in the frame]]

local Debugger = {}
Debugger.__index = Debugger

-- The names of a frame: its locals, then the function's upvalues, then the globals it had.
local function environment(frame)
    if frame.env then return frame.env end
    local upvalues, globals = {}, _G
    for i = 1, 255 do
        local name, value = debug.getupvalue(frame.func, i)
        if not name then break end
        if name == "_ENV" then globals = value elseif name ~= "" then upvalues[name] = i end
    end
    local env = {}
    for name, v in next, frame.locals or {} do env[name] = v[1] end
    frame.env = setmetatable(env, {
        __index = function(_, name)
            if frame.locals and frame.locals[name] then return nil end
            if upvalues[name] then return (select(2, debug.getupvalue(frame.func, upvalues[name]))) end
            return globals[name]
        end,
        __newindex = function(_, name, value)
            if frame.locals and frame.locals[name] then
                rawset(env, name, value)
            elseif upvalues[name] then
                debug.setupvalue(frame.func, upvalues[name], value)
            else
                globals[name] = value
            end
        end,
    })
    return frame.env
end

function Debugger:say(text)
    io.stdout:write(text, "\n")
end

-- Lines first … last of the frame's source with their numbers, the current one marked.
function Debugger:listing(first, last)
    local frame = self.frames[self.at]
    local text = failure.text(frame.source)
    if not text then return self:say("the source is not at hand") end
    for number = math.max(first, 1), last do
        local line = failure.line(text, number)
        if not line then break end
        self:say(("%5d%s %s"):format(number, number == frame.line and "->" or "  ", line))
    end
end

function Debugger:show_frame()
    local frame = self.frames[self.at]
    self:say("> " .. failure.title(frame))
    local source = failure.source(frame, "  ")
    if source then self:say(source) end
end

function Debugger:move(by)
    local to = self.at + by
    if not self.frames[to] then return self:say(by > 0 and "this is the outermost frame" or "this is the innermost frame") end
    self.at = to
    self:show_frame()
end

function Debugger:locals()
    local frame = self.frames[self.at]
    if not frame.order or #frame.order == 0 then return self:say("this frame has no locals") end
    local env = environment(frame)
    for _, name in ipairs(frame.order) do
        local text = show.value(rawget(env, name), self.terminal.width() - #name - 3)
        self:say(("%s = %s"):format(name, text:gsub("\n", "\n" .. (" "):rep(#name + 3))))
    end
end

function Debugger:where()
    for i = #self.frames, 1, -1 do
        self:say((i == self.at and "> " or "  ") .. failure.title(self.frames[i]))
        local source = failure.source(self.frames[i], "      ")
        if source then self:say(source) end
    end
end

-- Runs code with the frame's names; returns nothing. What goes wrong is one line.
function Debugger:evaluate(code, name)
    local env = environment(self.frames[self.at])
    local chunk, message = load("return " .. code, "=debug", "t", env)
    if not chunk and name ~= "p" then chunk, message = load(code, "=debug", "t", env) end
    local ok = chunk ~= nil
    local keep = failure.keep
    failure.keep = false -- the error that is looked at stays the last one
    if ok then
        ok, message = self.terminal.guarded(function() end, function()
            local values = table.pack(chunk())
            if values.n > 0 then self:say(show.results(values, self.terminal.width())) end
        end)
    end
    failure.keep = keep
    if not ok then self:say("*** " .. message) end
end

local ACTIONS = {
    u = function(self) self:move(1) end,
    d = function(self) self:move(-1) end,
    l = function(self)
        local line = self.frames[self.at].line
        self:listing(line - 5, line + 5)
    end,
    ll = function(self)
        local frame = self.frames[self.at]
        local first, last = frame.first, frame.last
        if first <= 0 then first, last = 1, math.huge end -- a main chunk
        self:listing(first, last)
    end,
    w = function(self) self:where() end,
    a = function(self) self:locals() end,
    h = function(self) self:say(HELP) end,
    q = function(self) self.done = true end,
}
for long, short in pairs { up = "u", down = "d", list = "l", where = "w", bt = "w", args = "a", locals = "a", help = "h",
    ["?"] = "h", quit = "q", exit = "q" } do ACTIONS[long] = ACTIONS[short] end

function Debugger:command(line)
    local word, rest = line:match("^%s*(%S*)%s*(.-)%s*$")
    local code = word == "p" and rest or word == "pp" and rest or word:sub(1, 1) == "!" and line:match("^%s*!(.*)$")
    if code then return code ~= "" and self:evaluate(code, word:sub(1, 1)) end
    local action = rest == "" and ACTIONS[word]
    if action then return action(self) end
    self:evaluate(line)
end

-- An empty line repeats the last command, as debuggers do.
function Debugger:loop(session)
    local before = "h"
    while not self.done do
        session.completion_env = environment(self.frames[self.at])
        local line, why = self.terminal.read_line("debug> ")
        if not line and why == "end" then break end
        if line and not line:find("%S") then line = before end
        if line then
            before = line
            self:command(line)
            io.stdout:flush()
        end
    end
end

--- `again` where the message has just been shown.
function M.debug(session, _, again)
    local last = failure.last
    if not last then error("there is no error to look at", 0) end
    last.seen = true
    local self = setmetatable({ frames = {}, at = 1, terminal = session.terminal }, Debugger)
    for _, frame in ipairs(last.frames) do
        if frame.what ~= "C" then self.frames[#self.frames + 1] = frame end
    end
    if not again then io.stdout:write(last.message, "\n") end
    self:show_frame()
    local ok, message = pcall(self.loop, self, session)
    session.completion_env = nil
    if not ok then error(message, 0) end
end

--- %pdb: whether that comes by itself after an error.
function M.pdb(_, text)
    local wanted = ({ on = true, ["1"] = true, off = false, ["0"] = false, [""] = not settings.pdb })[text:lower()]
    if wanted == nil then error("%pdb is on or off; without a word it changes", 0) end
    settings.pdb = wanted
    io.stdout:write(("the debugger %s after an error\n"):format(wanted and "comes by itself" or "waits for %debug"))
end

return M
