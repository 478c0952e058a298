-- SPDX-License-Identifier: MIT
-- %xmode: how much is shown of an error.
local settings = require "shell.settings"

local M = {}

local MODES = { "minimal", "plain", "context", "full" }

function M.xmode(_, mode)
    mode = mode:lower()
    if mode == "verbose" then mode = "full" end -- IPython's name for it
    for i, name in ipairs(MODES) do
        if mode == "" and name == settings.xmode then
            mode = MODES[i % #MODES + 1]
            break
        end
    end
    for _, name in ipairs(MODES) do
        if name == mode then
            settings.xmode = mode
            io.stdout:write("errors are shown in mode ", mode, "\n")
            return
        end
    end
    error(("%%xmode is one of %s; it is %s"):format(table.concat(MODES, ", "), settings.xmode), 0)
end

return M
