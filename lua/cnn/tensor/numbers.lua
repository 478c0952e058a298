-- SPDX-License-Identifier: MIT
-- More functions of elements: waves, roundings, logarithms, blends, truth values, products of vectors and stacks, counts, and
-- tensors made in the likeness of another. All of it is made of ops, so the gradients need no code here.
local core = require "cnn.core"
local errors = require "cnn.errors"
local define = require "cnn.tensor.define"
local dimension = require("cnn.tensor.shape").dimension
local arithmetic = require "cnn.tensor.arithmetic"
local both = arithmetic.both
local func, method = define.func, define.method

local whole = { bool = true, uint8 = true, int64 = true }

-- ---- of one number ---------------------------------------------------------------------------------------------------

for name, doc in define.sorted {
    sin = "The sine of each element, in radians.",
    cos = "The cosine of each element, in radians.",
    log1p = "log(1 + x) of each element, which keeps the digits of a small x.",
    expm1 = "exp(x) - 1 of each element, which keeps the digits of a small x.",
    sign = "-1, 0 or 1: on which side of 0 each element lies.",
    floor = "The largest whole number that is not above each element.",
    ceil = "The smallest whole number that is not below each element.",
    trunc = "Each element without its fraction.",
} do
    local op = core[name]
    both(name, { returns = "tensor", doc = doc, example = ("print(cnn.tensor{-0.5, 0.2, 1.7}:%s())"):format(name),
        see = { "tensor:round" }, call = function(x) return op(x) end })
end

local function rounded(op, x, decimals)
    if decimals == 0 then return op(x) end
    if whole[x.dtype] then
        errors.raise { kind = "type", op = "round", text = ("whole numbers have no decimals; got %s"):format(x.dtype),
            fix = "x:float()" }
    end
    local scale = 10.0 ^ decimals
    if op == core.round then return core.div(core.round(core.mul(x, scale)), scale) end
    return core.div_(core.round_(core.mul_(x, scale)), scale)
end

both("round", { { "decimals", "int", default = 0, doc = "digits that stay after the point" }, returns = "tensor",
    doc = [[The nearest whole number, or decimal fraction; halves go to the even neighbour.]],
    example = [[print(cnn.tensor{0.5, 1.5, 2.567}:round(), cnn.tensor{2.567}:round(1))]],
    see = { "tensor:floor", "tensor:trunc" },
    call = function(x, decimals) return rounded(core.round, x, decimals) end,
    inplace = function(x, decimals) return rounded(core.round_, x, decimals) end })

for name, spec in define.sorted {
    reciprocal = { "1 / x of each element.", function(x) return core.div(1, x) end },
    rsqrt = { "1 / sqrt(x) of each element.", function(x) return core.div(1, core.sqrt(x)) end },
    log2 = { "The logarithm to base 2 of each element.", function(x) return core.div(core.log(x), math.log(2)) end },
    log10 = { "The logarithm to base 10 of each element.", function(x) return core.div(core.log(x), math.log(10)) end },
    frac = { "The fraction of each element: x - trunc(x).", function(x) return core.sub(x, core.trunc(x)) end },
} do
    both(name, { returns = "tensor", doc = spec[1], example = ("print(cnn.tensor{0.25, 2.0, 4.5}:%s())"):format(name),
        see = { "tensor:log" }, call = spec[2] })
end

for name, spec in define.sorted {
    clamp_min = { "min", "Values below min become min.", arithmetic.at_least, core.maximum_ },
    clamp_max = { "max", "Values above max become max.", arithmetic.at_most, core.minimum_ },
} do
    local op, op_ = spec[3], spec[4]
    both(name, { { spec[1], "tensor|number" }, returns = "tensor", doc = spec[2],
        example = ("print(cnn.tensor{-2.0, 0.5, 3.0}:%s(1))"):format(name), see = { "tensor:clamp" },
        call = function(x, limit) return op(x, limit) end, inplace = function(x, limit) return op_(x, limit) end })
