-- SPDX-License-Identifier: MIT
-- cnn.autograd.gradcheck: gradients against central differences, (f(x + eps) - f(x - eps)) / (2 eps), in float64.
--
-- Every element of every input that requires a gradient is moved in place, and put back whatever happens. Slow mode
-- compares each element of the Jacobian; fast mode one random combination of the outputs, which a wrong gradient
-- survives with probability 0, at the price of one backward pass instead of one per output element.
local core = require "cnn.core"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

-- The place of a flat position (from 1): {2, 1} in [3, 4] for 5.
local function place(position, shape)
    local index, rest = {}, position - 1
    for i = #shape, 1, -1 do
        index[i] = rest % shape[i] + 1
        rest = rest // shape[i]
    end
    return index
end

local function element(x, position)
    for _, i in ipairs(place(position, x.shape)) do x = core.select(x, 1, i - 1) end
    return x
end

local function named(position, x)
    return #x.shape == 0 and "" or "[" .. table.concat(place(position, x.shape), ", ") .. "]"
end

local function fail(op, text, ...)
    errors.raise({ kind = "value", op = "cnn.autograd." .. op, text = text:format(...) }, 2)
end

-- f's results as a list, without those that have no gradient.
local function evaluate(op, f, inputs)
    local list = table.pack(f(table.unpack(inputs, 1, inputs.n)))
    if list.n == 1 and type(list[1]) == "table" and getmetatable(list[1]) == nil then list = table.move(list[1], 1, #list[1], 1, {}) end
    local outputs = {}
    for i = 1, list.n or #list do
        if not core.is_tensor(list[i]) then
            fail(op, "the function must return tensors; result %d is %s", i, signature.describe(list[i]))
        end
        if list[i].requires_grad then outputs[#outputs + 1] = list[i] end
    end
    return outputs
end

-- Leaves over the same memory, so that f runs on a graph of its own.
local function leaves(inputs)
    local list = { n = inputs.n }
    for i = 1, inputs.n do
        list[i] = inputs[i]
        if core.is_tensor(inputs[i]) then
            list[i] = core.detach(inputs[i])
            if inputs[i].requires_grad then core.set_requires_grad(list[i], true) end
        end
    end
    return list
end

local function check_inputs(op, inputs)
    local wanted = {}
    for i = 1, inputs.n do
        local x = inputs[i]
        if core.is_tensor(x) and x.requires_grad then
            if x.dtype ~= "float64" then
                fail(op, "input %d is %s: differences need float64 to be exact enough, x:double()", i, x.dtype)
            end
            wanted[#wanted + 1] = i
        end
    end
    if #wanted == 0 then fail(op, "none of the inputs requires a gradient: x:requires_grad_()") end
    return wanted
end

-- What is compared: each output element by itself, or in fast mode the outputs times random numbers, summed.
local function probes(outputs, fast)
    local list = {}
    for o, y in ipairs(outputs) do
        if fast then
            list[o] = { output = o, weight = core.uniform_(core.empty("float64", y.shape), -1, 1) }
        else
            for j = 1, core.numel(y) do
                local weight = core.full("float64", y.shape, 0)
                core.fill_(element(weight, j), 1)
                list[#list + 1] = { output = o, weight = weight, position = j }
            end
        end
    end
    return list
end

local function values(list, outputs)
    local found = {}
    for k, probe in ipairs(list) do
        local y = core.detach(outputs[probe.output])
        found[k] = probe.position and core.get(y, probe.position) or core.item(core.sum(core.mul(y, probe.weight)))
    end
    return found
end

local put_back = { __close = function(self) core.fill_(self.element, self.value) end }

-- f's values at the probes, with one element of one input moved.
local function moved(op, f, inputs, i, position, by, list)
    local at = element(core.detach(inputs[i]), position)
    local guard <close> = setmetatable({ element = at, value = core.item(at) }, put_back)
    core.fill_(at, guard.value + by)
    return values(list, evaluate(op, f, leaves(inputs)))
end

local function analytic(op, f, inputs, wanted, list)
    local grads = {}
    for k, probe in ipairs(list) do
        local fresh = leaves(inputs)
        local outputs, by = evaluate(op, f, fresh), {}
        for n, i in ipairs(wanted) do by[n] = fresh[i] end
        grads[k] = core.gradients({ outputs[probe.output] }, by, { probe.weight }, false, false, true)
    end
    return grads
end

local function check_repeats(op, before, again)
    for k = 1, #before do
        if before[k] ~= again[k] and before[k] == before[k] then
            fail(op, "the function gives another result each time (%.9g, then %.9g): does it use random numbers?",
                before[k], again[k])
        end
    end
end

-- One element of one input: grads[k] is what backward says about probe k.
local function check_element(op, found, f, inputs, i, j, o)
    local above = moved(op, f, inputs, i, j, o.eps, found.probes)
    local below = moved(op, f, inputs, i, j, -o.eps, found.probes)
    for k, probe in ipairs(found.probes) do
        local want, grad = (above[k] - below[k]) / (2 * o.eps), found.grads[k][found.place[i]]
        local got, allowed = grad and core.get(grad, j) or 0, o.atol + o.rtol * math.abs(want)
        if not (math.abs(got - want) <= allowed) then
            local of = probe.position and named(probe.position, found.outputs[probe.output]) or
                " (times random numbers, summed)"
            fail(op, "the gradient of output %d%s by input %d%s is wrong: backward says %.10g, differences say %.10g "
                .. "(allowed: %.3g apart)%s", probe.output, of, i, named(j, inputs[i]), got, want, allowed,
                grad and "" or "\nthe function does not use its argument " .. i .. ", but a tensor that shares its memory")
        end
    end
end

local function compare(op, f, inputs, o)
    local wanted = check_inputs(op, inputs)
    local outputs = evaluate(op, f, leaves(inputs))
    if #outputs == 0 then fail(op, "no result of the function requires a gradient") end
    local list = probes(outputs, o.fast)
    check_repeats(op, values(list, outputs), values(list, evaluate(op, f, leaves(inputs))))
    local found = { outputs = outputs, probes = list, grads = analytic(op, f, inputs, wanted, list), place = {} }
    for n, i in ipairs(wanted) do
        found.place[i] = n
        for j = 1, core.numel(inputs[i]) do check_element(op, found, f, inputs, i, j, o) end
    end
    return true
end

-- Errors become false where the caller asked for that.
local function guarded(raise, ...)
    if raise then return compare(...) end
    local ok, e = pcall(compare, ...)
    if ok then return true end
    if not errors.is(e, "value") then error(e, 0) end
    return false, e
end

local function as_list(inputs)
    if core.is_tensor(inputs) then return { inputs, n = 1 } end
    return table.move(inputs, 1, #inputs, 1, { n = #inputs })
end

local function check(name, doc, example, call)
    return signature {
        name = "cnn.autograd." .. name,
        { "func", "function", doc = "of tensors, giving one or more tensors" },
        { "inputs", "tensor|table", doc = "its arguments: a float64 tensor that requires a gradient, or a list" },
        { "eps", "number", default = 1e-6, min = 1e-12, doc = "by how much an element is moved" },
        { "atol", "number", default = 1e-5, min = 0 },
        { "rtol", "number", default = 1e-3, min = 0 },
        { "raise_exception", "bool", default = true, doc = "else the results are false and the error" },
        { "fast_mode", "bool", default = false, doc = "compare a random combination of the outputs only" },
        returns = "true",
        doc = doc, example = example, see = { "cnn.autograd.grad" },
        call = function(f, inputs, eps, atol, rtol, raise, fast)
            local options = { eps = eps, atol = atol, rtol = rtol, fast = fast }
            return guarded(raise, call(name, f, as_list(inputs), options))
        end,
    }
end

local gradcheck = check("gradcheck", [[Compares the gradients of a function with differences, element by element.
The error names the first element that is off, with what backward says and what differences say. Where the function has a
kink (ReLU at 0, equal values under max) the two differ rightly.]], [[
local x = cnn.randn{3, 4, dtype=cnn.float64}:requires_grad_()
print(cnn.autograd.gradcheck(function(x) return x:tanh():sum(1) end, x))]],
    function(name, f, inputs, options) return name, f, inputs, options end)

-- The gradients of f, as a function of its inputs and of what its outputs are multiplied with.
local function gradients_of(f, inputs)
    local first = evaluate("gradgradcheck", f, leaves(inputs))
    local all = table.move(inputs, 1, inputs.n, 1, { n = inputs.n + #first })
    for k, y in ipairs(first) do
        all[inputs.n + k] = core.set_requires_grad(core.uniform_(core.empty("float64", y.shape), -1, 1), true)
    end
    return all, function(...)
        local args = { ... }
        local own = table.move(args, 1, inputs.n, 1, { n = inputs.n })
        local by, factors = {}, table.move(args, inputs.n + 1, all.n, 1, {})
        for i = 1, inputs.n do
            if core.is_tensor(own[i]) and own[i].requires_grad then by[#by + 1] = own[i] end
        end
        local found = core.gradients(evaluate("gradgradcheck", f, own), by, factors, true, true, true)
        local kept = {}
        for i = 1, #by do
            if found[i] and found[i].requires_grad then kept[#kept + 1] = found[i] end
        end
        return kept
    end
end

local gradgradcheck = check("gradgradcheck",
    [[Compares the gradients of a function's gradients with differences: what create_graph=true relies on.
In messages, inputs after the function's own are what its outputs are multiplied with.]], [[
local x = cnn.randn{3, dtype=cnn.float64}:requires_grad_()
print(cnn.autograd.gradgradcheck(function(x) return x:pow(3) end, x))]],
    function(name, f, inputs, options)
        check_inputs(name, inputs)
        local all, g = gradients_of(f, inputs)
        return name, g, all, options
    end)

return { gradcheck = gradcheck, gradgradcheck = gradgradcheck }
