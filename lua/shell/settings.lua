-- SPDX-License-Identifier: MIT
-- What a user may set in ~/.config/cnnsh/init.lua, or at the prompt: fields of require "shell.settings".
--
-- That file (below $XDG_CONFIG_HOME where that is set) is a Lua script, run in the session's globals before the first
-- prompt; -E leaves it out. The two prompts are globals, as in Lua's own shell: _PROMPT and _PROMPT2, a text, or a
-- function that is given the input's number and returns the text.
local settings = {
    results_bytes = 64 << 20, -- what _, __ and _1 … may keep alive together
    new_globals = true,       -- say once when a function assigns a global that nobody has declared
    xmode = "context",        -- what is shown of an error: "minimal" "plain" "context" "full"; %xmode sets it
    pdb = false,              -- %debug by itself after an error; %pdb sets it
}

--- The path of the start-up file, or nil where neither XDG_CONFIG_HOME nor HOME is set.
function settings.path()
    local config, home = os.getenv("XDG_CONFIG_HOME"), os.getenv("HOME")
    if config and config:sub(1, 1) == "/" then return config .. "/cnnsh/init.lua" end -- the standard ignores relative ones
    return home and home ~= "" and home .. "/.config/cnnsh/init.lua" or nil
end

return settings
