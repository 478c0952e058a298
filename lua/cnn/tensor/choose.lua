-- SPDX-License-Identifier: MIT
-- Choosing and filling by a condition; parts and repetitions of a tensor; random numbers with given parameters.
--
-- All of it is composed of ops that have gradients (where, slice, expand, amax), so gradients need no code here.
-- Parts come as several results, as max's do: local a, b = x:chunk(2); {x:split(8)} makes a list of them.
local core = require "cnn.core"
local errors = require "cnn.errors"
local signature = require "cnn.signature"
local define = require "cnn.tensor.define"
local dimension = require("cnn.tensor.shape").dimension
local func, method = define.func, define.method

local whole = { bool = true, uint8 = true, int64 = true }

-- ---- by a condition -------------------------------------------------------------------------------------------------

local ranges = { bool = { 0, 1 }, uint8 = { 0, 255 }, float32 = { -3.4028234663852886e38, 3.4028234663852886e38 } }

-- Refuses a number that would become another one in that type: a fraction among integers, 300 in uint8.
local function check_holds(op, dtype, number)
    if type(number) == "boolean" then return end
    local range, special = ranges[dtype], number ~= number or number == math.huge or number == -math.huge
    local fits = special and not whole[dtype] or not special and (not whole[dtype] or math.tointeger(number)) and
        (not range or number >= range[1] and number <= range[2])
    if not fits then
        errors.raise { kind = "value", op = op, fix = whole[dtype] and "x:float()" or "x:double()",
            text = ("a tensor of %s can't hold %s"):format(dtype, number) }
    end
end

-- A number or truth value as a tensor without dimensions: of the other operand's type, unless that is of a lower kind.
local function operand(value, other)
    if core.is_tensor(value) then return value end
    local kind = type(value) == "boolean" and "bool" or math.type(value) == "integer" and "int64" or "float32"
    if core.is_tensor(other) then
        local dtype = other.dtype
        if kind == "bool" or kind == "int64" and dtype ~= "bool" or not whole[dtype] then kind = dtype end
    end
    check_holds("where", kind, value)
    return core.full(kind, {}, value)
end

local function where(condition, a, b)
    return core.where(condition, operand(a, b), operand(b, a))
end

func { "where", { "condition", "tensor", doc = "bool" }, { "input", "tensor|number|bool", doc = "where it is true" },
    { "other", "tensor|number|bool", doc = "where it is false" }, returns = "tensor",
    doc = [[Each element from input where the condition is true, from other where it is false; all three broadcast.]],
    example = [[
local x = cnn.tensor{-1.0, 2.0}
print(cnn.where(x:gt(0), x, 0))]], see = { "tensor:where", "tensor:masked_fill" }, call = where }

