-- SPDX-License-Identifier: MIT
-- Functions that run a function in a context (no_grad, enable_grad, autocast, scope), and switches of the whole library.
--
-- The contexts end by a to-be-closed variable, so that they end on errors too and the error keeps its traceback.
local core = require "cnn.core"
local define = require "cnn.tensor.define"
local errors = require "cnn.errors"
local func = define.func

local restore = { __close = function(self) self.switch(self.previous) end }

-- The switch is one for the process, but a coroutine may yield inside of the function, and whoever resumed it must find
-- the switch as he left it, also if the coroutine is never resumed. So there the function runs in a coroutine of its own:
-- what it yields is passed on with the switch put back, and put again when it goes on.
local close_inner = { __close = function(self) coroutine.close(self.thread) end }

local function passing_yields(inner, previous, ok, ...)
    local mode = inner.switch(previous)
    if not ok then error((...), 0) end
    if coroutine.status(inner.thread) == "dead" then return ... end
    local sent = table.pack(coroutine.yield(...))
    previous = inner.switch(mode)
    return passing_yields(inner, previous, coroutine.resume(inner.thread, table.unpack(sent, 1, sent.n)))
end

-- switch(enabled) sets one of the core's switches and returns what it was.
local function switched(switch, enabled, f, ...)
    if coroutine.isyieldable() then
        local inner <close> = setmetatable({ thread = coroutine.create(f), switch = switch }, close_inner)
        local previous = switch(enabled)
        local results = table.pack(passing_yields(inner, previous, coroutine.resume(inner.thread, ...)))
        return table.unpack(results, 1, results.n)
    end
    local guard <close> = setmetatable({ switch = switch, previous = switch(enabled) }, restore) -- luacheck: ignore guard
    return f(...)
end

func { "no_grad", { "f", "function" }, { "...", "any", doc = "its arguments" }, returns = "what f returns",
    doc = [[Runs a function without recording a graph: faster, and tensors may be written into.]],
    example = [[print(cnn.no_grad(function() return (cnn.ones(2):requires_grad_() * 2).requires_grad end))]],
    see = { "cnn.enable_grad", "tensor:detach" },
    call = function(f, ...) return switched(core.set_grad_enabled, false, f, ...) end }

func { "inference_mode", { "f", "function" }, { "...", "any", doc = "its arguments" }, returns = "what f returns",
    doc = [[The same as no_grad: the library has no faster mode.]],
    example = [[print(cnn.inference_mode(function() return (cnn.ones(2):requires_grad_() * 2).requires_grad end))]],
    see = { "cnn.no_grad" },
    call = function(f, ...) return switched(core.set_grad_enabled, false, f, ...) end }

func { "enable_grad", { "f", "function" }, { "...", "any", doc = "its arguments" }, returns = "what f returns",
    doc = [[Runs a function with gradients recorded, inside no_grad too.]],
    example = [[print(cnn.no_grad(function() return cnn.enable_grad(cnn.is_grad_enabled) end))]], see = { "cnn.no_grad" },
    call = function(f, ...) return switched(core.set_grad_enabled, true, f, ...) end }

func { "set_grad_enabled", { "enabled", "bool" }, returns = "what it was",
    doc = [[Switches the recording of gradients on or off until it is switched again.]],
    example = [[print(cnn.set_grad_enabled(true))]], see = { "cnn.no_grad" },
    call = core.set_grad_enabled }

func { "is_grad_enabled", returns = "bool", doc = [[Whether gradients are recorded.]],
    example = [[print(cnn.is_grad_enabled())]], see = { "cnn.no_grad" }, call = core.grad_enabled }

func { "autocast", { "f", "function" },
    { "enabled", "bool", default = true, doc = "false: as if it were not there, also inside another autocast" },
    { "dtype", "dtype", default = "bfloat16", doc = "bfloat16 is what CPUs have" },
    returns = "what f returns",
    doc = [[Runs a function in which convolutions, linear layers and matrix products compute in bfloat16: half the memory.
Their float32 inputs are cast, each parameter once; parameters, their gradients and what batch norms count stay float32.
Losses take float32 again; everything else computes in the type that it gets. float64 and whole numbers are left alone.
The backward pass belongs outside: it runs in the types of the forward pass.]],
    example = [[
local net, x = nn.Linear(3, 2), cnn.ones(1, 3)
local loss = cnn.autocast(function() return net(x):square():mean() end)
loss:backward()
print(loss.dtype, net.weight.grad.dtype)]],
    see = { "cnn.is_autocast_enabled", "tensor:bfloat16" },
    call = function(f, enabled, dtype)
        if dtype ~= "bfloat16" then
            errors.raise { kind = "type", op = "cnn.autocast", fix = "net:to(cnn." .. dtype .. "), to compute in that type",
                text = ("autocast is for bfloat16 on the CPU; got %s"):format(dtype) }
        end
        return switched(core.set_autocast, enabled, f)
    end }

func { "is_autocast_enabled", returns = "bool", doc = [[Whether autocast is on.]],
    example = [[print(cnn.autocast(cnn.is_autocast_enabled))]], see = { "cnn.autocast" }, call = core.autocast_enabled }

-- ---- scope ---------------------------------------------------------------------------------------------------------------

-- All tensors that a value leads to, through tables (raw fields, each table once), into keep.
local function keep_tensors(value, keep, seen)
    if core.is_tensor(value) then
        keep[value] = true
    elseif type(value) == "table" and not seen[value] then
        seen[value] = true
        for key, item in next, value do
            keep_tensors(key, keep, seen)
            keep_tensors(item, keep, seen)
        end
    end
end

local leave = { __close = function(self) core.scope_end(self.scope, self.keep) end }

func { "scope", { "f", "function" }, { "...", "any", doc = "its arguments" }, returns = "what f returns",
    doc = [[Runs a function and frees at once all tensors made inside, except those it returns (also inside tables).]],
    example = [[print(cnn.scope(function() return cnn.ones(1000):sum() end))]], see = { "cnn.memory" },
    call = function(f, ...)
        local guard <close> = setmetatable({ scope = core.scope_begin(), keep = {} }, leave)
        local results = table.pack(f(...))
        local seen = {}
        for i = 1, results.n do keep_tensors(results[i], guard.keep, seen) end
        return table.unpack(results, 1, results.n)
    end }

-- ---- switches ------------------------------------------------------------------------------------------------------------

func { "memory", returns = "table: live_bytes, peak_bytes, cached_bytes, budget_bytes, system_allocations, tensors",
    doc = [[What tensors hold (live), the most they ever held, and what is kept for the next ones.]],
    example = [[print(cnn.memory().live_bytes)]], see = { "cnn.scope" }, call = core.memory }

func { "set_num_threads", { "n", "int", min = 1, max = 1024 }, doc = [[How many CPU threads compute.]],
    example = [[cnn.set_num_threads(cnn.get_num_threads())]], see = { "cnn.get_num_threads" },
    call = function(n) core.threads(n) end }

func { "get_num_threads", returns = "integer", doc = [[How many CPU threads compute.]],
    example = [[print(cnn.get_num_threads() >= 1)]], see = { "cnn.set_num_threads" },
    call = function() return core.threads() end }
