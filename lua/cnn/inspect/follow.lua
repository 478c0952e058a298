-- SPDX-License-Identifier: MIT
-- Follows a network from shape to shape and notes every call of a module.
--
-- The input is hollow (core/hollow.c), so nothing is computed or allocated, no random number drawn, no statistic moved;
-- what each call would have cost is the difference of the core's counters before and after. To see the calls, `forward`
-- of every module is replaced for the time by one that takes notes. What must stay true: whatever happens in between,
-- the modules are as they were afterwards.
local core = require "cnn.core"
local walk = require "cnn.nn.module_walk"

local follow = {}

local function sizes_of(value)
    if core.is_tensor(value) then return table.move(value.shape, 1, #value.shape, 1, {}) end
end

-- What the module itself owns and no call before has counted.
local function own_parameters(self, seen)
    local count, trained, shared = 0, 0, false
    for _, entry in ipairs(walk.fields(self, walk.wants_parameter)) do
        local p = entry[2]
        shared = shared or seen[p] ~= nil
        if not seen[p] then
            seen[p] = true
            count = count + core.numel(p)
            trained = trained + (p.requires_grad and core.numel(p) or 0)
        end
    end
    return count, trained, shared
end

-- A forward that notes the call in notes.calls, in the order in which calls begin.
local function noted(notes, path, self, forward)
    return function(_, ...)
        local outer = notes.open
        local call = { path = path, module = self, class = getmetatable(self).__name, depth = outer and outer.depth + 1 or 0,
            input = sizes_of((...)), input_value = (...), inner_multiply_adds = 0, inner_bytes = 0, calls = 0 }
        call.parameters, call.trained, call.shared = own_parameters(self, notes.seen)
        notes.calls[#notes.calls + 1], notes.open = call, call
        local multiply_adds, bytes = core.spared()
        local results = table.pack(forward(self, ...))
        local multiply_adds_after, bytes_after = core.spared()
        call.total_multiply_adds, call.total_bytes = multiply_adds_after - multiply_adds, bytes_after - bytes
        call.multiply_adds = call.total_multiply_adds - call.inner_multiply_adds
        call.bytes = call.total_bytes - call.inner_bytes
        call.output, call.output_value, call.finished = sizes_of(results[1]), results[1], true
        if outer then
            outer.inner_multiply_adds = outer.inner_multiply_adds + call.total_multiply_adds
            outer.inner_bytes, outer.calls = outer.inner_bytes + call.total_bytes, outer.calls + 1
        end
        notes.open = outer
        return table.unpack(results, 1, results.n)
    end
end

local function run(net, inputs)
    local enabled = core.set_grad_enabled(false)
    local results = table.pack(pcall(net, table.unpack(inputs)))
    core.set_grad_enabled(enabled)
    return results[1], results[2]
end

--- Calls net on inputs of the given sizes, in evaluation mode. Returns the list of calls, each {path, class, module,
--- depth, input, output, input_value, output_value, parameters, trained, shared, multiply_adds, bytes (both without inner
--- calls), total_…, calls, finished}; and the error where a shape did not fit, else nil.
function follow.calls(net, inputs)
    local notes = { calls = {}, seen = {}, open = nil }
    local changed = {}
    for i, place in ipairs(walk.collect_modules(net, "", {}, {})) do
        local path, m = place[1], place[2]
        changed[i] = { m, rawget(m, "forward"), rawget(m, "training") }
        rawset(m, "forward", noted(notes, path, m, m.forward))
        rawset(m, "training", false)
    end
    local ok, result = run(net, inputs)
    for _, before in ipairs(changed) do
        rawset(before[1], "forward", before[2])
        rawset(before[1], "training", before[3])
    end
    if not ok and type(result) == "table" and (result.kind == "interrupted" or result.kind == "out of memory") then
        error(result, 0)
    end
    return notes.calls, not ok and result or nil
end

return follow
