-- SPDX-License-Identifier: MIT
-- Element by element: arithmetic, functions, comparisons, and their in-place forms.
--
-- The operators + - * / ^ and unary minus call the ops directly (lua/binding/tensor.c). Operands broadcast: aligned at the
-- last dimension, size 1 stretches. In-place forms write into the tensor and take part in the graph.
local core = require "cnn.core"
local errors = require "cnn.errors"
local reals = require "cnn.reals"
local define = require "cnn.tensor.define"
local method = define.method

-- Defines x:name(…) and, where the op can work in place, x:name_(…).
local function both(name, spec)
    local inplace = core[name .. "_"]
    if inplace and not spec.inplace then
        spec.inplace = function(...) return inplace(...) end
    end
    if spec.inplace then
        local copy = { name .. "_" }
        for i = 1, #spec do copy[i + 1] = spec[i] end
        copy.returns, copy.call = "the tensor itself", spec.inplace
        copy.doc = ("As tensor:%s, written into the tensor itself."):format(name)
        copy.example = spec.example:gsub("%f[%w]" .. name .. "%f[^%w]", name .. "_")
        copy.see = { "tensor:" .. name }
        method(copy)
    end
    table.insert(spec, 1, name)
    spec.form = true
    method(spec)
end

-- ---- two operands ---------------------------------------------------------------------------------------------------

local function scaled(other, alpha)
    if alpha == 1 then return other end
    if type(other) == "number" then return other * alpha end
    return core.mul(other, alpha)
end

for name, words in define.sorted { add = "x + alpha * other", sub = "x - alpha * other" } do
    local op, op_ = core[name], core[name .. "_"]
    both(name, { { "other", "tensor|number" }, { "alpha", "number", default = 1 },
        returns = "tensor", doc = ("%s, element by element; the operands broadcast."):format(words),
        example = ("print(cnn.arange(3):%s(10))"):format(name), see = { "tensor:mul" },
        call = function(x, other, alpha) return op(x, scaled(other, alpha)) end,
        inplace = op_ and function(x, other, alpha) return op_(x, scaled(other, alpha)) end })
end

for name, doc in define.sorted {
    mul = "x * other, element by element; the operands broadcast.",
    div = "x / other, element by element; integers give float32.",
    pow = "x ^ other, element by element. Integers become float32, as Lua's own ^ gives a float.",
    maximum = "The larger of two values, element by element; NaN if one is NaN.",
    minimum = "The smaller of two values, element by element; NaN if one is NaN.",
} do
    local op = core[name]
    both(name, { { name == "pow" and "exponent" or "other", "tensor|number" },
        returns = "tensor", doc = doc, example = ("print(cnn.tensor{1.0, 2.0, 3.0}:%s(2))"):format(name),
        see = { "tensor:add" }, call = function(x, other) return op(x, other) end })
end

-- ---- one operand -----------------------------------------------------------------------------------------------------

for name, doc in define.sorted {
    neg = "The negative of each element.",
    abs = "The absolute value of each element.",
    exp = "e to the power of each element.",
    log = "The natural logarithm of each element.",
    sqrt = "The square root of each element.",
    sigmoid = "1 / (1 + exp(-x)) of each element.",
    tanh = "The hyperbolic tangent of each element.",
    relu = "max(0, x) of each element.",
    square = "The square of each element.",
} do
    local op = core[name]
    both(name, { returns = "tensor", doc = doc, example = ("print(cnn.tensor{0.5, 1.0, 2.0}:%s())"):format(name),
        see = { "tensor:add" }, call = function(x) return op(x) end })
end

local function check_limits(low, high)
    if low == nil and high == nil then
        errors.raise { kind = "value", op = "clamp", text = "clamp needs a min, a max, or both", fix = "x:clamp(0, 1)" }
    end
end

-- The larger or smaller of x and a limit. A number lets no gradient through where it is reached, as in PyTorch.
local function limited(x, limit, inside, op)
    if type(limit) ~= "number" or not x.requires_grad then return op(x, limit) end
    local numbers = core.detach(x)
    return core.where(inside(numbers, limit), x, op(numbers, limit))
end

local function at_least(x, low) return limited(x, low, core.gt, core.maximum) end
local function at_most(x, high) return limited(x, high, core.lt, core.minimum) end

both("clamp", { { "min", "tensor|number", optional = true }, { "max", "tensor|number", optional = true },
    returns = "tensor", doc = [[Values below min become min, values above max become max.]],
    example = [[print(cnn.tensor{-2.0, 0.5, 3.0}:clamp(0, 1))]], see = { "tensor:maximum", "tensor:minimum" },
    call = function(x, low, high)
        check_limits(low, high)
        if low ~= nil then x = at_least(x, low) end
        return high ~= nil and at_most(x, high) or x
    end,
    inplace = core.maximum_ and function(x, low, high)
        check_limits(low, high)
        if low ~= nil then core.maximum_(x, low) end
        return high ~= nil and core.minimum_(x, high) or x
    end })

-- ---- comparisons -------------------------------------------------------------------------------------------------------

