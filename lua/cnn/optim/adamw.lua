-- SPDX-License-Identifier: MIT
-- optim.AdamW: Adam whose weight decay acts on the weight itself.
local Adam = require "cnn.optim.adam"
local class = require "cnn.nn.class"
local signature = require "cnn.signature"

local AdamW = class.make("AdamW", Adam)

AdamW.init = signature {
    name = "optim.AdamW", self = true,
    { "params", "any", doc = "list of parameters, or list of groups {params = list, lr = …}" },
    { "lr", "number", default = 1e-3, min = 0, doc = "learning rate" },
    { "betas", "list", of = "number", default = { 0.9, 0.999 }, doc = "how much the two means keep of themselves" },
    { "eps", "number", default = 1e-8, min = 0, doc = "added to the divisor" },
    { "weight_decay", "number", default = 1e-2, min = 0, doc = "pull towards zero, in proportion to the weight" },
    { "amsgrad", "bool", default = false, doc = "divide by the largest mean square so far" },
    { "maximize", "bool", default = false, doc = "climb instead of descending" },
    returns = "optimiser",
    doc = [[Adam with decoupled weight decay: the weight shrinks by lr * weight_decay, whatever its gradients are.]],
    shape = [[p = p * (1 - lr * weight_decay), then Adam's step without a decay in the gradient]],
    example = [[
local net = nn.Linear(3, 2)
local opt = optim.AdamW { net:parameters(), lr = 0.001, weight_decay = 0.05 }
print(opt.param_groups[1].weight_decay)]],
    see = { "optim.Adam" },
    call = function(self, params, lr, betas, eps, weight_decay, amsgrad, maximize)
        Adam.init(self, params, lr, betas, eps, weight_decay, amsgrad, maximize, true)
    end,
}

return AdamW
