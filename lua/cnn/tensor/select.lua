-- SPDX-License-Identifier: MIT
-- Elements chosen by an index or by a mask, and brought back to their places.
--
-- An index is an int64 tensor of positions from 1 (negative ones count from the end), as argmax, sort and topk return them. The
-- ops check every one of them before they read or write anything.
local core = require "cnn.core"
local errors = require "cnn.errors"
local define = require "cnn.tensor.define"
local dimension = require("cnn.tensor.shape").dimension
local method = define.method

local dim = { "dim", "dim", doc = "along which" }

-- The common sizes of two tensors by the broadcasting rule; dimension `but` is left out of it (as it is in a).
local function broadcast(op, a, b, but)
    local sizes, first, second = {}, a.shape, b.shape
    local n = math.max(#first, #second)
    for i = 1, n do
        local p, q = rawget(first, #first - n + i) or 1, rawget(second, #second - n + i) or 1
        if i ~= but and p ~= q and p ~= 1 and q ~= 1 then
            errors.raise { kind = "shape", op = op, text = ("the sizes of %s and %s do not fit"):format(first, second) }
        end
        sizes[i] = (i == but or p ~= 1) and p or q
    end
    return sizes
end

-- The part of a tensor that begins at its first element and has these sizes, those along dimension `but` apart.
local function corner(x, sizes, but)
    if core.dim(x) ~= #sizes then return x end
    for i, size in ipairs(sizes) do
        if i ~= but and size < core.size(x, i) then x = core.slice(x, i, 0, size) end
    end
    return x
end

-- ---- one element for each index ---------------------------------------------------------------------------------------

method { "gather", dim, { "index", "tensor", doc = "int64, from 1; as many dimensions as the tensor" }, form = true,
    returns = "tensor of the index's shape",
    doc = [[One element for each element of the index, which says where along `dim` it stands. Along the other dimensions the
index may be smaller than the tensor.]],
    shape = "y[i][j] = x[i][index[i][j]] for a matrix and dim = 2",
    example = [[
local logits = cnn.tensor{{0.1, 0.9}, {0.8, 0.2}}
print(logits:gather(2, cnn.tensor{{2}, {1}}))]], see = { "tensor:take_along_dim", "tensor:scatter_add", "tensor:index_select" },
    call = function(x, along, index) return core.gather(x, index, along) end }

method { "take_along_dim", { "indices", "tensor", doc = "int64, from 1; broadcasts with the tensor" },
    { "dim", "dim", optional = true, doc = "along which; among all elements if not given" }, form = true,
    returns = "tensor",
    doc = [[gather, with the other dimensions broadcast: brings the positions of argmax, argsort or topk back to values.]],
    example = [[
local x = cnn.tensor{{3, 1, 2}, {5, 6, 4}}
print(x:take_along_dim(x:argsort(2), 2))]], see = { "tensor:gather", "tensor:argsort" },
    call = function(x, indices, along)
        if not along then return core.gather(core.reshape(x, { -1 }), core.reshape(indices, { -1 }), 1) end
        local d = dimension("take_along_dim", x, along)
        if core.dim(indices) ~= core.dim(x) then
            errors.raise { kind = "shape", op = "take_along_dim",
                text = ("the indices need the tensor's dimensions, %s; got %s"):format(x.shape, indices.shape) }
        end
        local source = broadcast("take_along_dim", x, indices, d)
        local sizes = table.move(source, 1, #source, 1, {})
        sizes[d] = core.size(indices, d)
        return core.gather(core.expand(x, source), core.expand(indices, sizes), d)
    end }

local index = { "index", "tensor", doc = "int64, from 1; as many dimensions as the tensor" }

-- The source as the op wants it: of the index's shape, or a number that fills it.
local function source_of(x, places, source)
    if type(source) == "number" then
        return core.expand(core.full(x.dtype, {}, source), places.shape)
    end
    return corner(source, places.shape)
end

for name, words in define.sorted {
    scatter = { "written to", "source[i][j]", "Where an index is there twice, the last one stays." },
    scatter_add = { "added at", "x[i][index[i][j]] + source[i][j]", "Where an index is there twice, both are added." },
} do
    local op, op_ = core[name], core[name .. "_"]
    local adds = name == "scatter_add"
    local source = { "src", adds and "tensor" or "tensor|number", doc = "of the index's shape, or larger" }
    local doc = ("The tensor with elements of src %s the places that the index names along `dim`. %s"):format(words[1], words[3])
    local example = ('print(cnn.zeros(2, 3):%s(2, cnn.tensor{{1}, {3}}, cnn.ones(2, 1)))'):format(name)
    method { name, dim, index, source, form = true, returns = "tensor", doc = doc,
        shape = ("y[i][index[i][j]] = %s for a matrix and dim = 2"):format(words[2]), example = example,
        see = { "tensor:gather", "tensor:" .. name .. "_" },
        call = function(x, along, places, src) return op(x, places, source_of(x, places, src), along) end }
    method { name .. "_", dim, index, source, returns = "the tensor itself",
        doc = ("As tensor:%s, written into the tensor itself."):format(name),
        example = example:gsub(name, name .. "_"), see = { "tensor:" .. name },
        call = function(x, along, places, src) return op_(x, places, source_of(x, places, src), along) end }
end

-- ---- whole rows ---------------------------------------------------------------------------------------------------------

-- An index of one dimension; a scalar is one of length 1.
local function line(places)
    return core.dim(places) == 0 and core.reshape(places, { 1 }) or places
end

method { "index_select", dim, { "index", "tensor", doc = "int64 [m], from 1" }, form = true, returns = "tensor",
    doc = [[The entries along a dimension that an index names, in its order; x[index] is the same for the first dimension.]],
    shape = [[as the tensor, with m along dim]],
    example = [[print(cnn.arange(6):view(3, 2):index_select(1, cnn.tensor{3, 1, 3}))]],
    see = { "tensor:gather", "tensor:index_add", "tensor:masked_select" },
    call = function(x, along, places) return core.index_select(x, line(places), along) end }

local function times(source, alpha)
    return alpha == 1 and source or core.mul(source, alpha)
end

local rows = { { "index", "tensor", doc = "int64 [m], from 1" },
    { "source", "tensor", doc = "as the tensor, with m along dim" }, { "alpha", "number", default = 1 } }
local row_example = 'print(cnn.zeros(3, 2):index_add(1, cnn.tensor{3, 1, 3}, cnn.ones(3, 2)))'

method { "index_add", dim, rows[1], rows[2], rows[3], form = true, returns = "tensor",
    doc = [[The tensor with alpha times each entry of source added at the places that an index names along a dimension.]],
    example = row_example, see = { "tensor:index_select", "tensor:index_add_" },
    call = function(x, along, places, source, alpha)
        return core.index_add(x, line(places), times(source, alpha), along)
    end }

method { "index_add_", dim, rows[1], rows[2], rows[3], returns = "the tensor itself",
    doc = [[As tensor:index_add, written into the tensor itself.]],
    example = row_example:gsub("index_add", "index_add_"), see = { "tensor:index_add" },
    call = function(x, along, places, source, alpha)
        return core.index_add_(x, line(places), times(source, alpha), along)
    end }

-- ---- by a mask ----------------------------------------------------------------------------------------------------------

local function check_mask(op, mask)
    if mask.dtype ~= "bool" then
        errors.raise { kind = "type", op = op, fix = "mask:ne(0)",
            text = ("%s needs a bool mask; got %s"):format(op, mask.dtype) }
    end
end

method { "masked_select", { "mask", "tensor", doc = "bool; broadcasts with the tensor" }, form = true,
    returns = "tensor [k]", doc = [[The elements where the mask is true, in a row; x[mask] is the same.]],
    example = [[
local x = cnn.tensor{-1.0, 2.0, 3.0}
print(x:masked_select(x:gt(0)))]], see = { "tensor:masked_fill", "tensor:nonzero", "tensor:index_select" },
    call = function(x, mask)
        check_mask("masked_select", mask)
        local shape = broadcast("masked_select", x, mask)
        local places = core.nonzero(core.expand(mask, shape))
        return core.index_select(core.reshape(core.expand(x, shape), { -1 }), places, 1)
    end }

-- Row-major positions from 1 as one position (from 1) for each dimension. Quotients of whole numbers are exact enough in
-- float64: positions are far below 2^52.
local function coordinates(places, shape)
    local rest, result = core.add(places, -1), {}
    for i = #shape, 1, -1 do
        local above = core.cast(core.div(core.cast(rest, "float64"), shape[i]), "int64")
        result[i] = core.add(core.sub(rest, core.mul(above, shape[i])), 1)
        rest = above
    end
    return result
end

method { "nonzero", { "as_tuple", "bool", default = false, doc = "one result for each dimension" }, form = true,
    returns = "int64 tensor [k, dimensions]; with as_tuple: int64 tensors [k]",
    doc = [[Where the elements are not 0: a row of positions, from 1, for each of them.]],
    example = [[print(cnn.eye(2):nonzero())]], see = { "tensor:masked_select", "cnn.where" },
    call = function(x, as_tuple)
        x = core.detach(x)
        local shape, places = x.shape, core.nonzero(x)
        if #shape == 0 then
            if not as_tuple then return core.empty("int64", { core.numel(places), 0 }) end
            return places
        end
        local columns = coordinates(places, shape)
        if as_tuple then return table.unpack(columns) end
        return define.functions.stack(columns, 2)
    end }
