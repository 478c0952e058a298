-- SPDX-License-Identifier: MIT
-- Fuzz target: small programs over tensors, run at the best instruction-set level and at the reference level.
--
-- An input makes a few tensors (all types; sizes of 0; NaN) and then names operations, whose operands are earlier
-- results: views, arithmetic, in-place forms, reductions, layers, indexing, gradients. Each program runs three times:
-- at the best level with one thread, again with two (all must be the same to the bit), and at the reference level. Errors
-- must be ours, and the same ones.
--
-- What may differ between levels is followed from step to step, per memory (views share it): EXACT values must be
-- equal; CLOSE ones, which went through sums or functions that round differently, within a tolerance as long as they
-- are of moderate size; UNKNOWN ones (a comparison of close values, say) may be anything of that shape and type.
local core = require "cnn.core"
local cnn = require "cnn"
local errors = require "cnn.errors"
local operations = require "operations"

local EXACT, CLOSE, UNKNOWN = 0, 1, 2
local MOST_STEPS, MOST_TENSORS, MOST_ELEMENTS = 20, 12, 4096
local best = core.cpu()

-- ---- values ------------------------------------------------------------------------------------------------------------

local function product(shape)
    local n = 1
    for i = 1, #shape do n = n * shape[i] end
    return n
end

-- The elements of a tensor, row-major.
local function elements(x)
    if core.numel(x) == 0 then return {} end
    return core.totable(core.reshape(core.detach(x), { core.numel(x) }))
end

local function is_real(x) return x.dtype == "float32" or x.dtype == "float64" end

-- Small whole numbers: their products and sums are exact in any order.
local function on_grid(values)
    for i = 1, #values do
        local v = values[i]
        if type(v) == "number" and not (v >= -64 and v <= 64 and v == math.floor(v)) then return false end
    end
    return true
end

-- Of moderate size, so that rounding cannot have been blown up.
local function tame(values)
    for i = 1, #values do
        local v = values[i]
        if type(v) == "number" and v ~= 0 then
            local size = v < 0 and -v or v
            if not (size >= 1e-4 and size <= 1e4) then return false end
        end
    end
    return true
end

-- ---- one run -----------------------------------------------------------------------------------------------------------

local Run = {}
Run.__index = Run

function Run.new(data)
    return setmetatable({ data = data, at = 0, list = {}, made = 0, record = {}, leaves = {} }, Run)
end

function Run:byte(n)
    self.at = self.at + 1
    return (self.data:byte(self.at) or 0) % n
end

