-- SPDX-License-Identifier: MIT
-- Functions that make tensors: filled, counted, random, from Lua's numbers, and from other tensors.
local core = require "cnn.core"
local errors = require "cnn.errors"
local define = require "cnn.tensor.define"
local types = require "cnn.signature.types"
local check_device = require("cnn.tensor.convert").check_device
local func = define.func

local function size() return { "size", "sizes", min = 0 } end
local function dtype(default)
    return { "dtype", "dtype", default = default, optional = default == nil or nil }
end
local function device() return { "device", "string", optional = true, doc = [["cpu"]] } end
local function requires_grad() return { "requires_grad", "bool", default = false } end

local function finish(x, where, grad)
    if where then check_device(where) end
    return grad and core.set_requires_grad(x, true) or x
end

-- ---- filled ------------------------------------------------------------------------------------------------------------

for name, value in define.sorted { zeros = 0, ones = 1 } do
    func { name, size(), dtype("float32"), device(), requires_grad(), returns = "tensor",
        doc = ("A tensor filled with %d."):format(value), example = ("print(cnn.%s(2, 3))"):format(name),
        see = { "cnn.full", "cnn.empty" },
        call = function(sizes, kind, where, grad) return finish(core.full(kind, sizes, value), where, grad) end }
    func { name .. "_like", { "input", "tensor" }, dtype(), device(), requires_grad(), returns = "tensor",
        doc = ("A tensor of the input's shape and type, filled with %d."):format(value),
        example = ("print(cnn.%s_like(cnn.arange(3)))"):format(name), see = { "cnn." .. name },
        call = function(x, kind, where, grad) return finish(core.full(kind or x.dtype, x.shape, value), where, grad) end }
end

local function kind_of(value)
    return type(value) == "boolean" and "bool" or math.type(value) == "integer" and "int64" or "float32"
end

func { "full", size(), { "fill_value", "number|bool" }, dtype(), device(), requires_grad(), returns = "tensor",
    doc = [[A tensor filled with one value; an integer makes it int64, true or false make it bool.]],
    example = [[print(cnn.full({2, 2}, 0.5))]], see = { "cnn.zeros" },
    call = function(sizes, value, kind, where, grad)
        return finish(core.full(kind or kind_of(value), sizes, value), where, grad)
    end }

