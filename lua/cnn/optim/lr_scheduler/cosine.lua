-- SPDX-License-Identifier: MIT
-- Schedules along a cosine: CosineAnnealingLR, which goes down and up again, and CosineAnnealingWarmRestarts, which jumps up.
-- Source: Loshchilov & Hutter 2017, arXiv:1608.03983.
local Scheduler = require "cnn.optim.lr_scheduler.scheduler"
local class = require "cnn.nn.class"
local signature = require "cnn.signature"

local cos, pi = math.cos, math.pi
local LAST_EPOCH = { "last_epoch", "int", default = -1, min = -1, doc = "goes on behind this step; -1 begins" }

local CosineAnnealingLR = class.make("CosineAnnealingLR", Scheduler)
CosineAnnealingLR._names = { "T_max", "eta_min" }

CosineAnnealingLR.init = signature {
    name = "optim.lr_scheduler.CosineAnnealingLR", self = true,
    { "optimizer", "optimizer" },
    { "T_max", "int", min = 1, doc = "steps from the top to the bottom" },
    { "eta_min", "number", default = 0, doc = "the lowest learning rate" },
    LAST_EPOCH,
    returns = "scheduler",
    doc = [[Lets the learning rate fall along half a cosine in T_max steps (and rise again in the T_max after these).]],
    shape = [[lr = eta_min + (lr at first - eta_min) * (1 + cos(pi * t / T_max)) / 2 in step t]],
    example = [[
local opt = optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.1 }
local scheduler = optim.lr_scheduler.CosineAnnealingLR { opt, T_max = 4 }
for i = 1, 5 do print(scheduler:get_last_lr()[1]); scheduler:step() end]],
    see = { "optim.lr_scheduler.CosineAnnealingWarmRestarts", "optim.lr_scheduler.OneCycleLR" },
    call = function(self, optimizer, T_max, eta_min, last_epoch)
        self.T_max, self.eta_min = T_max, eta_min
        self:_start(optimizer, last_epoch)
    end,
}

-- From the rate before: a ratio of two points of the curve, except behind its bottom, where that would divide by 0.
function CosineAnnealingLR:_rate(group, base)
    local step, half, low = self.last_epoch, self.T_max, self.eta_min
    if self._initial then return group.lr end
    if (step - 1 - half) % (2 * half) == 0 then
        return group.lr + (base - low) * (1 - cos(pi / half)) / 2
    end
    return (1 + cos(pi * step / half)) / (1 + cos(pi * (step - 1) / half)) * (group.lr - low) + low
end

local WarmRestarts = class.make("CosineAnnealingWarmRestarts", Scheduler)
WarmRestarts._names = { "T_0", "T_mult", "eta_min" }

WarmRestarts.init = signature {
    name = "optim.lr_scheduler.CosineAnnealingWarmRestarts", self = true,
    { "optimizer", "optimizer" },
    { "T_0", "int", min = 1, doc = "steps until the first restart" },
    { "T_mult", "int", default = 1, min = 1, doc = "each round is this many times as long as the one before" },
    { "eta_min", "number", default = 0, doc = "the lowest learning rate" },
    LAST_EPOCH,
    returns = "scheduler",
    doc = [[Lets the learning rate fall along half a cosine, then sets it back to where it began, again and again.]],
    example = [[
local opt = optim.SGD { nn.Linear(3, 2):parameters(), lr = 0.1 }
local scheduler = optim.lr_scheduler.CosineAnnealingWarmRestarts { opt, T_0 = 2, T_mult = 2 }
for i = 1, 7 do print(scheduler:get_last_lr()[1]); scheduler:step() end]],
    see = { "optim.lr_scheduler.CosineAnnealingLR" },
    call = function(self, optimizer, T_0, T_mult, eta_min, last_epoch)
        self.T_0, self.T_mult, self.eta_min = T_0, T_mult, eta_min
        self:_start(optimizer, last_epoch)
    end,
}

function WarmRestarts:_rate(_, base)
    local done, round = self.last_epoch, self.T_0 -- steps into the round, its length
    while done >= round do
        if self.T_mult == 1 then
            done = done % round
        else
            done, round = done - round, round * self.T_mult
        end
    end
    return self.eta_min + (base - self.eta_min) * (1 + cos(pi * done / round)) / 2
end

return { CosineAnnealingLR = CosineAnnealingLR, CosineAnnealingWarmRestarts = WarmRestarts }
