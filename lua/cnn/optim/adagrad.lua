-- SPDX-License-Identifier: MIT
-- optim.Adagrad: steps divided by the root of the sum of all squares so far. One pass over memory per parameter, in C.
local Optimizer = require "cnn.optim.optimizer"
local checks = require "cnn.optim.checks"
local class = require "cnn.nn.class"
local core = require "cnn.core"
local signature = require "cnn.signature"

local Adagrad = class.make("Adagrad", Optimizer)

Adagrad.init = signature {
    name = "optim.Adagrad", self = true,
    { "params", "any", doc = "list of parameters, or list of groups {params = list, lr = …}" },
    { "lr", "number", default = 1e-2, min = 0, doc = "learning rate" },
    { "lr_decay", "number", default = 0, min = 0, doc = "divides the learning rate by 1 + lr_decay * (t - 1) in step t" },
    { "weight_decay", "number", default = 0, min = 0, doc = "pull towards zero, in proportion to the weight" },
    { "initial_accumulator_value", "number", default = 0, min = 0, doc = "what the sums of squares begin with" },
    { "eps", "number", default = 1e-10, min = 0, doc = "added to the divisor" },
    { "maximize", "bool", default = false, doc = "climb instead of descending" },
    returns = "optimiser",
    doc = [[Adagrad: the gradient divided by the root of the sum of its squares so far, as in PyTorch.]],
    shape = [[
g = grad + weight_decay * p;   s = s + g ^ 2
p = p - lr / (1 + lr_decay * (t - 1)) * g / (sqrt(s) + eps) in step t]],
    example = [[
local net = nn.Linear(3, 2)
local opt = optim.Adagrad { net:parameters(), lr = 0.1 }
print(opt.param_groups[1].eps)]],
    see = { "optim.RMSprop", "optim.Adam" },
    call = function(self, params, lr, lr_decay, weight_decay, initial_accumulator_value, eps, maximize)
        self._defaults = {
            lr = lr, lr_decay = lr_decay, weight_decay = weight_decay, eps = eps, maximize = maximize,
            initial_accumulator_value = initial_accumulator_value,
        }
        Optimizer.init(self, params)
    end,
}

function Adagrad:_check_group(group)
    checks.at_least_zero(self, group, "lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps")
end

function Adagrad:_update(group, p, grad, state)
    state.step = (state.step or 0) + 1
    if not state.sum then state.sum = core.full(p.dtype, p.shape, group.initial_accumulator_value) end
    core.adagrad_step(p, grad, state.sum, state.step, group.lr, group.lr_decay, group.eps, group.weight_decay, group.maximize)
end

return Adagrad
