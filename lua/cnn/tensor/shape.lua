-- SPDX-License-Identifier: MIT
-- Methods about shape: sizes, views, and their rearrangement. All but reshape, flatten and contiguous of scattered memory
-- are views: they share the tensor's numbers.
local core = require "cnn.core"
local errors = require "cnn.errors"
local define = require "cnn.tensor.define"
local method = define.method

-- A dimension from 1, of a tensor with `ndim` (negative: from the end).
local function dimension(op, x, dim, ndim)
    ndim = ndim or core.dim(x)
    if dim > ndim or dim < -ndim then
        errors.raise { kind = "value", op = op,
            text = ("there is no dimension %d: the tensor is %s, with %d dimension%s"):format(dim, x.shape, core.dim(x),
                core.dim(x) == 1 and "" or "s") }
    end
    return dim > 0 and dim or ndim + 1 + dim
end

-- An index from 1 into a dimension (negative: from the end).
local function position(op, x, dim, index)
    local size = core.size(x, dim)
    if index == 0 then
        errors.raise { kind = "value", op = op, text = "indices count from 1 (-1 is the last); got 0" }
    elseif index > size or index < -size then
        errors.raise { kind = "value", op = op,
            text = ("index %d is out of range: dimension %d of %s has size %d"):format(index, dim, x.shape, size) }
    end
    return index > 0 and index or size + 1 + index
end

-- ---- questions -------------------------------------------------------------------------------------------------------

method { "size", { "dim", "dim", optional = true, doc = "which one; all of them if not given" },
    returns = "shape, or an integer",
    doc = [[The sizes of all dimensions, or of one. The list prints as [2, 3] and compares by value.]],
    example = [[print(cnn.zeros(2, 3):size(), cnn.zeros(2, 3):size(1))]], see = { "tensor:dim", "tensor:numel" },
    call = function(x, dim) return dim and core.size(x, dim) or x.shape end }

method { "stride", { "dim", "dim", optional = true },
    returns = "list, or an integer",
    doc = [[How many elements lie between neighbours along each dimension, or along one.]],
    example = [[print(cnn.zeros(2, 3):stride())]], see = { "tensor:is_contiguous" },
    call = function(x, dim)
        local strides = core.stride(x)
        return dim and strides[dimension("stride", x, dim)] or strides
    end }

for _, name in ipairs { "dim", "ndimension" } do
    method { name, returns = "integer", doc = [[The number of dimensions.]],
        example = [[print(cnn.zeros(2, 3):dim())]], see = { "tensor:size" }, call = core.dim }
end

method { "numel", form = true, returns = "integer", doc = [[The number of elements.]],
    example = [[print(cnn.zeros(2, 3):numel())]], see = { "tensor:size" }, call = core.numel }

method { "is_contiguous", returns = "bool", doc = [[Whether the elements lie in memory row by row, without gaps.]],
    example = [[print(cnn.zeros(2, 3):t():is_contiguous())]], see = { "tensor:contiguous" }, call = core.is_contiguous }

-- ---- views -----------------------------------------------------------------------------------------------------------

method { "view", { "size", "sizes", doc = "of the result; one may be -1: what is left" },
    returns = "tensor", doc = [[The same numbers in another shape; never copies, so the memory must allow it.]],
    example = [[print(cnn.arange(6):view(2, -1))]], see = { "tensor:reshape", "tensor:flatten" },
    call = core.view }

method { "view_as", { "other", "tensor" }, returns = "tensor", doc = [[A view in the shape of another tensor.]],
    example = [[print(cnn.arange(6):view_as(cnn.zeros(2, 3)))]], see = { "tensor:view" },
    call = function(x, other) return core.view(x, other.shape) end }

method { "reshape", { "size", "sizes", doc = "of the result; one may be -1: what is left" }, form = true,
    returns = "tensor", doc = [[The same numbers in another shape: a view where the memory allows it, else a copy.]],
    example = [[print(cnn.arange(6):reshape(3, 2))]], see = { "tensor:view", "tensor:flatten" },
    call = core.reshape }

method { "reshape_as", { "other", "tensor" }, returns = "tensor", doc = [[reshape to the shape of another tensor.]],
    example = [[print(cnn.arange(4):reshape_as(cnn.zeros(2, 2)))]], see = { "tensor:reshape" },
    call = function(x, other) return core.reshape(x, other.shape) end }

