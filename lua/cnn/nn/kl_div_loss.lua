-- SPDX-License-Identifier: MIT
-- nn.KLDivLoss: how far one distribution is from another.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local KLDivLoss = class.make("KLDivLoss", Module)

KLDivLoss.init = signature {
    name = "nn.KLDivLoss", self = true,
    { "reduction", "string", default = "mean", choices = { "mean", "sum", "none", "batchmean" },
        doc = "batchmean divides the sum by the number of rows, which is the divergence" },
    { "log_target", "bool", default = false, doc = "the targets are logarithms too" },
    returns = "module: logarithms of probabilities, probabilities of the same size → a number",
    doc = [[The Kullback-Leibler divergence of the input's distribution from the target's;
distillation learns from a teacher with it.]],
    shape = [[loss = t * (log(t) - x), 0 where t is 0]],
    example = [[
local student, teacher = cnn.randn(2, 3):log_softmax(2), cnn.randn(2, 3):softmax(2)
print(nn.KLDivLoss("batchmean")(student, teacher))]],
    see = { "nn.functional.kl_div", "nn.CrossEntropyLoss" },
    call = function(self, reduction, log_target) self.reduction, self.log_target = reduction, log_target end,
}

function KLDivLoss:forward(input, target)
    return functional.kl_div(input, target, self.reduction, self.log_target)
end

return KLDivLoss
