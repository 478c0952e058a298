-- SPDX-License-Identifier: MIT
-- Fuzz target: calls of all public functions with arguments of all kinds, some of them right.
--
-- An input is a sequence of calls; what they return may be an argument of later ones. Each call ends in results or in an
-- error of the library with a sentence; an error of Lua itself, raised inside our files, is a finding. So is a
-- result that cannot be printed. Functions are chosen by a hash of their names, so that an input means nearly the same
-- when there are more of them.
local core = require "cnn.core"
local cnn = require "cnn"
local class = require "cnn.nn.class"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local MOST_CALLS, BUDGET = 6, 8 << 20

-- Left out: what would use the network, start programs, or draw 70,000 images.
local LEFT_OUT = { "^plt%.", "^datasets%.", "^cnn%.lab" }

-- ---- the functions -----------------------------------------------------------------------------------------------------

local function load_all()
    local root = os.getenv("CNN_FUZZ_ROOT") or "."
    local pipe = assert(io.popen("cd '" .. root .. "/lua' && find cnn -name '*.lua' | LC_ALL=C sort"))
    for path in pipe:lines() do require((path:gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", "."))) end
    pipe:close()
end

local function hash(text)
    local h = 2166136261
    for i = 1, #text do h = (h ~ text:byte(i)) * 16777619 & 0xffffffff end
    h = (h ~ h >> 15) * 0x2c1b3c6d & 0xffffffff
    return (h ~ h >> 16) & 0xffff
end

local function left_out(sig)
    for _, pattern in ipairs(LEFT_OUT) do if sig.name:find(pattern) then return true end end
    for _, param in ipairs(sig.params) do if param.name == "download" then return true end end
end

-- Classes by their `init`: a signature with a receiver is a class's constructor or a method.
local function classes()
    local found, seen = {}, {}
    local function look(value, depth)
        if type(value) ~= "table" or seen[value] then return end
        seen[value] = true
        if class.is_class(value) then
            local init = rawget(value, "init")
            if init then found[init] = value end
        end
        if depth < 3 then
            for _, item in next, value do look(item, depth + 1) end
        end
    end
    for name, module in pairs(package.loaded) do if name:find("^cnn") then look(module, 0) end end
    return found
end

load_all()
local PLACES = 8 -- of each function, so that none is rare
local functions, class_of = {}, classes()
for name, sig in signature.all() do
    for i = 1, left_out(sig) and 0 or PLACES do
        functions[#functions + 1] = { hash = hash(name .. i), sig = sig, class = class_of[sig.func] }
    end
end
table.sort(functions, function(a, b)
    if a.hash ~= b.hash then return a.hash < b.hash end
    return a.sig.name < b.sig.name
end)

local function function_at(place)
    local low, high = 1, #functions + 1 -- the first whose hash is not less
    while low < high do
        local middle = (low + high) // 2
        if functions[middle].hash < place then low = middle + 1 else high = middle end
    end
    return functions[low] or functions[1]
end

-- ---- values ------------------------------------------------------------------------------------------------------------

local USER = setmetatable({}, { __tostring = function() return "an error of the user's own" end })
local byte -- byte(n): the next byte of the input, 0 … n - 1
local pool -- what earlier calls returned
local make = {}

local function one_of(list) return list[byte(#list) + 1] end

local INTEGERS = { 0, 1, 2, 3, 4, 5, 8, -1, -2, -3, 7, 16, 64, 100, 255, 256, 1000, 1000000, 2147483647, 4294967296,
    9007199254740993, math.maxinteger, math.mininteger }
local REALS = { 0.5, 0.1, 1.0, 0.0, -0.5, 1e-5, 0.9, 1.5, 2.0, -1.0, 1e30, -1e300, 1e-300, math.huge, -math.huge, 0 / 0, 2 ^ 53, 3.7,
    -0.0 }
local STRINGS = { "", "mean", "sum", "none", "relu", "float32", "int64", "bool", "cpu", "cuda:0", "same", "valid", "zeros", "reflect",
    "constant", "tanh", "weight", "0.weight", "fan_out", "fan_in", "a.b", "x", "a string with \0 in it", "\xff\xfe", "%d%s%n", "[x",
    "scratch.safetensors", "float", "double", "replicate", "linear", "1", ("long "):rep(100) }
local DTYPES = { "float32", "float64", "int64", "uint8", "bool" }
local SHAPES = { {}, { 1 }, { 3 }, { 2, 3 }, { 4, 3 }, { 0 }, { 2, 0 }, { 1, 2, 5, 5 }, { 2, 3, 4, 4 }, { 3, 3, 3 }, { 1, 1, 28, 28 },
    { 2, 3, 3, 3 }, { 5, 5 }, { 1, 2, 3, 1, 2 }, { 17 }, { 3, 2, 3, 3 } }

function make.int() return one_of(INTEGERS) end
function make.number() return byte(2) == 0 and one_of(REALS) or one_of(INTEGERS) end
function make.bool() return byte(2) == 1 end
function make.string() return one_of(STRINGS) end
function make.dtype() return one_of(DTYPES) end
function make.dim() return ({ 1, 2, -1, 3, 4, -2, 0, 9 })[byte(8) + 1] end
function make.any() return make[one_of(make.names)]() end

function make.tensor()
    local x = core.full(byte(4) > 0 and "float32" or make.dtype(), one_of(SHAPES), ({ 1, 0, 2, -1, 0.5, 0 / 0, 7, 300 })[byte(8) + 1])
    local how = byte(8)
    if how == 1 and core.dim(x) > 0 then return core.slice(x, 1, 0, core.size(x, 1)) end
    if how == 2 and (x.dtype == "float32" or x.dtype == "float64") then return core.set_requires_grad(x, true) end
    if how == 3 and core.dim(x) == 2 then return core.permute(x, { 2, 1 }) end
    if how == 4 and x.dtype == "float32" then return core.mul(core.set_requires_grad(x, true), 2) end
    if how == 5 and core.dim(x) == 0 then return core.expand(x, { 3, 2 }) end
    return x
end

function make.sizes()
    local list = {}
    for i = 1, byte(5) do list[i] = byte(8) == 0 and make.int() or byte(5) end
    return list
end

function make.dims() return byte(2) == 0 and make.dim() or { make.dim(), byte(2) == 0 and make.dim() or nil } end
function make.size2() return byte(3) > 0 and byte(5) or { byte(5), byte(4) == 0 and make.int() or byte(5) } end

function make.list()
    local list = {}
    for i = 1, byte(5) do list[i] = byte(3) == 0 and make.any() or byte(2) == 0 and make.tensor() or make.int() end
    return list
end

function make.table()
    local t = byte(2) == 0 and make.list() or {}
    for _ = 1, byte(3) do t[make.string()] = byte(2) == 0 and make.tensor() or make.any() end
    local how = byte(8)
    if how == 1 then t[1] = t elseif how == 2 then t[5] = make.any() elseif how == 3 then t[0.5] = 1 end
    return t
end

make["function"] = function()
    local how = byte(4)
    if how == 0 then return function(...) return ... end end
    if how == 1 then return function() error(USER) end end
    if how == 2 then return function() end end
    return function(x) return x, "two", {} end
end

function make.module()
    local how, nn = byte(8), cnn.nn
    if how == 0 then return nn.Linear(3, 2) end
    if how == 1 then return nn.Conv2d { 2, 3, kernel_size = 3, padding = 1 } end
    if how == 2 then return nn.Sequential(nn.Linear(3, 2), nn.ReLU()) end
    if how == 3 then return nn.ModuleList { nn.Linear(1, 1) } end
    if how == 4 then return nn.BatchNorm2d(2) end
    if how == 5 then return nn.CrossEntropyLoss() end
    if how == 6 then return nn.class("Own")() end
    return nn.Dropout(0.5)
end

function make.dataset()
    local x = core.full("float32", { 4, 3 }, 1)
    local d = cnn.data.TensorDataset(x, core.full("int64", { 4 }, 1))
    return byte(2) == 0 and d or cnn.data.Subset(d, { 1, 2 })
end

function make.optimizer()
    return cnn.optim.SGD { cnn.nn.Linear(3, 2):parameters(), lr = 0.1, momentum = byte(2) * 0.9 }
end

function make.object()
    local how = byte(4)
    if how == 0 then return cnn.data.DataLoader { make.dataset(), batch_size = 2 } end
    if how == 1 then return cnn.optim.lr_scheduler.StepLR(make.optimizer(), 2) end
    if how == 2 then return cnn.transforms.Compose(cnn.transforms.ToTensor()) end
    return core.full("float32", { 2 }, 1).shape
end

function make.odd()
    return ({ coroutine.create(print), io.stdout, errors.make { kind = "value", text = "an error" }, cnn.nn.Linear, cnn.nn, math.huge,
        setmetatable({}, {}), setmetatable({ 1, 2 }, { __index = { lr = 1 } }) })[byte(8) + 1]
end

function make.earlier() return pool[byte(#pool + 1)] end
function make.nothing() return nil end

make.names = { "int", "number", "bool", "string", "tensor", "sizes", "list", "table", "function", "module", "dataset", "optimizer",
    "object", "odd", "earlier", "nothing", "dim", "size2", "dtype", "dims" }

-- Mostly a value of the type that is asked for, within the limits or not.
local function argument(param)
    if byte(8) == 0 then return make.any() end
    if param.choices and byte(4) > 0 then return one_of(param.choices) end
    if byte(4) == 0 and #pool > 0 then return make.earlier() end
    local kinds = {}
    for kind in param.type:gmatch("[^|]+") do kinds[#kinds + 1] = kind end
    local kind = one_of(kinds)
    if kind == "int" and byte(4) > 0 then return byte(6) end
    if kind == "list" and param.of == "tensor" and byte(4) > 0 then
        local x = make.tensor()
        return { x, x, byte(2) == 0 and make.tensor() or nil }
    end
    return (make[kind] or make.any)()
end

-- ---- calls -------------------------------------------------------------------------------------------------------------

-- A receiver of the method: of the pool or a new one; nil where nothing has this method.
local function receiver(f)
    local sig = f.sig
    if sig.self == "tensor" then return byte(16) == 0 and make.any() or make.tensor() end
    local name = sig.name:match("[%w_]+$")
    for _, kind in ipairs { "earlier", "module", "module", "module", "object", "object", "optimizer", "dataset" } do
        local object = make[kind]()
        local mt = type(object) == "table" and getmetatable(object)
        if type(mt) == "table" and mt.__index and object[name] == sig.func then return object end
    end
end

-- The arguments, by place, by name in one table, or both.
local function arguments(sig)
    local how, params = byte(4), sig.params
    local args, named = {}, {}
    local by_place = (how == 1 and 0) or (how == 2 and byte(#params + 1)) or #params
    local n = 0
    for i, param in ipairs(params) do
        local left_away = (param.default ~= nil or param.optional) and byte(2) == 0
        if param.name == "..." then
            for _ = 1, byte(4) do n = n + 1 args[n] = argument(param) end
        elseif i <= by_place then
            n = n + 1
            if not left_away then args[n] = argument(param) end
        elseif not left_away then
            named[param.name] = argument(param)
        end
    end
    if byte(16) == 0 then named[make.string()] = make.any() end
    if byte(32) == 0 then n = n + 1 args[n] = make.any() end
    if how == 0 or how == 3 and next(named) == nil then return args, n end
    if how == 3 or byte(2) == 0 then return { args, named }, #args == 0 and 1 or 2 end
    for i = 1, n do named[i] = args[i] end
    return { named }, 1
end

local RAW = { "attempt to ", "bad argument", "%.lua:%d+:", "stack overflow", "invalid value", "number has no integer" }

local function check_error(e, what)
    if e == USER then return end
    if not errors.is(e) then error(what .. ": no error of ours: " .. tostring(e), 0) end
    local ok, text = pcall(tostring, e)
    if not ok then error(what .. ": an error that cannot be shown: " .. tostring(text), 0) end
    if type(e.text) ~= "string" or #e.text < 8 then error(what .. ": an error without a sentence: " .. text, 0) end
    for _, pattern in ipairs(RAW) do
        if e.text:find(pattern) then error(what .. ": Lua's own words: " .. text, 0) end
    end
end

local trace
local function handler(e)
    if e ~= USER and not errors.is(e) then trace = debug.traceback(tostring(e), 2) end
    return e
end

local function guarded(what, f, ...)
    trace = nil
    local result = table.pack(xpcall(f, handler, ...))
    if not result[1] then
        check_error(result[2], what .. (trace and "\n" .. trace .. "\n" or ""))
        return { n = 0 }
    end
    return table.move(result, 2, result.n, 1, { n = result.n - 1 })
end

-- Results can be shown, and used for what they are.
local function use(name, value)
    guarded(name .. ": tostring of its result", function() return tostring(value) end)
    if class.of(value) and type(value.forward) == "function" then
        local input = make.tensor()
        local out = guarded(tostring(value):sub(1, 100) .. " called", function() return value(input) end)
        pool[#pool + 1] = out[1]
    elseif class.of(value) and value.__len and byte(2) == 0 then
        guarded(name .. ": the result's first element", function() return #value, value[1] end)
    elseif type(value) == "function" and name:find("^nn%.Module") then
        guarded(name .. ": its iterator", value)
    elseif core.is_tensor(value) and value.requires_grad and byte(4) == 0 then
        guarded(name .. ": backward from its result", function() core.methods.backward(core.methods.sum(value)) end)
    end
end

local function reset()
    core.memory_budget(BUDGET)
    core.set_grad_enabled(true)
    core.threads(1)
    core.seed(1)
    core.clear_interrupt()
end

local function call(f)
    local sig = f.sig
    local target, object = f.class or sig.func, nil
    if sig.self and not f.class then
        object = receiver(f)
        if object == nil then return end
    end
    local args, n = arguments(sig)
    if byte(32) == 1 then core.memory_budget(core.memory().live_bytes + byte(256) * 16) end
    local results
    if object ~= nil then
        results = guarded(sig.name, target, object, table.unpack(args, 1, n))
    else
        results = guarded(sig.name, target, table.unpack(args, 1, n))
    end
    reset()
    for i = 1, math.min(results.n, 3) do
        use(sig.name, results[i])
        pool[#pool + 1] = results[i]
    end
    reset()
end

local inputs, held = 0, nil
local STALE = 32 -- what may hang in unused places of Lua's stack

-- Tensors that nobody can reach anymore are gone after a collection.
local function check_leaks()
    inputs = inputs + 1
    if inputs % 500 ~= 0 then return end
    pool = {}
    collectgarbage()
    collectgarbage()
    local tensors = core.memory().tensors
    held = held or tensors
    if tensors > held + STALE then error(("%d tensors are held after a collection, %d before"):format(tensors, held), 0) end
end

return function(data)
    local at = 0
    byte = function(n)
        at = at + 1
        return (data:byte(at) or 0) % n
    end
    pool = {}
    reset()
    for _ = 1, MOST_CALLS do
        if at >= #data then break end
        call(function_at(byte(256) << 8 | byte(256)))
    end
    check_leaks()
end