method { "flatten", { "start_dim", "dim", default = 1 }, { "end_dim", "dim", default = -1 }, form = true,
    returns = "tensor",
    doc = [[Joins the dimensions from start_dim to end_dim into one. cnn.flatten(x, 2) keeps the batch.]],
    example = [[print(cnn.flatten(cnn.zeros(8, 3, 4, 4), 2):size())]], see = { "tensor:view", "nn.Flatten" },
    call = function(x, start_dim, end_dim)
        local shape = x.shape
        if #shape == 0 then return core.reshape(x, { 1 }) end
        local first, last = dimension("flatten", x, start_dim), dimension("flatten", x, end_dim)
        if last < first then
            errors.raise { kind = "value", op = "flatten",
                text = ("end_dim %d comes before start_dim %d in %s"):format(end_dim, start_dim, shape) }
        elseif first == last then
            return x
        end
        local size, joined = {}, 1
        for i = 1, #shape do
            if i < first or i > last then size[#size + 1] = shape[i] else joined = joined * shape[i] end
            if i == last then size[#size + 1] = joined end
        end
        return core.reshape(x, size)
    end }

method { "permute", { "dims", "sizes", doc = "all dimensions in their new order" }, form = true,
    returns = "tensor", doc = [[A view with the dimensions in another order.]],
    example = [[print(cnn.zeros(2, 3, 4):permute(3, 1, 2):size())]], see = { "tensor:transpose" },
    call = core.permute }

local function swap(x, first, second)
    local dims = {}
    for i = 1, core.dim(x) do dims[i] = i end
    dims[first], dims[second] = second, first
    return core.permute(x, dims)
end

method { "transpose", { "dim0", "dim" }, { "dim1", "dim" }, form = true,
    returns = "tensor", doc = [[A view with two dimensions exchanged.]],
    example = [[print(cnn.zeros(2, 3, 4):transpose(1, 3):size())]], see = { "tensor:permute", "tensor:t" },
    call = function(x, dim0, dim1)
        return swap(x, dimension("transpose", x, dim0), dimension("transpose", x, dim1))
    end }

method { "t", form = true, returns = "tensor", doc = [[A matrix transposed, as a view; a vector as it is.]],
    example = [[print(cnn.arange(6):view(2, 3):t())]], see = { "tensor:transpose" },
    call = function(x)
        local ndim = core.dim(x)
        if ndim < 2 then return x end
        if ndim > 2 then
            errors.raise { kind = "shape", op = "t", text = ("t() is for matrices; got %s"):format(x.shape),
                fix = "x:transpose(1, 2)" }
        end
        return swap(x, 1, 2)
    end }

method { "squeeze", { "dim", "dims", optional = true, doc = "only these; all if not given" }, form = true,
    returns = "tensor", doc = [[A view without the dimensions of size 1.]],
    example = [[print(cnn.zeros(1, 3, 1):squeeze():size())]], see = { "tensor:unsqueeze" },
    call = function(x, dims)
        local shape, wanted, size = x.shape, {}, {}
        for _, dim in ipairs(dims or {}) do wanted[dimension("squeeze", x, dim)] = true end
        for i = 1, #shape do
            if shape[i] ~= 1 or dims and not wanted[i] then size[#size + 1] = shape[i] end
        end
        return core.reshape(x, size)
    end }

method { "unsqueeze", { "dim", "dim", doc = "where the new dimension stands in the result" }, form = true,
    returns = "tensor", doc = [[A view with one more dimension, of size 1.]],
    example = [[print(cnn.zeros(3):unsqueeze(1):size())]], see = { "tensor:squeeze" },
    call = function(x, dim)
        local shape, size = x.shape, {}
        local at = dimension("unsqueeze", x, dim, #shape + 1)
        for i = 1, #shape + 1 do size[i] = i < at and shape[i] or i == at and 1 or shape[i - 1] end
        return core.reshape(x, size)
    end }

method { "narrow", { "dim", "dim" }, { "start", "int", doc = "the first that stays, from 1" },
    { "length", "int", min = 0 }, form = true,
    returns = "tensor", doc = [[A view of `length` entries along a dimension.]],
    example = [[print(cnn.arange(6):narrow(1, 2, 3))]], see = { "tensor:select" },
    call = function(x, dim, start, length)
        local d = dimension("narrow", x, dim)
        local size = core.size(x, d)
        local first = length == 0 and start == size + 1 and start or position("narrow", x, d, start)
        if first + length - 1 > size then
            errors.raise { kind = "value", op = "narrow",
                text = ("%d entries from %d on end at %d, but dimension %d of %s has size %d"):format(length, start,
                    first + length - 1, dim, x.shape, size) }
        end
        return core.slice(x, d, first - 1, length)
    end }

method { "select", { "dim", "dim" }, { "index", "int", doc = "from 1; -1 is the last" }, form = true,
    returns = "tensor", doc = [[A view of one entry along a dimension, which disappears.]],
    example = [[print(cnn.arange(6):view(2, 3):select(2, 1))]], see = { "tensor:narrow" },
    call = function(x, dim, index)
        local d = dimension("select", x, dim)
        return core.select(x, d, position("select", x, d, index) - 1)
    end }

method { "expand", { "size", "sizes", doc = "of the result; -1 keeps a size" },
    returns = "tensor", doc = [[A view in which dimensions of size 1 are repeated without taking memory.]],
    example = [[print(cnn.arange(3):view(3, 1):expand(3, 2))]], see = { "tensor:expand_as" },
    call = core.expand }

method { "expand_as", { "other", "tensor" }, returns = "tensor", doc = [[expand to the shape of another tensor.]],
    example = [[print(cnn.arange(3):expand_as(cnn.zeros(2, 3)))]], see = { "tensor:expand" },
    call = function(x, other) return core.expand(x, other.shape) end }

method { "contiguous", returns = "tensor",
    doc = [[The tensor itself where its elements lie row by row, else a copy in which they do.]],
    example = [[print(cnn.zeros(2, 3):t():contiguous():stride())]], see = { "tensor:is_contiguous" },
    call = function(x) return core.is_contiguous(x) and x or core.contiguous(x) end }

return { dimension = dimension }