end

-- ---- blends ----------------------------------------------------------------------------------------------------------

both("lerp", { { "end", "tensor" }, { "weight", "tensor|number", doc = "0 gives x, 1 gives end" }, returns = "tensor",
    doc = [[On the way from x to another tensor: x + weight * (end - x).]],
    example = [[print(cnn.zeros(2):lerp(cnn.ones(2), 0.25))]], see = { "tensor:add" },
    call = function(x, other, weight) return core.add(x, core.mul(core.sub(other, x), weight)) end,
    inplace = function(x, other, weight) return core.add_(x, core.mul(core.sub(other, x), weight)) end })

for name, spec in define.sorted {
    addcmul = { "x + value * a * b", core.mul }, addcdiv = { "x + value * a / b", core.div },
} do
    local op = spec[2]
    local function term(a, b, value)
        local product = op(a, b)
        return value == 1 and product or core.mul(product, value)
    end
    both(name, { { "a", "tensor" }, { "b", "tensor" }, { "value", "number", default = 1 }, returns = "tensor",
        doc = spec[1] .. ", element by element.",
        example = ("print(cnn.ones(2):%s(cnn.ones(2), cnn.ones(2), 0.5))"):format(name),
        see = { "tensor:add", "tensor:lerp" },
        call = function(x, a, b, value) return core.add(x, term(a, b, value)) end,
        inplace = function(x, a, b, value) return core.add_(x, term(a, b, value)) end })
end

-- ---- truth -----------------------------------------------------------------------------------------------------------

local function truth(x) return core.ne(core.detach(x), 0) end
local function bool(value) return core.full("bool", {}, value) end

method { "logical_not", form = true, returns = "bool tensor", doc = [[Where an element is 0 or false.]],
    example = [[print(cnn.tensor{0, 2}:logical_not())]], see = { "tensor:logical_and" },
    call = function(x) return core.eq(core.detach(x), 0) end }

for name, spec in define.sorted {
    logical_and = { "both elements are", function(a, b) return core.where(a, b, bool(false)) end },
    logical_or = { "at least one of two elements is", function(a, b) return core.where(a, bool(true), b) end },
    logical_xor = { "exactly one of two elements is", core.ne },
} do
    method { name, { "other", "tensor" }, form = true, returns = "bool tensor",
        doc = ("Where %s true, or not 0; the operands broadcast."):format(spec[1]),
        example = ("print(cnn.tensor{true, false}:%s(cnn.tensor{true, true}))"):format(name),
        see = { "tensor:logical_not" },
        call = function(x, other) return spec[2](truth(x), truth(other)) end }
end

method { "isfinite", form = true, returns = "bool tensor", doc = [[Where an element is neither infinite nor NaN.]],
    example = [[print(cnn.tensor{1.0, math.huge, 0/0}:isfinite())]], see = { "tensor:isnan", "tensor:isinf" },
    call = function(x)
        x = core.detach(x)
        if whole[x.dtype] then return core.eq(x, x) end
        return core.eq(core.sub(x, x), 0)
    end }

-- ---- products --------------------------------------------------------------------------------------------------------

local function need(op, fits, x, other, words, fix)
    if fits then return end
    errors.raise { kind = "shape", op = op, text = ("%s %s; got %s and %s"):format(op, words, x.shape, other.shape),
        fix = fix }
end

for name, spec in define.sorted {
    mv = { 2, 1, "multiplies a matrix with a vector", "[n, k] x [k] -> [n]", "cnn.ones(2, 3):mv(cnn.ones(3))" },
    dot = { 1, 1, "multiplies two vectors", "[k] x [k] -> []", "cnn.ones(3):dot(cnn.ones(3))" },
    bmm = { 3, 3, "multiplies two stacks of matrices", "[b, n, k] x [b, k, m] -> [b, n, m]",
        "cnn.ones(2, 3, 4):bmm(cnn.ones(2, 4, 1))" },
} do
    local first, second, words, shape, example = table.unpack(spec)
    method { name, { "other", "tensor" }, form = true, returns = "tensor",
        doc = ("%s, and nothing else."):format(words:gsub("^m", "M")),
        shape = shape, example = ("print(%s)"):format(example), see = { "tensor:matmul" },
        call = function(x, other)
            local fits = core.dim(x) == first and core.dim(other) == second
            if fits and name == "bmm" then fits = x.shape[1] == other.shape[1] end
            need(name, fits, x, other, words .. ", " .. shape, "x:matmul(y)")
            return core.methods.matmul(x, other)
        end }
