-- SPDX-License-Identifier: MIT
-- The types of real numbers, as a set: reals[x.dtype].
--
-- bfloat16 holds eight bits of a float32's twenty-four: functions that are made of several ops compute with them in float32
-- and round once, at the end.
local core = require "cnn.core"

local reals = { float32 = true, float64 = true, bfloat16 = true }

local function rounded(first, ...)
    if core.is_tensor(first) and first.dtype == "float32" then first = core.cast(first, "bfloat16") end
    if select("#", ...) == 0 then return first end
    return first, rounded(...)
end

local function widen(x)
    if core.is_tensor(x) and x.dtype == "bfloat16" then return core.cast(x, "float32") end
    return x
end

--- f(x, …) for functions made of ops: where the tensor x is bfloat16, f sees it and the other arguments as float32, and its
--- results become bfloat16.
function reals.wide(f)
    return function(x, ...)
        if x.dtype ~= "bfloat16" then return f(x, ...) end
        local arguments = table.pack(...)
        for i = 1, arguments.n do arguments[i] = widen(arguments[i]) end
        return rounded(f(widen(x), table.unpack(arguments, 1, arguments.n)))
    end
end

--- f for functions that autocast computes in float32 (losses): it sees bfloat16 arguments as float32 while that is on.
function reals.single(f)
    return function(...)
        if not core.autocast_enabled() then return f(...) end
        local arguments = table.pack(...)
        for i = 1, arguments.n do arguments[i] = widen(arguments[i]) end
        return f(table.unpack(arguments, 1, arguments.n))
    end
end

return reals