for name, words in define.sorted { eq = "equals", ne = "differs from", lt = "is less than", le = "is at most",
    gt = "is greater than", ge = "is at least" } do
    local op = core[name]
    method { name, { "other", "tensor|number|bool" }, form = true,
        returns = "bool tensor", doc = ("Where each element %s the other's; the operands broadcast."):format(words),
        example = ("print(cnn.arange(3):%s(1))"):format(name), see = { "tensor:equal" },
        call = function(x, other) return op(x, other) end }
end

method { "isnan", form = true, returns = "bool tensor", doc = [[Where an element is not a number.]],
    example = [[print(cnn.tensor{1.0, 0/0}:isnan())]], see = { "tensor:isinf" },
    call = function(x) return core.ne(x, x) end }

method { "isinf", form = true, returns = "bool tensor", doc = [[Where an element is infinite.]],
    example = [[print(cnn.tensor{1.0, math.huge}:isinf())]], see = { "tensor:isnan" },
    call = function(x)
        if not reals[x.dtype] then return core.ne(x, x) end
        return core.eq(core.abs(core.detach(x)), math.huge)
    end }

-- ---- products ------------------------------------------------------------------------------------------------------------

method { "mm", { "other", "tensor" }, form = true, returns = "tensor [n, m]",
    doc = [[The product of two matrices.]], shape = [[[n, k] x [k, m] -> [n, m] ]],
    example = [[print(cnn.ones(2, 3):mm(cnn.ones(3, 2)))]], see = { "tensor:matmul" },
    call = function(x, other)
        if core.dim(x) ~= 2 or core.dim(other) ~= 2 then
            errors.raise { kind = "shape", op = "mm", fix = "x:matmul(y)",
                text = ("mm multiplies two matrices; got %s and %s"):format(x.shape, other.shape) }
        end
        return core.matmul(x, other, false, false)
    end }

local matmul

-- A stack of matrices times a stack of matrices, one product at a time; the leading sizes broadcast.
local function matmul_batches(x, y)
    local a, b = x.shape, y.shape
    local lead, count = {}, 1
    local n = math.max(#a, #b) - 2
    for i = 1, n do
        local p, q = rawget(a, #a - 2 - n + i) or 1, rawget(b, #b - 2 - n + i) or 1
        if p ~= q and p ~= 1 and q ~= 1 then
            errors.raise { kind = "shape", op = "matmul",
                text = ("the leading sizes of %s and %s do not fit"):format(a, b) }
        end
        lead[i] = p == 1 and q or p
        count = count * lead[i]
    end
    local function flat(t, shape)
        local full = table.move(lead, 1, n, 1, {})
        full[n + 1], full[n + 2] = shape[#shape - 1], shape[#shape]
        return core.reshape(core.expand(t, full), { count, full[n + 1], full[n + 2] })
    end
    local p, q, products = flat(x, a), flat(y, b), {}
    for i = 1, count do
        products[i] = core.matmul(core.select(p, 1, i - 1), core.select(q, 1, i - 1), false, false)
    end
    lead[n + 1], lead[n + 2] = a[#a - 1], b[#b]
    if count == 0 then return core.full(x.dtype, lead, 0) end
    return core.reshape(define.functions.stack(products, 1), lead)
end

function matmul(x, y)
    local a, b = x.shape, y.shape
    if #a == 0 or #b == 0 then
        errors.raise { kind = "shape", op = "matmul", text = "a scalar has no matrix product", fix = "x * y" }
    elseif #a == 2 and #b == 2 then
        return core.matmul(x, y, false, false)
    elseif #a == 1 then -- a row; its dimension goes again
        local product = matmul(core.reshape(x, { 1, a[1] }), #b == 1 and core.reshape(y, { b[1], 1 }) or y)
        local size = {}
        for i, n in ipairs(product.shape) do
            if i ~= core.dim(product) - 1 then size[#size + 1] = n end
        end
        if #b == 1 then size = {} end
        return core.reshape(product, size)
    elseif #b == 1 then -- a column
        local product = matmul(x, core.reshape(y, { b[1], 1 }))
        local size = table.move(a, 1, #a - 1, 1, {})
        return core.reshape(product, size)
    elseif #b == 2 then -- many rows times one matrix
        local size = table.move(a, 1, #a - 1, 1, {})
        size[#a] = b[2]
        return core.reshape(core.matmul(core.reshape(x, { -1, a[#a] }), y, false, false), size)
    end
    return matmul_batches(x, y)
end

method { "matmul", { "other", "tensor" }, form = true, returns = "tensor",
    doc = [[The matrix product; vectors count as a row and a column, more dimensions as stacks of matrices.]],
    shape = [[[.., n, k] x [.., k, m] -> [.., n, m]; [k] x [k] -> [] ]],
    example = [[print(cnn.ones(2, 3):matmul(cnn.ones(3)))]], see = { "tensor:mm" },
    call = function(x, other) return matmul(x, other) end }

return { both = both, at_least = at_least, at_most = at_most }
