-- SPDX-License-Identifier: MIT
-- optim.lr_scheduler.ReduceLROnPlateau: smaller steps when a measure has stopped getting better.
local Scheduler = require "cnn.optim.lr_scheduler.scheduler"
local class = require "cnn.nn.class"
local core = require "cnn.core"
local signature = require "cnn.signature"

local Plateau = class.make("ReduceLROnPlateau", Scheduler)
Plateau._names = { "mode", "factor", "patience", "threshold", "threshold_mode", "cooldown", "min_lr", "eps" }

Plateau.init = signature {
    name = "optim.lr_scheduler.ReduceLROnPlateau", self = true,
    { "optimizer", "optimizer" },
    { "mode", "string", default = "min", choices = { "min", "max" }, doc = "whether small or large is good" },
    { "factor", "number", default = 0.1, doc = "what the learning rate is multiplied by, below 1" },
    { "patience", "int", default = 10, min = 0, doc = "steps without a better value that are borne" },
    { "threshold", "number", default = 1e-4, doc = "how much better counts as better" },
    { "threshold_mode", "string", default = "rel", choices = { "rel", "abs" }, doc = "threshold as a part of the best value, or as is" },
    { "cooldown", "int", default = 0, min = 0, doc = "steps after a change in which nothing is counted" },
    { "min_lr", "number|list", default = 0, doc = "the lowest learning rate; or one for each group of parameters" },
    { "eps", "number", default = 1e-8, doc = "changes smaller than this are not made" },
    returns = "scheduler",
    doc = [[Multiplies the learning rate by factor when the measure given to step() has not become better for longer than
patience steps.]],
    example = [[
local opt = optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.1 }
local scheduler = optim.lr_scheduler.ReduceLROnPlateau { opt, patience = 1 }
for _, loss in ipairs { 1, 0.9, 0.9, 0.9 } do scheduler:step(loss) end
print(scheduler:get_last_lr()[1])]],
    see = { "optim.lr_scheduler.ReduceLROnPlateau.step" },
    call = function(self, optimizer, mode, factor, patience, threshold, threshold_mode, cooldown, min_lr, eps)
        if factor >= 1 then self:_fail("value", "factor must be below 1; got %s", signature.describe(factor)) end
        if type(min_lr) == "table" and #min_lr ~= #optimizer.param_groups then
            self:_fail("value", "min_lr is a number, or a list of one per group: there are %d groups; got %d",
                #optimizer.param_groups, #min_lr)
        end
        self.optimizer, self.mode, self.factor, self.patience = optimizer, mode, factor, patience
        self.threshold, self.threshold_mode, self.cooldown, self.min_lr, self.eps = threshold, threshold_mode, cooldown, min_lr, eps
        self.best = mode == "min" and math.huge or -math.huge
        self.num_bad_epochs, self.cooldown_counter, self.last_epoch = 0, 0, 0
        self:_remember()
    end,
}

function Plateau:_remember()
    self._last_lr = {}
    for i, group in ipairs(self.optimizer.param_groups) do self._last_lr[i] = group.lr end
end

local function better(self, value)
    local sign = self.mode == "min" and -1 or 1
    local margin = self.threshold_mode == "rel" and self.best * (1 + sign * self.threshold) or self.best + sign * self.threshold
    if self.mode == "min" then return value < margin end
    return value > margin
end

local function reduce(self)
    for i, group in ipairs(self.optimizer.param_groups) do
        local least = type(self.min_lr) == "table" and (self.min_lr[i] or 0) or self.min_lr
        local rate = math.max(group.lr * self.factor, least)
        if group.lr - rate > self.eps then group.lr = rate end
    end
end

Plateau.step = signature {
    name = "optim.lr_scheduler.ReduceLROnPlateau.step", self = true,
    { "metrics", "number|tensor", doc = "the measure: the loss on validation data, mostly" },
    doc = [[Looks at the measure after an epoch, and lowers the learning rates if it is time.]],
    example = [[
local opt = optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.1 }
local scheduler = optim.lr_scheduler.ReduceLROnPlateau { opt, mode = "max", factor = 0.5, patience = 0 }
scheduler:step(0.91)
scheduler:step(0.9)
print(scheduler:get_last_lr()[1])]],
    see = { "optim.lr_scheduler.ReduceLROnPlateau" },
    call = function(self, metrics)
        local value = core.is_tensor(metrics) and core.item(metrics) or metrics
        self.last_epoch = self.last_epoch + 1
        if better(self, value) then
            self.best, self.num_bad_epochs = value, 0
        else
            self.num_bad_epochs = self.num_bad_epochs + 1
        end
        if self.cooldown_counter > 0 then
            self.cooldown_counter, self.num_bad_epochs = self.cooldown_counter - 1, 0
        end
        if self.num_bad_epochs > self.patience then
            reduce(self)
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        end
        self:_remember()
    end,
}

return Plateau
