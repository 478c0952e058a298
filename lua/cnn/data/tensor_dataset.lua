-- SPDX-License-Identifier: MIT
-- data.TensorDataset: sample i is row i of each tensor.
local Dataset = require "cnn.data.dataset"
local class = require "cnn.nn.class"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local TensorDataset = class.make("TensorDataset", Dataset)

local function check_lengths(tensors)
    if #tensors == 0 then
        errors.raise {
            kind = "value", op = "data.TensorDataset", text = "it takes at least one tensor",
            fix = "data.TensorDataset(x, y)",
        }
    end
    local rows = tensors[1].shape[1]
    for i, x in ipairs(tensors) do
        if #x.shape == 0 or x.shape[1] ~= rows then
            errors.raise {
                kind = "shape", op = "data.TensorDataset",
                text = ("all tensors need one row per sample; the first is %s, number %d is %s"):format(
                    tensors[1].shape, i, x.shape),
            }
        end
    end
    return rows
end

TensorDataset.init = signature {
    name = "data.TensorDataset", self = true,
    { "...", "tensor", doc = "tensors with one row per sample: the inputs, the labels" },
    returns = "data set: sample i is row i of each tensor",
    doc = [[Makes a data set of tensors in memory. Loaders read it in C, without a copy of the whole.]],
    example = [[
local d = data.TensorDataset(cnn.randn(100, 3), cnn.randint(1, 10, { 100 }))
print(#d, d:get(7))]],
    see = { "data.DataLoader", "data.random_split" },
    call = function(self, ...)
        self.tensors = { ... }
        self._rows = check_lengths(self.tensors)
    end,
}

function TensorDataset:__len() return self._rows end

function TensorDataset:get(i)
    i = self:check_index(i)
    local values = {}
    for k, x in ipairs(self.tensors) do values[k] = x[i] end
    return table.unpack(values)
end

local get = TensorDataset.get

function TensorDataset:_fast()
    if self.get ~= get then return nil end -- a class made from this one has samples of its own
    local columns = {}
    for k, x in ipairs(self.tensors) do columns[k] = { x } end
    return columns
end

return TensorDataset
