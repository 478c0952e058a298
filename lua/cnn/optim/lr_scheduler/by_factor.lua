-- SPDX-License-Identifier: MIT
-- Schedules that multiply the learning rate by something that depends on the step: StepLR, MultiStepLR, ConstantLR,
-- LinearLR, ExponentialLR, PolynomialLR. All of them act on the rate as it is, so they can be chained.
local Scheduler = require "cnn.optim.lr_scheduler.scheduler"
local class = require "cnn.nn.class"
local signature = require "cnn.signature"

local OPTIMIZER = { "optimizer", "optimizer" }
local LAST_EPOCH = { "last_epoch", "int", default = -1, min = -1, doc = "goes on behind this step; -1 begins" }

-- ---- StepLR, MultiStepLR ---------------------------------------------------------------------------------------------

local StepLR = class.make("StepLR", Scheduler)
StepLR._names = { "step_size", "gamma" }

StepLR.init = signature {
    name = "optim.lr_scheduler.StepLR", self = true,
    OPTIMIZER,
    { "step_size", "int", min = 1, doc = "steps between two changes" },
    { "gamma", "number", default = 0.1, doc = "what the learning rate is multiplied by" },
    LAST_EPOCH,
    returns = "scheduler",
    doc = [[Multiplies the learning rate by gamma after every step_size steps.]],
    example = [[
local opt = optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.1 }
local scheduler = optim.lr_scheduler.StepLR { opt, step_size = 30, gamma = 0.1 }]],
    see = { "optim.lr_scheduler.MultiStepLR" },
    call = function(self, optimizer, step_size, gamma, last_epoch)
        self.step_size, self.gamma = step_size, gamma
        self:_start(optimizer, last_epoch)
    end,
}

function StepLR:_rate(group)
    local change = self.last_epoch > 0 and self.last_epoch % self.step_size == 0
    return change and group.lr * self.gamma or group.lr
end

local MultiStepLR = class.make("MultiStepLR", Scheduler)
MultiStepLR._names = { "milestones", "gamma" }

MultiStepLR.init = signature {
    name = "optim.lr_scheduler.MultiStepLR", self = true,
    OPTIMIZER,
    { "milestones", "list", of = "int", doc = "numbers of the steps at which the learning rate changes, going up" },
    { "gamma", "number", default = 0.1, doc = "what the learning rate is multiplied by" },
    LAST_EPOCH,
    returns = "scheduler",
    doc = [[Multiplies the learning rate by gamma at each milestone.]],
    example = [[
local opt = optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.1 }
local scheduler = optim.lr_scheduler.MultiStepLR { opt, milestones = { 32000, 48000 }, gamma = 0.1 }]],
    see = { "optim.lr_scheduler.StepLR" },
    call = function(self, optimizer, milestones, gamma, last_epoch)
        self:_check_milestones(milestones, 0)
        self.milestones, self.gamma = table.move(milestones, 1, #milestones, 1, {}), gamma
        self:_start(optimizer, last_epoch)
    end,
}

function MultiStepLR:_rate(group)
    local rate, times = group.lr, 0
    for _, milestone in ipairs(self.milestones) do
        if milestone == self.last_epoch then times = times + 1 end
    end
    return times > 0 and rate * self.gamma ^ times or rate
end

-- ---- ConstantLR, LinearLR: warming up --------------------------------------------------------------------------------

local ConstantLR = class.make("ConstantLR", Scheduler)
ConstantLR._names = { "factor", "total_iters" }

ConstantLR.init = signature {
    name = "optim.lr_scheduler.ConstantLR", self = true,
    OPTIMIZER,
    { "factor", "number", default = 1 / 3, min = 0, max = 1, doc = "what the learning rate is multiplied by at first" },
    { "total_iters", "int", default = 5, min = 0, doc = "steps until it has its full size" },
    LAST_EPOCH,
    returns = "scheduler",
    doc = [[Makes the learning rate smaller for the first total_iters steps.]],
    example = [[
local opt = optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.1 }
local scheduler = optim.lr_scheduler.ConstantLR { opt, factor = 0.5, total_iters = 2 }
for i = 1, 3 do print(scheduler:get_last_lr()[1]); scheduler:step() end]],
    see = { "optim.lr_scheduler.LinearLR" },
    call = function(self, optimizer, factor, total_iters, last_epoch)
        self.factor, self.total_iters = factor, total_iters
        self:_start(optimizer, last_epoch)
    end,
}

function ConstantLR:_rate(group, base)
    if self.last_epoch == 0 then return group.lr * self.factor end
    if self.last_epoch ~= self.total_iters then return group.lr end
    return self.factor == 0 and base or group.lr * (1 / self.factor)