func { "full_like", { "input", "tensor" }, { "fill_value", "number|bool" }, dtype(), device(), requires_grad(),
    returns = "tensor", doc = [[A tensor of the input's shape and type, filled with one value.]],
    example = [[print(cnn.full_like(cnn.zeros(2), 7))]], see = { "cnn.full" },
    call = function(x, value, kind, where, grad)
        return finish(core.full(kind or x.dtype, x.shape, value), where, grad)
    end }

func { "empty", size(), dtype("float32"), device(), requires_grad(), returns = "tensor",
    doc = [[A tensor whose elements are whatever was in memory; for those who fill it next.]],
    example = [[print(cnn.empty(2, 3):size())]], see = { "cnn.zeros" },
    call = function(sizes, kind, where, grad) return finish(core.empty(kind, sizes), where, grad) end }

func { "empty_like", { "input", "tensor" }, dtype(), device(), requires_grad(), returns = "tensor",
    doc = [[An unfilled tensor of the input's shape and type.]],
    example = [[print(cnn.empty_like(cnn.zeros(2, 3)):size())]], see = { "cnn.empty" },
    call = function(x, kind, where, grad) return finish(core.empty(kind or x.dtype, x.shape), where, grad) end }

func { "eye", { "n", "int", min = 0 }, { "m", "int", min = 0, optional = true, doc = "columns; n if not given" },
    dtype("float32"), device(), requires_grad(), returns = "tensor [n, m]",
    doc = [[Ones on the diagonal, zeros elsewhere.]], example = [[print(cnn.eye(3))]], see = { "cnn.zeros" },
    call = function(n, m, kind, where, grad)
        local x = core.full(kind, { n, m or n }, 0)
        for i = 1, math.min(n, m or n) do x[{ i, i }] = 1 end
        return finish(x, where, grad)
    end }

-- ---- counted -----------------------------------------------------------------------------------------------------------

func { "arange", { "start", "number", doc = "the first; with one argument, the end, and 0 is the first" },
    { "end", "number", optional = true, doc = "not included" }, { "step", "number", default = 1 }, dtype(), device(),
    requires_grad(), returns = "tensor [n]",
    doc = [[Numbers from start to just before end. Integers give int64, other numbers float32.]],
    shape = [[n = ceil((end - start) / step)]],
    example = [[print(cnn.arange(5), cnn.arange(1, 6), cnn.arange(0, 1, 0.25))]], see = { "cnn.linspace" },
    call = function(start, stop, step, kind, where, grad)
        if stop == nil then start, stop = 0, start end
        local count = math.ceil((stop - start) / step)
        if step == 0 or count ~= count or count < 0 or math.type(count) ~= "integer" then
            errors.raise { kind = "value", op = "cnn.arange",
                text = ("steps of %s do not lead from %s to %s"):format(step, start, stop) }
        end
        local whole = math.type(start) == "integer" and math.type(stop) == "integer" and math.type(step) == "integer"
        kind = kind or whole and "int64" or "float32"
        return finish(core.range(kind, start, step, count), where, grad)
    end }

func { "linspace", { "start", "number" }, { "end", "number", doc = "included" }, { "steps", "int", min = 0 },
    dtype("float32"), device(), requires_grad(), returns = "tensor [steps]",
    doc = [[Numbers at equal distances from start to end, both included.]],
    example = [[print(cnn.linspace(0, 1, 5))]], see = { "cnn.arange" },
    call = function(start, stop, steps, kind, where, grad)
        local step = steps > 1 and (stop - start) / (steps - 1) or 0.0
        return finish(core.range(kind, start + 0.0, step, steps, steps > 1 and stop + 0.0 or nil), where, grad)
    end }

-- ---- from Lua ------------------------------------------------------------------------------------------------------------

for _, name in ipairs { "tensor", "from" } do
    func { name, { "data", "any", gather = true, doc = "a number, a boolean, nested tables of them, or a tensor" }, dtype(), device(),
        requires_grad(), returns = "tensor",
        doc = [[A tensor from Lua's numbers. Integers give int64, booleans bool, other numbers float32.]],
        example = [[print(cnn.tensor{{1, 2}, {3, 4.5}}, cnn.tensor{{1, 2}, dtype="float32"})]],
        see = { "tensor:totable", "cnn.zeros" },
        call = function(data, kind, where, grad)
            local x
            if types.is_tensor(data) then
                x = core.copy_(core.empty(kind or data.dtype, data.shape), data)
            else
                x = core.from(data, kind)
            end
            return finish(x, where, grad)
        end }
end

func { "is_tensor", { "value", "any", optional = true }, returns = "bool", doc = [[Whether a value is a tensor.]],
    example = [[print(cnn.is_tensor(cnn.ones(1)), cnn.is_tensor(1))]], see = { "cnn.tensor" },
    call = function(value) return core.is_tensor(value) end }

-- ---- random ------------------------------------------------------------------------------------------------------------

for name, spec in define.sorted {
    rand = { fill = function(x) return core.uniform_(x, 0, 1) end, words = "between 0 and 1, all alike probable" },
    randn = { fill = function(x) return core.normal_(x, 0, 1) end, words = "from the standard normal distribution" },
} do
    func { name, size(), dtype("float32"), device(), requires_grad(), returns = "tensor",
        doc = ("Random numbers %s."):format(spec.words), example = ("print(cnn.%s(2, 3))"):format(name),
        see = { "cnn.manual_seed", "cnn.randint" },
        call = function(sizes, kind, where, grad) return finish(spec.fill(core.empty(kind, sizes)), where, grad) end }
    func { name .. "_like", { "input", "tensor" }, dtype(), device(), requires_grad(), returns = "tensor",
        doc = ("Random numbers %s, in the input's shape and type."):format(spec.words),
        example = ("print(cnn.%s_like(cnn.zeros(2)))"):format(name), see = { "cnn." .. name },
        call = function(x, kind, where, grad)
            return finish(spec.fill(core.empty(kind or x.dtype, x.shape)), where, grad)
        end }
end

func { "randint", { "low", "int" }, { "high", "int", doc = "included, as in math.random" }, size(), dtype("int64"),
    device(), returns = "tensor", doc = [[Random integers from low to high, both included.]],
    example = [[print(cnn.randint(1, 10, {5}))]], see = { "cnn.randperm", "cnn.rand" },
    call = function(low, high, sizes, kind, where)
        if low > high then
            errors.raise { kind = "value", op = "cnn.randint", text = ("low, %d, is above high, %d"):format(low, high) }
        end
        local x = core.integers_(core.empty("int64", sizes), low, high)
        return finish(kind == "int64" and x or core.cast(x, kind), where)
    end }

func { "randperm", { "n", "int", min = 0 }, returns = "int64 tensor [n]",
    doc = [[The numbers from 1 to n in random order.]], example = [[print(cnn.randperm(5))]], see = { "cnn.randint" },
    call = function(n) return core.permutation_(core.empty("int64", { n })) end }

func { "get_rng_state", returns = "int64 tensor [2]",
    doc = [[Where the random numbers are: their seed, and how many have been drawn. cnn.set_rng_state goes on from there.]],
    example = [[
local state = cnn.get_rng_state()
local a = cnn.rand(3)
cnn.set_rng_state(state)
print(cnn.rand(3):eq(a):all())]], see = { "cnn.set_rng_state", "cnn.manual_seed", "cnn.save" },
    call = function()
        local seed, offset = core.generator()
        return core.from({ seed, offset }, "int64")
    end }

func { "set_rng_state", { "state", "tensor", doc = "from cnn.get_rng_state" },
    doc = [[Lets the random numbers go on from where they were.]],
    example = [[cnn.set_rng_state(cnn.get_rng_state())]], see = { "cnn.get_rng_state", "cnn.manual_seed" },
    call = function(state)
        if state.dtype ~= "int64" or tostring(state.shape) ~= "[2]" then
            errors.raise { kind = "value", op = "cnn.set_rng_state",
                text = ("a state of the generator is an int64 tensor [2], from cnn.get_rng_state; got %s %s"):format(state.dtype,
                    tostring(state.shape)) }
        end
        core.set_generator(core.get(state, 1), core.get(state, 2))
    end }

func { "manual_seed", { "seed", "int" }, doc = [[Starts the random numbers anew: the same seed gives the same numbers.]],
    example = [[
cnn.manual_seed(1)
print(cnn.rand(2))]], see = { "cnn.rand" },
    call = function(seed) core.seed(seed) end }
