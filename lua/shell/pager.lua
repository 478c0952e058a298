-- SPDX-License-Identifier: MIT
-- Long texts: through $PAGER, or less, where there is a terminal that they do not fit on; otherwise printed.
local columns = require "shell.columns"

local M = {}

local function lines(text, width)
    local count = 0
    for line in (text .. "\n"):gmatch("([^\n]*)\n") do
        count = count + math.max(1, math.ceil(columns(line) / width))
    end
    return count
end

-- os.execute leaves Ctrl-C to the program it runs, and the pager may read the file as it likes.
local function paged(text)
    local pager = os.getenv("PAGER")
    if not pager or pager == "" then pager = os.getenv("LESS") and "less" or "less -R" end
    local path = os.tmpname()
    local file = io.open(path, "w")
    if not file then return false end
    file:write(text, "\n")
    file:close()
    local _, how, status = os.execute(pager .. " <" .. path)
    os.remove(path)
    return not (how == "exit" and (status == 126 or status == 127)) -- there is no such program
end

--- Shows a text that ends without a newline; `terminal` has width, rows and is_terminal.
function M.show(text, terminal)
    io.stdout:flush()
    if terminal.is_terminal() and lines(text, terminal.width()) >= terminal.rows() and paged(text) then return end
    io.stdout:write(text, "\n")
end

return M
