-- SPDX-License-Identifier: MIT
-- What may follow at the cursor: globals and keywords, fields after '.', methods after ':', argument names inside a call
-- with a table, module names inside `require "`, file names inside other strings.
--
-- The tokens before the cursor tell which of these it is. Values are looked at raw (names.lua), so that Tab never runs
-- user code; tables are looked at up to a number of keys, so that it never takes long. Behind an open call, the signature
-- of what is called is shown as well.
local lex = require "shell.lex"
local names = require "shell.names"
local path = require "shell.path"

local M = {}

local MAX_KEYS = 20000 -- of a table that are looked at
local MAX_FOUND = 2000

local function add(found, name, prefix)
    if type(name) ~= "string" or name:sub(1, #prefix) ~= prefix or not name:find("^[%a_][%w_]*$") then return end
    if name:sub(1, 1) == "_" and prefix == "" then return end -- private until asked for
    if not lex.keywords[name] then found[name] = true end
end

local function add_keys(found, t, prefix, wanted)
    local count = 0
    for key, value in next, t do
        count = count + 1
        if count > MAX_KEYS then break end
        if not wanted or wanted(value) then add(found, key, prefix) end
    end
end

local function is_function(v) return type(v) == "function" end

local function fields(value, prefix, only_functions)
    local found = {}
    for t in names.chain(value) do add_keys(found, t, prefix, only_functions and is_function) end
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
    add_keys(found, env, prefix)
    add_keys(found, _G, prefix)
    for _, name in ipairs(names.lazy) do add(found, name, prefix) end
    for word in pairs(lex.keywords) do
        if prefix ~= "" and word:sub(1, #prefix) == prefix then found[word] = true end
    end
    return found
end

-- ---- the tokens before the cursor ---------------------------------------------------------------------------------------

-- Where the innermost bracket that is still open stands in the tokens; and what is given since: the names, as a set, and
-- given[1], how many values without one have come before the last comma.
local function open_bracket(tokens)
    local depth, given, named = 0, { 0 }, true -- what is being typed counts as neither
    for at = #tokens, 1, -1 do
        local text = tokens[at].kind == "symbol" and tokens[at].text
        if text == "}" or text == ")" or text == "]" then depth = depth + 1 end
        if text == "{" or text == "(" or text == "[" then
            if depth == 0 then
                if not named then given[1] = given[1] + 1 end
                return at, given
            end
            depth = depth - 1
        end
        if depth == 0 and text == "," then
            given[1], named = given[1] + (named and 0 or 1), false
        elseif depth == 0 and text == "=" and at > 1 then
            given[tokens[at - 1].text], named = true, true
        end
    end
end

-- The description of the function whose call is open around the cursor, the bracket that it is open with, the names that
-- it got.
local function open_call(tokens, env)
    local signature = package.loaded["cnn.signature"]
    local at, given = open_bracket(tokens)
    if not at or tokens[at].text == "[" then return nil end
    local before = at
    if tokens[at].text == "{" and at > 1 and tokens[at - 1].text == "(" then before = at - 1 end
    local steps = before > 1 and path.ending_at(tokens, before - 1)
    local value = steps and names.walk(steps, env)
    signature = signature or package.loaded["cnn.signature"] -- a first look at nn loads it
    if value == nil or not signature then return nil end
    local sig = signature.of(value) or type(value) == "table" and signature.of(names.field(value, "init"))
    return sig, tokens[at].text, given
end

-- Names of arguments as `name=`, those that are not given yet.
local function arguments(sig, prefix, given)
    local list = {}
    for i, param in ipairs(sig.params) do
        if i > given[1] and param.name ~= "..." and not given[param.name] and param.name:sub(1, #prefix) == prefix then
            list[#list + 1] = param.name .. "="
        end
    end
    return list
end

-- ---- modules -------------------------------------------------------------------------------------------------------------

-- Modules that `require` would find: loaded ones, and files on package.path; `list_folder(path)` gives the names in a
-- folder, those of folders with a slash.
local function modules(prefix, list_folder)
    local found = {}
    local function offer(name)
        if name:sub(1, #prefix) == prefix and (not name:find("^shell%.") or prefix:find("^shell%.")) then found[name] = true end
    end
    for _, t in ipairs { package.loaded, package.preload } do
        for name in next, t do if type(name) == "string" then offer(name) end end
    end
    local parent = prefix:match("^(.*%.)[^.]*$") or ""
    for root in package.path:gmatch("([^;]*)%?%.lua") do
        local at = root .. parent:gsub("%.", "/")
        for _, entry in ipairs(list_folder(at) or {}) do
            local file, folder = entry:match("^([%w_]+)%.lua$"), entry:match("^([%w_]+)/?$")
            if file and file ~= "init" then offer(parent .. file) end
            local init = folder and io.open(at .. folder .. "/init.lua")
            if init then
                init:close()
                offer(parent .. folder)
            elseif folder and entry:sub(-1) == "/" then
                offer(parent .. folder .. ".")
            end
        end
    end
    return found
end

local function is_require(tokens)
    local at = #tokens - 1
    if at > 0 and tokens[at].text == "(" then at = at - 1 end
    return at > 0 and tokens[at].text == "require"
end

-- ---- the whole -----------------------------------------------------------------------------------------------------------

local function sorted(found, before)
    local list = {}
    for name in pairs(found) do list[#list + 1] = before .. name end
    table.sort(list)
    return table.move(list, 1, math.min(#list, MAX_FOUND), 1, {})
end

local function inside_text(tokens, last, list_folder)
    if last.kind ~= "string" then return {} end
    if not is_require(tokens) then return false end
    return sorted(modules(last.text:match("^%[?=*[%[\"'](.*)$") or "", list_folder), "")
end

local TAKES_FILES = { run = true, edit = true, save = true, cd = true }

-- After % and !: names of commands, modules, or false for files. Nil for all other lines, statements behind %time too.
local function of_command(line, list_folder)
    if line:find("^%s*!") then return false end
    local name, rest = line:match("^%s*%%%%?(%a*)(.*)$")
    if not name then return nil end
    if rest == "" then
        local found = {}
        for _, command in ipairs(require("shell.commands").all()) do
            if command.name:sub(1, #name) == name then found[command.name .. (command.arguments ~= "" and " " or "")] = true end
        end
        return sorted(found, "")
    end
    if TAKES_FILES[name] then return false end
    if name == "reload" then return sorted(modules(rest:match("%S*$"), list_folder), "") end
end

-- `line` up to the cursor, the word that is completed begins at `start`. Returns whole words, or false for file names; and
-- the signature of the call that is open, as text, where there is one.
function M.words(line, start, env, list_folder)
    local special = of_command(line, list_folder)
    if special ~= nil then return special end
    local tokens = lex.tokens(line)
    local last = tokens[#tokens]
    if last and (last.open or last.kind == "comment" and last.last == #line) then return inside_text(tokens, last, list_folder) end
    local prefix = ""
    if last and (last.kind == "name" or last.kind == "keyword") and last.last == #line then
        prefix = tokens[#tokens].text
        tokens[#tokens] = nil
    end
    local mark = tokens[#tokens]
    if mark and (mark.text == "." or mark.text == ":") then
        local steps = path.ending_at(tokens, #tokens - 1)
        local value = steps and names.walk(steps, env)
        if value == nil then return {} end
        return sorted(fields(value, prefix, mark.text == ":"), line:sub(start, #line - #prefix))
    end
    if line:find("^%s*%?") then return sorted(globals(prefix, env), "") end
    local sig, bracket, given = open_call(tokens, env)
    local text = sig and package.loaded["cnn.signature"].line(sig)
    local list = sig and bracket == "{" and arguments(sig, prefix, given) or {}
    if sig and prefix == "" then return list, text end -- all globals would bury it
    local others = sorted(globals(prefix, env), "")
    return table.move(others, 1, #others, #list + 1, list), text
end

return M
