-- SPDX-License-Identifier: MIT
-- nn.utils: what is done to the gradients of many parameters at once, between backward() and the optimiser's step.
-- Gradients are changed in place, through detached tensors: the same memory, outside of the graph.
local class = require "cnn.nn.class"
local core = require "cnn.core"
local errors = require "cnn.errors"
local hints = require "cnn.hints"
local signature = require "cnn.signature"

local utils = {}

local function fail(name, kind, text, fix)
    errors.raise { kind = kind, op = "nn.utils." .. name, text = text, fix = fix }
end

-- The gradients that there are, of one tensor or a list of them.
local function gradients(name, parameters)
    if core.is_tensor(parameters) then parameters = { parameters } end
    if class.of(parameters) then
        fail(name, "type", ("it takes parameters; got the module %s itself"):format(class.of(parameters).__name), "net:parameters()")
    end
    if type(parameters) ~= "table" then
        fail(name, "type", ("it takes a list of parameters; got %s"):format(signature.describe(parameters)), "net:parameters()")
    end
    local list = {}
    for i, p in ipairs(parameters) do
        if not core.is_tensor(p) then
            fail(name, "type", ("parameter %d is no tensor; got %s"):format(i, signature.describe(p)), "net:parameters()")
        end
        if p.grad then list[#list + 1] = core.detach(p.grad) end
    end
    return list
end

-- The norm of all their elements: the norm of their norms.
local function total_norm(tensors, norm_type)
    if #tensors == 0 then return core.full("float32", {}, 0) end
    local norms, dtype = nil, tensors[1].dtype
    for _, tensor in ipairs(tensors) do
        local norm = core.reshape(core.cast(tensor:norm(norm_type), dtype), { 1 })
        norms = norms and core.cat(norms, norm, 1) or norm
    end
    return norms:norm(norm_type)
end

utils.clip_grad_norm_ = signature {
    name = "nn.utils.clip_grad_norm_",
    { "parameters", "any", doc = "list of parameters, or one" },
    { "max_norm", "number", min = 0, doc = "length that the gradients may have together" },
    { "norm_type", "number", default = 2, doc = "1, 2, another power, or math.huge for the largest element" },
    { "error_if_nonfinite", "bool", default = false, doc = "raise an error where the length is infinite or NaN" },
    returns = "tensor: the length before",
    doc = [[Shortens the gradients of all parameters together, as if they were one long vector, if it is longer than max_norm.]],
    example = [[
local net = nn.Linear(3, 2)
net(cnn.ones(1, 3) * 100):sum():backward()
print(nn.utils.clip_grad_norm_(net:parameters(), 1.0))
print(net.weight.grad)]],
    see = { "nn.utils.clip_grad_value_", "optim.Optimizer.step" },
    call = function(parameters, max_norm, norm_type, error_if_nonfinite)
        local list = gradients("clip_grad_norm_", parameters)
        local norm = total_norm(list, norm_type)
        local length = core.item(norm)
        if error_if_nonfinite and (length ~= length or length == math.huge) then
            fail("clip_grad_norm_", "value", ("the gradients' norm is %s, so they cannot be shortened"):format(
                length ~= length and "NaN" or "infinite"), "a smaller learning rate, or look for the NaN in the loss")
        end
        local factor = math.min(max_norm / (length + 1e-6), 1)
        if factor ~= 1 then
            hints.writes = hints.writes + 1
            for _, grad in ipairs(list) do core.mul_(grad, factor) end
        end
        return norm
    end,
}

utils.clip_grad_value_ = signature {
    name = "nn.utils.clip_grad_value_",
    { "parameters", "any", doc = "list of parameters, or one" },
    { "clip_value", "number", min = 0, doc = "largest magnitude of an element" },
    doc = [[Brings every element of the gradients into the range -clip_value … clip_value.]],
    example = [[
local net = nn.Linear(3, 2)
net(cnn.ones(1, 3) * 100):sum():backward()
nn.utils.clip_grad_value_(net:parameters(), 0.5)
print(net.weight.grad)]],
    see = { "nn.utils.clip_grad_norm_" },
    call = function(parameters, clip_value)
        hints.writes = hints.writes + 2
        for _, grad in ipairs(gradients("clip_grad_value_", parameters)) do
            core.minimum_(core.maximum_(grad, -clip_value), clip_value)
        end
    end,
}

utils.get_total_norm = signature {
    name = "nn.utils.get_total_norm",
    { "tensors", "any", doc = "list of tensors, or one" },
    { "norm_type", "number", default = 2, doc = "1, 2, another power, or math.huge for the largest element" },
    { "error_if_nonfinite", "bool", default = false, doc = "raise an error where the length is infinite or NaN" },
    returns = "tensor",
    doc = [[The norm of all elements of all tensors together.]],
    example = [[print(nn.utils.get_total_norm({ cnn.tensor { 3.0 }, cnn.tensor { 4.0 } }, 2))]],
    see = { "nn.utils.clip_grad_norm_" },
    call = function(tensors, norm_type, error_if_nonfinite)
        local list = {}
        if core.is_tensor(tensors) then tensors = { tensors } end
        if type(tensors) ~= "table" then
            fail("get_total_norm", "type", "the tensors are a list, or one; got " .. signature.describe(tensors))
        end
        for i, tensor in ipairs(tensors) do
            if not core.is_tensor(tensor) then
                fail("get_total_norm", "type", ("number %d is no tensor; got %s"):format(i, signature.describe(tensor)))
            end
            list[i] = core.detach(tensor)
        end
        local norm = total_norm(list, norm_type)
        local length = core.item(norm)
        if error_if_nonfinite and (length ~= length or length == math.huge) then
            fail("get_total_norm", "value", ("the norm is %s"):format(length ~= length and "NaN" or "infinite"))
        end
        return norm
    end,
}

return utils
