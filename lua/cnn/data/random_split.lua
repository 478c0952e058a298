-- SPDX-License-Identifier: MIT
-- data.random_split: parts of a data set, dealt out at random.
local Subset = require "cnn.data.subset"
local core = require "cnn.core"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local function fail(text, fix)
    errors.raise { kind = "value", op = "data.random_split", text = text, fix = fix }
end

-- {0.9, 0.1} → numbers of samples: rounded down, what is left goes to the first parts, one each, as in PyTorch.
local function from_fractions(fractions, n)
    local lengths, given = {}, 0
    for i, part in ipairs(fractions) do
        lengths[i] = math.floor(n * part)
        given = given + lengths[i]
    end
    for i = 1, n - given do
        local k = (i - 1) % #lengths + 1
        lengths[k] = lengths[k] + 1
    end
    return lengths
end

local function check_lengths(lengths, n)
    local sum, fractions = 0, false
    if #lengths == 0 then fail("it takes the length of at least one part", "data.random_split(d, {0.9, 0.1})") end
    for i, length in ipairs(lengths) do
        if type(length) ~= "number" or not (length >= 0) then
            fail(("lengths are numbers of samples, or fractions; number %d is %s"):format(i, signature.describe(length)))
        end
        sum = sum + length
        fractions = fractions or not math.tointeger(length)
    end
    if fractions then
        if math.abs(sum - 1) > 1e-9 then fail(("fractions add up to 1; these give %g"):format(sum)) end
        return from_fractions(lengths, n)
    end
    if sum ~= n then
        fail(("the lengths must add up to the %d samples of the data set; they give %d"):format(n, sum))
    end
    return lengths
end

--- A random order of 1 … n, from the global generator, or from one that starts at `seed` and is then forgotten.
local function permutation(n, seed)
    local order = core.empty("int64", { n })
    if not seed then return core.permutation_(order) end
    local before, offset = core.generator()
    core.set_generator(seed, 0)
    local ok, err = pcall(core.permutation_, order)
    core.set_generator(before, offset)
    if not ok then error(err, 0) end
    return order
end

local function part(order, first, length)
    if length == 0 then return core.empty("int64", { 0 }) end
    return core.slice(order, 1, first, length)
end

return signature {
    name = "data.random_split",
    { "dataset", "dataset" },
    { "lengths", "list", doc = "numbers of samples that add up to all, or fractions that add up to 1" },
    { "generator", "int", optional = true, doc = "seed of a generator for this split alone; else the global one is used" },
    returns = "as many data sets as there are lengths",
    doc = [[Splits a data set at random: each sample goes to one of the parts. cnn.manual_seed before it fixes the split.]],
    example = [[
local d = data.TensorDataset(cnn.randn(100, 3))
local train, val = data.random_split(d, { 80, 20 })
print(#train, #val, (select("#", data.random_split(d, { 0.5, 0.3, 0.2 }))))]],
    see = { "data.Subset", "cnn.manual_seed" },
    call = function(dataset, lengths, seed)
        local n = #dataset
        lengths = check_lengths(lengths, n)
        local order, parts, first = permutation(n, seed), {}, 0
        for i, length in ipairs(lengths) do
            length = math.tointeger(length)
            parts[i] = Subset(dataset, part(order, first, length))
            first = first + length
        end
        return table.unpack(parts)
    end,
}
