-- SPDX-License-Identifier: MIT
-- Looking names up without running anybody's code: what completion and help know about values.
--
-- Tables are read raw; through a metatable only where its __index is a table, or a class whose __index is a function of
-- the library's (containers answer integers there). Tensors and strings have known tables of methods. The one thing
-- that may run is a `require` of the library or of a part of it, when its name is looked up for the first time.
local M = {}

local LINKS = 16 -- of a chain of __index at most

-- Globals that load when they are read, and fields of cnn that do.
M.lazy = { "cnn", "nn", "F", "optim", "data", "datasets", "transforms", "plt" }
M.parts = { "nn", "functional", "optim", "data", "datasets", "transforms", "progress", "plt", "autograd", "io", "summary", "shapes",
    "hold_interrupt", "explain", "solve", "show", "receptive_field" }
local is_lazy, is_part = {}, {}
for _, name in ipairs(M.lazy) do is_lazy[name] = true end
for _, name in ipairs(M.parts) do is_part[name] = true end

-- t[name], running what loads it; nil where that fails.
local function loaded(t, name)
    local ok, value = pcall(function() return t[name] end)
    return ok and value or nil
end

-- The next table where a missing field is looked for.
local function link(v)
    local mt = debug.getmetatable(v)
    if type(mt) ~= "table" then return nil end
    local index = rawget(mt, "__index")
    if type(index) == "table" then return index end
    local core = package.loaded["cnn.core"]
    if core and type(v) == "userdata" and core.is_tensor(v) then return core.methods end
    return type(v) == "table" and type(index) == "function" and rawget(mt, "__name") and mt or nil
end

-- Iterates over the tables in which fields of v are found, nearest first.
function M.chain(v)
    local count = 0
    local at = v
    return function()
        while at ~= nil and count < LINKS do
            local here = at
            count, at = count + 1, link(at)
            if type(here) == "table" then return here end
        end
    end
end

-- net[2], net[-1]: a container of the library keeps its items under the names "0", "1" …
local function item(v, i)
    local mt = type(v) == "table" and debug.getmetatable(v)
    if type(mt) ~= "table" or type(rawget(mt, "__index")) ~= "function" or not rawget(mt, "__name") then return nil end
    if i < 0 then
        local count = 0
        while rawget(v, tostring(count)) ~= nil do count = count + 1 end
        i = count + 1 + i
    end
    return rawget(v, tostring(i - 1))
end

function M.field(v, key)
    for t in M.chain(v) do
        local value = rawget(t, key)
        if value ~= nil then return value end
    end
    if math.type(key) == "integer" then return item(v, key) end
    if is_part[key] and rawequal(v, package.loaded.cnn) then return loaded(v, key) end
end

-- A name as a statement at the prompt sees it.
function M.global(name, env)
    local value = rawget(env, name)
    if value == nil then value = rawget(_G, name) end
    if value == nil and (name:find("^_[_%d]*$") or name == "Out") then value = loaded(_G, name) end -- results of the prompt's
    if value == nil and is_lazy[name] then return loaded(_G, name) end
    return value
end

-- The value behind { "net", "layer1", 2, "weight" }; nil where a part is missing.
function M.walk(steps, env)
    local value = M.global(steps[1], env)
    for i = 2, #steps do
        if value == nil then return nil end
        value = M.field(value, steps[i])
    end
    return value
end

-- "net.layer1[2].weight" → value; nil where a part is missing.
function M.resolve(path, env)
    local first, rest = path:match("^([%a_][%w_]*)(.*)$")
    if not first then return nil end
    local steps = { first }
    while rest ~= "" do
        local key, after = rest:match("^[.:]([%a_][%w_]*)(.*)$")
        if not key then
            key, after = rest:match("^%[(%-?%d+)%](.*)$")
            key = math.tointeger(tonumber(key))
        end
        if not key then return nil end
        steps[#steps + 1], rest = key, after
    end
    return M.walk(steps, env)
end

return M
