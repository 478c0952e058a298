-- SPDX-License-Identifier: MIT
-- cat and stack. Joined two by two, as in a tournament, so that joining n tensors copies each log n times, and the
-- gradient is that of an ordinary op; where no gradient is asked for, each is copied once into place.
local core = require "cnn.core"
local errors = require "cnn.errors"
local define = require "cnn.tensor.define"
local dimension = require("cnn.tensor.shape").dimension
local func = define.func

-- The common type (PyTorch's rule: the largest), each converted to it.
local ranks = { "bool", "uint8", "int64", "bfloat16", "float32", "float64" }
for rank, name in ipairs(ranks) do ranks[name] = rank end

local function same_type(list)
    local highest, result = 1, {}
    for i = 1, #list do highest = math.max(highest, ranks[list[i].dtype]) end
    for i = 1, #list do
        result[i] = list[i].dtype == ranks[highest] and list[i] or core.cast(list[i], ranks[highest])
    end
    return result
end

local function check_sizes(op, list, dim)
    local first = list[1].shape
    for i = 2, #list do
        local shape = list[i].shape
        local fits = #shape == #first
        for d = 1, #first do fits = fits and (d == dim or shape[d] == first[d]) end
        if not fits then
            local rule = dim == 0 and "tensors that are stacked must have one shape"
                or ("tensors joined along dimension %d must agree in all others"):format(dim)
            errors.raise { kind = "shape", op = op,
                text = ("%s: the first is %s, number %d is %s"):format(rule, first, i, shape),
                fix = dim == 0 and "cnn.cat, which joins along a dimension that is there" or nil }
        end
    end
end

local function copied(list, dim)
    local sizes, total, hollow = table.move(list[1].shape, 1, #list[1].shape, 1, {}), 0, false
    for i = 1, #list do
        total = total + core.size(list[i], dim)
        hollow = hollow or list[i].device == "meta"
    end
    sizes[dim] = total
    if hollow then return core.hollow(list[1].dtype, sizes) end -- shapes are all there is
    local result, at = core.empty(list[1].dtype, sizes), 0
    for i = 1, #list do
        local length = core.size(list[i], dim)
        if core.numel(list[i]) > 0 then core.copy_(core.slice(result, dim, at, length), list[i]) end
        at = at + length
    end
    return result
end

local function joined(list, dim, first, last)
    if first == last then return list[first] end
    local middle = (first + last) // 2
    return core.cat(joined(list, dim, first, middle), joined(list, dim, middle + 1, last), dim)
end

local function cat(list, dim)
    if core.grad_enabled() then
        for i = 1, #list do
            if list[i].requires_grad then
                return #list == 1 and core.mul(list[1], 1) or joined(list, dim, 1, #list)
            end
        end
    end
    return copied(list, dim)
end

local function check_list(op, list)
    if #list == 0 then
        errors.raise { kind = "value", op = op, text = "the list holds no tensor" }
    end
end

func { "cat", { "tensors", "list", of = "tensor" }, { "dim", "dim", default = 1 }, returns = "tensor",
    doc = [[Joins tensors along a dimension; they agree in all others.]],
    example = [[print(cnn.cat({cnn.zeros(1, 2), cnn.ones(1, 2)}, 1))]], see = { "cnn.stack" },
    call = function(list, dim)
        check_list("cnn.cat", list)
        list = same_type(list)
        dim = dimension("cnn.cat", list[1], dim)
        check_sizes("cnn.cat", list, dim)
        return cat(list, dim)
    end }

func { "stack", { "tensors", "list", of = "tensor" }, { "dim", "dim", default = 1, doc = "where the new dimension stands" },
    returns = "tensor", doc = [[Joins tensors of one shape along a new dimension.]],
    example = [[print(cnn.stack({cnn.zeros(2), cnn.ones(2)}):size())]], see = { "cnn.cat" },
    call = function(list, dim)
        check_list("cnn.stack", list)
        list = same_type(list)
        local at = dimension("cnn.stack", list[1], dim, core.dim(list[1]) + 1)
        check_sizes("cnn.stack", list, 0)
        for i = 1, #list do list[i] = core.methods.unsqueeze(list[i], at) end
        return cat(list, at)
    end }
