-- SPDX-License-Identifier: MIT
-- %lsmagic: all commands, each with what it does.
local M = {}

function M.lsmagic(session)
    local width = session.terminal.width()
    for _, entry in ipairs(require("shell.commands").all()) do
        local head = ("%%%s %s"):format(entry.name, entry.arguments):gsub("%s+$", "")
        local line = ("%-26s %s"):format(head, entry.doc)
        if #head > 25 or #line > width then line = head .. "\n    " .. entry.doc end
        io.stdout:write(line, "\n")
    end
    io.stdout:write("!command runs a command of the system, x = !command keeps its lines; ?name is help\n")
end

return M