end

method { "addmm", { "mat1", "tensor" }, { "mat2", "tensor" }, { "beta", "number", default = 1 },
    { "alpha", "number", default = 1 },
    form = true, returns = "tensor [n, m]", doc = [[beta * x + alpha * (mat1 times mat2).]],
    shape = [[[n, k] x [k, m] -> [n, m] ]],
    example = [[print(cnn.zeros(2):addmm(cnn.ones(3, 4), cnn.ones(4, 2)))]], see = { "tensor:mm" },
    call = function(x, a, b, beta, alpha)
        need("addmm", core.dim(a) == 2 and core.dim(b) == 2, a, b, "multiplies two matrices, [n, k] x [k, m]",
            "x + a:matmul(b)")
        local product = core.matmul(a, b, false, false)
        if alpha ~= 1 then product = core.mul(product, alpha) end
        return beta == 0 and product or core.add(beta == 1 and x or core.mul(x, beta), product)
    end }

-- ---- fewer numbers ---------------------------------------------------------------------------------------------------

method { "count_nonzero", { "dim", "dims", optional = true, doc = "over these dimensions; over all if not given" },
    form = true,
    returns = "int64 tensor", doc = [[How many elements are not 0.]],
    example = [[print(cnn.tensor{0, 3, 0, 1}:count_nonzero())]],
    see = { "tensor:any" }, call = function(x, list) return core.sum(truth(x), list, false) end }

for _, name in ipairs { "std", "var" } do
    func { name .. "_mean", { "input", "tensor" }, { "dim", "dims", optional = true },
        { "unbiased", "bool", optional = true },
        { "keepdim", "bool", default = false }, { "correction", "int", default = 1, doc = "divide by n - correction" },
        returns = "two tensors", doc = ("tensor:%s and tensor:mean at once."):format(name),
        example = ("print(cnn.%s_mean(cnn.tensor{1.0, 2.0, 3.0}))"):format(name),
        see = { "tensor:" .. name, "tensor:mean" },
        call = function(x, list, unbiased, keep, correction)
            if unbiased ~= nil then correction = unbiased and 1 or 0 end
            return core.methods[name](x, { list, keepdim = keep, correction = correction }), core.mean(x, list, keep)
        end }
end

local MOST = 2 ^ 24 -- numbers compared at once

