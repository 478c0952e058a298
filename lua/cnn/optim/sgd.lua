-- SPDX-License-Identifier: MIT
-- optim.SGD: stochastic gradient descent, with momentum. The step itself is one pass over memory per parameter, in C.
local Optimizer = require "cnn.optim.optimizer"
local checks = require "cnn.optim.checks"
local class = require "cnn.nn.class"
local core = require "cnn.core"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local SGD = class.make("SGD", Optimizer)

SGD.init = signature {
    name = "optim.SGD", self = true,
    { "params", "any", doc = "list of parameters, or list of groups {params = list, lr = …}" },
    { "lr", "number", default = 1e-3, min = 0, doc = "learning rate" },
    { "momentum", "number", default = 0, min = 0, doc = "how much of the last step goes into this one" },
    { "dampening", "number", default = 0, doc = "how much of the gradient momentum leaves out" },
    { "weight_decay", "number", default = 0, min = 0, doc = "pull towards zero, in proportion to the weight" },
    { "nesterov", "bool", default = false, doc = "look ahead along the momentum" },
    { "maximize", "bool", default = false, doc = "climb instead of descending" },
    returns = "optimiser",
    doc = [[Stochastic gradient descent: p = p - lr * gradient, with momentum and weight decay as in PyTorch.]],
    shape = [[
g = grad + weight_decay * p
v = momentum * v + (1 - dampening) * g, v = g in the first step
p = p - lr * v;   with nesterov p = p - lr * (g + momentum * v)]],
    example = [[
local net = nn.Linear(3, 2)
local opt = optim.SGD { net:parameters(), lr = 0.1, momentum = 0.9, weight_decay = 1e-4 }
print(opt)]],
    see = { "optim.Optimizer.step", "optim.Optimizer.zero_grad", "optim.lr_scheduler.MultiStepLR" },
    call = function(self, params, lr, momentum, dampening, weight_decay, nesterov, maximize)
        self._defaults = {
            lr = lr, momentum = momentum, dampening = dampening, weight_decay = weight_decay,
            nesterov = nesterov, maximize = maximize,
        }
        Optimizer.init(self, params)
    end,
}

function SGD:_check_group(group)
    checks.at_least_zero(self, group, "lr", "momentum", "weight_decay")
    if group.nesterov and (group.momentum == 0 or group.dampening ~= 0) then
        errors.raise {
            kind = "value", op = "optim.SGD",
            text = "nesterov needs momentum above 0 and dampening 0",
            fix = "momentum=0.9, nesterov=true",
        }
    end
end

function SGD:_update(group, p, grad, state)
    local momentum = group.momentum
    local buffer = state.momentum_buffer
    local first = momentum ~= 0 and not buffer
    if first then
        buffer = core.empty(p.dtype, p.shape)
        state.momentum_buffer = buffer
    end
    core.sgd_step(p, grad, momentum ~= 0 and buffer or nil, group.lr, momentum, group.dampening, group.weight_decay,
        group.nesterov, group.maximize, first)
end

return SGD
