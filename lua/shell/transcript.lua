-- SPDX-License-Identifier: MIT
-- Pasted transcripts: lines with a prompt before them lose it, the results between them go.
--
-- Known are our own prompts (also the user's), Lua's and Torch's, IPython's and Python's. A paste of several statements
-- becomes a list of them, since each printed its value when it was typed.
local M = {}

local FIRST = { "^>>> ?", "^>%f[^>] ?", "^cnn> ?", "^th> ?", "^In %[%d+%]: ?", "^lua> ?" }
local NEXT = { "^>>%f[^>] ?", "^%.%.> ?", "^%s*%.%.%.+: ?", "^%.%.%. ?" }

local function without(line, patterns)
    for _, pattern in ipairs(patterns) do
        local _, last = line:find(pattern)
        if last then return line:sub(last + 1) end
    end
end

local function literal(text)
    return text and text:find("%S") and { "^" .. text:gsub("%s+$", ""):gsub("%p", "%%%0"):gsub("%d+", "%%d+") .. " ?" }
end

--- The statements of a transcript, or nil where `source` is none. `prompt` and `prompt2` are those of the session.
function M.statements(source, prompt, prompt2)
    local own, own2 = literal(prompt), literal(prompt2)
    local function first(line) return without(line, FIRST) or own and without(line, own) end
    local function following(line) return without(line, NEXT) or own2 and without(line, own2) end
    if not first(source:match("^%s*([^\n]*)")) then return nil end
    local list, open = {}, false
    for line in (source:gsub("^%s+", "") .. "\n"):gmatch("([^\n]*)\n") do
        local more = open and following(line) -- ">> x" is no statement "> x" after "> "
        local text = not more and first(line)
        if more then
            list[#list] = list[#list] .. "\n" .. more
        elseif text then
            list[#list + 1] = text
        end
        open = more ~= nil and more ~= false or text ~= nil and text ~= false
    end
    for i = #list, 1, -1 do
        if not list[i]:find("%S") then table.remove(list, i) end
    end
    return list
end

return M