end

function ConstantLR:_first(base) return self.total_iters > 0 and base * self.factor or base end

local LinearLR = class.make("LinearLR", Scheduler)
LinearLR._names = { "start_factor", "end_factor", "total_iters" }

LinearLR.init = signature {
    name = "optim.lr_scheduler.LinearLR", self = true,
    OPTIMIZER,
    { "start_factor", "number", default = 1 / 3, min = 0, max = 1, doc = "of the learning rate in the first step, above 0" },
    { "end_factor", "number", default = 1, min = 0, max = 1, doc = "of the learning rate from step total_iters on" },
    { "total_iters", "int", default = 5, min = 0, doc = "steps from one to the other" },
    LAST_EPOCH,
    returns = "scheduler",
    doc = [[Moves the learning rate in a straight line from start_factor to end_factor times its size: a warm-up.]],
    example = [[
local opt = optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.1 }
local scheduler = optim.lr_scheduler.LinearLR { opt, start_factor = 0.2, total_iters = 4 }
for i = 1, 5 do print(scheduler:get_last_lr()[1]); scheduler:step() end]],
    see = { "optim.lr_scheduler.SequentialLR", "optim.lr_scheduler.ConstantLR" },
    call = function(self, optimizer, start_factor, end_factor, total_iters, last_epoch)
        if start_factor == 0 then self:_fail("value", "start_factor must be above 0: what is 0 cannot grow by a factor") end
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        self:_start(optimizer, last_epoch)
    end,
}

function LinearLR:_rate(group)
    local step, rise = self.last_epoch, self.end_factor - self.start_factor
    if step == 0 then return group.lr * self.start_factor end
    if self._initial or step > self.total_iters then return group.lr end
    return group.lr * (1 + rise / (self.total_iters * self.start_factor + (step - 1) * rise))
end

function LinearLR:_first(base) return base * self.start_factor end

-- ---- ExponentialLR, PolynomialLR -------------------------------------------------------------------------------------

local ExponentialLR = class.make("ExponentialLR", Scheduler)
ExponentialLR._names = { "gamma" }

ExponentialLR.init = signature {
    name = "optim.lr_scheduler.ExponentialLR", self = true,
    OPTIMIZER,
    { "gamma", "number", doc = "what the learning rate is multiplied by" },
    LAST_EPOCH,
    returns = "scheduler",
    doc = [[Multiplies the learning rate by gamma after every step.]],
    example = [[
local opt = optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.1 }
local scheduler = optim.lr_scheduler.ExponentialLR(opt, 0.9)
scheduler:step()
print(scheduler:get_last_lr()[1])]],
    see = { "optim.lr_scheduler.StepLR" },
    call = function(self, optimizer, gamma, last_epoch)
        self.gamma = gamma
        self:_start(optimizer, last_epoch)
    end,
}

function ExponentialLR:_rate(group) return self._initial and group.lr or group.lr * self.gamma end

local PolynomialLR = class.make("PolynomialLR", Scheduler)
PolynomialLR._names = { "total_iters", "power" }

PolynomialLR.init = signature {
    name = "optim.lr_scheduler.PolynomialLR", self = true,
    OPTIMIZER,
    { "total_iters", "int", default = 5, min = 1, doc = "steps until the learning rate is 0" },
    { "power", "number", default = 1, doc = "1 is a straight line" },
    LAST_EPOCH,
    returns = "scheduler",
    doc = [[Lets the learning rate fall to 0 in total_iters steps, as (1 - t / total_iters) ^ power.]],
    example = [[
local opt = optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.1 }
local scheduler = optim.lr_scheduler.PolynomialLR { opt, total_iters = 4, power = 2 }
scheduler:step()
print(scheduler:get_last_lr()[1])]],
    see = { "optim.lr_scheduler.LinearLR", "optim.lr_scheduler.CosineAnnealingLR" },
    call = function(self, optimizer, total_iters, power, last_epoch)
        self.total_iters, self.power = total_iters, power
        self:_start(optimizer, last_epoch)
    end,
}

function PolynomialLR:_rate(group)
    local step, all = self.last_epoch, self.total_iters
    if self._initial or step > all then return group.lr end
    return group.lr * ((1 - step / all) / (1 - (step - 1) / all)) ^ self.power
end

return {
    StepLR = StepLR, MultiStepLR = MultiStepLR, ConstantLR = ConstantLR, LinearLR = LinearLR,
    ExponentialLR = ExponentialLR, PolynomialLR = PolynomialLR,
}
