-- SPDX-License-Identifier: MIT
-- Hints about mistakes that raise no error: a forgotten zero_grad or eval, softmax before cross entropy, an optimiser that
-- has not the parameters that learn, labels that are all one, predictions and labels compared with ==.
--
-- The functions that take part in a training step tell this module what happens, by a field or a call; each hint is
-- written to standard error once per line of the user's. What must stay true: nothing here raises, computes anything of
-- the size of a network, draws random numbers or changes a result; a step pays for a few table accesses; and where it
-- is not certain that something is wrong, nothing is said: every such case is in tests/errors/hints.lua.
local core = require "cnn.core"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local function weak() return setmetatable({}, { __mode = "k" }) end

local hints = {
    on = not ({ ["0"] = true, off = true, ["false"] = true, no = true })[(os.getenv("CNN_HINTS") or ""):lower()],
    backwards = 0,      -- calls of backward so far
    writes = 0,         -- in-place changes of gradients by this library since (clipping)
    suspect = false,    -- a hint that is given if what the network made is measured, without gradients
    refilled = weak(),  -- gradients that were written over: zero_(), fill_(), copy_()
    softmaxed = weak(), -- results of softmax
    lists = weak(),     -- lists of parameters → the module whose they are
}

local steps = 0         -- of all optimisers
local modes = weak()    -- modules whose mode was set → the steps taken before
local watched = weak()  -- optimisers → what is known of their last step
local given = {}        -- hints that were written, by line

-- ---- writing -----------------------------------------------------------------------------------------------------------

local SILENCE = "silence: cnn.hints(false), or CNN_HINTS=0"

local function write(hint)
    local key = (hint.where or "?") .. hint.text
    if given[key] then return end
    given[key] = true
    core.status_line_end()
    io.stdout:flush()
    io.stderr:write(tostring(hint), "\n  ", SILENCE, "\n")
    io.stderr:flush()
end

-- The place is the first line of the user's above `level`, which counts as in `error`.
local function make(text, fix, level)
    return errors.make({ kind = "hint", text = text, fix = fix }, (level or 1) + 1)
end

-- ---- optimisers --------------------------------------------------------------------------------------------------------

--- An optimiser was built.
function hints.built(optimizer)
    watched[optimizer] = { created = hints.backwards, zeroed = hints.backwards, steps = 0, look = 1, modules = {} }
end

