-- SPDX-License-Identifier: MIT
-- optim.lr_scheduler: learning rates that change with time. A scheduler multiplies the lr of every group of its
-- optimiser when its own step counter says so; call step() once per epoch, or once per batch, as milestones count.
local Optimizer = require "cnn.optim.optimizer"
local class = require "cnn.nn.class"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

signature.define("optimizer", "an optimiser", function(value)
    if class.is(value, Optimizer) then return value end
end)

local Scheduler = class.make("LRScheduler")

function Scheduler:_start(optimizer, gamma)
    self.optimizer, self.gamma, self.last_epoch = optimizer, gamma, 0
end

function Scheduler:__tostring()
    return ("%s(%s, gamma=%s, last_epoch=%d)"):format(getmetatable(self).__name, self:_times(), self.gamma, self.last_epoch)
end

Scheduler.step = signature {
    name = "optim.lr_scheduler.LRScheduler.step", self = true,
    doc = [[Counts one step and changes the learning rates if it is time.]],
    example = [[
local opt = optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.1 }
local scheduler = optim.lr_scheduler.StepLR { opt, step_size = 2 }
for i = 1, 4 do scheduler:step(); print(i, opt.param_groups[1].lr) end]],
    see = { "optim.lr_scheduler.MultiStepLR", "optim.lr_scheduler.StepLR" },
    call = function(self)
        self.last_epoch = self.last_epoch + 1
        local factor = self:_factor(self.last_epoch)
        for _, group in ipairs(self.optimizer.param_groups) do
            group.lr = group.lr * factor
        end
    end,
}

Scheduler.get_last_lr = signature {
    name = "optim.lr_scheduler.LRScheduler.get_last_lr", self = true,
    returns = "list of numbers",
    doc = [[The learning rate of each group as it is now.]],
    example = [[
local opt = optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.1 }
print(optim.lr_scheduler.StepLR(opt, 2):get_last_lr()[1])]],
    see = { "optim.lr_scheduler.LRScheduler.step" },
    call = function(self)
        local rates = {}
        for i, group in ipairs(self.optimizer.param_groups) do
            rates[i] = group.lr
        end
        return rates
    end,
}

Scheduler.state_dict = signature {
    name = "optim.lr_scheduler.LRScheduler.state_dict", self = true,
    returns = "table",
    doc = [[How far the scheduler has counted. The learning rates themselves are in the optimiser's state.]],
    example = [[
local opt = optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.1 }
print(optim.lr_scheduler.StepLR(opt, 2):state_dict().last_epoch)]],
    see = { "optim.lr_scheduler.LRScheduler.load_state_dict" },
    call = function(self) return { last_epoch = self.last_epoch } end,
}

Scheduler.load_state_dict = signature {
    name = "optim.lr_scheduler.LRScheduler.load_state_dict", self = true,
    { "state", "table" },
    doc = [[Takes over the count of a scheduler of the same kind.]],
    example = [[
local opt = optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.1 }
optim.lr_scheduler.StepLR(opt, 2):load_state_dict({ last_epoch = 4 })]],
    see = { "optim.lr_scheduler.LRScheduler.state_dict" },
    call = function(self, state)
        if math.type(state.last_epoch) ~= "integer" or state.last_epoch < 0 then
            errors.raise {
                kind = "value", op = "load_state_dict",
                text = ("last_epoch must be a whole number, at least 0; got %s"):format(
                    signature.describe(state.last_epoch)),
            }
        end
        self.last_epoch = state.last_epoch
    end,
}

local StepLR = class.make("StepLR", Scheduler)

StepLR.init = signature {
    name = "optim.lr_scheduler.StepLR", self = true,
    { "optimizer", "optimizer" },
    { "step_size", "int", min = 1, doc = "steps between two changes" },
    { "gamma", "number", default = 0.1, doc = "what the learning rate is multiplied by" },
    returns = "scheduler",
    doc = [[Multiplies the learning rate by gamma after every step_size steps.]],
    example = [[
local opt = optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.1 }
local scheduler = optim.lr_scheduler.StepLR { opt, step_size = 30, gamma = 0.1 }]],
    see = { "optim.lr_scheduler.MultiStepLR" },
    call = function(self, optimizer, step_size, gamma)
        self.step_size = step_size
        self:_start(optimizer, gamma)
    end,
}

function StepLR:_factor(step) return step % self.step_size == 0 and self.gamma or 1 end

function StepLR:_times() return "step_size=" .. self.step_size end

local MultiStepLR = class.make("MultiStepLR", Scheduler)

MultiStepLR.init = signature {
    name = "optim.lr_scheduler.MultiStepLR", self = true,
    { "optimizer", "optimizer" },
    { "milestones", "list", of = "int", doc = "numbers of the steps at which the learning rate changes" },
    { "gamma", "number", default = 0.1, doc = "what the learning rate is multiplied by" },
    returns = "scheduler",
    doc = [[Multiplies the learning rate by gamma at each milestone.]],
    example = [[
local opt = optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.1 }
local scheduler = optim.lr_scheduler.MultiStepLR { opt, milestones = { 32000, 48000 }, gamma = 0.1 }]],
    see = { "optim.lr_scheduler.StepLR" },
    call = function(self, optimizer, milestones, gamma)
        self.milestones = milestones
        self:_start(optimizer, gamma)
    end,
}

function MultiStepLR:_factor(step)
    local factor = 1
    for _, milestone in ipairs(self.milestones) do
        if milestone == step then factor = factor * self.gamma end
    end
    return factor
end

function MultiStepLR:_times() return ("milestones=[%s]"):format(table.concat(self.milestones, ", ")) end

return { StepLR = StepLR, MultiStepLR = MultiStepLR, LRScheduler = Scheduler }
