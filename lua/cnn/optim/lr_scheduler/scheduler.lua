-- SPDX-License-Identifier: MIT
-- optim.lr_scheduler.LRScheduler: what all schedulers share: counting steps, the learning rates they set, their state.
--
-- `last_epoch` counts from 0, as PyTorch's does: the constructor makes the step from -1 to 0. A class built on this gives
-- `_rate(group, base, i)`, the learning rate of group i in step last_epoch, mostly from group.lr as it is, so that several
-- schedulers can act on one optimiser; `base` is the rate that the group began with. Where a schedule does not begin
-- with `base` it also gives `_first(base, group, i)`. Its other fields are its settings: they are the state.
local Optimizer = require "cnn.optim.optimizer"
local class = require "cnn.nn.class"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

signature.define("optimizer", "an optimiser", function(value)
    if class.is(value, Optimizer) then return value end
end)

local Scheduler = class.make("LRScheduler")

signature.define("scheduler", "a scheduler", function(value)
    if class.is(value, Scheduler) then return value end
end)

--- Raises an error of the scheduler's constructor or method.
function Scheduler:_fail(kind, text, ...)
    errors.raise { kind = kind, op = "optim.lr_scheduler." .. getmetatable(self).__name, text = text:format(...) }
end

--- The end of every constructor, when the settings are there.
function Scheduler:_start(optimizer, last_epoch)
    self.optimizer, self.last_epoch, self.base_lrs = optimizer, last_epoch, {}
    for i, group in ipairs(optimizer.param_groups) do
        if not group.initial_lr then
            if last_epoch >= 0 then
                self:_fail("value", "last_epoch=%d goes on with a schedule, but group %d of the optimiser has no initial_lr: "
                    .. "load the optimiser's state first", last_epoch, i)
            end
            group.initial_lr = group.lr
        end
        self.base_lrs[i] = group.initial_lr
    end
    self:_begin()
end

-- Sets each group's rate and remembers it.
local function set(self, rate)
    self._last_lr = {}
    for i, group in ipairs(self.optimizer.param_groups) do
        local base = self.base_lrs[i]
        if not base then -- a group that came later
            base = group.initial_lr or group.lr
            group.initial_lr, self.base_lrs[i] = base, base
        end
        group.lr = rate(self, group, base, i)
        self._last_lr[i] = group.lr
    end
end

--- The first step, from the rates that the groups have.
function Scheduler:_begin()
    self._initial = true
    self.last_epoch = self.last_epoch + 1
    set(self, self._rate)
    self._initial = nil
end

--- One step further.
function Scheduler:_advance()
    self.last_epoch = self.last_epoch + 1
    set(self, self._rate)
end

local function first(self, group, base, i) return self:_first(base, group, i) end

--- Step 0 from the rates that the groups began with, whatever they are now: SequentialLR's change to this schedule.
function Scheduler:_restart()
    self.last_epoch = 0
    set(self, first)
end

function Scheduler:_first(base) return base end

--- Before its first step again, for SequentialLR, which makes that step when the time has come.
function Scheduler:_rewind() self.last_epoch = -1 end

function Scheduler:__tostring()
    return ("%s(%s, last_epoch=%d)"):format(getmetatable(self).__name, self:_settings(), self.last_epoch)
end

--- Numbers as in code: 0.1, 5, [2, 3].
function Scheduler._shown(value)
    if type(value) ~= "table" then return tostring(value) end
    local parts = {}
    for i, item in ipairs(value) do parts[i] = tostring(item) end
    return "[" .. table.concat(parts, ", ") .. "]"
end

--- "a=1, b=2" of the fields that `_names` lists.
function Scheduler:_settings()
    local parts = {}
    for i, name in ipairs(self._names) do parts[i] = name .. "=" .. self._shown(self[name]) end
    return table.concat(parts, ", ")
end

--- Milestones are whole numbers, from `least` on, each at least (or, where `strictly`, above) the one before.
function Scheduler:_check_milestones(milestones, least, strictly)
    for i, milestone in ipairs(milestones) do
        local before = milestones[i - 1]
        if milestone < least then self:_fail("value", "milestones are numbers of steps, at least %d; got %d", least, milestone) end
        if before and (milestone < before or strictly and milestone == before) then
            self:_fail("value", "milestones go up; number %d is %d, behind %d", i, milestone, before)
        end
    end
end

-- ---- what users call -------------------------------------------------------------------------------------------------

