-- SPDX-License-Identifier: MIT
-- cnn.profile: where the time of a piece of work goes, op by op.
local core = require "cnn.core"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local profile = {}

local Profile = { __name = "profile" }
Profile.__index = Profile

local function milliseconds(seconds) return ("%.3f"):format(seconds * 1e3) end

local function line(name, calls, seconds, whole)
    return ("%-24s %8s %12s %7s"):format(name, calls, milliseconds(seconds), ("%.1f %%"):format(100 * seconds / whole))
end

function Profile:__tostring()
    local lines = { ("%-24s %8s %12s %7s"):format("op", "calls", "ms", "share") }
    for _, row in ipairs(self) do lines[#lines + 1] = line(row.name, row.calls, row.seconds, self.seconds) end
    lines[#lines + 1] = line("besides ops", "", self.besides, self.seconds)
    lines[#lines + 1] = line("all", "", self.seconds, self.seconds)
    lines[#lines + 1] = ("page faults %d, requests for memory to the system %d"):format(self.page_faults, self.system_allocations)
    return table.concat(lines, "\n")
end

profile.profile = signature {
    name = "cnn.profile",
    { "work", "function", doc = "what to measure; called without arguments" },
    { "times", "int", default = 1, min = 1, doc = "how often it is called" },
    returns = "table",
    doc = [[Calls a function and tells where the time went: for every op that ran, and for optimisers, how often, the milliseconds
of all its calls together and their share; what passed besides, mostly in Lua; and what the system had to do: a loop that is warm asks
for no memory. The first step of a training loop is slower than the others, so measure a later one.

The result prints as this table. It is a list of rows {name, calls, seconds}, the longest first, with the fields seconds
(of everything), besides, page_faults and system_allocations.]],
    example = [[
local net, x = nn.Conv2d(3, 16, 3), cnn.randn(8, 3, 32, 32)
local function step() net(x):sum():backward() end
step()
print(cnn.profile(step, 10)[1].calls)]],
    see = { "cnn.clock", "cnn.summary" },
    call = function(work, times)
        local stop <close> = setmetatable({}, { __close = core.profile_stop }) -- if the work fails
        core.profile_start()
        for _ = 1, times do work() end
        local result = core.profile_stop()
        if not result then
            errors.raise { kind = "value", op = "cnn.profile", text = "another cnn.profile ran inside this one and ended it",
                fix = "one of the two" }
        end
        result.besides = result.seconds
        for _, row in ipairs(result) do result.besides = result.besides - row.seconds end
        table.sort(result, function(a, b) return a.seconds > b.seconds end)
        return setmetatable(result, Profile)
    end,
}

return profile
