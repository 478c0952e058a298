-- SPDX-License-Identifier: MIT
-- Tensors as indices: x[{1, index}], x[mask], and writing through them. Numbers and ranges are the binding's (index.c).
--
-- One place of the table holds the tensor; what stands around it is a view first. An int64 tensor of positions stands for one
-- dimension and is replaced by its own; a bool mask stands for as many dimensions as it has, which become one. Reading
-- is index_select, so gradients flow. Writing finds out which elements are meant by reading their numbers in the same way.
local core = require "cnn.core"
local errors = require "cnn.errors"

-- Where in the table the tensor stands.
local function find(key)
    local at
    for i = 1, 8 do
        if core.is_tensor(rawget(key, i)) then
            if at then
                errors.raise { kind = "value", op = "index", fix = "x:gather(dim, index), or one after the other: x[i][j]",
                    text = ("one tensor at a time is an index; here numbers %d and %d are"):format(at, i) }
            end
            at = i
        end
    end
    return at
end

local function check_kind(index)
    if index.dtype == "int64" or index.dtype == "bool" then return end
    errors.raise { kind = "type", op = "index", fix = index.dtype == "uint8" and "index:bool(), or index:long()" or "index:long()",
        text = ("an index is an int64 tensor, or a bool mask; got %s"):format(index.dtype) }
end

-- The view that the numbers and ranges make, with the dimensions whole that the tensor stands for; and its first one.
local function around(x, key, at, span)
    local whole, dim = {}, at
    for i = 1, at - 1 do
        whole[i] = rawget(key, i)
        if type(whole[i]) == "number" then dim = dim - 1 end
    end
    for _ = 1, span do whole[#whole + 1] = {} end
    for i = at + 1, rawlen(key) do whole[#whole + 1] = rawget(key, i) end
    return x[whole], dim
end

-- The sizes of x with those from dim to dim + span - 1 replaced by a list.
local function replaced(x, dim, span, list)
    local sizes = {}
    for i = 1, dim - 1 do sizes[i] = core.size(x, i) end
    for _, size in ipairs(list) do sizes[#sizes + 1] = size end
    for i = dim + span, core.dim(x) do sizes[#sizes + 1] = core.size(x, i) end
    return sizes
end

local function check_mask(x, mask, dim)
    local span = core.dim(mask)
    for i = 1, span do
        if core.size(mask, i) ~= core.size(x, dim + i - 1) then
            errors.raise { kind = "shape", op = "index",
                text = ("a mask has the sizes of the dimensions it stands for; got %s for dimension%s of %s"):format(mask.shape,
                    span == 1 and (" %d"):format(dim) or ("s %d to %d"):format(dim, dim + span - 1), x.shape) }
        end
    end
end

local function by_mask(x, mask, dim)
    check_mask(x, mask, dim)
    local line = core.reshape(x, replaced(x, dim, core.dim(mask), { core.numel(mask) }))
    return core.index_select(line, core.nonzero(mask), dim)
end

local function by_positions(x, index, dim)
    if core.dim(index) == 1 then return core.index_select(x, index, dim) end
    local rows = core.index_select(x, core.reshape(index, { -1 }), dim)
    return core.reshape(rows, replaced(rows, dim, 1, index.shape))
end

local function read(x, key)
    if core.is_tensor(key) then key = { key } end
    local at = find(key)
    local index = core.detach(key[at])
    check_kind(index)
    local is_mask = index.dtype == "bool"
    if is_mask and core.dim(index) == 0 then
        errors.raise { kind = "shape", op = "index", text = "a mask needs a dimension; got a scalar" }
    end
    local view, dim = around(x, key, at, is_mask and core.dim(index) or 1)
    return (is_mask and by_mask or by_positions)(view, index, dim)
end

-- What is written, as a line of x's type.
local function line_of(x, value, shape)
    if not core.is_tensor(value) then
        value = core.fill_(core.empty(x.dtype, {}), value)
    elseif value.dtype ~= x.dtype then
        value = core.cast(core.detach(value), x.dtype)
    end
    return core.reshape(core.expand(core.detach(value), shape), { -1 })
end

local function write(x, key, value)
    core.check_writable(x, core.is_tensor(value) and value or nil)
    local numbers = core.detach(x)
    local elements = core.reshape(core.range("int64", 1, 1, core.numel(x)), x.shape)
    local meant = read(elements, key)
    local places, source = core.reshape(meant, { -1 }), line_of(x, value, meant.shape)
    local dense = core.is_contiguous(numbers) and numbers or core.contiguous(numbers)
    core.scatter_(core.view(dense, { -1 }), places, source, 1)
    if dense ~= numbers then core.copy_(numbers, dense) end
end

core.index_with(read, write)
