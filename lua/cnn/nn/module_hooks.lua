-- SPDX-License-Identifier: MIT
-- Hooks of modules: functions that see, and may replace, what goes into a module and what comes out, both ways.
--
-- A module without hooks pays one test per call. Backward hooks stand on tensors' hooks: inputs and outputs go through
-- views of their own, two in a row. A backward pass visits later ops first, so when it reaches the second view of any
-- input, all of the module's gradients have passed the first ones and are known.
local Module = require "cnn.nn.module"
local core = require "cnn.core"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

-- ---- registering ---------------------------------------------------------------------------------------------------

local handle = { __name = "hook" }
handle.__index = handle

function handle:remove()
    for i, entry in ipairs(self.list) do
        if entry == self.entry then table.remove(self.list, i) break end
    end
end

function handle:__tostring()
    for _, entry in ipairs(self.list) do
        if entry == self.entry then return "hook" end
    end
    return "hook(removed)"
end

local function add(self, kind, f)
    if not self._hooks then rawset(self, "_hooks", { pre = {}, forward = {}, backward = {} }) end
    local list, entry = self._hooks[kind], { f = f }
    list[#list + 1] = entry
    return setmetatable({ list = list, entry = entry }, handle)
end

-- A copy: a hook may remove itself.
local function each(list) return ipairs(table.move(list, 1, #list, 1, {})) end

local function is_plain(value) return type(value) == "table" and getmetatable(value) == nil end

-- What a hook returned in place of a list of values: a list, or one value.
local function as_list(value)
    if not is_plain(value) then return { value, n = 1 } end
    return table.move(value, 1, #value, 1, { n = value.n or #value })
end

-- ---- gradients -----------------------------------------------------------------------------------------------------

local function wants_gradient(value) return core.is_tensor(value) and value.requires_grad end

-- Two views in a row of every tensor that requires a gradient: note(i, g) gets the gradient at the first one met, and
-- what reach(i) returns, once all are noted, takes its place.
local function watch(values, note, reach)
    local list, any = table.move(values, 1, values.n, 1, { n = values.n }), false
    local function pass(hook)
        for i = 1, values.n do
            if wants_gradient(values[i]) then
                any = true
                list[i] = core.view(list[i], list[i].shape)
                core.register_hook(list[i], function(g) return hook(i, g) end)
            end
        end
    end
    pass(reach) -- all of these first: they are older, and are met last
    pass(note)
    return list, any
end

local function check_gradients(given, count)
    if core.is_tensor(given) then return { given, n = 1 } end
    if is_plain(given) and (given.n or #given) <= count then return given end
    errors.raise { kind = "type", op = "register_full_backward_hook",
        text = ("a backward hook returns the inputs' gradients, a tensor or a list of %d, or nothing; got %s"):format(count,
            signature.describe(given)) }
end

-- One run of a module with backward hooks: its inputs, and a function for its outputs.
local function watch_run(self, inputs)
    local grad_input, grad_output, called = { n = inputs.n }, {}, false
    local function call()
        if called then return end
        called = true
        for _, entry in each(self._hooks and self._hooks.backward or {}) do
            local given = entry.f(self, grad_input, grad_output)
            if given ~= nil then grad_input = check_gradients(given, inputs.n) end
        end
    end
    local function note_input(i, g) grad_input[i] = g end
    local function reach_input(i)
        call()
        return grad_input[i]
    end
    local watched, any_input = watch(inputs, note_input, reach_input)
    return watched, function(outputs)
        local function note_output(i, g)
            if called then -- the graph is walked again
                grad_input, grad_output, called = { n = inputs.n }, { n = outputs.n }, false
            end
            grad_output[i] = g
        end
        grad_output.n = outputs.n
        return (watch(outputs, note_output, function()
            if not any_input then call() end
        end))
    end
end

-- ---- running -------------------------------------------------------------------------------------------------------

local function run_forward_hooks(self, inputs, outputs)
    for _, entry in each(self._hooks.forward) do
        local single = outputs.n == 1
        local given = entry.f(self, inputs, single and outputs[1] or outputs)
        if given ~= nil then outputs = single and { given, n = 1 } or as_list(given) end
    end
    return outputs
end

--- Module.__call of a module with hooks.
function Module._run_hooked(self, ...)
    local inputs, watch_outputs = table.pack(...), nil
    for _, entry in each(self._hooks.pre) do
        local given = entry.f(self, inputs)
        if given ~= nil then inputs = as_list(given) end
    end
    if #self._hooks.backward > 0 and core.grad_enabled() then inputs, watch_outputs = watch_run(self, inputs) end
    local outputs = table.pack(self:forward(table.unpack(inputs, 1, inputs.n)))
    if outputs[1] == nil then return end
    outputs = run_forward_hooks(self, inputs, outputs)
    if watch_outputs then outputs = watch_outputs(outputs) end
    return table.unpack(outputs, 1, outputs.n)
end

Module.register_forward_pre_hook = signature {
    name = "nn.Module.register_forward_pre_hook", self = true,
    { "hook", "function", doc = "hook(module, inputs): inputs is a list; what it returns takes their place" },
    returns = "a handle: handle:remove() takes the hook away",
    doc = [[Calls a function before each forward of this module. It may return other inputs: a list, or one value.]],
    example = [[
local fc = nn.Linear(3, 2)
local handle = fc:register_forward_pre_hook(function(module, inputs) print(inputs[1]:size()) end)
fc(cnn.ones(4, 3))
handle:remove()]],
    see = { "nn.Module.register_forward_hook" },
    call = function(self, hook) return add(self, "pre", hook) end,
}

Module.register_forward_hook = signature {
    name = "nn.Module.register_forward_hook", self = true,
    { "hook", "function", doc = "hook(module, inputs, output): what it returns takes the output's place" },
    returns = "a handle: handle:remove() takes the hook away",
    doc = [[Calls a function after each forward of this module. It may return another output.
Where forward returns several values, output is the list of them.]],
    example = [[
local net = nn.Sequential(nn.Conv2d(3, 10, 5), nn.ReLU())
local features
net[1]:register_forward_hook(function(module, inputs, output) features = output end)
net(cnn.randn(1, 3, 32, 32))
print(features:size())]],
    see = { "nn.Module.register_forward_pre_hook", "nn.Module.register_full_backward_hook" },
    call = function(self, hook) return add(self, "forward", hook) end,
}

Module.register_full_backward_hook = signature {
    name = "nn.Module.register_full_backward_hook", self = true,
    { "hook", "function", doc = "hook(module, grad_input, grad_output): lists; what it returns takes grad_input's place" },
    returns = "a handle: handle:remove() takes the hook away",
    doc = [[Calls a function whenever the gradients of this module's inputs have been computed.
An input without a gradient has nil in grad_input. The module's outputs are views: they cannot be changed in place.]],
    example = [[
local fc = nn.Linear(3, 2)
fc:register_full_backward_hook(function(module, grad_input, grad_output) print(grad_output[1]:size()) end)
fc(cnn.ones(4, 3)):sum():backward()]],
    see = { "nn.Module.register_forward_hook", "tensor:register_hook" },
    call = function(self, hook) return add(self, "backward", hook) end,
}

return Module
