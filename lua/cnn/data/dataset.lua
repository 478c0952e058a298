-- SPDX-License-Identifier: MIT
-- data.Dataset: what all data sets share, and the parent of those that users write.
--
-- A data set answers `#d` and `d:get(i)`, which returns the values of a sample (an image and its label); `d[i]` is the
-- same as a list. A class may also answer `_fast()`: its samples as rows of tensors, with the steps they go through, so
-- that loaders make batches in C without asking for samples one by one.
local class = require "cnn.nn.class"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local Dataset = class.make("Dataset")

-- The number of a sample from 1 to n, or nil where there is none; negative ones count from the end.
local function place(i, n)
    i = math.tointeger(i)
    if i and i < 0 then i = n + 1 + i end
    return i and i >= 1 and i <= n and i or nil
end

function Dataset.check_index(self, i)
    local n = #self
    local found = type(i) == "number" and place(i, n)
    if found then return found end
    errors.raise {
        kind = "value", op = self.__name .. ".get",
        text = i == 0 and "samples count from 1; got 0"
            or ("sample %s is not among the %d of the data set"):format(signature.describe(i), n),
    }
end

signature.document(Dataset.check_index, {
    name = "data.Dataset.check_index", self = true, { "i", "int", doc = "from 1 to #d; -1 is the last" }, returns = "int",
    doc = [[Checks the number of a sample, for a class's own get; returns it counted from 1.]],
    example = [[
local Squares = nn.class("Squares", data.Dataset)
function Squares:__len() return 5 end
function Squares:get(i) return self:check_index(i) ^ 2 end
print(Squares():get(-1))]],
    see = { "data.Dataset.get" },
})

function Dataset:get()
    errors.raise {
        kind = "value", op = self.__name,
        text = ("%s has no get: a data set answers #d and d:get(i)"):format(self.__name),
        fix = ("function %s:get(i) return x, y end"):format(self.__name),
    }
end

signature.document(Dataset.get, {
    name = "data.Dataset.get", self = true, { "i", "int", doc = "from 1 to #d" }, returns = "the values of a sample",
    doc = [[A sample: an image and its label, say. Every class of data sets has its own; d[i] is the same as a list.]],
    example = [[
local Squares = nn.class("Squares", data.Dataset)
function Squares:__len() return 5 end
function Squares:get(i) return cnn.tensor { i }, i ^ 2 end
print(#Squares(), Squares():get(3))]],
    see = { "data.DataLoader", "data.Dataset.check_index" },
})

function Dataset:__len()
    errors.raise {
        kind = "value", op = self.__name,
        text = ("%s has no length: a data set answers #d and d:get(i)"):format(self.__name),
        fix = ("function %s:__len() return n end"):format(self.__name),
    }
end

function Dataset:__tostring()
    return ("%s(%d samples)"):format(self.__name, #self)
end

-- d[i], nil outside, so that ipairs ends.
class.indexed(Dataset, function(self, i)
    if i == 0 then Dataset.check_index(self, i) end
    i = place(i, #self)
    if i then return { self:get(i) } end
end)

return Dataset
