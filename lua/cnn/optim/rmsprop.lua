-- SPDX-License-Identifier: MIT
-- optim.RMSprop: steps divided by the root of a running mean of squares. One pass over memory per parameter, in C.
local Optimizer = require "cnn.optim.optimizer"
local checks = require "cnn.optim.checks"
local class = require "cnn.nn.class"
local core = require "cnn.core"
local signature = require "cnn.signature"

local RMSprop = class.make("RMSprop", Optimizer)

RMSprop.init = signature {
    name = "optim.RMSprop", self = true,
    { "params", "any", doc = "list of parameters, or list of groups {params = list, lr = …}" },
    { "lr", "number", default = 1e-2, min = 0, doc = "learning rate" },
    { "alpha", "number", default = 0.99, min = 0, doc = "how much the mean of squares keeps of itself" },
    { "eps", "number", default = 1e-8, min = 0, doc = "added to the divisor" },
    { "weight_decay", "number", default = 0, min = 0, doc = "pull towards zero, in proportion to the weight" },
    { "momentum", "number", default = 0, min = 0, doc = "how much of the last step goes into this one" },
    { "centered", "bool", default = false, doc = "divide by the deviation: the mean gradient is taken away first" },
    { "maximize", "bool", default = false, doc = "climb instead of descending" },
    returns = "optimiser",
    doc = [[RMSprop: the gradient divided by the root of its mean square, as in PyTorch.]],
    shape = [[
g = grad + weight_decay * p;   s = alpha * s + (1 - alpha) * g ^ 2
d = g / (sqrt(s) + eps);   centered: sqrt(s - a ^ 2) with a = alpha * a + (1 - alpha) * g
p = p - lr * d;   with momentum p = p - lr * b, b = momentum * b + d]],
    example = [[
local net = nn.Linear(3, 2)
local opt = optim.RMSprop { net:parameters(), lr = 0.01, momentum = 0.9, centered = true }
print(opt)]],
    see = { "optim.Adam", "optim.SGD" },
    call = function(self, params, lr, alpha, eps, weight_decay, momentum, centered, maximize)
        self._defaults = {
            lr = lr, alpha = alpha, eps = eps, weight_decay = weight_decay, momentum = momentum, centered = centered,
            maximize = maximize,
        }
        Optimizer.init(self, params)
    end,
}

function RMSprop:_check_group(group)
    checks.at_least_zero(self, group, "lr", "alpha", "eps", "weight_decay", "momentum")
end

function RMSprop:_update(group, p, grad, state)
    state.step = (state.step or 0) + 1
    core.rmsprop_step(p, grad, checks.zeros(state, "square_avg", p), group.centered and checks.zeros(state, "grad_avg", p) or nil,
        group.momentum > 0 and checks.zeros(state, "momentum_buffer", p) or nil, group.lr, group.alpha, group.eps,
        group.weight_decay, group.momentum, group.maximize)
end

return RMSprop
