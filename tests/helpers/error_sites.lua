-- SPDX-License-Identifier: MIT
-- Which error messages no test provokes: `make error-sites`.
--
--   cnnsh tests/helpers/error_sites.lua LOG
--
-- A test run with CNN_ERROR_LOG=LOG appends the text of every error that it meets (tests/check.lua). Here the places that
-- raise errors are found in the sources by their calls, each message's format becomes a pattern, and the places whose
-- pattern matches no line of the log are listed. What only the programs in tests/c provoke is listed too, as are
-- places that nobody can reach without failing hardware: the list is to be read, not to be empty.
local lex = require "shell.lex"

local root = (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/../.."

local function read(path)
    local file = assert(io.open(path, "rb"))
    local text = file:read("a")
    file:close()
    return text
end

local function files(folders, ending)
    local list, pipe = {}, assert(io.popen(("cd %s && find %s -name '*.%s' | LC_ALL=C sort"):format(root, folders, ending)))
    for path in pipe:lines() do list[#list + 1] = path end
    pipe:close()
    return list
end

-- ---- formats ---------------------------------------------------------------------------------------------------------------

-- "needs %lld; got %s" as a pattern; nil where it says nothing by itself. Line ends become \n as in the log.
local function pattern_of(format)
    local words = format:gsub("%%%%", "\0"):gsub("%%[%-%d%.l]*%a", "\1"):gsub("%%%d?%.?%d?%a", "\1")
    if #words:gsub("[%z\1%s%p]", "") < 4 then return nil end
    return (words:gsub("[%^%$%(%)%%%.%[%]%*%+%-%?]", "%%%0"):gsub("\1", ".-"):gsub("%z", "%%%%"))
end

local escapes = { n = "\\n", ["\\"] = "\\", ['"'] = '"', t = "\t" }
local function unescaped(literal)
    return (literal:gsub("\\(.)", escapes))
end

-- ---- places in C -------------------------------------------------------------------------------------------------------------

-- The place of the format among the arguments of a call.
local FORMAT_AT = { cnn_fail = 3, cnn_json_fail = 3, entry_fail = 4, binding_fail = 4, binding_fail_fix = 5 }

-- The argument `wanted` of the call whose "(" is at `at`, if it is made of string literals alone.
local function literal_argument(text, at, wanted)
    local depth, number, parts, i = 0, 1, {}, at
    while i <= #text do
        local c = text:sub(i, i)
        if c == '"' then
            local last = i + 1
            while text:sub(last, last) ~= '"' do last = last + (text:sub(last, last) == "\\" and 2 or 1) end
            if number == wanted and depth == 1 then parts[#parts + 1] = text:sub(i + 1, last - 1) end
            i = last
        elseif c == "(" or c == "{" then
            depth = depth + 1
        elseif c == ")" or c == "}" then
            depth = depth - 1
            if depth == 0 then break end
        elseif c == "," and depth == 1 then
            number = number + 1
        elseif number == wanted and depth == 1 and c:find("[%w_?]") then
            return nil
        end
        i = i + 1
    end
    return #parts > 0 and unescaped(table.concat(parts)) or nil
end

local function line_at(text, position)
    local _, count = text:sub(1, position):gsub("\n", "")
    return count + 1
end

local function places_in_c(list)
    for _, path in ipairs(files("core lua/binding", "c")) do
        local text = read(root .. "/" .. path)
        for start, name, at in text:gmatch("()([%l_]+)()%(") do
            local format = FORMAT_AT[name] and literal_argument(text, at, FORMAT_AT[name])
            local pattern = format and pattern_of(format)
            if pattern then list[#list + 1] = { path = path, line = line_at(text, start), format = format, pattern = pattern } end
        end
    end
end

-- ---- places in Lua -----------------------------------------------------------------------------------------------------------

local KINDS = { shape = true, type = true, value = true, memory = true, file = true, device = true, interrupted = true }

-- The text of a string token without its quotes.
local function content(token)
    return token.text:match('^"(.*)"$') or token.text:match("^'(.*)'$") or token.text:match("^%[%[(.*)%]%]$")
end

-- The first string of a call that can be its message: behind `text =` where there is one, and no kind.
local function message_of(tokens, i)
    local depth, found = 0, nil
    for j = i, #tokens do
        local token = tokens[j]
        if token.text:find("^[%(%[{]$") then depth = depth + 1
        elseif token.text:find("^[%)%]}]$") then depth = depth - 1 end
        if depth == 0 then break end
        local words = token.kind == "string" and content(token)
        if token.text == "text" and tokens[j + 1] and tokens[j + 1].text == "=" then found = nil end
        local named = tokens[j - 1].text == "=" and tokens[j - 2].text ~= "text" and tokens[j - 2].kind == "name"
        if words and not found and not named and not KINDS[words] and words:find("%s") then found = unescaped(words) end
    end
    return found
end

local function places_in_lua(list)
    for _, path in ipairs(files("lua/cnn", "lua")) do
        local text = read(root .. "/" .. path)
        local tokens = lex.tokens(text)
        for i, token in ipairs(tokens) do
            local calls = (token.text == "fail" or token.text == "raise" or token.text == "fail_with") and tokens[i + 1]
                and tokens[i + 1].text:find("^[%({]") and tokens[i - 1] and tokens[i - 1].text ~= "function"
            local format = calls and message_of(tokens, i + 1)
            local pattern = format and pattern_of(format)
            if pattern then list[#list + 1] = { path = path, line = line_at(text, token.first), format = format, pattern = pattern } end
        end
    end
end

-- ---- the list ------------------------------------------------------------------------------------------------------------------

local function log_lines(path)
    local seen, list = {}, {}
    for line in io.lines(path) do
        if not seen[line] then
            seen[line] = true
            list[#list + 1] = line
        end
    end
    return list
end

local places, met = {}, log_lines(assert(arg[1], "usage: cnnsh tests/helpers/error_sites.lua LOG"))
places_in_c(places)
places_in_lua(places)
local missing = 0
for _, place in ipairs(places) do
    local provoked = false
    for i = 1, #met do
        if met[i]:find(place.pattern) then provoked = true break end
    end
    if not provoked then
        missing = missing + 1
        print(("%s:%d: %s"):format(place.path, place.line, place.format))
    end
end
print(("%d of %d messages are provoked by the tests that ran; %d different texts were seen"):format(
    #places - missing, #places, #met))
