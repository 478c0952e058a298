-- SPDX-License-Identifier: MIT
-- What was typed, kept across sessions in $XDG_STATE_HOME/cnnsh/history (by default below ~/.local/state).
--
-- One line per statement, however many lines that has: a newline is written \n, a backslash \\. A statement is appended
-- before it runs, in one write, so a crash loses nothing and several shells at once lose nothing of each other. The
-- file is only read when a session starts, the newest part of it.
local M = {}

local READ_BYTES = 1 << 20

local ESCAPED = { ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r" }
local PLAIN = { ["\\\\"] = "\\", ["\\n"] = "\n", ["\\r"] = "\r" }

function M.escape(entry) return (entry:gsub("[\\\n\r]", ESCAPED)) end
function M.unescape(line) return (line:gsub("\\[\\nr]", PLAIN)) end

local function folder()
    local state, home = os.getenv("XDG_STATE_HOME"), os.getenv("HOME")
    if state and state:sub(1, 1) == "/" then return state .. "/cnnsh" end -- the standard ignores relative ones
    return home and home ~= "" and home .. "/.local/state/cnnsh" or nil
end

-- The entries of an open file, oldest first.
local function entries(file)
    local size = file:seek("end")
    file:seek("set", math.max(0, size - READ_BYTES))
    if size > READ_BYTES then file:read("l") end -- the rest of a line that was cut
    return file:lines()
end

--- Iterates over the entries of all sessions, oldest first; none where there is no file.
function M.all(path)
    local file = path and io.open(path, "r")
    if not file then return function() end end
    local next_line = entries(file)
    return function()
        local line = next_line()
        if line then return M.unescape(line) end
        file:close()
        next_line = function() end
    end
end

local History = {}
History.__index = History

-- The history of this session; `terminal` has remember, append and make_folder. Where it can't be written, history.warning
-- is one sentence that says so and the session does without.
function M.open(terminal)
    local self = setmetatable({ terminal = terminal }, History)
    local where = folder()
    if not where then
        self.warning = "history is not kept: neither XDG_STATE_HOME nor HOME is set"
        return self
    end
    local path = where .. "/history"
    local file = io.open(path, "r")
    if file then
        for line in entries(file) do
            self.last = M.unescape(line)
            terminal.remember(self.last)
        end
        file:close()
    end
    local ok, why = terminal.make_folder(where)
    if ok then ok, why = terminal.append(path, "") end
    if ok then self.path = path else self.warning = ("history is not kept: %s: %s"):format(path, why) end
    return self
end

function History:add(entry)
    if entry == self.last then return end
    self.last = entry
    self.terminal.remember(entry)
    if not self.path then return end
    local ok, why = self.terminal.append(self.path, M.escape(entry) .. "\n")
    if ok then return end
    io.stderr:write(("cnnsh: history is no longer kept: %s: %s\n"):format(self.path, why))
    self.path = nil
end

return M
