-- SPDX-License-Identifier: MIT
-- A line with ?, ?? or ??? in it, as an exercise leaves its blanks: says what has to be filled in, and where.
--
-- Only the text and the descriptions of functions are looked at; nothing is run.
local columns = require "shell.columns"
local lex = require "shell.lex"
local names = require "shell.names"

local M = {}

-- May a value follow this token? Not behind a value: 1 ? 2 : 3 has no blank.
local function is_place(before)
    return before ~= nil and (before.kind == "symbol" and not before.text:find("^[%)%]}?]") or before.kind == "keyword")
end

-- The positions of blanks in a list of tokens: each a list of its tokens' indices. Several question marks in a row are one.
local function blanks(tokens)
    local list = {}
    for i, token in ipairs(tokens) do
        local before = tokens[i - 1]
        local follows = before and before.text == "?" and before.last + 1 == token.first
        if token.text == "?" and not follows and (is_place(before) or tokens[i + 1] and tokens[i + 1].text == "?") then
            list[#list + 1] = i
        end
    end
    return list
end

-- How many question marks the blank at token `at` has.
local function length(tokens, at)
    local last = at
    while tokens[last + 1] and tokens[last + 1].text == "?" and tokens[last + 1].first == tokens[last].last + 1 do last = last + 1 end
    return last - at + 1
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
    path = path:gsub("^torch%.", "cnn.")
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
    local first, param = sig and sig.params[1], sig and sig.params[commas + 1]
    if first and first.type == "sizes" then return ("size %d"):format(commas + 1) end
    return param and param.name or ("argument %d"):format(commas + 1)
end

-- Each line that has blanks, with marks below them; at most LINES.
local LINES = 5

local function marked(source, positions)
    local out, first, count = {}, 1, 0
    for line in (source .. "\n"):gmatch("([^\n]*)\n") do
        local marks = ""
        for _, blank in ipairs(positions) do
            local at = blank.first
            if at >= first and at < first + #line then
                marks = marks .. (" "):rep(columns(line:sub(1, at - first)) - #marks) .. ("^"):rep(blank.length)
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
    if not source:find("?", 1, true) then return nil end
    local tokens, wanted, positions = {}, {}, {}
    for _, token in ipairs(lex.tokens(source)) do
        if token.kind ~= "comment" then tokens[#tokens + 1] = token end
    end
    for i, at in ipairs(blanks(tokens)) do
        wanted[i], positions[i] = name_of(tokens, at, env), { first = tokens[at].first, length = length(tokens, at) }
    end
    if #wanted == 0 then return nil end
    local sign = ("?"):rep(positions[1].length)
    return ("fill in the %s : %s\n%s"):format(sign, table.concat(wanted, ", "), marked(source, positions))
end

return M
