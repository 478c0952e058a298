-- SPDX-License-Identifier: MIT
-- %lsmagic: all commands, each with what it does.
local M = {}

-- Broken between words; what continues is indented.
local function wrapped(text, width)
    local out, line = {}, ""
    for word in text:gmatch("%S+") do
        if line ~= "" and #line + 1 + #word > width then
            out[#out + 1], line = line, "    " .. word
        else
            line = line == "" and word or line .. " " .. word
        end
    end
    out[#out + 1] = line
    return table.concat(out, "\n")
end

function M.lsmagic(session)
    local width = session.terminal.width()
    for _, entry in ipairs(require("shell.commands").all()) do
        local head = ("%%%s %s"):format(entry.name, entry.arguments):gsub("%s+$", "")
        local line = ("%-26s %s"):format(head, entry.doc)
        if #head > 25 or #line > width then line = wrapped(head, width) .. "\n    " .. wrapped(entry.doc, width - 4) end
        io.stdout:write(line, "\n")
    end
    io.stdout:write(wrapped("!command runs a command of the system, x = !command keeps its lines; ?name is help", width), "\n")
end

return M
