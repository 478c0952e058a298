-- SPDX-License-Identifier: MIT
-- The padding argument of convolutions: a number, a pair, "valid" (none) or "same" (the output has the input's size).
--
-- "same" needs dilation * (kernel - 1) zeros in all. An odd number puts one more behind than before, as PyTorch does;
-- the kernels pad both sides alike, so that one is added by pad() first.
local core = require "cnn.core"
local errors = require "cnn.errors"

local padding = {}

--- Checks the argument of `op` when a layer is made, where the mistake is. The stride is a pair, or one number for sequences.
function padding.check(value, stride, op)
    if type(value) ~= "string" or value == "valid" then return value end
    if value ~= "same" then
        errors.raise {
            kind = "value", op = op,
            text = ('padding must be an integer, %s"same" or "valid"; got %q'):format(
                type(stride) == "table" and "a pair {h, w}, " or "", value),
        }
    end
    local pair = type(stride) == "table"
    if pair and (stride[1] ~= 1 or stride[2] ~= 1) or not pair and stride ~= 1 then
        errors.raise {
            kind = "value", op = op,
            text = ('padding="same" keeps the size, which stride %s does not: it needs stride 1'):format(
                pair and ("{%d, %d}"):format(stride[1], stride[2]) or stride),
        }
    end
    return value
end

--- The input (padded where "same" is uneven) and the zeros on both sides of height and of width.
function padding.apply(input, value, kernel_h, kernel_w, dilation)
    if type(value) == "table" then return input, value[1], value[2] end
    if value == "valid" then return input, 0, 0 end
    local total_h, total_w = dilation[1] * (kernel_h - 1), dilation[2] * (kernel_w - 1)
    if total_h % 2 + total_w % 2 > 0 then input = core.pad(input, { 0, total_w % 2, 0, total_h % 2 }, 0) end
    return input, total_h // 2, total_w // 2
end

return padding
