-- SPDX-License-Identifier: MIT
-- %time and %timeit, with IPython's figures.
--
-- %timeit compiles the statement into a loop, finds how many rounds take 0.2 s, and repeats that seven times: the mean
-- and the deviation of the repeats. The empty loop's time, some nanoseconds a round, is part of the figure.
local options = require("shell.commands").options

local M = {}

local LEAST = 0.2 -- seconds that a repeat takes

-- "1.23 ms": three digits, and the unit that keeps them in front of the point
local function duration(seconds)
    if seconds >= 60 then
        local text, left = "", math.floor(seconds + 0.5)
        for _, unit in ipairs { { "d", 86400 }, { "h", 3600 }, { "min", 60 } } do
            if left >= unit[2] then text, left = ("%s%d%s "):format(text, left // unit[2], unit[1]), left % unit[2] end
        end
        return text .. left .. "s"
    end
    local unit = seconds >= 1 and { "s", 1 } or seconds >= 1e-3 and { "ms", 1e3 } or seconds >= 1e-6 and { "µs", 1e6 }
        or { "ns", 1e9 }
    local amount = seconds * unit[2]
    return (amount >= 999.5 and "%.0f %s" or "%.3g %s"):format(amount, unit[1])
end

function M.time(session, code)
    if code == "" then error("%time needs a statement: %time net(x);", 0) end
    local clocks = session.terminal.clocks
    local wall, user, system = clocks()
    local function report()
        if not wall then return end
        local wall_end, user_end, system_end = clocks()
        local u, s = user_end - user, system_end - system
        io.stdout:write(("CPU times: user %s, sys: %s, total: %s\nWall time: %s\n"):format(duration(u), duration(s),
            duration(u + s), duration(wall_end - wall)))
        wall = nil
    end
    if session:execute(code, report) ~= nil then report() end -- also of what failed
end

-- A function of the number of rounds that runs the code so many times, or nil and the message. An expression's value is
-- dropped, a call stands as it is.
local function loop(session, code, name)
    local function build(body)
        return load(("return function(__n) for __i = 1, __n do %s end end"):format(body), name, "t", session.env)
    end
    local f, message = build(code .. "\n")
    local as_value = f or build(("local __v = %s\n"):format(code))
    if not as_value then return nil, message end
    return as_value()
end

-- The power of ten, as IPython takes it.
local function rounds_for(run, clocks)
    local n = 1
    while true do
        local start = clocks()
        run(n)
        if clocks() - start >= LEAST or n >= 1e9 then return n end
        n = n * 10
    end
end

local function statistics(list)
    local sum, squares = 0, 0
    for _, t in ipairs(list) do sum = sum + t end
    local mean = sum / #list
    for _, t in ipairs(list) do squares = squares + (t - mean) ^ 2 end
    return mean, math.sqrt(squares / #list)
end

local function thousands(n)
    local text = ("%d"):format(n):reverse():gsub("(%d%d%d)", "%1,"):reverse()
    return (text:gsub("^,", ""))
end

local function measure(session, run, given)
    local clocks, list = session.terminal.clocks, {}
    local n, repeats = math.tointeger(tonumber(given.n)), math.tointeger(tonumber(given.r or 7))
    if given.n and not (n and n >= 1) or not (repeats and repeats >= 1) then error("-n and -r are numbers from 1", 0) end
    n = n or rounds_for(run, clocks)
    for i = 1, repeats do
        local start = clocks()
        run(n)
        list[i] = (clocks() - start) / n
    end
    local mean, deviation = statistics(list)
    if given.q then return end
    io.stdout:write(("%s ± %s per loop (mean ± std. dev. of %d run%s, %s loop%s each)\n"):format(duration(mean),
        duration(deviation), repeats, repeats == 1 and "" or "s", thousands(n), n == 1 and "" or "s"))
end

function M.timeit(session, text)
    local given, code = options(text, "nrq", "nr")
    if code == "" then error("%timeit needs a statement: %timeit net(x)", 0) end
    local name = "=input " .. session.running
    session.texts[name] = code
    local run, message = loop(session, code, name)
    if not run then return session:bad(code, message) end
    local ok, why = session.terminal.guarded(function() end, measure, session, run, given)
    if not ok then session:complain(why) end
end

return M
