-- SPDX-License-Identifier: MIT
-- A line with ?? in it, as an exercise leaves its blanks: says what has to be filled in, and where.
--
-- Only the text and the descriptions of functions are looked at; nothing is run.
local lex = require "shell.lex"
local names = require "shell.names"

local M = {}

-- The positions of ?? in a list of tokens, each the index of its first token.
local function blanks(tokens)
    local list, i = {}, 1
    while i < #tokens do
        local a, b = tokens[i], tokens[i + 1]
        if a.text == "?" and b.text == "?" and b.first == a.last + 1 then
            list[#list + 1] = i
            i = i + 1
        end
        i = i + 1
    end
    return list
end

-- The bracket that is open before token `at`, and how many commas of its own come between.
local function opening(tokens, at)
    local depth, commas = 0, 0
    for i = at - 1, 1, -1 do
        local text = tokens[i].kind == "symbol" and tokens[i].text
        if text == ")" or text == "}" or text == "]" then depth = depth + 1 end
        if text == "(" or text == "{" or text == "[" then
            if depth == 0 then return i, commas end
            depth = depth - 1
        end
        if text == "," and depth == 0 then commas = commas + 1 end
    end
end

-- The path that ends before token `at`: nn.Conv2d
local function path_before(tokens, at)
    local path = ""
    for i = at - 1, 1, -1 do
        local token = tokens[i]
        local expected = path == "" or path:find("^[.:]")
        if not (expected and token.kind == "name" or not expected and (token.text == "." or token.text == ":")) then break end
        path = token.text .. path
    end
    return path
end

-- The description of a function with this name or ending: a script has its own names for the library's parts.
local function by_ending(signature, path)
    local ending = path:match("([%w_]+[.:][%w_]+)$") or path
    for full, sig in signature.all() do
        if full == ending or full:sub(-#ending - 1) == "." .. ending then return sig end
    end
end

local function signature_of(path, env)
    local ok, signature = pcall(require, "cnn.signature")
    if not ok or path == "" then return nil end
    local value = names.resolve(path, env)
    if type(value) == "table" then value = names.field(value, "init") end
    if value ~= nil then return type(value) == "function" and signature.of(value) or nil end
    pcall(function() return require("cnn").nn end)
    return by_ending(signature, path)
end

local function name_of(tokens, at, env)
    local before = tokens[at - 1]
    if before and before.text == "=" and tokens[at - 2] and tokens[at - 2].kind == "name" then return tokens[at - 2].text end
    local open, commas = opening(tokens, at)
    if not open then return "a value" end
    local sig = signature_of(path_before(tokens, open), env)
    local param = sig and sig.params[commas + 1]
    return param and param.name or ("argument %d"):format(commas + 1)
end

-- Each line that has blanks, with marks below them; at most LINES.
local LINES = 5

local function marked(source, positions)
    local out, first, count = {}, 1, 0
    for line in (source .. "\n"):gmatch("([^\n]*)\n") do
        local marks = ""
        for _, at in ipairs(positions) do
            if at >= first and at < first + #line then
                local columns = utf8.len(line:sub(1, at - first)) or at - first
                marks = marks .. (" "):rep(columns - #marks) .. "^^"
            end
        end
        if marks ~= "" then
            count = count + 1
            if count <= LINES then out[#out + 1] = "  " .. line:gsub("[\t\r]", " ") .. "\n  " .. marks end
        end
        first = first + #line + 1
    end
    return table.concat(out, "\n")
end

--- What is to be filled in, or nil where `source` has no blank. `env` is where names are looked up.
function M.explain(source, env)
    if not source:find("??", 1, true) then return nil end
    local tokens, wanted, positions = {}, {}, {}
    for _, token in ipairs(lex.tokens(source)) do
        if token.kind ~= "comment" then tokens[#tokens + 1] = token end
    end
    for i, at in ipairs(blanks(tokens)) do
        wanted[i], positions[i] = name_of(tokens, at, env), tokens[at].first
    end
    if #wanted == 0 then return nil end
    return ("fill in the ?? : %s\n%s"):format(table.concat(wanted, ", "), marked(source, positions))
end

return M
