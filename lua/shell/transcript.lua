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

-- What programs say of themselves before their first prompt, and the command that started them.
local BANNERS = { "^Lua %d", "^cnnsh %d", "^Python %d", "^Torch ", "^[%w@:~/.-]*[$#] *%S*lua", "^[%w@:~/.-]*[$#] *%S*cnnsh",
    "^[%w@:~/.-]*[$#] *%S*python" }

-- A prompt of the session's: with other digits, and not as the beginning of a longer one (">>" of ">>>").
local function literal(text)
    text = text and text:match("^(.-)%s*$")
    if not text or text == "" then return nil end
    local last = text:match("%p$")
    return { "^" .. text:gsub("%p", "%%%0"):gsub("%d+", "%%d+") .. (last and "%f[^%" .. last .. "]" or "") .. " ?" }
end

-- The source from its first prompt on, where a banner stands before it.
local function without_banner(source, first)
    local line = source:match("^%s*([^\n]*)\n")
    for _, banner in ipairs(BANNERS) do
        if line and line:find(banner) then
            for at in source:gmatch("\n()") do
                if first(source:match("^[^\n]*", at)) then return source:sub(at) end
            end
        end
    end
    return source
end

--- The statements of a transcript, or nil where `source` is none. `prompt` and `prompt2` are those of the session.
function M.statements(source, prompt, prompt2)
    local own, own2 = literal(prompt), literal(prompt2)
    local function first(line) return without(line, FIRST) or own and without(line, own) end
    local function following(line) return without(line, NEXT) or own2 and without(line, own2) end
    source = without_banner(source, first)
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
