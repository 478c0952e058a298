-- SPDX-License-Identifier: MIT
-- Session locals: `local x = 1` at the prompt is still there on the next line.
--
-- Every statement is a chunk of its own, so its locals would end with it. A chunk that declares locals at its top level
-- gets a first local of ours with a __close: it is called when the chunk returns, while the others can still be read
-- with debug.getlocal. (A chunk that fails is read by the error handler instead.) The values become fields of the
-- session's environment, which lies in front of the globals: later lines read and assign them there.
-- Locals of inner blocks stay inside: the tokens tell which names are declared at the top level, and in what order.
local lex = require "shell.lex"

local M = {}

local GUARD = "__session__" -- name of our local

local OPENS = { ["function"] = true, ["do"] = true, ["if"] = true, ["repeat"] = true }
local CLOSES = { ["end"] = true, ["until"] = true }

-- The names after `local` at token `at`: name [<attribute>] {, name [<attribute>]}
local function add_names(list, tokens, at)
    while tokens[at] and tokens[at].kind == "name" do
        local entry = { name = tokens[at].text }
        list[#list + 1] = entry
        if tokens[at + 1] and tokens[at + 1].text == "<" and tokens[at + 3] then
            entry.attribute = tokens[at + 2].text
            entry.first, entry.last = tokens[at + 1].first, tokens[at + 3].last
            at = at + 3
        end
        if not (tokens[at + 1] and tokens[at + 1].text == ",") then return end
        at = at + 2
    end
end

-- The locals that a chunk declares at its top level, in order: { name=, attribute=, first=, last= (of "<attribute>") }.
function M.declared(source)
    local list, depth, tokens = {}, 0, {}
    if not source:find("local", 1, true) then return list end
    for _, token in ipairs(lex.tokens(source)) do
        if token.kind ~= "comment" then tokens[#tokens + 1] = token end
    end
    for i, token in ipairs(tokens) do
        if token.kind == "keyword" then
            if OPENS[token.text] then depth = depth + 1 end
            if CLOSES[token.text] then depth = depth - 1 end
            if token.text == "local" and depth == 0 then
                local is_function = tokens[i + 1] and tokens[i + 1].text == "function"
                add_names(list, tokens, is_function and i + 2 or i + 1)
            end
        end
    end
    return list
end

-- Reads the chunk's locals at a stack level into env. Active locals are in the order of their declaration, those of
-- inner blocks last: so the first name that is not the next declared one ends the top level.
local function save(level, declared, env)
    local next_declared, index = 1, 1
    while declared[next_declared] do
        local name, value = debug.getlocal(level + 1, index)
        if not name or name:sub(1, 1) == "(" then return end
        if name ~= GUARD then
            local entry = declared[next_declared]
            if entry.name ~= name then return end
            if entry.attribute ~= "close" then rawset(env, name, value) end
            next_declared = next_declared + 1
        end
        index = index + 1
    end
end

-- `load` for a statement whose locals are to last, in `keep` (the chunk's own environment without it). Returns a function
-- and one to be called by an error handler; or nil and the message of a syntax error. The chunk gets the function's
-- arguments: its first local takes our guard from a name that is gone when the user's part begins.
function M.load(source, name, env, keep)
    local chunk, message = load(source, name, "t", env)
    local declared = chunk and M.declared(source) or {}
    if #declared == 0 then return chunk, chunk and function() end or message end
    for _, entry in ipairs(declared) do -- a compile-time constant would leave no trace
        if entry.attribute == "const" then
            source = source:sub(1, entry.first - 1) .. (" "):rep(entry.last - entry.first + 1) .. source:sub(entry.last + 1)
        end
    end
    keep = keep or env
    local guarded = load(("local %s <close> = %s(); %s"):format(GUARD, GUARD, source), name, "t", env)
    if not guarded then return chunk, function() end end -- 200 locals and no room for ours
    local guard = setmetatable({}, { __close = function(_, failure)
        if failure == nil then save(2, declared, keep) end
    end })
    local function start(...)
        rawset(env, GUARD, function()
            rawset(env, GUARD, nil)
            return guard
        end)
        return guarded(...)
    end
    return start, function() M.rescue(guarded, declared, keep) end
end

--- The deepest level of the stack, as its caller counts: doubling, then halving.
function M.deepest()
    local low, high = 1, 2
    while debug.getinfo(high, "l") do low, high = high, high * 2 end
    while low + 1 < high do
        local middle = (low + high) // 2
        if debug.getinfo(middle, "l") then low = middle else high = middle end
    end
    return low - 1
end

-- Called while the stack of an error is still there: keeps what the chunk had declared so far. The chunk lies near the
-- bottom; looking from there is quick also after a stack overflow.
function M.rescue(chunk, declared, env)
    local bottom = M.deepest()
    for level = bottom, math.max(bottom - 20, 2), -1 do
        local info = debug.getinfo(level, "f")
        if info and info.func == chunk then
            save(level, declared, env)
            return
        end
    end
end

return M
