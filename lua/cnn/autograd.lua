-- SPDX-License-Identifier: MIT
-- cnn.autograd: gradients of chosen tensors, several results at once, anomaly mode; the checks are in gradcheck.lua.
local core = require "cnn.core"
local hints = require "cnn.hints"
local signature = require "cnn.signature"

local autograd = {}

signature.define("tensors", "a tensor or a list of tensors", function(value)
    if core.is_tensor(value) then return { value } end
    if type(value) ~= "table" or getmetatable(value) ~= nil or #value == 0 then return nil end
    for key, item in pairs(value) do
        if math.type(key) ~= "integer" or not core.is_tensor(item) then return nil end
    end
    return value
end)

autograd.grad = signature {
    name = "cnn.autograd.grad",
    { "outputs", "tensors", doc = "what is differentiated; their sum, where there are several" },
    { "inputs", "tensors", doc = "by what: leaves, or tensors on the way" },
    { "grad_outputs", "tensors", optional = true, doc = "one per output, of its shape; 1 for scalars if not given" },
    { "retain_graph", "bool", optional = true, doc = "keep the graph, to walk it again; create_graph if not given" },
    { "create_graph", "bool", default = false, doc = "record the gradients' own ops, for gradients of gradients" },
    { "allow_unused", "bool", default = false, doc = "nil for an input that the outputs do not depend on; else an error" },
    returns = "the gradients, one result per input",
    doc = [[The gradients of outputs with respect to chosen inputs. No tensor's .grad is touched.
Only what the inputs need is computed, and only that part of the graph is freed.]],
    example = [[
local x = cnn.tensor{1.0, 2.0}:requires_grad_()
local dx = cnn.autograd.grad{x:pow(3):sum(), x, create_graph=true}
print(dx, cnn.autograd.grad{dx:sum(), x})]],
    see = { "tensor:backward", "cnn.autograd.gradcheck" },
    call = function(outputs, inputs, grad_outputs, retain, create, allow_unused)
        if retain == nil then retain = create end
        local grads = core.gradients(outputs, inputs, grad_outputs, retain, create, allow_unused)
        for i = 1, #inputs do grads[i] = grads[i] or nil end
        return table.unpack(grads, 1, #inputs)
    end,
}

autograd.backward = signature {
    name = "cnn.autograd.backward",
    { "tensors", "tensors", doc = "results to start from" },
    { "grad_tensors", "tensors", optional = true, doc = "one per result, of its shape; 1 for scalars if not given" },
    { "retain_graph", "bool", optional = true, doc = "keep the graph, to walk it again; create_graph if not given" },
    { "create_graph", "bool", default = false, doc = "record the gradients' own ops" },
    doc = [[The same as backward() of the sum of several results: adds to x.grad of every leaf below, in one walk.]],
    example = [[
local w = cnn.ones(2):requires_grad_()
cnn.autograd.backward({ (w * 2):sum(), (w * 3):sum() })
print(w.grad)]],
    see = { "tensor:backward", "cnn.autograd.grad" },
    call = function(tensors, grad_tensors, retain, create)
        if retain == nil then retain = create end
        hints.backwards, hints.suspect = hints.backwards + 1, false
        core.gradients(tensors, {}, grad_tensors, retain, create, false)
    end,
}

autograd.set_detect_anomaly = signature {
    name = "cnn.autograd.set_detect_anomaly",
    { "mode", "bool" },
    returns = "what it was",
    doc = [[Switches anomaly mode on or off, which finds out who is to blame, and is slow.
backward() then stops at the first op whose gradient has a NaN, and errors about changes in place say at which lines, and in
which layer, the op ran and the tensor was changed. Switch it on before the forward pass.]],
    example = [[
cnn.autograd.set_detect_anomaly(true)
local x = cnn.zeros(2):requires_grad_()
print(pcall(function() (x * 0 / x):sum():backward() end))
cnn.autograd.set_detect_anomaly(false)]],
    see = { "cnn.autograd.detect_anomaly" },
    call = core.set_detect_anomaly,
}

local restore = { __close = function(self) core.set_detect_anomaly(self.before) end }

autograd.detect_anomaly = signature {
    name = "cnn.autograd.detect_anomaly",
    { "f", "function" },
    { "...", "any", doc = "its arguments" },
    returns = "what f returns",
    doc = [[Runs a function in anomaly mode.]],
    example = [[print(cnn.autograd.detect_anomaly(function() return cnn.ones(2):requires_grad_():sum():item() end))]],
    see = { "cnn.autograd.set_detect_anomaly" },
    call = function(f, ...)
        local guard <close> = setmetatable({ before = core.set_detect_anomaly(true) }, restore) -- luacheck: ignore guard
        return f(...)
    end,
}

for name, check in pairs(require "cnn.gradcheck") do autograd[name] = check end

return autograd
