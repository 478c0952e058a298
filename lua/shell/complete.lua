-- SPDX-License-Identifier: MIT
-- What may follow at the cursor: globals and keywords, fields after '.', methods after ':', argument names inside a call
-- with a table, file names inside strings. Values are looked at raw (names.lua), so that Tab never runs user code.
local lex = require "shell.lex"
local names = require "shell.names"

local M = {}

local function add(found, name, prefix)
    if type(name) ~= "string" or name:sub(1, #prefix) ~= prefix or not name:find("^[%a_][%w_]*$") then return end
    if name:sub(1, 1) == "_" and prefix == "" then return end -- private until asked for
    if not lex.keywords[name] then found[name] = true end
end

local function fields(value, prefix, only_functions)
    local found = {}
    for t in names.chain(value) do
        for key, v in next, t do
            if not only_functions or type(v) == "function" then add(found, key, prefix) end
        end
    end
    if rawequal(value, package.loaded.cnn) then
        for _, part in ipairs(names.parts) do add(found, part, prefix) end
    end
    local core = package.loaded["cnn.core"]
    if not only_functions and core and core.is_tensor(value) then
        for name in ("shape dtype device grad requires_grad is_leaf grad_fn T data"):gmatch("%S+") do
            add(found, name, prefix)
        end
    end
    return found
end

local function globals(prefix, env)
    local found = {}
    for key in next, env do add(found, key, prefix) end
    for key in next, _G do add(found, key, prefix) end
    for _, name in ipairs(names.lazy) do add(found, name, prefix) end
    for word in pairs(lex.keywords) do
        if prefix ~= "" and word:sub(1, #prefix) == prefix then found[word] = true end
    end
    return found
end

-- The path before the innermost open "{" or "(" in the tokens: `nn.Conv2d{3, ker` → "nn.Conv2d".
local function callee(tokens)
    local depth, at = 0, #tokens
    while at > 0 do
        local text = tokens[at].kind == "symbol" and tokens[at].text
        if text == "}" or text == ")" then depth = depth + 1 end
        if text == "{" or text == "(" then
            if depth == 0 then break end
            depth = depth - 1
        end
        at = at - 1
    end
    if at > 1 and tokens[at].text == "{" and tokens[at - 1].text == "(" then at = at - 1 end
    local path = ""
    for i = at - 1, 1, -1 do
        local token = tokens[i]
        local expected = path == "" or path:find("^[.:]")
        if not (expected and token.kind == "name" or not expected and (token.text == "." or token.text == ":")) then break end
        path = token.text .. path
    end
    return path
end

-- Names of the arguments of the call around the cursor, as `name=`.
local function arguments(tokens, prefix, env)
    local value = names.resolve(callee(tokens), env)
    local signature = package.loaded["cnn.signature"]
    if not (value and signature) then return {} end
    local sig = signature.of(value) or type(value) == "table" and signature.of(names.field(value, "init"))
    local list = {}
    for _, param in ipairs(sig and sig.params or {}) do
        if param.name ~= "..." and param.name:sub(1, #prefix) == prefix then list[#list + 1] = param.name .. "=" end
    end
    return list
end

local function sorted(found, before)
    local list = {}
    for name in pairs(found) do list[#list + 1] = before .. name end
    table.sort(list)
    return list
end

-- `line` up to the cursor, the word that is completed begins at `start`. Returns whole words, or false for file names.
function M.words(line, start, env)
    local tokens = lex.tokens(line)
    local last = tokens[#tokens]
    if last and last.open then return last.kind ~= "string" and {} or false end
    local path = line:match("[%a_][%w_%.:%[%]]*$") or ""
    local owner, separator, prefix = path:match("^(.*)([.:])([%w_]*)$")
    if not owner then
        if line:sub(start):find("[.:]") then return {} end -- f().x: unknown without running f
        prefix = line:sub(start)
        if line:find("^%s*%?") then return sorted(globals(prefix, env), "") end
        if last and last.kind == "name" and last.last == #line then tokens[#tokens] = nil end
        local list = arguments(tokens, prefix, env)
        return table.move(sorted(globals(prefix, env), ""), 1, 1000, #list + 1, list)
    end
    local value = names.resolve(owner, env)
    if value == nil then return {} end
    local before = line:sub(start, #line - #prefix)
    return sorted(fields(value, prefix, separator == ":"), before)
end

return M
