-- SPDX-License-Identifier: MIT
-- `?name` at the prompt: the description of a function, as its signature has it; where no name fits, the names that
-- contain the text.
local names = require "shell.names"

local M = {}

local GENERAL = [[
?name    what a function takes and does: ?nn.Conv2d, ?net.fc
?text    functions whose name contains the text
x        prints x;   x; does not;   _ is the last value
Tab      completes
Up       what was typed before, beginning like this line
Ctrl-R   searches anywhere in what was typed
Ctrl-C   stops what is running, or clears the line
Ctrl-D   leaves]]

local SHOWN = 30 -- names found by a search

local function argument_line(param, width)
    local notes = {}
    if param.default == nil and not param.optional then notes[1] = "required" end
    if param.optional then notes[1] = "optional" end
    if param.doc then notes[#notes + 1] = param.doc end
    return ("  %-" .. width .. "s  %-8s %s"):format(param.name, param.type, table.concat(notes, "; "))
end

local function indented(text)
    return "  " .. text:gsub("\n(.)", "\n  %1")
end

-- The description of one function.
local function describe(signature, sig)
    local lines, width = { signature.line(sig) .. (sig.returns and " → " .. sig.returns or "") }, 0
    if sig.doc then lines[#lines + 1] = indented(sig.doc) end
    for _, param in ipairs(sig.params) do width = math.max(width, #param.name) end
    if #sig.params > 0 then lines[#lines + 1] = "arguments" end
    for _, param in ipairs(sig.params) do lines[#lines + 1] = argument_line(param, width):gsub("%s+$", "") end
    if sig.shape then lines[#lines + 1] = "shape\n" .. indented(sig.shape) end
    if sig.example then lines[#lines + 1] = "example\n" .. indented(sig.example) end
    if sig.see then lines[#lines + 1] = "see also\n  " .. table.concat(sig.see, ", ") end
    return table.concat(lines, "\n")
end

-- Descriptions whose name is `name`, or ends in it after a dot: `?Conv2d` finds nn.Conv2d.
local function by_name(signature, name)
    local whole, ending
    for full, sig in signature.all() do
        if full == name or full == "cnn." .. name then whole = whole or sig end
        if full:sub(-#name - 1) == "." .. name then ending = ending or sig end
    end
    return whole or ending
end

local function search(signature, text)
    local found, wanted = {}, text:lower()
    for full in signature.all() do
        if full:lower():find(wanted, 1, true) then found[#found + 1] = full end
    end
    table.sort(found)
    local hidden = #found - SHOWN
    if #found == 0 then return ("no help for '%s'; ?text searches the names of functions"):format(text) end
    local list = table.concat(found, "\n  ", 1, math.min(#found, SHOWN))
    return ("no function is called '%s'; these contain it:\n  %s%s"):format(text, list,
        hidden > 0 and ("\n  … and %d more"):format(hidden) or "")
end

-- The description behind a value: of a function, of a class (its init), of an instance (its class).
local function of_value(signature, value)
    if type(value) == "function" then return signature.of(value) end
    if type(value) == "table" then return signature.of(names.field(value, "init")) end
end

function M.text(name, env)
    name = name:gsub(":", "."):gsub("%(%s*%)$", "")
    if name == "" then return GENERAL end
    names.global("cnn", env) -- loads the library: the descriptions come with it
    local ok, signature = pcall(require, "cnn.signature")
    if not ok then return "no help: the library could not be loaded:\n" .. indented(tostring(signature)) end
    local value = names.resolve(name, env)
    local sig = value ~= nil and of_value(signature, value) or by_name(signature, name)
    return sig and describe(signature, sig) or search(signature, name)
end

return M
