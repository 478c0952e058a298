-- SPDX-License-Identifier: MIT
-- nn.functional: activations. The softmaxes are built from other ops, which give their gradients.
local core = require "cnn.core"
local signature = require "cnn.signature"

local activation = {}

activation.relu = signature {
    name = "nn.functional.relu",
    { "input", "tensor" },
    { "inplace", "bool", default = false, doc = "overwrite the input" },
    returns = "tensor of the input's size",
    doc = [[max(0, x), element by element.]],
    example = [[print(nn.functional.relu(cnn.tensor { -1, 0, 2 }))]],
    see = { "nn.ReLU" },
    call = function(input, inplace)
        if inplace then return core.relu_(input) end
        return core.relu(input)
    end,
}

-- x minus its largest value along dim, so that exp can't overflow; the shift changes neither result nor gradient.
local function shifted(x, dim)
    local largest = core.extreme(core.detach(x), dim, true, true)
    return core.sub(x, largest)
end

activation.softmax = signature {
    name = "nn.functional.softmax",
    { "input", "tensor" },
    { "dim", "dim", doc = "the dimension that sums to 1" },
    returns = "tensor of the input's size",
    doc = [[Probabilities from scores: exp(x), divided by its sum along a dimension.]],
    shape = [[y[i] = exp(x[i]) / sum over j of exp(x[j])]],
    example = [[print(nn.functional.softmax(cnn.tensor { { 1.0, 2.0, 3.0 } }, 2))]],
    see = { "nn.functional.log_softmax", "nn.functional.cross_entropy" },
    call = function(input, dim)
        local e = core.exp(shifted(input, dim))
        return core.div(e, core.sum(e, { dim }, true))
    end,
}

activation.log_softmax = signature {
    name = "nn.functional.log_softmax",
    { "input", "tensor" },
    { "dim", "dim", doc = "the dimension along which the exponentials sum to 1" },
    returns = "tensor of the input's size",
    doc = [[The logarithm of softmax, computed without losing digits.]],
    shape = [[y[i] = x[i] - log(sum over j of exp(x[j]))]],
    example = [[print(nn.functional.log_softmax(cnn.tensor { { 1.0, 2.0, 3.0 } }, 2))]],
    see = { "nn.functional.softmax" },
    call = function(input, dim)
        local s = shifted(input, dim)
        return core.sub(s, core.log(core.sum(core.exp(s), { dim }, true)))
    end,
}

return activation