--- A group of parameters was added; `list` is as the user gave it.
function hints.grouped(optimizer, list)
    local w, module = watched[optimizer], hints.lists[list]
    if w and module then w.modules[#w.modules + 1] = module end
end

--- An optimiser or a module forgot its gradients.
function hints.zeroed(optimizer)
    hints.suspect = false
    local w = watched[optimizer]
    if w then w.zeroed = hints.backwards end
end

-- The last parameter with a gradient: mostly a small one, and one that is used once.
local function last_with_gradient(optimizer)
    local groups = optimizer.param_groups
    for g = #groups, 1, -1 do
        local params = groups[g].params
        for i = #params, 1, -1 do
            local grad = params[i].grad
            if grad then return params[i], grad end
        end
    end
end

-- The gradient of the last step is still there, and was added to: as often as backward() ran, at most, so that nobody
-- wrote into it for another purpose.
local function check_zeroed(w, grad)
    local added = core.write_count(grad) - w.written
    if added < 1 or added > hints.backwards - w.backwards + hints.writes - w.writes then return end
    write(make("the gradients of the step before are in these, too: backward() adds to what is there",
        "opt:zero_grad() before loss:backward()"))
end

local function check_any_gradient(optimizer, w)
    if w.seen or hints.backwards == w.created then return end
    w.empty = (w.empty or 0) + 1
    if hints.backwards == w.zeroed and w.empty < 3 then return end
    local count = 0
    for _, group in ipairs(optimizer.param_groups) do count = count + #group.params end
    write(make(("this step changes nothing: backward() ran, but none of the optimiser's %d parameters has a gradient"):format(count),
        hints.backwards == w.zeroed and "zero_grad() before loss:backward(), not between it and step()"
        or "the optimiser of the network that the loss is computed from: optim.SGD{net:parameters(), …}"))
end

local function is_owned(p)
    for optimizer in pairs(watched) do
        if optimizer._owned[p] then return true end
    end
    return false
end

-- Parameters that came into the network after the optimiser was built, and learn, but are nobody's.
local function check_owned(w)
    for _, module in ipairs(w.modules) do
        local strangers, all, first = 0, 0, nil
        for name, p in module:named_parameters() do
            all = all + 1
            if p.requires_grad and p.grad and not is_owned(p) then strangers, first = strangers + 1, first or name end
        end
        if strangers > 0 then
            write(make(("%d of the network's %d parameters are not trained, %s among them: the optimiser was built before they came")
                :format(strangers, all, first), "build the optimiser last"))
        end
    end
end

local function look_at(optimizer, w)
    local p, grad = last_with_gradient(optimizer)
    if not p then
        check_any_gradient(optimizer, w)
    elseif w.grad and rawequal(w.grad, grad) and not hints.refilled[grad] then
        check_zeroed(w, grad)
    end
    w.seen = w.seen or p ~= nil
    w.steps = w.steps + 1
    if p and w.steps >= w.look then -- the 1st, 2nd, 4th … step
        w.look = 2 * w.steps
        check_owned(w)
    end
    steps = steps + 1
    w.grad, w.written = grad, grad and core.write_count(grad)
    if grad then hints.refilled[grad] = nil end
    w.backwards, w.writes, w.last = hints.backwards, hints.writes, steps
end

--- An optimiser is about to make a step.
function hints.step(optimizer)
    hints.suspect = false
    local w = watched[optimizer]
    if w then pcall(look_at, optimizer, w) end
end

-- ---- measuring in training mode ------------------------------------------------------------------------------------------

local next_look = weak() -- layers → the number of steps from which on they are looked at again

-- Was the mode of the module set before the last step of an optimiser that trains it?
local function trained_since(module)
    local set = modes[module] or 0
    for _, p in ipairs(module:parameters()) do
        for optimizer, w in pairs(watched) do
            if optimizer._owned[p] and (w.last or 0) > set then return true end
        end
    end
    return false
end

--- The mode of a module was set, which is a decision.
function hints.mode_set(module) modes[module] = steps end

local function outermost()
    local call, level, outer, at = require("cnn.nn.module").__call, 3, nil, nil
    while true do
        local info = debug.getinfo(level, "f")
        if not info then return outer, at end
        if info.func == call then
            local _, module = debug.getlocal(level, 1)
            outer, at = module, level - 1 -- as the caller of this function counts
        end
        level = level + 1
    end
end

local function find_suspect()
    local module, level = outermost()
    if not module or not module.training or not trained_since(module) then return end
    hints.suspect = make("the network is measured in training mode: dropout drops, batch norm uses the batch and learns from it",
        "net:eval() before, net:train() after (if it is meant: net:train() right before says so)", level)
end

--- A layer that behaves differently in training ran in training mode. Cheap: the stack is looked at after 1, 3, 7 … steps.
function hints.trains(layer)
    if hints.suspect or core.grad_enabled() or steps < (next_look[layer] or 1) then return end
    next_look[layer] = 2 * steps + 1
    pcall(find_suspect)
end

--- Something was measured: the largest class, or a loss.
function hints.measured()
    local hint = hints.suspect
    if not hint or core.grad_enabled() then return end
    hints.suspect = false
    pcall(write, hint)
end

-- ---- losses --------------------------------------------------------------------------------------------------------------

local function say_softmax()
    write(make("cross entropy has the softmax inside; these are probabilities already: the loss stays large, gradients small",
        "leave softmax out of the network; take it afterwards, where probabilities are wanted"))
end

local same = { left = 4, value = nil } -- losses of training whose labels are looked at

-- Labels of three classes and more that are one and the same, batch after batch.
local function check_labels(input, target)
    if not (input.requires_grad and #input.shape == 2 and input.shape[2] > 2 and #target.shape == 1 and target.shape[1] >= 8)
        or target.dtype ~= "int64" or input.device ~= "cpu" then return end
    local low, high = core.item(core.amax(target, nil, false, false)), core.item(core.amax(target, nil, true, false))
    if low ~= high or same.value and same.value ~= low then
        same.left = 0
        return
    end
    same.value, same.left = low, same.left - 1
    if same.left > 0 then return end
    write(make(("all labels of the first batches are %d: the data lie in the order of their classes?"):format(low),
        "DataLoader{dataset, shuffle=true}"))
end

--- Cross entropy is about to be computed.
function hints.cross_entropy(input, target)
    hints.measured()
    if hints.softmaxed[input] then pcall(say_softmax) end
    if same.left > 0 then pcall(check_labels, input, target) end
end

--- nll_loss is about to be computed.
function hints.nll_loss(input)
    hints.measured()
    if hints.softmaxed[input] then
        pcall(function()
            write(make("nll_loss wants logarithms of probabilities; these are probabilities",
                "x:log_softmax(2), or F.cross_entropy on the logits"))
        end)
    end
end

--- Binary cross entropy on logits is about to be computed.
function hints.with_logits(input)
    local made_by = input.grad_fn
    if made_by and tostring(made_by):lower():find("^sigmoid") then
        pcall(function()
            write(make("this loss has the sigmoid inside; these are probabilities already: the loss stays large, gradients small",
                "leave sigmoid out of the network, or take F.binary_cross_entropy"))
        end)
    end
end

-- ---- == ----------------------------------------------------------------------------------------------------------------

local COUNTED = { int64 = true, int32 = true, uint8 = true, bool = true } -- labels, classes, what comparisons give

local function check_compared(a, b)
    if #a.shape == 0 or a.shape ~= b.shape then return end
    local source = debug.getinfo(4, "S").source -- 1 is this function, then pcall, __eq, its caller
    local typed = source:find("^=input %d") and not a.requires_grad and not b.requires_grad
    if errors.is_internal(source) or not typed and not (COUNTED[a.dtype] and COUNTED[b.dtype]) then return end
    write(make("== and ~= tell whether two names are one tensor: these are two, whatever numbers they hold",
        "a:eq(b) compares the numbers, a:eq(b):all():item() all of them", 4))
end

-- Images, gradients and parameters may well be told apart by identity in a program; labels and predictions are not. Nor
-- is what was typed at the prompt.
local meta = debug.getmetatable(core.from(0))
local is_same = meta.__eq
function meta.__eq(a, b)
    local same = is_same(a, b)
    if not same and hints.on and core.is_tensor(a) and core.is_tensor(b) then pcall(check_compared, a, b) end
    return same
end

-- ---- what users call -------------------------------------------------------------------------------------------------------

hints.hints = signature {
    name = "cnn.hints",
    { "enabled", "bool", optional = true, doc = "false: say nothing; true: speak again, also of what was said before" },
    returns = "whether hints are given (what it was, where it is changed)",
    doc = [[Switches hints on or off. They point out, once per line and on standard error, what goes wrong without an error:
zero_grad forgotten between steps, a network measured in training mode, softmax before cross entropy, an optimiser whose
parameters get no gradient or that misses some, labels that are all the same, predictions == labels. The variable
CNN_HINTS=0 switches them off.]],
    example = [[
local before = cnn.hints(false)
print(cnn.hints())
cnn.hints(before)]],
    call = function(enabled)
        local before = hints.on
        if enabled ~= nil then hints.on = enabled end
        if enabled then given = {} end
        if enabled == false then hints.suspect = false end
        return before
    end,
}

return hints
