-- SPDX-License-Identifier: MIT
-- The operations of the tensor programs (tensors.lua): name, kind, number of operands, and a function of the operands
-- and of `take`, take(n) being the next byte of the input from 0 to n - 1.
--
-- Kinds say how far two levels may differ: "exact" not at all; "step" not at all, but a small difference of the operands
-- may become any (comparisons, rounding); "sum" not on small whole numbers; "function" by a few units in the last place;
-- "close" somewhat. `kinked`: its gradient jumps; `graph`: the operand has a graph; `image`: it is 4-d.
-- The list only grows at its end, so that inputs keep their meaning.
local core = require "cnn.core"
local cnn = require "cnn"
local F = cnn.nn.functional

local M = {}
local list = {}

local function op(name, kind, operands, run, kinked)
    list[#list + 1] = { name = name, kind = kind, operands = operands, run = run, kinked = kinked, graph = name == "backward",
        image = name:find("2d") or name:find("batch_norm") or name == "pad" or name == "channels_last" }
end

--- The operation that a byte names.
function M.at(byte) return list[byte % #list + 1] end

-- ---- tensors -----------------------------------------------------------------------------------------------------------

local DTYPES = { "float32", "float64", "float32", "float64", "float32", "int64", "uint8", "bool" }
local SHAPES = {
    {}, { 0 }, { 1 }, { 2 }, { 3 }, { 5 }, { 17 }, { 33 }, { 2, 3 }, { 3, 2 }, { 1, 4 }, { 4, 1 }, { 3, 17 }, { 0, 3 }, { 2, 0, 3 },
    { 2, 3, 4 }, { 2, 1, 3 }, { 1, 2, 5, 5 }, { 2, 3, 4, 4 }, { 2, 2, 1, 7 }, { 1, 4, 3, 3 }, { 4, 2, 3, 3 }, { 3, 4, 1, 1 },
    { 2, 9, 5, 6 }, { 2, 2, 2, 2, 2 }, { 16, 16 }, { 7, 64 }, { 3, 3 }, { 0, 2, 3, 3 }, { 1, 1 }, { 1, 8, 6, 6 }, { 8, 1, 3, 3 },
}
local SPECIAL = { 0 / 0, math.huge, -math.huge, -0.0, 0.5, 1e10, 1e-10, 1e38, 0.25, 3.5, 255, 256, -1000, 1e-40, 16777217, 2 ^ 40 }

local function value_maker(take)
    local how, base = take(8), take(256)
    if how == 0 then return function() return base % 9 - 4 end end
    if how == 1 then return function(i) return (i + base) % 7 - 3 end end
    if how == 2 then return function() return take(9) - 4 end end
    local state = base + 1
    local function random()
        state = (state * 1103515245 + 12345) & 0x7fffffff
        return state >> 8
    end
    if how == 3 then return function() return (random() % 4096) / 1024 - 2 end end
    if how == 4 then return function(i) return i % 5 == base % 5 and SPECIAL[base % #SPECIAL + 1] or random() % 7 - 3 end end
    if how == 5 then return function() return random() % 3 + 1 end end
    if how == 7 then return function() return random() % 4 == 0 and SPECIAL[random() % #SPECIAL + 1] or random() % 7 - 3 end end
    return function() return random() % 9 - 4 end
end

--- A tensor of this type and shape, filled as the input says.
function M.fill(take, dtype, shape)
    local n, make = 1, value_maker(take)
    for i = 1, #shape do n = n * shape[i] end
    if n == 0 or n > 4096 then return core.full(dtype, shape, 0) end
    local values = {}
    for i = 1, n do values[i] = make(i) + 0.0 end
    return core.cast(core.reshape(core.from(values, "float64"), shape), dtype)
end

--- A tensor of any type and shape, of some memory layout.
function M.tensor(take)
    local dtype, shape, layout = DTYPES[take(8) + 1], SHAPES[take(#SHAPES) + 1], take(8)
    local x = M.fill(take, dtype, shape)
    if layout == 1 and #shape == 4 then x = core.channels_last(x) end
    if layout == 2 and #shape >= 2 then
        local dims = {}
        for i = 1, #shape do dims[i] = #shape + 1 - i end
        x = core.permute(core.contiguous(core.permute(x, dims)), dims)
    end
    if layout >= 5 and (dtype == "float32" or dtype == "float64") then core.set_requires_grad(x, true) end
    return x
end

local function dim(take, x) return take(9) == 0 and take(12) - 6 or take(math.max(1, core.dim(x))) + 1 end
local function number(take) return take(2) == 0 and take(9) - 4 or take(16) / 4 - 1.5 end
local function some_dims(take, x)
    local how = take(4)
    if how == 0 then return nil end
    if how == 1 and core.dim(x) >= 2 then return { 1, core.dim(x) } end
    return { dim(take, x) }
end

-- ---- element by element --------------------------------------------------------------------------------------------------

for _, name in ipairs { "add", "sub", "mul", "div" } do
    op(name, "exact", 2, function(_, x, y) return x[name](x, y) end)
    op(name .. "_", "exact", 2, function(_, x, y) return x[name .. "_"](x, y) end)
    op(name .. " number", "exact", 1, function(take, x) return x[name](x, number(take)) end)
    op(name .. "_ number", "exact", 1, function(take, x) return x[name .. "_"](x, number(take)) end)
end
op("operators", "exact", 2, function(_, x, y) return x * 2 + y - 1 end)
for _, name in ipairs { "maximum", "minimum" } do
    op(name, "exact", 2, function(_, x, y) return x[name](x, y) end, true)
end
for _, name in ipairs { "neg", "square" } do
    op(name, "exact", 1, function(_, x) return x[name](x) end)
    op(name .. "_", "exact", 1, function(_, x) return x[name .. "_"](x) end)
end
for _, name in ipairs { "relu", "abs" } do
    op(name, "exact", 1, function(_, x) return x[name](x) end, true)
    op(name .. "_", "exact", 1, function(_, x) return x[name .. "_"](x) end, true)
end
for _, name in ipairs { "exp", "sigmoid", "tanh", "sqrt", "log" } do
    op(name, "function", 1, function(_, x) return x[name](x) end)
    op(name .. "_", "function", 1, function(_, x) return x[name .. "_"](x) end)
end
for _, name in ipairs { "silu", "gelu" } do
    op(name, "close", 1, function(_, x) return F[name](x) end)
end
op("leaky_relu", "close", 1, function(take, x) return F.leaky_relu(x, take(4) / 8) end, true)
op("pow", "function", 1, function(take, x) return x:pow(number(take)) end)
op("pow tensor", "function", 2, function(_, x, y) return x:pow(y) end)
op("clamp", "exact", 1, function(take, x) return x:clamp(number(take), number(take)) end, true)
for _, name in ipairs { "eq", "ne", "lt", "le", "gt", "ge" } do
    op(name, "step", 2, function(_, x, y) return x[name](x, y) end)
end
op("isnan", "step", 1, function(_, x) return x:isnan() end)
op("where", "exact", 2, function(_, x, y) return cnn.where(x:gt(y), x, y) end, true)
op("masked_fill", "exact", 2, function(take, x, y) return x:masked_fill(y:bool(), number(take)) end, true)
op("masked_fill_", "exact", 2, function(take, x, y) return x:masked_fill_(y:bool(), number(take)) end, true)

-- ---- types and copies ----------------------------------------------------------------------------------------------------

for _, name in ipairs { "float", "double" } do op(name, "exact", 1, function(_, x) return x[name](x) end) end
for _, name in ipairs { "long", "byte", "bool" } do op(name, "step", 1, function(_, x) return x[name](x) end) end
op("clone", "exact", 1, function(_, x) return x:clone() end)
op("detach", "exact", 1, function(_, x) return x:detach() end)
op("detach_", "exact", 1, function(_, x) return x:detach_() end)
op("contiguous", "exact", 1, function(_, x) return x:contiguous() end)
op("channels_last", "exact", 1, function(_, x) return core.channels_last(x) end)
op("requires_grad_", "exact", 1, function(take, x) return x:requires_grad_(take(4) > 0) end)
op("copy_", "exact", 2, function(_, x, y) return x:copy_(y) end)
op("fill_", "exact", 1, function(take, x) return x:fill_(number(take)) end)
op("zero_", "exact", 1, function(_, x) return x:zero_() end)

-- ---- views ---------------------------------------------------------------------------------------------------------------

op("transpose", "exact", 1, function(take, x) return x:transpose(dim(take, x), dim(take, x)) end)
op("permute", "exact", 1, function(take, x)
    local dims, n = {}, core.dim(x)
    for i = 1, n do dims[i] = (i + take(4)) % n + 1 end
    return x:permute(dims)
end)
op("flatten", "exact", 1, function(take, x) return x:flatten(dim(take, x)) end)
op("view", "exact", 1, function(take, x) return x:view(take(6) - 1, take(6)) end)
op("reshape", "exact", 1, function(take, x) return x:reshape(-1, take(5)) end)
op("unsqueeze", "exact", 1, function(take, x) return x:unsqueeze(dim(take, x)) end)
op("squeeze", "exact", 1, function(_, x) return x:squeeze() end)
op("narrow", "exact", 1, function(take, x) return x:narrow(dim(take, x), take(4), take(6)) end)
op("select", "exact", 1, function(take, x) return x:select(dim(take, x), take(5) - 1) end)
op("expand", "exact", 1, function(take, x) return x:unsqueeze(1):expand(take(4), table.unpack(x.shape, 1, #x.shape)) end)
op("expand_as", "exact", 2, function(_, x, y) return x:expand_as(y) end)
op("split", "exact", 1, function(take, x) return table.unpack(x:split(take(4), dim(take, x)), 1, 2) end)
op("chunk", "exact", 1, function(take, x) return table.unpack(x:chunk(take(4), dim(take, x)), 1, 2) end)
op("tile", "exact", 1, function(take, x) return x:tile(take(3), take(3)) end)
op("cat", "exact", 2, function(take, x, y) return cnn.cat({ x, y }, dim(take, x)) end)
op("stack", "exact", 2, function(take, x, y) return cnn.stack({ x, y, x }, dim(take, x)) end)
op("index", "exact", 1, function(take, x) return x[take(6) - 2] end)
op("index table", "exact", 1, function(take, x) return x[{ { take(4), take(5) }, take(2) == 0 and {} or take(3) }] end)
op("assign", "exact", 1, function(take, x)
    x[{ {}, take(4) }] = number(take)
    return x
end)
op("assign tensor", "exact", 2, function(take, x, y)
    x[take(4)] = y
    return x
end)
op("pad", "exact", 1, function(take, x)
    local mode = ({ "constant", "reflect", "replicate" })[take(3) + 1]
    return F.pad(x, { take(5) - 2, take(5) - 2, take(3) - 1, take(3) - 1 }, mode)
end)

-- ---- reductions ----------------------------------------------------------------------------------------------------------

op("sum", "sum", 1, function(take, x) return x:sum(some_dims(take, x), take(2) == 1) end)
op("mean", "close", 1, function(take, x) return x:mean(some_dims(take, x), take(2) == 1) end)
op("var", "close", 1, function(take, x) return x:var(some_dims(take, x)) end)
op("std", "close", 1, function(take, x) return x:std(some_dims(take, x)) end, true)
op("norm", "close", 1, function(take, x) return x:norm(take(4), some_dims(take, x)) end, true)
for _, name in ipairs { "max", "min" } do
    op(name, "exact", 1, function(_, x) return x[name](x) end, true)
    op(name .. " dim", "step", 1, function(take, x) return x[name](x, dim(take, x), take(2) == 1) end, true)
    op("arg" .. name, "step", 1, function(take, x) return x["arg" .. name](x, dim(take, x)) end)
    op("a" .. name, "exact", 1, function(take, x) return x["a" .. name](x, some_dims(take, x)) end, true)
end
op("any", "step", 1, function(take, x) return x:any(some_dims(take, x)) end)
op("all", "step", 1, function(take, x) return x:all(some_dims(take, x)) end)
op("softmax", "close", 1, function(take, x) return x:softmax(dim(take, x)) end)
op("log_softmax", "close", 1, function(take, x) return x:log_softmax(dim(take, x)) end)
op("equal", "step", 2, function(_, x, y) return x:equal(y) end)
op("item", "exact", 1, function(_, x) return x:item() end)

-- ---- layers --------------------------------------------------------------------------------------------------------------

op("matmul", "sum", 2, function(_, x, y) return x:matmul(y) end)
op("matmul own", "sum", 1, function(_, x) return x:matmul(x:transpose(1, 2)) end)
op("linear", "sum", 2, function(_, x, y) return F.linear(x, y) end)
op("conv2d", "sum", 2, function(take, x, y)
    return F.conv2d(x, y, nil, take(3) + 1, take(3), take(4) == 0 and 2 or 1, take(4) == 0 and 2 or 1)
end)
op("conv2d fitting", "sum", 1, function(take, x)
    local weight = M.fill(take, x.dtype, { take(5) + 1, core.size(x, 2), take(4) + 1, take(4) + 1 })
    return F.conv2d(x, weight:requires_grad_(), nil, { take(3) + 1, take(3) + 1 }, { take(3), take(3) }), weight
end)
op("max_pool2d", "exact", 1, function(take, x)
    return F.max_pool2d(x, { take(4) + 1, take(4) + 1 }, take(4), take(2), 1 + take(2), take(2) == 1)
end, true)
op("avg_pool2d", "close", 1, function(take, x)
    return F.avg_pool2d(x, { take(4) + 1, take(4) + 1 }, take(4), take(2), take(2) == 1, take(2) == 1)
end)
op("adaptive_avg_pool2d", "close", 1, function(take, x) return F.adaptive_avg_pool2d(x, { take(5) + 1, take(4) + 1 }) end)
op("batch_norm", "close", 1, function(_, x) return F.batch_norm(x, nil, nil, nil, nil, true) end)
op("dropout", "exact", 1, function(take, x) return F.dropout(x, take(4) / 4, true, take(2) == 1) end, true)
op("cross_entropy", "close", 2, function(take, x, y)
    return F.cross_entropy(x, y:long(), { reduction = ({ "mean", "sum", "none" })[take(3) + 1] })
end)
op("cross_entropy fitting", "close", 1, function(_, x)
    return F.cross_entropy(x, core.full("int64", { core.size(x, 1) }, 1))
end)
op("mse_loss", "close", 2, function(_, x, y) return F.mse_loss(x, y) end)
op("l1_loss", "close", 2, function(_, x, y) return F.l1_loss(x, y) end, true)
op("bce", "close", 2, function(_, x, y) return F.binary_cross_entropy_with_logits(x, y) end, true)
op("one_hot", "step", 1, function(take, x) return F.one_hot(x:long(), take(8)) end)

-- ---- random, and the graph -----------------------------------------------------------------------------------------------

op("uniform_", "function", 1, function(_, x) return x:uniform_(-1, 1) end)
op("normal_", "close", 1, function(_, x) return x:normal_() end)
op("bernoulli_", "exact", 1, function(_, x) return x:bernoulli_(0.5) end)
local function backward(take, x)
    local how = take(4)
    local y = how > 0 and x.dtype ~= "int64" and core.dim(x) > 0 and x:sum() or x
    y:backward(nil, take(4) == 0, take(8) == 0)
end
op("backward", "exact", 1, backward)
op("backward", "exact", 1, backward)
op("backward", "exact", 1, backward)
op("no_grad", "exact", 2, function(_, x, y) return cnn.no_grad(function() return x + y end) end)

-- ---- choosing, sorting, and what came later -------------------------------------------------------------------------------

for _, name in ipairs { "floor", "ceil", "round", "trunc", "sign" } do
    op(name, "step", 1, function(_, x) return x[name](x) end)
    op(name .. "_", "step", 1, function(_, x) return x[name .. "_"](x) end)
end
for _, name in ipairs { "sin", "cos", "expm1", "log1p", "log2", "log10", "rsqrt", "reciprocal" } do
    op(name, "close", 1, function(_, x) return x[name](x) end)
end
for _, name in ipairs { "elu", "hardswish", "hardsigmoid", "mish", "selu", "softplus", "softsign", "relu6", "logsigmoid" } do
    op(name, "close", 1, function(_, x) return F[name](x) end, true)
end
local function positions(take, x, y) return x, dim(take, x), y:long():abs():add(1) end
op("gather", "exact", 2, function(take, x, y)
    local input, at, index = positions(take, x, y)
    return input:gather(at, index)
end)
op("index_select", "exact", 2, function(take, x, y)
    local input, at, index = positions(take, x, y)
    return input:index_select(at, index)
end)
op("index by tensor", "exact", 2, function(_, x, y) return x[y:long()] end)
op("index by mask", "step", 2, function(_, x, y) return x[y:bool()] end)
op("assign by mask", "step", 2, function(take, x, y)
    x[y:bool()] = number(take)
    return x
end)
op("scatter_add", "sum", 2, function(take, x, y)
    local input, at, index = positions(take, x, y)
    return input:scatter_add(at, index, y:to(x.dtype))
end)
op("scatter_", "step", 2, function(take, x, y)
    local input, at, index = positions(take, x, y)
    return input:scatter_(at, index, number(take))
end)
op("index_add_", "sum", 2, function(take, x, y)
    local at = dim(take, x)
    return x:index_add_(at, core.full("int64", { core.size(y, 1) }, take(3) + 1), y:to(x.dtype))
end)
op("sort", "step", 1, function(take, x) return x:sort(dim(take, x), take(2) == 1) end, true)
op("argsort", "step", 1, function(take, x) return x:argsort(dim(take, x)) end)
op("topk", "step", 1, function(take, x) return x:topk(take(4), dim(take, x)) end, true)
op("median", "step", 1, function(take, x) return x:median(dim(take, x)) end, true)
op("unique", "step", 1, function(_, x) return (x:unique()) end)
op("nonzero", "step", 1, function(_, x) return (x:nonzero()) end)
op("cumsum", "close", 1, function(take, x) return x:cumsum(dim(take, x)) end)
op("prod", "close", 1, function(take, x) return x:prod(dim(take, x)) end)
op("logsumexp", "close", 1, function(take, x) return x:logsumexp(dim(take, x)) end)
op("flip", "exact", 1, function(take, x) return x:flip(dim(take, x)) end)
op("roll", "exact", 1, function(take, x) return x:roll(take(7) - 3, dim(take, x)) end)
op("tril", "exact", 1, function(take, x) return x:tril(take(5) - 2) end)
op("diag", "exact", 1, function(_, x) return x:diag() end)
op("unbind", "exact", 1, function(take, x)
    local first, second = x:unbind(dim(take, x))
    return first, second
end)
op("bmm", "sum", 1, function(_, x) return x:bmm(x:transpose(2, 3)) end)
op("lerp", "close", 2, function(take, x, y) return x:lerp(y, take(4) / 4) end)
op("conv_transpose2d", "sum", 1, function(take, x)
    local weight = M.fill(take, x.dtype, { core.size(x, 2), take(3) + 1, take(3) + 1, take(3) + 1 })
    return F.conv_transpose2d(x, weight:requires_grad_(), nil, take(2) + 1, take(2)), weight
end)
op("interpolate 2d", "close", 1, function(take, x)
    return F.interpolate { x, scale_factor = take(3) / 2 + 0.5, mode = take(2) == 0 and "nearest" or "bilinear" }
end)
op("adaptive_max_pool2d", "exact", 1, function(take, x) return F.adaptive_max_pool2d(x, { take(4) + 1, take(4) + 1 }) end, true)
op("layer_norm", "close", 1, function(_, x) return F.layer_norm(x, { core.size(x, core.dim(x)) }) end)
op("group_norm 2d", "close", 1, function(take, x) return F.group_norm(x, take(2) + 1) end)
op("bernoulli", "step", 1, function(_, x) return x:sigmoid():bernoulli() end)

return M
