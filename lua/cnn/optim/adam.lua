-- SPDX-License-Identifier: MIT
-- optim.Adam: steps scaled by running means of the gradient and of its square. The step itself is one pass over memory per
-- parameter, in C; AdamW (adamw.lua) is the same with another place for the weight decay.
local Optimizer = require "cnn.optim.optimizer"
local checks = require "cnn.optim.checks"
local class = require "cnn.nn.class"
local core = require "cnn.core"
local signature = require "cnn.signature"

local Adam = class.make("Adam", Optimizer)

Adam.init = signature {
    name = "optim.Adam", self = true,
    { "params", "any", doc = "list of parameters, or list of groups {params = list, lr = …}" },
    { "lr", "number", default = 1e-3, min = 0, doc = "learning rate" },
    { "betas", "list", of = "number", default = { 0.9, 0.999 }, doc = "how much the two means keep of themselves" },
    { "eps", "number", default = 1e-8, min = 0, doc = "added to the divisor" },
    { "weight_decay", "number", default = 0, min = 0, doc = "pull towards zero, in proportion to the weight" },
    { "amsgrad", "bool", default = false, doc = "divide by the largest mean square so far" },
    { "maximize", "bool", default = false, doc = "climb instead of descending" },
    { "decoupled_weight_decay", "bool", default = false, doc = "decay the weight itself, not through the gradient: AdamW" },
    returns = "optimiser",
    doc = [[Adam: each weight's step is scaled by how large its gradients have been lately, as in PyTorch.]],
    shape = [[
g = grad + weight_decay * p
m = betas[1] * m + (1 - betas[1]) * g;   v = betas[2] * v + (1 - betas[2]) * g ^ 2
p = p - lr / (1 - betas[1] ^ t) * m / (sqrt(v / (1 - betas[2] ^ t)) + eps) in step t;   amsgrad: the largest v so far]],
    example = [[
local net = nn.Linear(3, 2)
local opt = optim.Adam { net:parameters(), lr = 0.001, betas = { 0.9, 0.99 } }
print(opt)]],
    see = { "optim.AdamW", "optim.SGD", "optim.Optimizer.step" },
    call = function(self, params, lr, betas, eps, weight_decay, amsgrad, maximize, decoupled)
        self._defaults = {
            lr = lr, betas = betas, eps = eps, weight_decay = weight_decay, amsgrad = amsgrad, maximize = maximize,
            decoupled_weight_decay = decoupled,
        }
        Optimizer.init(self, params)
    end,
}

function Adam:_check_group(group)
    checks.at_least_zero(self, group, "lr", "eps", "weight_decay")
    checks.betas(self, group)
end

function Adam:_update(group, p, grad, state)
    state.step = (state.step or 0) + 1
    core.adam_step(p, grad, checks.zeros(state, "exp_avg", p), checks.zeros(state, "exp_avg_sq", p),
        group.amsgrad and checks.zeros(state, "max_exp_avg_sq", p) or nil, state.step, group.lr, group.betas[1],
        group.betas[2], group.eps, group.weight_decay, group.decoupled_weight_decay, group.maximize)
end

return Adam
