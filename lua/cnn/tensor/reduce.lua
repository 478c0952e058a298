-- SPDX-License-Identifier: MIT
-- Methods that make fewer numbers of many: sums, means, extremes, norms, and comparisons of whole tensors.
local core = require "cnn.core"
local errors = require "cnn.errors"
local define = require "cnn.tensor.define"
local reals = require "cnn.reals"
local hints = require "cnn.hints"
local dimension = require("cnn.tensor.shape").dimension
local method = define.method

local dims = { "dim", "dims", optional = true, doc = "over these dimensions, counted from 1; over all if not given" }
local keepdim = { "keepdim", "bool", default = false, doc = "leave the dimensions, with size 1" }

for name, doc in define.sorted { sum = "The sum of all elements, or along dimensions.",
    mean = "The mean of all elements, or along dimensions." } do
    local op = core[name]
    method { name, dims, keepdim, form = true,
        returns = "tensor", doc = doc, example = ("print(cnn.ones(2, 3):%s(1))"):format(name), see = { "tensor:std" },
        call = function(x, list, keep) return op(x, list, keep) end }
end

-- x for a root to be taken of, whose gradient is to be 0 where x is 0: there the root's own is infinite, and infinity
-- times the 0 that comes below is no number. PyTorch does the same.
local function rootable(x)
    if not x.requires_grad then return x end
    local numbers = core.detach(x)
    return core.where(core.eq(numbers, 0), numbers, x)
end

local function variance(x, list, unbiased, keep, correction)
    if unbiased ~= nil then correction = unbiased and 1 or 0 end
    return core.var(x, list, correction, keep)
end

for name, doc in define.sorted { var = "The variance of all elements, or along dimensions.",
    std = "The standard deviation of all elements, or along dimensions." } do
    method { name, dims, { "unbiased", "bool", optional = true, doc = "divide by n - 1 (true) or n (false)" }, keepdim,
        { "correction", "int", default = 1, doc = "divide by n - correction" }, form = true,
        returns = "tensor", doc = doc, example = ("print(cnn.tensor{1.0, 2.0, 3.0}:%s())"):format(name),
        see = { "tensor:mean" },
        call = name == "var" and variance or function(...) return core.sqrt(rootable(variance(...))) end }
end

-- ---- extremes ----------------------------------------------------------------------------------------------------------

local function check_not_empty(name, x)
    if core.numel(x) == 0 then
        errors.raise { kind = "value", op = name, text = ("an empty tensor has no %s; got %s"):format(name, x.shape) }
    end
end

-- The value and the position (from 1) of the extreme along a dimension, or among all elements.
local function extreme(name, x, dim, largest, keep)
    if hints.suspect then hints.measured() end
    if dim and core.dim(x) > 0 then return core.extreme(x, dimension(name, x, dim), largest, keep) end
    check_not_empty(name, x)
    local value, at = core.extreme(core.reshape(x, { -1 }), 1, largest, false)
    if not keep or core.dim(x) == 0 then return value, at end
    local size = {}
    for i = 1, core.dim(x) do size[i] = 1 end
    return core.reshape(value, size), core.reshape(at, size)
end

for name, largest in define.sorted { max = true, min = false } do
    local elementwise = largest and core.maximum or core.minimum
    method { name, { "dim", "dim|tensor", optional = true, doc = "along which; or another tensor, to compare with" },
        keepdim, form = true, returns = "tensor; with dim: values, positions (from 1)",
        doc = ("The %s of all elements, or along a dimension, with its position."):format(largest and "largest" or "smallest"),
        example = ("print(cnn.tensor{{3, 1}, {2, 5}}:%s(2))"):format(name), see = { "tensor:arg" .. name },
        call = function(x, dim, keep)
            if dim == nil then -- all that are equal share the gradient; with dim, the one position gets it
                check_not_empty(name, x)
                return core.amax(x, nil, largest, keep)
            end
            if type(dim) ~= "number" then return elementwise(x, dim) end
            return extreme(name, x, dim, largest, keep)
        end }
    method { "arg" .. name, { "dim", "dim", optional = true, doc = "along which; among all elements if not given" },
        keepdim, form = true, returns = "int64 tensor",
        doc = ("The position, from 1, of the %s element along a dimension."):format(largest and "largest" or "smallest"),
        example = ("print(cnn.tensor{{3, 1}, {2, 5}}:arg%s(2))"):format(name), see = { "tensor:" .. name },
        call = function(x, dim, keep)
            local _, at = extreme("arg" .. name, core.detach(x), dim, largest, keep)
            return at
        end }
