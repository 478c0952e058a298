-- SPDX-License-Identifier: MIT
-- Functions that run a function in a context (no_grad, enable_grad, scope), and switches of the whole library.
--
-- The contexts end by a to-be-closed variable, so that they end on errors too and the error keeps its traceback.
local core = require "cnn.core"
local define = require "cnn.tensor.define"
local func = define.func

local restore = { __close = function(self) core.set_grad_enabled(self.previous) end }

local function with_grad(enabled, f, ...)
    local guard <close> = setmetatable({ previous = core.set_grad_enabled(enabled) }, restore) -- luacheck: ignore guard
    return f(...)
end

func { "no_grad", { "f", "function" }, { "...", "any", doc = "its arguments" }, returns = "what f returns",
    doc = [[Runs a function without recording a graph: faster, and tensors may be written into.]],
    example = [[print(cnn.no_grad(function() return (cnn.ones(2):requires_grad_() * 2).requires_grad end))]],
    see = { "cnn.enable_grad", "tensor:detach" },
    call = function(f, ...) return with_grad(false, f, ...) end }

func { "enable_grad", { "f", "function" }, { "...", "any", doc = "its arguments" }, returns = "what f returns",
    doc = [[Runs a function with gradients recorded, inside no_grad too.]],
    example = [[print(cnn.no_grad(function() return cnn.enable_grad(cnn.is_grad_enabled) end))]], see = { "cnn.no_grad" },
    call = function(f, ...) return with_grad(true, f, ...) end }

func { "set_grad_enabled", { "enabled", "bool" }, returns = "what it was",
    doc = [[Switches the recording of gradients on or off until it is switched again.]],
    example = [[print(cnn.set_grad_enabled(true))]], see = { "cnn.no_grad" },
    call = core.set_grad_enabled }

func { "is_grad_enabled", returns = "bool", doc = [[Whether gradients are recorded.]],
    example = [[print(cnn.is_grad_enabled())]], see = { "cnn.no_grad" }, call = core.grad_enabled }

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
