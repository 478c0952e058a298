-- SPDX-License-Identifier: MIT
-- optim.Optimizer: what all optimisers share: parameter groups, zero_grad, saving and loading.
--
-- A group is a table {params = list, lr = …, …}; whoever changes group.lr changes the next step (schedulers do).
-- `state[p]` holds what an optimiser remembers about the parameter p. A class built on it sets `_defaults` (names of
-- the options with their values) before Optimizer.init, and gives `_update(group, p, grad, state)`, or instead
-- `_update_group(group)` for all parameters of a group at once.
local class = require "cnn.nn.class"
local core = require "cnn.core"
local errors = require "cnn.errors"
local hints = require "cnn.hints"
local signature = require "cnn.signature"

local Optimizer = class.make("Optimizer")

local function fail(kind, text, fix) errors.raise { kind = kind, op = "optim", text = text, fix = fix } end

local function is_group(value) return type(value) == "table" and getmetatable(value) == nil and value.params ~= nil end

-- Parameters may come as one tensor, a list, or a module by mistake.
local function parameter_list(value)
    if core.is_tensor(value) then return { value } end
    if class.of(value) then
        fail("type", ("an optimiser takes parameters; got the module %s itself"):format(class.of(value).__name),
            "net:parameters()")
    end
    if type(value) ~= "table" then
        fail("type", ("params must be a list of tensors; got %s"):format(signature.describe(value)), "net:parameters()")
    end
    return value
end

-- `owner` has the parameters that are known already, with their places.
local function check_parameter(p, i, owner, group)
    if not core.is_tensor(p) then
        fail("type", ("parameter %d is no tensor; got %s"):format(i, signature.describe(p)), "net:parameters()")
    end
    if not p.is_leaf then
        fail("value", ("parameter %d was computed by %s; an optimiser changes leaves only"):format(i, tostring(p.grad_fn)))
    end
    local place = group == 1 and ("parameter %d"):format(i) or ("parameter %d of group %d"):format(i, group)
    if owner[p] then
        fail("value", ("%s is %s: it would be changed twice in every step"):format(place, owner[p]),
            "net:parameters(), which lists what is shared once")
    end
    owner[p] = place
end

