-- SPDX-License-Identifier: MIT
-- Sorting, the first few, the middle one. All of them return values and positions (from 1, for gather and take_along_dim).
--
-- Equal elements keep their order, so results are the same everywhere; NaN counts as the largest number, as in PyTorch.
local core = require "cnn.core"
local errors = require "cnn.errors"
local reals = require "cnn.reals"
local define = require "cnn.tensor.define"
local dimension = require("cnn.tensor.shape").dimension
local method = define.method

-- A scalar is sorted as a line of one element.
local function along(op, x, dim)
    if core.dim(x) > 0 then return x, dimension(op, x, dim) end
    if dim ~= 1 and dim ~= -1 then dimension(op, x, dim) end
    return core.reshape(x, { 1 }), 1
end

local function like(x, ...)
    if core.dim(x) > 0 then return ... end
    local a, b = ...
    return core.reshape(a, {}), core.reshape(b, {})
end

local function sort(op, x, dim, descending)
    local line, d = along(op, x, dim)
    return like(x, core.sort(line, d, descending))
end

local dim = { "dim", "dim", default = -1, doc = "along which; the last if not given" }
local descending = { "descending", "bool", default = false, doc = "the largest first" }
local stable = { "stable", "bool", default = true, doc = "equal elements keep their order; they always do" }

method { "sort", dim, descending, stable, form = true, returns = "values, positions (from 1)",
    doc = [[The elements along a dimension in order, and where each of them stood. NaN counts as the largest.]],
    example = [[print(cnn.tensor{3, 1, 2}:sort())]], see = { "tensor:argsort", "tensor:topk", "tensor:take_along_dim" },
    call = function(x, d, down) return sort("sort", x, d, down) end }

method { "argsort", dim, descending, stable, form = true, returns = "int64 tensor",
    doc = [[Where the elements stand that make the dimension sorted, from 1.]],
    example = [[print(cnn.tensor{3, 1, 2}:argsort())]], see = { "tensor:sort" },
    call = function(x, d, down)
        local _, at = sort("argsort", core.detach(x), d, down)
        return at
    end }

method { "topk", { "k", "int", min = 0, doc = "how many" }, dim,
    { "largest", "bool", default = true, doc = "the largest; false: the smallest" },
    { "sorted", "bool", default = true, doc = "in order; they always are" }, form = true,
    returns = "values, positions (from 1)",
    doc = [[The k largest (or smallest) elements along a dimension, the first of them first, and where they stood.]],
    example = [[print(cnn.tensor{3, 1, 2, 5}:topk(2))]], see = { "tensor:sort", "tensor:kthvalue" },
    call = function(x, k, d, largest)
        local line, at = along("topk", x, d)
        if core.dim(x) == 0 and k ~= 1 then
            errors.raise { kind = "value", op = "topk", text = ("a scalar has one element; got k = %d"):format(k) }
        end
        return like(x, core.topk(line, at, k, largest))
    end }

-- The k-th smallest along dimension d: the last of the k smallest, found from the nearer end.
local function kth(x, k, d, keep)
    local n = core.size(x, d)
    local near = k <= n // 2
    local values, at = core.topk(x, d, near and k or n, false)
    if keep then return core.slice(values, d, k - 1, 1), core.slice(at, d, k - 1, 1) end
    return core.select(values, d, k - 1), core.select(at, d, k - 1)
end

local keepdim = { "keepdim", "bool", default = false, doc = "leave the dimension, with size 1" }

method { "kthvalue", { "k", "int", min = 1, doc = "which one: 1 is the smallest" }, dim, keepdim, form = true,
    returns = "values, positions (from 1)",
    doc = [[The k-th smallest element along a dimension, and where it stood. NaN counts as the largest.]],
    example = [[print(cnn.tensor{3, 1, 2}:kthvalue(2))]], see = { "tensor:median", "tensor:topk" },
    call = function(x, k, d, keep)
        local line, at = along("kthvalue", x, d)
        if k > core.size(line, at) then
            errors.raise { kind = "value", op = "kthvalue",
                text = ("there is no smallest number %d: dimension %d of %s has size %d"):format(k, at, line.shape,
                    core.size(line, at)) }
        end
        return like(x, kth(line, k, at, keep and core.dim(x) > 0 or core.dim(x) == 0))
    end }

-- The lower one of the two middle elements, or a NaN where there is one: the first, as PyTorch says where it is.
local function median(x, d, keep)
    local values, at = kth(x, (core.size(x, d) + 1) // 2, d, keep)
    if not reals[x.dtype] then return values, at end
    local nan, first = core.extreme(x, d, true, keep) -- a NaN wins
    local spoiled = core.ne(core.detach(nan), core.detach(nan))
    return core.where(spoiled, nan, values), core.where(spoiled, first, at)
end

method { "median", { "dim", "dim", optional = true, doc = "along which; among all elements if not given" }, keepdim,
    form = true, returns = "tensor; with dim: values, positions (from 1)",
    doc = [[The element in the middle, along a dimension with its position; of two in the middle the smaller one.]],
    example = [[print(cnn.tensor{3, 1, 2}:median())]], see = { "tensor:mean", "tensor:kthvalue" },
    call = function(x, d, keep)
        if core.numel(x) == 0 and (not d or core.dim(x) == 0 or core.size(x, dimension("median", x, d)) == 0) then
            errors.raise { kind = "value", op = "median", text = ("an empty tensor has no median; got %s"):format(x.shape) }
        end
        if not d then return (median(core.reshape(x, { -1 }), 1, false)) end
        local line, at = along("median", x, d)
        return like(x, median(line, at, keep or core.dim(x) == 0))
    end }

-- ---- different ones -----------------------------------------------------------------------------------------------------

method { "unique", { "sorted", "bool", default = true, doc = "in order; they always are" },
    { "return_inverse", "bool", default = false, doc = "also: which one each element is" },
    { "return_counts", "bool", default = false, doc = "also: how often each is there" }, form = true,
    returns = "tensor [k]; the inverse, of the tensor's shape, from 1; the counts [k]",
    doc = [[The different values among all elements, in order.]],
    example = [[print(cnn.tensor{3, 1, 3, 2}:unique{ return_counts = true })]], see = { "tensor:sort", "tensor:bincount" },
    call = function(x, _, inverse, counts)
        local values, at = core.sort(core.reshape(core.detach(x), { -1 }), 1, false)
        local n = core.numel(values)
        local first = core.full("bool", { n }, true) -- where a run of equal ones begins
        if n > 1 then
            local later, before = core.slice(values, 1, 1, n - 1), core.slice(values, 1, 0, n - 1)
            core.copy_(core.slice(first, 1, 1, n - 1), core.ne(later, before))
        end
        local starts = core.nonzero(first)
        local results = { core.index_select(values, starts, 1) }
        if inverse then
            local which = core.scatter(core.full("int64", { n }, 0), at, core.cumsum(first, 1, false), 1)
            results[2] = core.reshape(which, x.shape)
        end
        if counts then
            local k = core.numel(starts)
            local ends = core.full("int64", { k }, n + 1)
            if k > 1 then core.copy_(core.slice(ends, 1, 0, k - 1), core.slice(starts, 1, 1, k - 1)) end
            results[#results + 1] = core.sub(ends, starts)
        end
        return table.unpack(results)
    end }