Scheduler.step = signature {
    name = "optim.lr_scheduler.LRScheduler.step", self = true,
    doc = [[Counts one step and sets the learning rates for the next one. Call it once per epoch, or once per batch, as the
schedule counts, after the optimiser's step.]],
    example = [[
local opt = optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.1 }
local scheduler = optim.lr_scheduler.StepLR { opt, step_size = 2 }
for i = 1, 4 do scheduler:step(); print(i, opt.param_groups[1].lr) end]],
    see = { "optim.lr_scheduler.MultiStepLR", "optim.lr_scheduler.StepLR" },
    call = function(self) self:_advance() end,
}

Scheduler.get_last_lr = signature {
    name = "optim.lr_scheduler.LRScheduler.get_last_lr", self = true,
    returns = "list of numbers",
    doc = [[The learning rates of the groups that this scheduler has set last.]],
    example = [[
local opt = optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.1 }
print(optim.lr_scheduler.StepLR(opt, 2):get_last_lr()[1])]],
    see = { "optim.lr_scheduler.LRScheduler.step" },
    call = function(self) return table.move(self._last_lr, 1, #self._last_lr, 1, {}) end,
}

local function copied(value)
    if type(value) ~= "table" then return value end
    local copy = {}
    for key, item in pairs(value) do copy[key] = copied(item) end
    return copy
end

Scheduler.state_dict = signature {
    name = "optim.lr_scheduler.LRScheduler.state_dict", self = true,
    returns = "table",
    doc = [[The scheduler's settings and how far it has counted; functions (LambdaLR's) are left out. The learning rates
themselves are in the optimiser's state.]],
    example = [[
local opt = optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.1 }
print(optim.lr_scheduler.StepLR(opt, 2):state_dict().last_epoch)]],
    see = { "optim.lr_scheduler.LRScheduler.load_state_dict", "cnn.save" },
    call = function(self)
        local state = {}
        for name, value in next, self do
            if name == "_schedulers" then
                state[name] = {}
                for i, scheduler in ipairs(value) do state[name][i] = scheduler:state_dict() end
            elseif name ~= "optimizer" and name ~= "lr_lambdas" then
                state[name] = copied(value)
            end
        end
        return state
    end,
}

-- PyTorch's own bookkeeping, which a state may bring.
local IGNORED = { _step_count = true, _get_lr_called_within_step = true, _is_initial = true, verbose = true, lr_lambdas = true }

local function check_state(self, state)
    local unknown = {}
    for name, value in pairs(state) do
        local own = rawget(self, name)
        if own == nil and not IGNORED[name] then
            unknown[#unknown + 1] = tostring(name)
        elseif own ~= nil and type(own) ~= type(value) then
            self:_fail("type", "the state's %s must be a %s; got %s", name, type(own), signature.describe(value))
        end
    end
    if #unknown > 0 then
        table.sort(unknown)
        self:_fail("value", "the state is of another scheduler than %s: it has %s", getmetatable(self).__name,
            table.concat(unknown, ", "))
    end
    local count = state.last_epoch
    if count and (math.type(count) ~= "integer" or count < -1) then
        self:_fail("value", "last_epoch must be a whole number, at least 0; got %s", signature.describe(count))
    end
end

Scheduler.load_state_dict = signature {
    name = "optim.lr_scheduler.LRScheduler.load_state_dict", self = true,
    { "state", "table", doc = "from state_dict" },
    doc = [[Takes over the settings and the count of a scheduler of the same kind. The optimiser's learning rates stay as
they are: load its own state for these.]],
    example = [[
local opt = optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.1 }
optim.lr_scheduler.StepLR(opt, 2):load_state_dict({ last_epoch = 4 })]],
    see = { "optim.lr_scheduler.LRScheduler.state_dict" },
    call = function(self, state)
        check_state(self, state)
        local parts = state._schedulers
        if parts and #parts ~= #self._schedulers then
            self:_fail("value", "the state is of %d schedulers, not of %d", #parts, #self._schedulers)
        end
        for i, part in ipairs(parts or {}) do check_state(self._schedulers[i], part) end
        for i, part in ipairs(parts or {}) do self._schedulers[i]:load_state_dict(part) end
        for name, value in pairs(state) do
            if not IGNORED[name] and name ~= "_schedulers" then self[name] = copied(value) end
        end
    end,
}

return Scheduler
