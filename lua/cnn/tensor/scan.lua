-- SPDX-License-Identifier: MIT
-- Running sums and products, products of everything, and logsumexp.
local core = require "cnn.core"
local reals = require "cnn.reals"
local define = require "cnn.tensor.define"
local dimension = require("cnn.tensor.shape").dimension
local method = define.method

for name, word in define.sorted { cumsum = "sum", cumprod = "product" } do
    local op = core[name]
    method { name, { "dim", "dim", doc = "along which" }, form = true, returns = "tensor; of integers: int64",
        doc = ("The %s of all elements up to each one along a dimension."):format(word),
        shape = ("y[k] = x[1] %s … %s x[k]"):format(word == "sum" and "+" or "*", word == "sum" and "+" or "*"),
        example = ("print(cnn.arange(1, 6):%s(1))"):format(name),
        see = { word == "sum" and "tensor:sum" or "tensor:prod" },
        call = function(x, dim)
            if core.dim(x) > 0 then return op(x, dimension(name, x, dim), false) end
            if dim ~= 1 and dim ~= -1 then dimension(name, x, dim) end
            return core.reshape(op(core.reshape(x, { 1 }), 1, false), {})
        end }
end

-- The last of the running products, whose gradient minds zeros; 1 where there is nothing to multiply.
local function product(x, dim, keep)
    local n = core.size(x, dim)
    if n == 0 then
        local sizes = {}
        for i, size in ipairs(x.shape) do
            if i ~= dim then sizes[#sizes + 1] = size elseif keep then sizes[#sizes + 1] = 1 end
        end
        local real = reals[x.dtype]
        return core.full(real and x.dtype or "int64", sizes, 1)
    end
    local running = core.cumprod(x, dim, false)
    return keep and core.slice(running, dim, n - 1, 1) or core.select(running, dim, n - 1)
end

method { "prod", { "dim", "dim", optional = true, doc = "along which; of all elements if not given" },
    { "keepdim", "bool", default = false, doc = "leave the dimension, with size 1" }, form = true,
    returns = "tensor; of integers: int64", doc = [[The product of all elements, or along a dimension.]],
    example = [[print(cnn.arange(1, 6):prod())]], see = { "tensor:sum", "tensor:cumprod" },
    call = reals.single(function(x, dim, keep)
        if dim and core.dim(x) > 0 then return product(x, dimension("prod", x, dim), keep) end
        return product(core.reshape(x, { -1 }), 1, false)
    end) }

-- ---- sums of exponentials -----------------------------------------------------------------------------------------------

-- The largest is taken out, so that nothing overflows; where it is infinite, 0 is.
method { "logsumexp", { "dim", "dims", doc = "over these dimensions, counted from 1" },
    { "keepdim", "bool", default = false, doc = "leave the dimensions, with size 1" }, form = true,
    returns = "tensor", doc = [[The logarithm of the sum of the exponentials over dimensions, without overflow.]],
    shape = [[log(sum of exp(x))]], example = [[print(cnn.tensor{1000.0, 1000.0}:logsumexp(1))]],
    see = { "tensor:softmax", "tensor:log_softmax" },
    call = reals.wide(function(x, dims, keep)
        if not reals[x.dtype] then x = core.cast(x, "float32") end
        if core.numel(x) == 0 then return core.log(core.sum(core.exp(x), dims, keep)) end
        local high = core.amax(core.detach(x), dims, true, true)
        high = core.where(core.eq(core.abs(high), math.huge), 0, high)
        local sum = core.log(core.sum(core.exp(core.sub(x, high)), dims, keep))
        return core.add(sum, keep and high or core.reshape(high, sum.shape))
    end) }