-- How often each of 1 … count stands among the labels (or what they weigh together).
local function counted(labels, count, weights)
    local n = math.max(1, core.numel(labels))
    local step, parts = math.max(1, MOST // n), {}
    labels = core.reshape(labels, { 1, -1 })
    for first = 1, count, math.tointeger(step) do
        local size = math.tointeger(math.min(step, count - first + 1))
        local equal = core.eq(core.reshape(core.range("int64", first, 1, size), { size, 1 }), labels)
        parts[#parts + 1] = core.sum(weights and core.where(equal, weights, core.full(weights.dtype, {}, 0)) or equal,
            { 2 }, false)
    end
    if #parts == 0 then return core.full(weights and weights.dtype or "int64", { 0 }, 0) end
    return #parts == 1 and parts[1] or define.functions.cat(parts, 1)
end

local function check_labels(labels)
    if core.dim(labels) ~= 1 or not whole[labels.dtype] then
        errors.raise { kind = core.dim(labels) ~= 1 and "shape" or "type", op = "bincount",
            text = ("bincount counts labels, a list of whole numbers; got %s of %s"):format(labels.shape,
            labels.dtype) }
    end
    local low = core.numel(labels) > 0 and core.item((core.extreme(core.cast(labels, "int64"), 1, false, false))) or 1
    if low < 1 then
        errors.raise { kind = "value", op = "bincount",
            text = ("labels count from 1; the smallest here is %d"):format(low),
            fix = low == 0 and "y + 1 (labels that come from Python count from 0)" or nil }
    end
end

method { "bincount", { "weights", "tensor", optional = true, doc = "what each label counts, instead of 1" },
    { "minlength", "int", default = 0, min = 0, doc = "count at least so many classes" }, form = true,
    returns = "tensor [largest label]",
    doc = [[How often each label stands in a list: the first number counts the 1s, the last the largest label.
PyTorch counts from 0, so its result has one number more in front.]],
    example = [[print(cnn.tensor{1, 3, 3}:bincount(), cnn.tensor{1, 2}:bincount{minlength = 4})]],
    see = { "tensor:histc", "nn.functional.one_hot" },
    call = function(labels, weights, minlength)
        check_labels(labels)
        labels = core.cast(labels, "int64")
        if weights and weights.shape ~= labels.shape then
            errors.raise { kind = "shape", op = "bincount",
                text = ("one weight per label, please; got %s for %s"):format(weights.shape, labels.shape) }
        end
        local largest = core.numel(labels) > 0 and core.item((core.extreme(labels, 1, true, false))) or 0
        return counted(labels, math.max(largest, minlength), weights)
    end }

-- The ends of the histogram: those given, else the smallest and the largest element.
local function ends_of(x, low, high)
    if low ~= 0 or high ~= 0 then return low, high end
    if core.numel(x) == 0 then return 0, 1 end
    local flat = core.reshape(x, { -1 })
    low, high = core.item((core.extreme(flat, 1, false, false))), core.item((core.extreme(flat, 1, true, false)))
    if low == high then return low - 1, high + 1 end
    return low, high
end

method { "histc", { "bins", "int", default = 100, min = 1 }, { "min", "number", default = 0 },
    { "max", "number", default = 0, doc = "min and max both 0: the smallest and the largest element" }, form = true,
    returns = "tensor [bins] of the same type",
    doc = [[How many elements fall into each of equally wide bins from min to max; others are not counted.]],
    shape = [[bin i holds min + (i - 1) * w <= x < min + i * w for w = (max - min) / bins; the last one holds max too]],
    example = [[print(cnn.tensor{0.0, 0.1, 0.5, 1.0}:histc(2))]], see = { "tensor:bincount" },
    call = function(x, bins, low, high)
        if whole[x.dtype] then
            errors.raise { kind = "type", op = "histc",
                text = ("histc needs real numbers; got %s"):format(x.dtype), fix = "x:float()" }
        end
        x = core.detach(x)
        low, high = ends_of(x, low, high)
        if not (low < high and high - low < math.huge) then
            errors.raise { kind = "value", op = "histc",
                text = ("bins need finite ends, the smaller one first; got %s and %s"):format(low, high) }
        end
        local place = core.floor(core.mul(core.sub(x, low), bins / (high - low)))
        local label = core.add(core.minimum(core.cast(place, "int64"), bins - 1), 1)
        local inside = core.where(core.ge(x, low), core.le(x, high), bool(false))
        label = core.where(inside, label, core.full("int64", {}, 0))
        return core.cast(counted(label, bins), x.dtype)
    end }

method { "unique", { "sorted", "bool", default = true, doc = "always so" },
    { "return_inverse", "bool", default = false, doc = "also: where each element went" },
    { "return_counts", "bool", default = false, doc = "also: how often each value was there" }, form = true,
    returns = "tensor [k]; then int64 tensors, where asked for",
    doc = [[The different values of a tensor, the smallest first. PyTorch's `dim` is left out.]],
    example = [[
local values, counts = cnn.tensor{3, 1, 3}:unique{return_counts = true}
print(values, counts)]], see = { "tensor:sort", "tensor:bincount" },
    call = function(x, _, return_inverse, return_counts)
        local n, results = core.numel(x), {}
        local flat = core.reshape(core.detach(x), { n })
        if n == 0 then
            results = { flat, return_inverse and core.full("int64", x.shape, 0) or nil }
            if return_counts then results[#results + 1] = core.full("int64", { 0 }, 0) end
            return table.unpack(results)
        end
        local values, order = core.sort(flat, 1, false)
        local new = core.ne(core.slice(values, 1, 1, n - 1), core.slice(values, 1, 0, n - 1))
        new = define.functions.cat({ core.full("bool", { 1 }, true), new }, 1)
        local starts = core.nonzero(new)
        results[1] = core.index_select(values, starts, 1)
        if return_inverse then
            local _, places = core.sort(order, 1, false) -- where each element stands among the sorted ones
            local rank = core.cumsum(core.cast(new, "int64"), 1, false)
            results[2] = core.reshape(core.index_select(rank, places, 1), x.shape)
        end
        if return_counts then
            local ends = define.functions.cat({ core.slice(starts, 1, 1, core.numel(starts) - 1),
                core.full("int64", { 1 }, n + 1) }, 1)
            results[#results + 1] = core.sub(ends, starts)
        end
        return table.unpack(results)
    end }

-- ---- shape -----------------------------------------------------------------------------------------------------------

method { "movedim", { "source", "dims" }, { "destination", "dims", doc = "as many" }, form = true, returns = "tensor",
    doc = [[A view with some dimensions moved to other places; the others keep their order.]],
    example = [[print(cnn.zeros(8, 32, 30, 3):movedim(4, 2):size())]], see = { "tensor:permute", "tensor:transpose" },
    call = function(x, source, destination)
        if #source ~= #destination then
            errors.raise { kind = "value", op = "movedim",
                text = ("as many places as dimensions, please; got %d and %d"):format(#destination, #source) }
        end
        local order, moved, next_free = {}, {}, 1
        for i = 1, #source do
            local from, to = dimension("movedim", x, source[i]), dimension("movedim", x, destination[i])
            if moved[from] or order[to] then
                errors.raise { kind = "value", op = "movedim",
                    text = "each dimension and each place may stand once only" }
            end
            order[to], moved[from] = from, true
        end
        for i = 1, core.dim(x) do
            if not order[i] then
                while moved[next_free] do next_free = next_free + 1 end
                order[i], next_free = next_free, next_free + 1
            end
        end
        return core.permute(x, order)
    end }

method { "unflatten", { "dim", "dim" }, { "sizes", "sizes", doc = "instead of that one; one may be -1: what is left" },
    form = true,
    returns = "tensor", doc = [[Makes several dimensions of one: the opposite of flatten.]],
    example = [[print(cnn.zeros(4, 12):unflatten(2, 3, 4):size())]], see = { "tensor:flatten", "nn.Unflatten" },
    call = function(x, dim, sizes)
        local d, size, product, open = dimension("unflatten", x, dim), {}, 1, 0
        for i = 1, d - 1 do size[i] = x.shape[i] end
        for _, n in ipairs(sizes) do
            size[#size + 1] = n
            if n == -1 then open = open + 1 else product = product * n end
        end
        local whole_size = x.shape[d]
        if open > 1 or open == 0 and product ~= whole_size or open == 1 and (product <= 0 or
            whole_size % product ~= 0) then
            errors.raise { kind = "shape", op = "unflatten",
                text = ("dimension %d of %s has size %d, which {%s} does not make"):format(
                d, x.shape, whole_size, table.concat(sizes, ", ")) }
        end
        for i = d + 1, #x.shape do size[#size + 1] = x.shape[i] end
        for i = d, d + #sizes - 1 do
            if size[i] == -1 then size[i] = whole_size // product end
        end
        return core.reshape(x, size)
    end }

method { "broadcast_to", { "size", "sizes", doc = "of the result" }, form = true, returns = "tensor",
    doc = [[A view in which dimensions of size 1 are repeated: expand by another name.]],
    example = [[print(cnn.arange(3):broadcast_to(2, 3))]], see = { "tensor:expand" }, call = core.expand }

func { "meshgrid", { "tensors", "list", of = "tensor", doc = "vectors" },
    { "indexing", "string", default = "ij", choices = { "ij", "xy" },
    doc = "xy: the second vector runs along the first dimension" },
    returns = "tensors, one result each",
    doc = [[The coordinates of a grid: result i holds the i-th vector along dimension i, repeated along the others.]],
    example = [[
local y, x = cnn.meshgrid{cnn.arange(2), cnn.arange(3)}
print(y, x)]], see = { "tensor:expand" },
    call = function(list, indexing)
        local n, sizes, views = #list, {}, {}
        local function place(i) return indexing == "xy" and n > 1 and i < 3 and 3 - i or i end
        for i, x in ipairs(list) do
            if core.dim(x) > 1 then
                errors.raise { kind = "shape", op = "cnn.meshgrid",
                    text = ("a grid is made of vectors; number %d is %s"):format(i, x.shape) }
            end
            sizes[place(i)] = core.numel(x)
        end
        for i, x in ipairs(list) do
            local size = {}
            for d = 1, n do size[d] = d == place(i) and sizes[d] or 1 end
            views[i] = core.expand(core.reshape(x, size), sizes)
        end
        return table.unpack(views)
    end }

-- ---- in the likeness of another ----------------------------------------------------------------------------------------

method { "is_floating_point", form = true, returns = "bool",
    doc = [[Whether the type is one of real numbers: float32, float64 or bfloat16.]],
    example = [[print(cnn.ones(1):is_floating_point())]], see = { "tensor:to" },
    call = function(x) return not whole[x.dtype] end }

local bytes = { float32 = 4, float64 = 8, bfloat16 = 2, int64 = 8, uint8 = 1, bool = 1 }
method { "element_size", returns = "integer", doc = [[The number of bytes that an element takes.]],
    example = [[print(cnn.ones(1):element_size())]], see = { "tensor:numel" },
    call = function(x) return bytes[x.dtype] end }

local dtype = { "dtype", "dtype", optional = true, doc = "the tensor's if not given" }

for name, spec in define.sorted { zeros = { "0", 0 }, ones = { "1", 1 }, empty = { "whatever was in memory" } } do
    method { "new_" .. name, { "size", "sizes", min = 0 }, dtype, returns = "tensor",
        doc = ("A tensor of this one's type, of any size, filled with %s."):format(spec[1]),
        example = ("print(cnn.arange(3):new_%s(2):size())"):format(name),
        see = { "cnn." .. name, "cnn." .. name .. "_like" },
        call = function(x, size, kind)
            if not spec[2] then return core.empty(kind or x.dtype, size) end
            return core.full(kind or x.dtype, size, spec[2])
        end }
end

method { "new_full", { "size", "sizes", min = 0 }, { "fill_value", "number|bool" }, dtype, returns = "tensor",
    doc = [[A tensor of this one's type, of any size, filled with one value.]],
    example = [[print(cnn.ones(3):new_full({2}, 7))]], see = { "cnn.full" },
    call = function(x, size, value, kind) return core.full(kind or x.dtype, size, value) end }

method { "new_tensor", { "data", "any", gather = true, doc = "numbers, or nested tables of them" }, dtype,
    returns = "tensor",
    doc = [[A tensor of this one's type from Lua's numbers.]], example = [[print(cnn.ones(1):new_tensor{1, 2})]],
    see = { "cnn.tensor" },
    call = function(x, data, kind)
        if core.is_tensor(data) then return core.copy_(core.empty(kind or x.dtype, data.shape), data) end
        return core.from(data, kind or x.dtype)
    end }
