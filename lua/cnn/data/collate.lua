-- SPDX-License-Identifier: MIT
-- Batches from samples, where a data set is written in Lua: values of one kind at one place become one tensor.
local core = require "cnn.core"
local errors = require "cnn.errors"

local function stack(tensors, place)
    local first = tensors[1]
    local sizes = { #tensors, table.unpack(first.shape) }
    local out = core.empty(first.dtype, sizes)
    for i, x in ipairs(tensors) do
        if x.shape ~= first.shape or x.dtype ~= first.dtype then
            errors.raise {
                kind = "shape", op = "data.DataLoader",
                text = ("the samples of a batch need one size and type; value %d is %s %s in the batch's first sample, "
                    .. "%s %s in its sample %d"):format(place, first.dtype, first.shape, x.dtype, x.shape, i),
                fix = "crop or resize the samples to one size, or give a collate_fn",
            }
        end
        core.copy_(core.select(out, 1, i - 1), core.detach(x))
    end
    return out
end

local function kind_of(value)
    if core.is_tensor(value) then return "tensor" end
    return type(value)
end

local function column(values, place)
    local kind = kind_of(values[1])
    for i = 2, #values do
        if kind_of(values[i]) ~= kind then
            errors.raise {
                kind = "type", op = "data.DataLoader",
                text = ("value %d is a %s in the batch's first sample, a %s in its sample %d"):format(place, kind,
                    kind_of(values[i]), i),
            }
        end
    end
    if kind == "tensor" then return stack(values, place) end
    if kind == "number" or kind == "boolean" then return core.from(values) end
    return values
end

--- From a list of samples, each a list of values, to one value per place: tensors are stacked, numbers become a tensor
--- (int64 if all are integers, else float32), anything else a list.
return function(samples)
    local values = {}
    for place = 1, #samples[1] do
        local list = {}
        for i, sample in ipairs(samples) do
            if sample[place] == nil or #sample ~= #samples[1] then
                errors.raise {
                    kind = "value", op = "data.DataLoader",
                    text = ("sample %d of a batch has %d values, the first has %d"):format(i, #sample, #samples[1]),
                }
            end
            list[i] = sample[place]
        end
        values[place] = column(list, place)
    end
    return table.unpack(values)
end