function Run:pick() return self.list[self:byte(#self.list) + 1] end

-- Keeps a tensor; it shares the state of whatever memory it shares.
function Run:keep(x)
    local entry = { x = x, state = nil }
    for _, other in ipairs(self.list) do
        if core.shares_storage(other.x, x) then entry.state = other.state end
    end
    entry.state = entry.state or { level = EXACT, gradient = CLOSE, single = x.dtype == "float32" }
    self.leaves[#self.leaves + 1] = x
    self.made = self.made % MOST_TENSORS + 1
    self.list[self.made] = entry
    return entry
end

function Run:note(fields)
    self.record[#self.record + 1] = fields
    return fields
end

-- Puts a tensor on record, and its level as it will be from now on.
function Run:note_tensor(what, entry, relative)
    local values = elements(entry.x)
    local calm = not is_real(entry.x) or tame(values)
    if not calm then entry.state.gradient = UNKNOWN end
    self:note { what = what, shape = tostring(entry.x.shape), dtype = entry.x.dtype, values = values, level = entry.state.level,
        relative = relative, tame = calm, single = entry.state.single }
    if entry.state.level == CLOSE and not calm then entry.state.level = UNKNOWN end
    if entry.state.level ~= EXACT and not is_real(entry.x) then entry.state.level = UNKNOWN end
    if entry.state.level == UNKNOWN then entry.state.gradient = UNKNOWN end
end

-- The level that an operation's result has.
local function level_after(kind, operands)
    local level, grid = EXACT, true
    for _, entry in ipairs(operands) do
        level = math.max(level, entry.state.level)
        if kind == "sum" then grid = grid and on_grid(elements(entry.x)) end
    end
    if kind == "step" and level > EXACT then return UNKNOWN end
    if kind == "close" or kind == "function" or not grid then level = math.max(level, CLOSE) end
    return level
end

-- What a result gets from the operands: its level, and whether gradients through it can be compared, which is so as long
-- as values are of moderate size and no jump of a gradient meets values that differ.
function Run:inherit(entry, level, operands, kinked)
    local state = entry.state
    state.level = math.max(state.level, level)
    if kinked and level > EXACT then state.gradient = UNKNOWN end
    for _, operand in ipairs(operands) do
        state.gradient = math.max(state.gradient, operand.state.gradient)
        state.single = state.single or operand.state.single
    end
end

function Run:entry_of(x)
    for _, entry in ipairs(self.list) do if rawequal(entry.x, x) then return entry end end
    return self:keep(x)
end

function Run:finish_step(operation, result, operands)
    local level = self.level
    for i = 2, operation.kind == "sum" and result.n or 0 do -- a weight that the operation made itself
        if not on_grid(elements(result[i])) then level = math.max(level, CLOSE) end
    end
    for i = 1, result.n do
        local x = result[i]
        if core.is_tensor(x) then
            if core.numel(x) > MOST_ELEMENTS then
                self:note { what = operation.name .. " grew too large" }
                return false
            end
            local entry = self:entry_of(x)
            self:inherit(entry, level, operands, operation.kinked)
            self:note_tensor(operation.name, entry, operation.kind == "function" and self.operand_level == EXACT)
        else
            self:note { what = operation.name, value = x, level = level }
        end
    end
    return true
end

local function handler(e)
    if errors.is(e) then return e end
    return { raw = debug.traceback(tostring(e), 2) }
end

function Run:step()
    local operation = operations.at(self:byte(256))
    self.operation = operation
    local operands = { operation.graph and self:recorded() or operation.image and self:image() or self:pick() }
    for i = 2, operation.operands do operands[i] = self:operand(operands[1]) end
    self.level = level_after(operation.kind, operands) -- before anything is written in place
    self.operand_level = level_after("exact", operands)
    local inputs = {}
    for i, entry in ipairs(operands) do inputs[i] = entry.x end
    local extra = function(n) return self:byte(n) end
    local result = table.pack(xpcall(operation.run, handler, extra, table.unpack(inputs)))
    self.first = operands[1]
    if not result[1] then
        local e = result[2]
        if e.raw then error(operation.name .. ": no error of ours: " .. e.raw, 0) end
        self:note { what = operation.name, fails = e.kind .. ": " .. e.text, level = self.level }
        return self.level == EXACT
    end
    return self:finish_step(operation, table.move(result, 2, result.n, 1, { n = result.n - 1 }), operands)
end

-- A tensor with a graph behind it, the latest first; or any.
function Run:recorded()
    local skip = self:byte(2)
    for i = 0, #self.list - 1 do
        local entry = self.list[(self.made - 1 - i) % #self.list + 1]
        if entry.x.requires_grad and not entry.x.is_leaf then
            if skip == 0 then return entry end
            skip = skip - 1
        end
    end
    return self:pick()
end

-- A 4-d tensor, if there is one.
function Run:image()
    local from = self:byte(#self.list)
    for i = 1, #self.list do
        local entry = self.list[(from + i) % #self.list + 1]
        if core.dim(entry.x) == 4 then return entry end
    end
    return self:pick()
end

-- A second operand: often one that fits the first.
function Run:operand(first)
    local how, x = self:byte(8), first.x
    if how < 4 then return self:pick() end
    if how == 4 then return first end
    local shape = {}
    for i = 1, core.dim(x) do shape[i] = (how == 5 or self:byte(2) == 0) and core.size(x, i) or 1 end
    if how == 7 and #shape > 0 then table.remove(shape, 1) end
    return self:keep(operations.fill(function(n) return self:byte(n) end, x.dtype, shape))
end

-- ---- gradients -----------------------------------------------------------------------------------------------------------

-- All gradients so far. They add up, so that one which cannot be compared spoils all later ones.
function Run:note_gradients()
    if self.first.state.gradient == UNKNOWN then self.lost = true end
    self.single = self.single or self.first.state.single
    for i, entry in ipairs(self.list) do
        local grad = entry.x.grad
        if grad then
            local values = elements(grad)
            if not tame(values) then self.lost = true end
            self:note { what = "gradient of tensor " .. i, shape = tostring(grad.shape), dtype = grad.dtype, values = values,
                level = self.lost and UNKNOWN or CLOSE, tame = true, single = self.single }
        end
    end
end

function Run:whole()
    core.seed(1)
    local take = function(n) return self:byte(n) end
    for _ = 1, 3 do
        self:note_tensor("made", self:keep(operations.tensor(take)))
    end
    for _ = 1, MOST_STEPS do
        if self.at >= #self.data then break end
        if not self:step() then break end
        if self.operation.name == "backward" then self:note_gradients() end
    end
    for i, entry in ipairs(self.list) do self:note_tensor("tensor " .. i .. " in the end", entry) end
    self:last_backward()
    -- a gradient whose own graph leads to its leaf is a ring, which only clearing it opens
    for _, x in ipairs(self.leaves) do if x.is_leaf then core.set_grad(x, nil) end end
    return self.record
end

-- Every program ends with a gradient, if anything was recorded.
function Run:last_backward()
    core.set_grad_enabled(true)
    self.first = self:recorded()
    if not self.first.x.requires_grad then return end
    local ok, e = xpcall(function() core.backward(core.sum(self.first.x)) end, handler)
    if not ok and e.raw then error("the last backward: " .. e.raw, 0) end
    self:note { what = "last backward", fails = not ok and e.text or nil, level = self.first.state.level }
    self:note_gradients()
end

local function run(data, level, threads)
    core.cpu(level)
    core.threads(threads)
    core.set_grad_enabled(true)
    return Run.new(data):whole()
end

-- ---- comparing -----------------------------------------------------------------------------------------------------------

local function show(fields)
    if fields.fails then return fields.what .. " fails: " .. fields.fails end
    if not fields.values then return fields.what .. " " .. tostring(fields.value) end
    local parts = {}
    for i = 1, math.min(#fields.values, 24) do
        local v = fields.values[i]
        parts[i] = math.type(v) == "float" and ("%.9g"):format(v) or tostring(v)
    end
    return ("%s %s %s {%s}"):format(fields.what, fields.shape, fields.dtype, table.concat(parts, ", "))
end

local function complain(record, other, i, what, names)
    local lines = { what, names[1] .. ": " .. show(record[i]), names[2] .. ": " .. (other[i] and show(other[i]) or "nothing"), "after:" }
    for k = 1, i - 1 do lines[#lines + 1] = "  " .. show(record[k]) end
    error(table.concat(lines, "\n"), 0)
end

local function same_number(a, b)
    return a == b or a ~= a and b ~= b
end

local function same_sign_of_zero(a, b) return a ~= 0 or b ~= 0 or 1 / a == 1 / b end

-- The tolerance for an element: of its own size after one function, else of the largest in the tensor.
local function allowed(fields, b, largest)
    local double = not fields.single
    if fields.relative then return (double and 1e-12 or 2e-5) * math.abs(b) + (double and 1e-300 or 1e-37) end
    return (double and 1e-8 or 2e-3) * largest
end

local function close(fields, a, b)
    local largest = 1
    for i = 1, #b do
        local size = math.abs(b[i])
        if size > largest and size < math.huge then largest = size end
    end
    for i = 1, #a do
        if not same_number(a[i], b[i]) and not (math.abs(a[i] - b[i]) <= allowed(fields, b[i], largest)) then return false end
    end
    return true
end

local function differs(ours, theirs, exactly)
    if not theirs or ours.what ~= theirs.what or ours.shape ~= theirs.shape or ours.dtype ~= theirs.dtype then return true end
    if ours.level ~= EXACT and not exactly then
        if ours.fails or theirs.fails or not ours.values then return false end
        if ours.level == UNKNOWN or not (ours.tame or ours.relative) then return false end
        if type(ours.values[1]) ~= "number" then return false end
        return not close(ours, ours.values, theirs.values)
    end
    if ours.fails ~= theirs.fails then return true end
    if not ours.values then return not same_number(ours.value, theirs.value) end
    for i = 1, #ours.values do
        if not same_number(ours.values[i], theirs.values[i]) then return true end
    end
    return #ours.values ~= #theirs.values
end

-- A zero of the other sign is equal, but its inverse is not: nothing after it counts.
local function zeros_agree(ours, theirs)
    if not (ours.values and theirs.values and (ours.dtype == "float32" or ours.dtype == "float64")) then return true end
    for i = 1, math.min(#ours.values, #theirs.values) do
        if not same_sign_of_zero(ours.values[i], theirs.values[i]) then return false end
    end
    return true
end

local function compare(record, other, exactly, names)
    for i = 1, #record do
        if differs(record[i], other[i], exactly) then
            if record[i].level ~= EXACT and not exactly and (not other[i] or other[i].fails or record[i].fails) then return end
            complain(record, other, i, exactly and "not the same again" or "another result at the reference level", names)
        end
        if not exactly and not zeros_agree(record[i], other[i]) then return end
    end
end

local inputs, held = 0, nil
local STALE = 32 -- what may hang in unused places of Lua's stack

local function check_leaks()
    inputs = inputs + 1
    if inputs % 500 ~= 0 then return end
    collectgarbage()
    collectgarbage()
    local tensors = core.memory().tensors
    held = held or tensors
    if tensors > held + STALE then error(("%d tensors are held after a collection, %d before"):format(tensors, held), 0) end
end

return function(data)
    local first = run(data, best, 1)
    compare(first, run(data, best, 2), true, { "once ", "again" })
    compare(first, run(data, "reference", 1), false, { best, "reference" })
    core.cpu(best)
    core.threads(1)
    cnn.manual_seed(1)
    check_leaks()
end
