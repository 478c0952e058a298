-- SPDX-License-Identifier: MIT
-- optim.lr_scheduler.OneCycleLR: one climb to a high learning rate and a long way down, with momentum going the other way.
-- Each group holds the points of its curve (initial_lr, max_lr, min_lr, max_momentum, base_momentum), as in PyTorch.
-- Source: Smith & Topin 2017, arXiv:1708.07120.
local Scheduler = require "cnn.optim.lr_scheduler.scheduler"
local class = require "cnn.nn.class"
local signature = require "cnn.signature"

local OneCycleLR = class.make("OneCycleLR", Scheduler)
OneCycleLR._names = { "total_steps", "pct_start", "anneal_strategy", "three_phase" }

-- A number for every group, or one each.
local function per_group(self, name, value)
    local groups, list = #self.optimizer.param_groups, {}
    for i = 1, groups do
        list[i] = type(value) == "table" and value[i] or value
        if type(list[i]) ~= "number" or type(value) == "table" and #value ~= groups then
            self:_fail("value", "%s is a number, or a list of one per group: there are %d groups; got %s", name, groups,
                signature.describe(value))
        end
    end
    return list
end

local function count_steps(self, total_steps, epochs, steps_per_epoch)
    if total_steps then return total_steps end
    if not (epochs and steps_per_epoch) then
        self:_fail("value", "it takes total_steps, or both epochs and steps_per_epoch")
    end
    return epochs * steps_per_epoch
end

local function move_momentum(self, group, value)
    if self.use_beta1 then group.betas = { value, group.betas[2] } else group.momentum = value end
end

local function check_momentum(self)
    local defaults = self.optimizer._defaults
    if not defaults.momentum and not defaults.betas then
        self:_fail("value", "cycle_momentum needs an optimiser with momentum or betas; %s has neither: cycle_momentum=false",
            getmetatable(self.optimizer).__name)
    end
    self.use_beta1 = defaults.betas ~= nil
end

OneCycleLR.init = signature {
    name = "optim.lr_scheduler.OneCycleLR", self = true,
    { "optimizer", "optimizer" },
    { "max_lr", "number|list", doc = "the highest learning rate; or one for each group of parameters" },
    { "total_steps", "int", optional = true, min = 1, doc = "steps of the whole training" },
    { "epochs", "int", optional = true, min = 1 },
    { "steps_per_epoch", "int", optional = true, min = 1, doc = "with epochs, instead of total_steps" },
    { "pct_start", "number", default = 0.3, min = 0, max = 1, doc = "which part of the steps goes up" },
    { "anneal_strategy", "string", default = "cos", choices = { "cos", "linear" }, doc = "the form of the way between two points" },
    { "cycle_momentum", "bool", default = true, doc = "let momentum (or betas[1]) fall while the learning rate rises" },
    { "base_momentum", "number|list", default = 0.85, doc = "momentum at the highest learning rate" },
    { "max_momentum", "number|list", default = 0.95, doc = "momentum at both ends" },
    { "div_factor", "number", default = 25, doc = "max_lr is this many times the first learning rate" },
    { "final_div_factor", "number", default = 1e4, doc = "the first learning rate is this many times the last" },
    { "three_phase", "bool", default = false, doc = "come down as fast as it went up, then fade out" },
    { "last_epoch", "int", default = -1, min = -1, doc = "goes on behind this step; -1 begins" },
    returns = "scheduler",
    doc = [[One cycle over the whole training, counted in batches: the learning rate rises to max_lr and falls to almost nothing.]],
    example = [[
local opt = optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.1, momentum = 0.9 }
local scheduler = optim.lr_scheduler.OneCycleLR { opt, max_lr = 0.5, epochs = 2, steps_per_epoch = 5 }
for i = 1, 10 do print(opt.param_groups[1].lr, opt.param_groups[1].momentum); scheduler:step() end]],
    see = { "optim.lr_scheduler.CosineAnnealingLR", "optim.lr_scheduler.LinearLR" },
    call = function(self, optimizer, max_lr, total_steps, epochs, steps_per_epoch, pct_start, anneal_strategy, cycle_momentum,
                    base_momentum, max_momentum, div_factor, final_div_factor, three_phase, last_epoch)
        self.optimizer = optimizer
        self.total_steps = count_steps(self, total_steps, epochs, steps_per_epoch)
        self.pct_start, self.anneal_strategy, self.three_phase = pct_start, anneal_strategy, three_phase
        self.cycle_momentum = cycle_momentum
        if cycle_momentum then check_momentum(self) end
        local tops = per_group(self, "max_lr", max_lr)
        local low, high = per_group(self, "base_momentum", base_momentum), per_group(self, "max_momentum", max_momentum)
        for i, group in ipairs(last_epoch == -1 and optimizer.param_groups or {}) do
            group.initial_lr, group.max_lr = tops[i] / div_factor, tops[i]
            group.min_lr = group.initial_lr / final_div_factor
            if cycle_momentum then
                group.max_momentum, group.base_momentum = high[i], low[i]
            end
        end
        self:_start(optimizer, last_epoch)
    end,
}

-- Where the phases end, in steps, and the names of the points that they lead between.
local function phases(self)
    local top = self.pct_start * self.total_steps - 1
    local last = self.total_steps - 1
    local up = { top, "initial_lr", "max_lr", "max_momentum", "base_momentum" }
    if not self.three_phase then return { up, { last, "max_lr", "min_lr", "base_momentum", "max_momentum" } } end
    return {
        up, { 2 * self.pct_start * self.total_steps - 2, "max_lr", "initial_lr", "base_momentum", "max_momentum" },
        { last, "initial_lr", "min_lr", "max_momentum", "max_momentum" },
    }
end

local function between(self, from, to, part)
    if self.anneal_strategy == "linear" then return (to - from) * part + from end
    return to + (from - to) / 2 * (math.cos(math.pi * part) + 1)
end

function OneCycleLR:_rate(group)
    local step = self.last_epoch
    if step > self.total_steps then
        self:_fail("value", "the cycle has %d steps; this would be step %d", self.total_steps, step)
    end
    local list, from = phases(self), 0
    for i, phase in ipairs(list) do
        if step <= phase[1] or i == #list then
            -- the step behind the last batch stays at the end of the curve; PyTorch's leaves it, even for rates below 0
            local part = phase[1] == from and 1 or math.min((step - from) / (phase[1] - from), 1)
            if self.cycle_momentum then move_momentum(self, group, between(self, group[phase[4]], group[phase[5]], part)) end
            return between(self, group[phase[2]], group[phase[3]], part)
        end
        from = phase[1]
    end
end

function OneCycleLR:_first(_, group) return self:_rate(group) end

return OneCycleLR