end

-- ---- norms, truth ------------------------------------------------------------------------------------------------------

method { "norm", { "p", "number", default = 2 }, dims, keepdim, form = true,
    returns = "tensor", doc = [[(sum of |x|^p)^(1/p): the Euclidean length for p = 2, the largest value for math.huge.]],
    example = [[print(cnn.tensor{3.0, 4.0}:norm())]], see = { "tensor:sum" },
    call = reals.wide(function(x, p, list, keep)
        if p == 2 then return core.sqrt(rootable(core.sum(core.square(x), list, keep))) end
        if p == 1 then return core.sum(core.abs(x), list, keep) end
        if p == math.huge then
            if not list then check_not_empty("norm", x) end
            return core.amax(core.abs(x), list, true, keep)
        end
        return core.pow(rootable(core.sum(core.pow(core.abs(x), p), list, keep)), 1 / p)
    end) }

local function count_true(x, list, keep)
    return core.sum(core.ne(core.detach(x), 0), list, keep)
end

method { "any", dims, keepdim, form = true, returns = "bool tensor",
    doc = [[Whether any element is true, or not 0.]], example = [[print(cnn.tensor{0, 2}:any())]], see = { "tensor:all" },
    call = function(x, list, keep) return core.gt(count_true(x, list, keep), 0) end }

method { "all", dims, keepdim, form = true, returns = "bool tensor",
    doc = [[Whether all elements are true, or not 0.]], example = [[print(cnn.tensor{1, 2}:all())]], see = { "tensor:any" },
    call = function(x, list, keep)
        return core.eq(core.sum(core.eq(core.detach(x), 0), list, keep), 0)
    end }

method { "equal", { "other", "tensor" }, form = true, returns = "true or false",
    doc = [[Whether two tensors have the same shape and the same elements.]],
    example = [[print(cnn.ones(2):equal(cnn.ones(2)))]], see = { "tensor:eq", "tensor:allclose" },
    call = function(x, other)
        return x.shape == other.shape and core.item(core.sum(core.ne(core.detach(x), core.detach(other)))) == 0
    end }

local close = reals.wide(function(x, other, rtol, atol, equal_nan)
    x, other = core.detach(x), core.detach(other)
    local limit = core.add(core.mul(core.abs(other), rtol), atol)
    local near = core.le(core.abs(core.sub(x, other)), limit)
    local finite = core.lt(core.abs(other), math.huge)
    near = core.where(finite, near, core.eq(x, other)) -- inf - inf is NaN, and inf is within rtol * inf of anything
    return equal_nan and core.where(core.ne(other, other), core.ne(x, x), near) or near
end)

for name, doc in define.sorted { isclose = "Where |x - other| <= atol + rtol * |other|.",
    allclose = "Whether |x - other| <= atol + rtol * |other| for every element." } do
    method { name, { "other", "tensor" }, { "rtol", "number", default = 1e-5, min = 0 },
        { "atol", "number", default = 1e-8, min = 0 }, { "equal_nan", "bool", default = false }, form = true,
        returns = name == "isclose" and "bool tensor" or "true or false", doc = doc,
        example = ("print(cnn.ones(2):%s(cnn.ones(2) + 1e-7))"):format(name), see = { "tensor:equal" },
        call = name == "isclose" and close or function(...) return core.item(core.sum(core.eq(close(...), 0))) == 0 end }
end

-- ---- softmax -----------------------------------------------------------------------------------------------------------

for _, name in ipairs { "softmax", "log_softmax" } do
    method { name, { "dim", "dim", doc = "the classes" }, form = true, returns = "tensor",
        doc = name == "softmax" and [[exp(x), divided by its sum along a dimension.]] or [[The logarithm of softmax.]],
        example = ("print(cnn.tensor{1.0, 2.0}:%s(1))"):format(name), see = { "nn.functional." .. name },
        call = function(x, dim) return require("cnn.nn.functional.activation")[name](x, dim) end }
end
