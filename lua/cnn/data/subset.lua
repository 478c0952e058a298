-- SPDX-License-Identifier: MIT
-- data.Subset: some samples of a data set, in an order of their own. data.random_split makes them.
local Dataset = require "cnn.data.dataset"
local class = require "cnn.nn.class"
local core = require "cnn.core"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local Subset = class.make("Subset", Dataset)

local function indices_of(value)
    if not core.is_tensor(value) then return core.from(value, "int64") end
    if value.dtype == "int64" and #value.shape == 1 then return value end
    errors.raise {
        kind = "type", op = "data.Subset",
        text = ("indices are a list, or int64 with one dimension; got %s %s"):format(value.dtype, value.shape),
    }
end

-- The smallest and the largest must be samples of the data set.
local function check_range(indices, n)
    if indices.shape[1] == 0 then return end
    for _, largest in ipairs { false, true } do
        local i = core.item((core.extreme(indices, 1, largest, false)))
        if i < 1 or i > n then
            errors.raise {
                kind = "value", op = "data.Subset",
                text = i == 0 and "samples count from 1; got 0"
                    or ("sample %d is not among the %d of the data set"):format(i, n),
            }
        end
    end
end

-- A subset of a subset is one of the data set below.
local function compose(outer, inner)
    local list = {}
    for k = 1, outer.shape[1] do list[k] = core.get(inner, core.get(outer, k)) end
    return core.from(list, "int64")
end

Subset.init = signature {
    name = "data.Subset", self = true,
    { "dataset", "dataset" },
    { "indices", "list|tensor", of = "int", doc = "numbers of samples, from 1" },
    returns = "data set: sample i is sample indices[i] of the other",
    doc = [[The samples of a data set that a list names, in the list's order.]],
    example = [[
local d = data.TensorDataset(cnn.randn(100))
print(data.Subset(d, { 5, 50 }):get(2))]],
    see = { "data.random_split" },
    call = function(self, dataset, indices)
        self.dataset = dataset
        self.indices = indices_of(indices)
        self.classes = dataset.classes
        check_range(self.indices, #dataset)
    end,
}

function Subset:__len() return self.indices.shape[1] end

function Subset:get(i)
    i = core.get(self.indices, self:check_index(i))
    local dataset = self.dataset
    if dataset.get then return dataset:get(i) end
    return table.unpack(dataset[i])
end

local get = Subset.get

function Subset:_fast()
    local fast = self.get == get and self.dataset._fast
    if not fast then return nil end
    local columns, rows = fast(self.dataset)
    if columns and rows then rows = compose(self.indices, rows) end
    return columns, columns and (rows or self.indices)
end

return Subset
