-- SPDX-License-Identifier: MIT
-- The results of earlier inputs: _ is the last one, __ and ___ those before, _3 and Out[3] what input 3 gave.
--
-- They are no globals of their own but answers to names that are not set, so that a program which uses _ itself is left
-- alone. What they keep alive is bounded (settings.results_bytes): beyond that the oldest are let go, and one that is too
-- large by itself is only remembered while somebody else holds it. A tensor that is not the last result any more is kept
-- without its graph, or every loss that was looked at would hold the numbers of its whole network.
local settings = require "shell.settings"

local MAX_VISITED = 10000 -- tables looked into for tensors, per result

local Results = {}
Results.__index = Results

-- ---- how much a value holds ------------------------------------------------------------------------------------------

local function tensor_bytes(x)
    return x:numel() * x:element_size()
end

-- Bytes that a value keeps alive, as far as raw access tells: tensors, their gradients, strings, tables.
local function bytes_of(value, seen, core)
    local kind, total = type(value), 0
    if kind == "string" then return #value end
    if kind == "userdata" and core and core.is_tensor(value) then
        if seen[value] then return 0 end
        seen[value] = true
        local grad = value.grad
        return tensor_bytes(value) + (grad and bytes_of(grad, seen, core) or 0)
    end
    if kind ~= "table" or seen[value] or seen.count >= MAX_VISITED then return 0 end
    seen[value], seen.count = true, seen.count + 1
    for k, v in next, value do
        total = total + 40 + bytes_of(k, seen, core) + bytes_of(v, seen, core)
    end
    return total
end

-- What stands for a value once it is not the last result: a tensor without its history.
local function without_graph(value)
    local core = package.loaded["cnn.core"]
    if type(value) == "userdata" and core and core.is_tensor(value) and value.grad_fn then return core.detach(value) end
    return value
end

-- ---- keeping -----------------------------------------------------------------------------------------------------------

local function collectable(value)
    local kind = type(value)
    return kind == "table" or kind == "userdata" or kind == "function" or kind == "thread"
end

function Results:trim()
    while self.bytes > settings.results_bytes and self.oldest <= #self.order do
        local entry = self.kept[self.order[self.oldest]]
        self.bytes, entry.strong, entry.bytes = self.bytes - entry.bytes, nil, 0
        self.oldest = self.oldest + 1
    end
end

--- Keeps the result of input `number`.
function Results:add(number, value)
    local last = self.kept[self.newest]
    local bare = last and without_graph(last.strong)
    if bare ~= nil and not rawequal(bare, last.strong) then last.strong, last.weak[1] = bare, bare end
    local bytes = bytes_of(value, { count = 0 }, package.loaded["cnn.core"])
    local entry = { bytes = bytes, size = bytes, strong = value, weak = setmetatable({}, { __mode = "v" }) }
    if collectable(value) then entry.weak[1] = value end
    self.kept[number], self.newest = entry, number
    self.order[#self.order + 1] = number
    self.bytes = self.bytes + bytes
    self:trim()
end

local function gone(name, entry)
    error(("%s is not kept any more: it held %.1f MB, and results together keep %.1f MB; give it a name to keep it")
        :format(name, entry.size / 2 ^ 20, settings.results_bytes / 2 ^ 20), 0)
end

-- Out: a new table each time, of what is held at that moment.
local function held(results)
    local list = {}
    for number, value in results:all() do list[number] = value end
    return setmetatable(list, { __index = function(_, number)
        if math.type(number) == "integer" then return results:get("_" .. number) end
    end })
end

--- The value of a name such as _, _3 or Out, or nil where it stands for no result. Raises where it is no longer kept.
function Results:get(name)
    local number
    if name == "Out" then return held(self) end
    if name == "_" or name == "__" or name == "___" then
        number = self.order[#self.order + 1 - #name]
    elseif name:find("^_[1-9]%d*$") then
        number = math.tointeger(tonumber(name:sub(2)))
    end
    local entry = self.kept[number]
    if not entry then return nil end
    local value = entry.weak[1]
    if value == nil then value = entry.strong end
    if value == nil and entry.size > 0 then gone(name, entry) end
    return value
end

--- Lets go of everything.
function Results:clear()
    self.kept, self.order, self.bytes, self.oldest, self.newest = {}, {}, 0, 1, 0
end

--- Iterates over the numbers and values that are held, oldest first.
function Results:all()
    local i = 0
    return function()
        while i < #self.order do
            i = i + 1
            local entry = self.kept[self.order[i]]
            if entry and entry.strong ~= nil then return self.order[i], entry.strong end
        end
    end
end

local M = { bytes_of = function(value) return bytes_of(value, { count = 0 }, package.loaded["cnn.core"]) end }

function M.new()
    local self = setmetatable({}, Results)
    self:clear()
    return self
end

return M