local function add_group(self, given)
    local group = { params = {} }
    for name, default in pairs(self._defaults) do
        group[name] = default
    end
    for name, value in pairs(given) do
        if name ~= "params" then
            if self._defaults[name] == nil then
                local names = {}
                for known in pairs(self._defaults) do
                    names[#names + 1] = known
                end
                table.sort(names)
                local meant = signature.nearest(tostring(name), names)
                fail("type", ("a group has no option %q%s"):format(
                    tostring(name), meant and (" (did you mean %s?)"):format(meant) or ""))
            end
            group[name] = value
        end
    end
    for i, p in ipairs(parameter_list(given.params)) do
        check_parameter(p, i, self._owned, #self.param_groups + 1)
        group.params[i] = p
    end
    if #group.params == 0 then
        fail("value", "there is nothing to train: the list of parameters is empty",
            "make the layers first, in init, as self.name = nn.Linear(…): then net:parameters() has theirs")
    end
    self:_check_group(group)
    self.param_groups[#self.param_groups + 1] = group
    hints.grouped(self, given.params)
end

function Optimizer:init(params)
    self.param_groups, self.state, self._owned = {}, {}, {}
    hints.built(self)
    -- optim.SGD{net:parameters()}: the list of arguments looks like a list of parameters
    local first = type(params) == "table" and not class.of(params) and params[1]
    if type(first) == "table" and getmetatable(first) == nil and not is_group(first) and #params == 1 then
        params = first
        first = params[1]
    end
    if is_group(first) then
        for i, group in ipairs(params) do
            if not is_group(group) then fail("type", ("group %d has no params"):format(i), "{params = …, lr = …}") end
            add_group(self, group)
        end
    else
        add_group(self, { params = params })
    end
end

signature.document(Optimizer.init, {
    name = "optim.Optimizer", self = true, { "params", "any", doc = "parameters, or groups of them: {params = …, lr = …}" },
    doc = [[What all optimisers share: groups of parameters, the state of each, and the methods below.
It does no steps; the constructors of those that do call it, with their options in self._defaults.]],
    example = [[
local opt = optim.SGD { nn.Linear(3, 1):parameters(), lr = 0.1 }
print(nn.is(opt, optim.Optimizer), #opt.param_groups)]],
    see = { "optim.SGD", "optim.Adam" },
})

--- Complains about values of a group's options; classes built on Optimizer define it.
function Optimizer:_check_group() end

Optimizer.add_param_group = signature {
    name = "optim.Optimizer.add_param_group", self = true,
    { "group", "table", doc = "{params = list, lr = …, …}; what is not said is as in the constructor" },
    doc = [[Adds parameters with options of their own.]],
    example = [[
local a, b = nn.Linear(3, 2), nn.Linear(2, 1)
local opt = optim.SGD { a:parameters(), lr = 0.1 }
opt:add_param_group({ params = b:parameters(), lr = 0.01 })
print(#opt.param_groups)]],
    see = { "optim.SGD" },
    call = function(self, group)
        if not is_group(group) then group = { params = group } end
        add_group(self, group)
    end,
}

Optimizer.zero_grad = signature {
    name = "optim.Optimizer.zero_grad", self = true,
    { "set_to_none", "bool", default = true, doc = "false: fill with zeros instead" },
    doc = [[Forgets the gradients of all parameters. backward() adds to them, so this comes before it in every step.]],
    example = [[
local net = nn.Linear(3, 2)
local opt = optim.SGD { net:parameters(), lr = 0.1 }
net(cnn.ones(1, 3)):sum():backward()
opt:zero_grad()
print(net.weight.grad)]],
    see = { "optim.Optimizer.step" },
    call = function(self, set_to_none)
        hints.zeroed(self)
        for _, group in ipairs(self.param_groups) do
            for _, p in ipairs(group.params) do
                local grad = p.grad
                if grad and not set_to_none then
                    hints.refilled[grad] = true
                    core.fill_(grad, 0)
                elseif grad then core.set_grad(p, nil) end
            end
        end
    end,
}

--- What is remembered about p: a table, made when it is first asked for.
function Optimizer:_state_of(p)
    local state = self.state[p]
    if not state then
        state = {}
        self.state[p] = state
    end
    return state
end

function Optimizer:_update_group(group)
    for _, p in ipairs(group.params) do
        local grad = p.grad
        if grad then self:_update(group, p, grad, self:_state_of(p)) end
    end
end

Optimizer.step = signature {
    name = "optim.Optimizer.step", self = true,
    { "closure", "function", optional = true, doc = "computes the loss again; called first" },
    returns = "what the closure returned",
    doc = [[Changes every parameter that has a gradient, as the optimiser's rule says.]],
    example = [[
local net = nn.Linear(3, 1)
local opt = optim.SGD { net:parameters(), lr = 0.1 }
local x = cnn.ones(1, 3)
for i = 1, 3 do
    local loss = net(x):pow(2):sum()
    opt:zero_grad()
    loss:backward()
    opt:step()
    print(loss:item())
end]],
    see = { "optim.Optimizer.zero_grad", "optim.SGD" },
    call = function(self, closure)
        local loss = closure and closure()
        if hints.on then hints.step(self) end
        for _, group in ipairs(self.param_groups) do
            self:_update_group(group)
        end
        core.safe_point()
        if closure then return loss end -- else nothing, not nil: the prompt would print it
    end,
}

-- A list of numbers (betas) as a list of its own: what has been saved must not move with the optimiser.
local function own(value)
    return type(value) == "table" and table.move(value, 1, #value, 1, {}) or value
end

Optimizer.state_dict = signature {
    name = "optim.Optimizer.state_dict", self = true,
    returns = "table {state, param_groups}",
    doc = [[What the optimiser remembers, with parameters replaced by their numbers (from 1, through all groups).
The tensors are the optimiser's own.]],
    example = [[print(optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.1 }:state_dict().param_groups[1].lr)]],
    see = { "optim.Optimizer.load_state_dict" },
    call = function(self)
        local state, groups, number = {}, {}, 0
        for g, group in ipairs(self.param_groups) do
            local copy = {}
            for name, value in pairs(group) do
                copy[name] = own(value)
            end
            copy.params = {}
            for i, p in ipairs(group.params) do
                number = number + 1
                copy.params[i] = number
                state[number] = self.state[p]
            end
            groups[g] = copy
        end
        return { state = state, param_groups = groups }
    end,
}

local function misfit(kind, text, ...) errors.raise { kind = kind, op = "load_state_dict", text = text:format(...) } end

local function check_groups(self, state)
    local groups = state.param_groups
    if type(groups) ~= "table" then
        misfit("value", "the state of an optimiser has param_groups; what came has none")
    end
    if #groups ~= #self.param_groups then
        misfit("value", "the state is of an optimiser with %d groups of parameters; this one has %d", #groups, #self.param_groups)
    end
    for g, group in ipairs(groups) do
        local here, there = #self.param_groups[g].params, type(group.params) == "table" and #group.params or 0
        if here ~= there then
            misfit("value", "the numbers of parameters differ: group %d has %d in the state and %d in this optimiser", g, there, here)
        end
    end
end

-- What schedulers write into groups, and PyTorch's switches for how a step runs, which have no counterpart here.
local ALSO = { initial_lr = true, max_lr = true, min_lr = true, max_momentum = true, base_momentum = true }
local SWITCHES = { foreach = true, fused = true, capturable = true, differentiable = true }

-- The options of a group as they will be: the state's where it has them. Nothing is changed yet.
local function merged(self, group, state)
    local options, unknown = {}, {}
    for name, value in pairs(group) do
        options[name] = value
    end
    for name, value in pairs(state) do
        if self._defaults[name] ~= nil or ALSO[name] then
            options[name] = name == "params" and group.params or own(value)
        elseif name ~= "params" and not SWITCHES[name] then
            unknown[#unknown + 1] = tostring(name)
        end
    end
    if #unknown > 0 then
        table.sort(unknown)
        misfit("value", "the state is of another optimiser than %s: its groups have %s", getmetatable(self).__name,
            table.concat(unknown, ", "))
    end
    self:_check_group(options)
    return options
end

-- A copy of what is remembered about parameter `number`; tensors must have its size. PyTorch's step is a tensor.
local function remembered(p, number, entry)
    local copy = {}
    for name, value in pairs(entry or {}) do
        if core.is_tensor(value) and name == "step" then
            value = math.tointeger(core.item(value)) or misfit("value", "parameter %d: the state's step is no whole number", number)
        elseif core.is_tensor(value) then
            if tostring(value.shape) ~= tostring(p.shape) then
                misfit("shape", "parameter %d: the state's %s is %s, the parameter %s", number, name, tostring(value.shape),
                    tostring(p.shape))
            end
            value = core.copy_(core.empty(p.dtype, p.shape), value)
        end
        copy[name] = value
    end
    return copy
end

Optimizer.load_state_dict = signature {
    name = "optim.Optimizer.load_state_dict", self = true,
    { "state_dict", "table", doc = "from state_dict" },
    doc = [[Takes over options and memory of an optimiser of the same kind, for parameters in the same order.
Nothing is changed if something does not fit.]],
    example = [[
local a = optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.1, momentum = 0.9 }
local b = optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.2 }
b:load_state_dict(a:state_dict())
print(b.param_groups[1].lr)]],
    see = { "optim.Optimizer.state_dict" },
    call = function(self, state_dict)
        check_groups(self, state_dict)
        local number, state, options = 0, {}, {}
        for g, group in ipairs(self.param_groups) do
            options[g] = merged(self, group, state_dict.param_groups[g])
            for _, p in ipairs(group.params) do
                number = number + 1
                state[p] = remembered(p, number, (state_dict.state or {})[number])
            end
        end
        for g, group in ipairs(self.param_groups) do
            for name, value in pairs(options[g]) do
                group[name] = value
            end
        end
        self.state = state
    end,
}

local function shown(value)
    if type(value) ~= "table" then return tostring(value) end
    local parts = {}
    for i, item in ipairs(value) do
        parts[i] = tostring(item)
    end
    return "(" .. table.concat(parts, ", ") .. ")"
end

-- Options in the order of their names, as PyTorch prints them.
function Optimizer:__tostring()
    local lines = { getmetatable(self).__name .. " (" }
    for g, group in ipairs(self.param_groups) do
        lines[#lines + 1] = "Parameter Group " .. g
        local names = {}
        for name in pairs(group) do
            if name ~= "params" then names[#names + 1] = name end
        end
        table.sort(names)
        for _, name in ipairs(names) do
            lines[#lines + 1] = ("    %s: %s"):format(name, shown(group[name]))
        end
    end
    lines[#lines + 1] = ")"
    return table.concat(lines, "\n")
end

return Optimizer
