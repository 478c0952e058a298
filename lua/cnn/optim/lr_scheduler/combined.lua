-- SPDX-License-Identifier: MIT
-- Several schedules for one optimiser: SequentialLR, one after the other, and ChainedScheduler, all at once.
local Plateau = require "cnn.optim.lr_scheduler.plateau"
local Scheduler = require "cnn.optim.lr_scheduler.scheduler"
local class = require "cnn.nn.class"
local signature = require "cnn.signature"

-- The parts must be schedulers of one optimiser whose step takes no measure.
local function check_parts(self, schedulers, optimizer)
    if #schedulers == 0 then self:_fail("value", "it takes at least one scheduler") end
    for i, part in ipairs(schedulers) do
        if class.is(part, Plateau) then
            self:_fail("value", "ReduceLROnPlateau (number %d) cannot be a part: its step takes a measure", i)
        end
        if part.optimizer ~= optimizer then
            self:_fail("value", "all parts must be made for one optimiser; number %d (%s) is for another", i, getmetatable(part).__name)
        end
    end
end

local function remember(self)
    self._last_lr = {}
    for i, group in ipairs(self.optimizer.param_groups) do self._last_lr[i] = group.lr end
end

local function parts_shown(self)
    local names = {}
    for i, part in ipairs(self._schedulers) do names[i] = getmetatable(part).__name end
    return "schedulers=[" .. table.concat(names, ", ") .. "]"
end

local function reset_rates(optimizer)
    for _, group in ipairs(optimizer.param_groups) do group.lr = group.initial_lr end
end

-- ---- SequentialLR ----------------------------------------------------------------------------------------------------

local SequentialLR = class.make("SequentialLR", Scheduler)

SequentialLR.init = signature {
    name = "optim.lr_scheduler.SequentialLR", self = true,
    { "optimizer", "optimizer" },
    { "schedulers", "list", of = "scheduler", doc = "made for this optimiser" },
    { "milestones", "list", of = "int", doc = "steps at which the next one begins, one fewer than schedulers" },
    { "last_epoch", "int", default = -1, min = -1, doc = "as in the other schedulers" },
    returns = "scheduler",
    doc = [[One schedule after the other: each begins at its milestone, from the learning rate that the optimiser was made with.]],
    example = [[
local opt = optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.1 }
local up = optim.lr_scheduler.LinearLR { opt, start_factor = 0.1, total_iters = 3 }
local down = optim.lr_scheduler.CosineAnnealingLR { opt, T_max = 4 }
local scheduler = optim.lr_scheduler.SequentialLR { opt, schedulers = { up, down }, milestones = { 3 } }
for i = 1, 8 do print(scheduler:get_last_lr()[1]); scheduler:step() end]],
    see = { "optim.lr_scheduler.ChainedScheduler", "optim.lr_scheduler.LinearLR" },
    call = function(self, optimizer, schedulers, milestones, last_epoch)
        check_parts(self, schedulers, optimizer)
        if #milestones ~= #schedulers - 1 then
            self:_fail("value", "%d schedulers have %d milestones between them; got %d", #schedulers, #schedulers - 1, #milestones)
        end
        self:_check_milestones(milestones, 1, true)
        self.optimizer, self._schedulers = optimizer, table.move(schedulers, 1, #schedulers, 1, {})
        self._milestones, self.last_epoch = table.move(milestones, 1, #milestones, 1, {}), last_epoch
        self:_rewind()
        self:_begin()
    end,
}

-- Number of the schedule in charge.
local function current(self)
    local i = 1
    while self._milestones[i] and self._milestones[i] <= self.last_epoch do i = i + 1 end
    return i
end

-- Every part has made its first step when it was made: undone here, made again when its time comes.
function SequentialLR:_rewind()
    for _, part in ipairs(self._schedulers) do part:_rewind() end
    reset_rates(self.optimizer)
end

function SequentialLR:_begin()
    self.last_epoch = self.last_epoch + 1
    self._schedulers[current(self)]:_begin()
    remember(self)
end

function SequentialLR:_restart()
    self.last_epoch = 0
    self._schedulers[1]:_restart()
    remember(self)
end

function SequentialLR:_advance()
    self.last_epoch = self.last_epoch + 1
    local i = current(self)
    local part = self._schedulers[i]
    if i > 1 and self._milestones[i - 1] == self.last_epoch then part:_restart() else part:_advance() end
    remember(self)
end

function SequentialLR:_settings() return parts_shown(self) .. ", milestones=" .. self._shown(self._milestones) end

-- ---- ChainedScheduler ------------------------------------------------------------------------------------------------

local ChainedScheduler = class.make("ChainedScheduler", Scheduler)

ChainedScheduler.init = signature {
    name = "optim.lr_scheduler.ChainedScheduler", self = true,
    { "schedulers", "list", of = "scheduler", doc = "made for one optimiser" },
    { "optimizer", "optimizer", optional = true, doc = "the first scheduler's where it is not given" },
    returns = "scheduler",
    doc = [[Several schedules at once: each step makes a step of every one, on the learning rate that the one before it left.]],
    example = [[
local opt = optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.1 }
local up = optim.lr_scheduler.ConstantLR { opt, factor = 0.1, total_iters = 2 }
local down = optim.lr_scheduler.ExponentialLR(opt, 0.9)
local scheduler = optim.lr_scheduler.ChainedScheduler { schedulers = { up, down } }
for i = 1, 4 do print(scheduler:get_last_lr()[1]); scheduler:step() end]],
    see = { "optim.lr_scheduler.SequentialLR" },
    call = function(self, schedulers, optimizer)
        optimizer = optimizer or schedulers[1] and schedulers[1].optimizer
        check_parts(self, schedulers, optimizer)
        self.optimizer, self._schedulers, self.last_epoch = optimizer, table.move(schedulers, 1, #schedulers, 1, {}), 0
        remember(self)
    end,
}

function ChainedScheduler:_rewind()
    self.last_epoch = -1
    for _, part in ipairs(self._schedulers) do part:_rewind() end
end

function ChainedScheduler:_begin()
    self.last_epoch = self.last_epoch + 1
    for _, part in ipairs(self._schedulers) do part:_begin() end
    remember(self)
end

function ChainedScheduler:_restart()
    self:_rewind()
    reset_rates(self.optimizer)
    self:_begin()
end

function ChainedScheduler:_advance()
    self.last_epoch = self.last_epoch + 1
    for _, part in ipairs(self._schedulers) do part:_advance() end
    remember(self)
end

function ChainedScheduler:_settings() return parts_shown(self) end

return { SequentialLR = SequentialLR, ChainedScheduler = ChainedScheduler }
