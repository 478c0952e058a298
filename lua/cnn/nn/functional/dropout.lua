-- SPDX-License-Identifier: MIT
-- nn.functional: dropout, of single elements and of whole channels.
local core = require "cnn.core"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local dropout = {}

local function drop(input, p, channels, training, inplace)
    if not training or p == 0 then return input end
    if not inplace then return core.dropout(input, p, channels) end
    local factors = core.dropout(core.full(input.dtype, input.shape, 1), p, channels) -- 0 and 1/(1-p)
    return core.mul_(input, factors)
end

local function same_but_training(name, what, shape, call, see)
    return signature {
        name = "nn.functional." .. name,
        { "input", "tensor" },
        { "p", "number", default = 0.5, min = 0, max = 1, doc = ("probability that %s becomes zero"):format(what) },
        { "training", "bool", default = true, doc = "false: give back the input" },
        { "inplace", "bool", default = false, doc = "overwrite the input" },
        returns = "tensor of the input's size",
        doc = ([[Sets %s to zero with probability p and multiplies the rest by 1/(1-p).]]):format(what),
        example = ([[print(nn.functional.%s(cnn.ones(%s), 0.5))]]):format(name, shape),
        see = { see },
        call = call,
    }
end

dropout.dropout = same_but_training("dropout", "each element", "2, 5", function(input, p, training, inplace)
    return drop(input, p, false, training, inplace)
end, "nn.Dropout")

dropout.dropout2d = same_but_training("dropout2d", "each channel", "1, 4, 2, 2", function(input, p, training, inplace)
    local dims = #input.shape
    if dims ~= 4 then
        errors.raise {
            kind = "shape", op = "dropout2d",
            text = ("needs images [N, C, H, W], whose channels it drops; got %s"):format(tostring(input.shape)),
            fix = dims < 4 and "nn.Dropout" or nil,
        }
    end
    return drop(input, p, true, training, inplace)
end, "nn.Dropout2d")

return dropout
