-- SPDX-License-Identifier: MIT
-- optim.SGD: stochastic gradient descent, with momentum. The step itself is one pass over all parameters, in C.
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

local function step(group, params, grads, buffers, first)
    if not params[1] then return end
    core.sgd_step(params, grads, buffers, group.lr, group.momentum, group.dampening, group.weight_decay, group.nesterov,
        group.maximize, first)
end

-- All parameters of a group at once; those whose momentum begins now are a second lot.
function SGD:_update_group(group)
    local old, new = { {}, {}, {} }, { {}, {}, {} }
    local momentum = group.momentum ~= 0
    for _, p in ipairs(group.params) do
        local grad = p.grad
        if grad then
            local state, lot = self:_state_of(p), old
            if momentum and not state.momentum_buffer then
                state.momentum_buffer, lot = core.empty(p.dtype, p.shape), new
            end
            local n = #lot[1] + 1
            lot[1][n], lot[2][n], lot[3][n] = p, grad, state.momentum_buffer
        end
    end
    step(group, old[1], old[2], momentum and old[3] or nil, false)
    step(group, new[1], new[2], new[3], true)
end

return SGD