method { "where", { "condition", "tensor", doc = "bool" }, { "other", "tensor|number|bool", doc = "where it is false" },
    returns = "tensor",
    doc = [[The elements where the condition is true, other's where it is false; all three broadcast.]],
    example = [[
local x = cnn.tensor{-1.0, 2.0}
print(x:where(x:gt(0), 0))]], see = { "cnn.where", "tensor:masked_fill" },
    call = function(x, condition, other) return where(condition, x, other) end }

-- The value in x's own type, which masked_fill keeps; a fraction has no place among integers.
local function filling(op, x, value)
    local number = value
    if core.is_tensor(value) then
        if core.dim(value) ~= 0 then
            errors.raise { kind = "shape", op = op, fix = "cnn.where(mask, values, x)",
                text = ("the value is one number, or a tensor without dimensions; got %s"):format(value.shape) }
        end
        if value.dtype == x.dtype or not whole[x.dtype] then return core.cast(value, x.dtype) end
        number = core.item(value)
    end
    check_holds(op, x.dtype, number)
    if type(number) == "boolean" and x.dtype ~= "bool" then number = number and 1 or 0 end
    if x.dtype == "bool" and type(number) == "number" then number = number ~= 0 end
    return core.full(x.dtype, {}, number)
end

local mask = { "mask", "tensor", doc = "bool; broadcasts" }
local value = { "value", "number|bool|tensor", doc = "one number" }

method { "masked_fill", mask, value, form = true, returns = "tensor of the same type",
    doc = [[The elements, with one value where the mask is true. No gradient flows to what was overwritten.]],
    example = [[
local x = cnn.tensor{-1.0, 2.0}
print(x:masked_fill(x:lt(0), 0))]], see = { "tensor:masked_fill_", "cnn.where" },
    call = function(x, chosen, number) return core.where(chosen, filling("masked_fill", x, number), x) end }

method { "masked_fill_", mask, value, returns = "the tensor itself",
    doc = [[Overwrites the elements where the mask is true with one value. Not part of the graph.]],
    example = [[
local x = cnn.tensor{-1.0, 2.0}
print(x:masked_fill_(x:lt(0), 0))]], see = { "tensor:masked_fill", "tensor:fill_" },
    call = function(x, chosen, number)
        core.check_writable(x)
        local filled = core.where(chosen, filling("masked_fill_", x, number), core.detach(x))
        if filled.shape ~= x.shape then
            errors.raise { kind = "shape", op = "masked_fill_",
                text = ("the mask %s is larger than the tensor %s"):format(chosen.shape, x.shape) }
        end
        return core.copy_(x, filled)
    end }

-- ---- parts ----------------------------------------------------------------------------------------------------------

local most_parts = 100000 -- a function of Lua returns less than a million values

local function check_parts(op, count)
    if count > most_parts then
        errors.raise { kind = "value", op = op, fix = "x:narrow(dim, start, length) in a loop",
            text = ("%d parts are too many to return at once (at most %d)"):format(count, most_parts) }
    end
end

local function parts(x, dim, lengths)
    local result, at = {}, 0
    for i = 1, #lengths do
        result[i] = core.slice(x, dim, at, lengths[i])
        at = at + lengths[i]
    end
    return table.unpack(result)
end

-- The lengths of parts of one size, the last with what is left; at least one part.
local function lengths_of(op, total, size)
    local count = math.max(1, (total - 1) // size + 1)
    check_parts(op, count)
    local lengths = {}
    for i = 1, count do lengths[i] = math.min(size, total - (i - 1) * size) end
    return lengths
end

local function check_sections(x, dim, lengths)
    local sum = 0
    for i = 1, #lengths do sum = sum + lengths[i] end
    if sum ~= core.size(x, dim) then
        errors.raise { kind = "value", op = "split",
            text = ("the sizes {%s} add up to %d, but dimension %d of %s has size %d"):format(
                table.concat(lengths, ", "), sum, dim, x.shape, core.size(x, dim)) }
    end
    check_parts("split", #lengths)
end

method { "split", { "split_size", "int|sizes", min = 0, doc = "of every part (the last may be smaller), or a list" },
    { "dim", "dim", default = 1 }, form = true, returns = "tensors, one result each",
    doc = [[Cuts a tensor along a dimension into parts of a size, or of the sizes in a list; they are views.]],
    example = [[
local a, b = cnn.arange(5):split(3)
print(a, b)
print(#{cnn.zeros(10, 2):split({2, 3, 5})})]], see = { "tensor:chunk", "cnn.cat", "tensor:narrow" },
    call = function(x, size, dim)
        local d = dimension("split", x, dim)
        local lengths = size
        if type(size) == "table" then
            check_sections(x, d, lengths)
        elseif size == 0 then
            errors.raise { kind = "value", op = "split", text = "parts of size 0 never end; the size is at least 1" }
        else
            lengths = lengths_of("split", core.size(x, d), size)
        end
        return parts(x, d, lengths)
    end }

method { "chunk", { "chunks", "int", min = 1, doc = "how many parts, at most" }, { "dim", "dim", default = 1 },
    form = true, returns = "tensors, one result each",
    doc = [[Cuts a tensor along a dimension into parts of one size (the last may be smaller, and parts fewer); views.]],
    shape = [[size of a part = ceil(size / chunks)]],
    example = [[
local a, b = cnn.arange(6):chunk(2)
print(a, b)]], see = { "tensor:split" },
    call = function(x, count, dim)
        local d = dimension("chunk", x, dim)
        local total = core.size(x, d)
        if total > 0 then return parts(x, d, lengths_of("chunk", total, (total - 1) // count + 1)) end
        check_parts("chunk", count)
        local lengths = {}
        for i = 1, count do lengths[i] = 0 end
        return parts(x, d, lengths)
    end }

-- ---- repetitions ----------------------------------------------------------------------------------------------------

-- x `times` times along one dimension: [before, 1, after] expanded, whatever lies around it.
local function repeated(x, dim, times)
    if times == 1 then return x end
    local size, before, after = table.move(x.shape, 1, core.dim(x), 1, {}), 1, 1
    for i = 1, #size do
        if i < dim then before = before * size[i] else after = after * size[i] end
    end
    size[dim] = size[dim] * times
    if times == 0 then return core.slice(x, dim, 0, 0) end
    return core.reshape(core.expand(core.reshape(x, { before, 1, after }), { before, times, after }), size)
end

local function tile(x, times)
    local size, missing = {}, #times - core.dim(x)
    for i = 1, missing do size[i] = 1 end
    if missing > 0 then x = core.reshape(x, table.move(x.shape, 1, core.dim(x), missing + 1, size)) end
    local offset = math.min(missing, 0) -- fewer numbers than dimensions: they are the last ones
    for i = 1, #times do x = repeated(x, i - offset, times[i]) end
    return x
end

method { "tile", { "dims", "sizes", min = 0, doc = "how often along each dimension; fewer count from the last" },
    form = true, returns = "tensor",
    doc = [[The tensor repeated along its dimensions; more numbers than dimensions add some in front.]],
    example = [[print(cnn.arange(3):tile(2, 2))]], see = { "tensor:expand", "tensor:repeat" }, call = tile }

-- `repeat` is a word of Lua, so the method needs brackets: x["repeat"](x, 2, 2).
method { "repeat", { "repeats", "sizes", min = 0, doc = "how often along each dimension, at least one number each" },
    returns = "tensor",
    doc = [[As tile, with a number for every dimension. `repeat` is a word of Lua, hence the brackets; tile has none.]],
    example = [[
local x = cnn.arange(3)
print(x["repeat"](x, 2, 2))]], see = { "tensor:tile", "tensor:expand" },
    call = function(x, times)
        if #times < core.dim(x) then
            errors.raise { kind = "shape", op = "repeat", fix = "x:tile(…) for the last dimensions only",
                text = ("a number for each dimension of %s, please; got %d"):format(x.shape, #times) }
        end
        return tile(x, times)
    end }

-- ---- extremes over several dimensions -------------------------------------------------------------------------------

for name, largest in define.sorted { amax = true, amin = false } do
    local word = largest and "largest" or "smallest"
    method { name, { "dim", "dims", optional = true, doc = "over these, counted from 1; over all if not given" },
        { "keepdim", "bool", default = false, doc = "leave the dimensions, with size 1" },
        form = true, returns = "tensor",
        doc = ("The %s element over dimensions. Equal ones share its gradient."):format(word),
        example = ("print(cnn.arange(8):view(2, 2, 2):%s({1, 3}))"):format(name),
        see = { largest and "tensor:max" or "tensor:min" },
        call = function(x, dims, keep) return core.amax(x, dims, largest, keep) end }
end

-- ---- random ---------------------------------------------------------------------------------------------------------

-- Whether a condition on x holds at every element.
local function everywhere(condition)
    return core.item(core.sum(core.eq(condition, 0))) == 0
end

local function check_real(op, x)
    if whole[x.dtype] then
        errors.raise { kind = "type", op = op, fix = "x:float()",
            text = ("random numbers need a real type; got %s"):format(x.dtype) }
    end
end

method { "bernoulli", form = true, returns = "tensor of 0 and 1, of the same type",
    doc = [[1 with the probability that each element gives, else 0.]],
    example = [[print(cnn.full({3}, 0.5):bernoulli())]], see = { "tensor:bernoulli_", "cnn.rand" },
    call = function(x)
        check_real("bernoulli", x)
        x = core.detach(x)
        if not (everywhere(core.ge(x, 0)) and everywhere(core.le(x, 1))) then
            errors.raise { kind = "value", op = "bernoulli",
                text = "probabilities lie between 0 and 1; some here do not" }
        end
        return core.cast(core.lt(core.uniform_(core.empty(x.dtype, x.shape), 0, 1), x), x.dtype)
    end }

local function check_deviation(std)
    local several = core.is_tensor(std)
    local fits = several and everywhere(core.ge(core.detach(std), 0)) or not several and std >= 0
    if not fits then
        errors.raise { kind = "value", op = "cnn.normal", text = "a standard deviation is at least 0; " ..
            (several and "some here are not" or ("got %s"):format(std)) }
    end
end

-- The broadcast shape and type of mean and std, at least one of which is a tensor.
local function like(mean, std)
    for _, x in ipairs { mean, std } do
        if core.is_tensor(x) then check_real("cnn.normal", x) end
    end
    return core.add(core.is_tensor(mean) and core.detach(mean) or mean, core.is_tensor(std) and core.detach(std) or std)
end

func { "normal", { "mean", "tensor|number" }, { "std", "tensor|number", default = 1 },
    { "size", "sizes", optional = true, min = 0, doc = "where mean and std are numbers" }, returns = "tensor",
    doc = [[Normally distributed random numbers; a tensor gives each its own mean or standard deviation.]],
    example = [[print(cnn.normal(0, 0.01, {2, 2}), cnn.normal(cnn.zeros(2), 2))]],
    see = { "cnn.randn", "tensor:normal_" },
    call = function(mean, std, size)
        local by_tensor = core.is_tensor(mean) or core.is_tensor(std)
        check_deviation(std)
        if by_tensor == (size ~= nil) then
            errors.raise { kind = "value", op = "cnn.normal", fix = "cnn.normal(0, 1, {2, 3})",
                text = by_tensor and "the tensors give the size; leave it out" or
                    "numbers need a size; got " .. signature.describe(size) }
        end
        if not by_tensor then return core.normal_(core.empty("float32", size), mean, std) end
        local shape = like(mean, std)
        local x = core.normal_(core.empty(shape.dtype, shape.shape), 0, 1)
        return core.add(core.mul(x, core.is_tensor(std) and core.detach(std) or std),
            core.is_tensor(mean) and core.detach(mean) or mean)
    end }
