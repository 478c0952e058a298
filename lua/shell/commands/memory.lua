-- SPDX-License-Identifier: MIT
-- %mem: who holds the memory. The largest tensors that can be reached from the session's names, with what they are called.
--
-- Looking is raw: tables, the hidden locals of functions, gradients. Tensors that share memory are one line, with the bytes
-- of all of it, under the name of the largest part. What the graphs behind them have saved for their gradients comes with
-- the op that will read it. What is not reached so belongs to loaders, or is garbage that waits to be collected.
local names = require "shell.commands.names"

local M = {}

local SHOWN = 10
local MAX_VISITED = 200000

-- Layers and parameters lie in private tables of their modules, and are known by the names of the public ones.
local function step(path, key)
    if type(key) == "string" then
        if key:find("^_%a") then return path end
        if key:find("^[%a_][%w_]*$") then return path .. "." .. key end
        if key:find("^%d+$") then return ("%s[%d]"):format(path, tonumber(key) + 1) end -- "0" is net[1]
        return ("%s[%q]"):format(path, key)
    end
    return math.type(key) == "integer" and ("%s[%d]"):format(path, key) or path .. "[…]"
end

local Walk = {}
Walk.__index = Walk

function Walk:note(x, path, op)
    local key, bytes = self.core.storage(x)
    self.found[#self.found + 1] = { name = path, tensor = x, key = key, bytes = bytes, own = x:numel() * x:element_size(),
        order = #self.found, op = op }
end

function Walk:tensor(x, path)
    self:note(x, path)
    local grad = x.grad
    if grad then self:visit(grad, path .. ".grad") end
end

-- Breadth first, so that a tensor gets its shortest name.
function Walk:visit(value, path)
    local kind = type(value)
    if kind ~= "table" and kind ~= "function" and kind ~= "userdata" or self.seen[value] then return end
    if self.count >= MAX_VISITED then return end
    self.seen[value], self.count = true, self.count + 1
    if kind == "userdata" then
        if self.core.is_tensor(value) then self:tensor(value, path) end
        return
    end
    self.queue[#self.queue + 1] = { value, path }
end

function Walk:inside(value, path)
    if type(value) == "table" then
        for key, v in next, value do
            self:visit(v, step(path, key))
            if type(key) ~= "string" then self:visit(key, path .. "[key]") end
        end
        return
    end
    for i = 1, 255 do
        local name, v = debug.getupvalue(value, i)
        if not name then return end
        if name ~= "_ENV" then self:visit(v, ("%s's %s"):format(path, name)) end
    end
end

-- What the graphs of the tensors that were found hold besides: all at once, since they share their lower parts.
function Walk:graphs()
    local tops, names_of_tops = {}, {}
    for _, entry in ipairs(self.found) do
        if entry.tensor.grad_fn then tops[#tops + 1], names_of_tops[#tops + 1] = entry.tensor, entry.name end
    end
    local saved, ops, below = self.core.graph(tops)
    for i, op in ipairs(ops) do self:note(saved[i], names_of_tops[below[i]] .. "'s graph: " .. op, op) end
end

local function reachable(session, core)
    local walk = setmetatable({ core = core, found = {}, queue = {}, seen = {}, count = 0 }, Walk)
    for _, loaded in next, package.loaded do walk.seen[loaded] = true end -- the library's own tables
    walk.seen[session], walk.seen[session.env] = true, true
    local list, values = names.all(session)
    for _, name in ipairs(list) do walk:visit(values[name][1], name) end
    for number, value in session.results:all() do walk:visit(value, "_" .. number) end
    local last = require("shell.failure").last
    for i, frame in ipairs(last and last.frames or {}) do
        for name, v in next, frame.locals or {} do walk:visit(v[1], ("%%debug %d's %s"):format(i, name)) end
    end
    local at = 1
    while walk.queue[at] do
        walk:inside(walk.queue[at][1], walk.queue[at][2])
        at = at + 1
    end
    walk:graphs()
    return walk.found
end

local function size(bytes)
    if bytes < 1024 then return ("%d B"):format(bytes) end
    for _, unit in ipairs { "kB", "MB", "GB" } do
        bytes = bytes / 1024
        if bytes < 1000 or unit == "GB" then return ("%.1f %s"):format(bytes, unit) end
    end
end

-- One entry per memory, largest first: what has a name before what a graph has saved, and of parts the largest.
local function distinct(found)
    table.sort(found, function(a, b)
        if a.bytes ~= b.bytes then return a.bytes > b.bytes end
        if (a.op == nil) ~= (b.op == nil) then return a.op == nil end
        if a.own ~= b.own then return a.own > b.own end
        return a.order < b.order
    end)
    local list, seen, in_graphs = {}, {}, { bytes = 0, count = 0 }
    for _, entry in ipairs(found) do
        if not seen[entry.key] then
            seen[entry.key], list[#list + 1] = true, entry
            if entry.op then in_graphs.bytes, in_graphs.count = in_graphs.bytes + entry.bytes, in_graphs.count + 1 end
        end
    end
    return list, in_graphs
end

local function print_line(entry, name_width, width)
    local x = entry.tensor
    local kind = ("%s %s %s%s"):format(tostring(x.device), x.dtype, tostring(x.shape), entry.own < entry.bytes and ", a part" or "")
    local line = ("%-" .. name_width .. "s  %9s  %s"):format(entry.name, size(entry.bytes), kind)
    if #line > width then line = ("%s\n  %9s  %s"):format(entry.name, size(entry.bytes), kind) end
    io.stdout:write(line, "\n")
end

function M.mem(session, text)
    local most = text == "" and SHOWN or math.tointeger(tonumber(text))
    if not most or most < 1 then error("%mem takes how many to list: %mem 20", 0) end
    local core = package.loaded["cnn.core"]
    if not core then
        io.stdout:write("no tensors: the library is not loaded yet\n")
        return
    end
    collectgarbage()
    local list, in_graphs = distinct(reachable(session, core))
    list = table.move(list, 1, math.min(most, #list), 1, {})
    local name_width, listed = 4, 0
    for _, entry in ipairs(list) do
        name_width, listed = math.max(name_width, utf8.len(entry.name) or #entry.name), listed + entry.bytes
    end
    name_width = math.min(name_width, math.max(8, session.terminal.width() - 34))
    for _, entry in ipairs(list) do print_line(entry, name_width, session.terminal.width()) end
    local memory = core.memory()
    io.stdout:write(("listed: %s of %s\n"):format(size(listed), size(memory.live_bytes)))
    if in_graphs.count > 0 then
        io.stdout:write(("saved for gradients: %s in %d tensor%s\n"):format(size(in_graphs.bytes), in_graphs.count,
            in_graphs.count == 1 and "" or "s"))
    end
    io.stdout:write(("the most so far: %s\n"):format(size(memory.peak_bytes)))
end

return M
