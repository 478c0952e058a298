-- SPDX-License-Identifier: MIT
-- Schedules that the user writes: LambdaLR, MultiplicativeLR. Their functions are not part of their state.
local Scheduler = require "cnn.optim.lr_scheduler.scheduler"
local class = require "cnn.nn.class"
local signature = require "cnn.signature"

local PARAMETERS = {
    { "optimizer", "optimizer" },
    { "lr_lambda", "function|list", doc = "function of the step's number, from 0; or one for each group of parameters" },
    { "last_epoch", "int", default = -1, min = -1, doc = "goes on behind this step; -1 begins" },
}

-- One function per group.
local function functions(self, given)
    local groups, list = #self.optimizer.param_groups, {}
    if type(given) ~= "table" or getmetatable(given) then
        for i = 1, groups do list[i] = given end
        return list
    end
    if #given ~= groups then
        self:_fail("value", "lr_lambda is one function, or a list of one per group: there are %d groups; got %d", groups, #given)
    end
    for i, f in ipairs(given) do
        if type(f) ~= "function" then self:_fail("type", "lr_lambda[%d] must be a function; got %s", i, signature.describe(f)) end
        list[i] = f
    end
    return list
end

local function factor_of(self, i)
    local factor = (self.lr_lambdas[i] or self.lr_lambdas[1])(self.last_epoch)
    if type(factor) ~= "number" then
        self:_fail("type", "lr_lambda returns a number; for step %d it gave %s", self.last_epoch, signature.describe(factor))
    end
    return factor
end

local function init(self, optimizer, lr_lambda, last_epoch)
    self.optimizer = optimizer
    self.lr_lambdas = functions(self, lr_lambda)
    self:_start(optimizer, last_epoch)
end

local LambdaLR = class.make("LambdaLR", Scheduler)

LambdaLR.init = signature {
    name = "optim.lr_scheduler.LambdaLR", self = true,
    PARAMETERS[1], PARAMETERS[2], PARAMETERS[3],
    returns = "scheduler",
    doc = [[Sets the learning rate to what it was in the beginning, times a function of the step.]],
    example = [[
local opt = optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.1 }
local scheduler = optim.lr_scheduler.LambdaLR(opt, function(step) return 1 / (1 + step) end)
scheduler:step()
print(scheduler:get_last_lr()[1])]],
    see = { "optim.lr_scheduler.MultiplicativeLR" },
    call = init,
}

function LambdaLR:_rate(_, base, i) return base * factor_of(self, i) end

function LambdaLR:_first(base, _, i) return base * factor_of(self, i) end

function LambdaLR:_settings() return "lr_lambda=function" end

local MultiplicativeLR = class.make("MultiplicativeLR", Scheduler)

MultiplicativeLR.init = signature {
    name = "optim.lr_scheduler.MultiplicativeLR", self = true,
    PARAMETERS[1], PARAMETERS[2], PARAMETERS[3],
    returns = "scheduler",
    doc = [[Multiplies the learning rate by a function of the step.]],
    example = [[
local opt = optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.1 }
local scheduler = optim.lr_scheduler.MultiplicativeLR(opt, function(step) return 0.95 end)
scheduler:step()
print(scheduler:get_last_lr()[1])]],
    see = { "optim.lr_scheduler.LambdaLR" },
    call = init,
}

function MultiplicativeLR:_rate(group, _, i) return self._initial and group.lr or group.lr * factor_of(self, i) end

MultiplicativeLR._settings = LambdaLR._settings

return { LambdaLR = LambdaLR, MultiplicativeLR = MultiplicativeLR }
