-- SPDX-License-Identifier: MIT
-- cnn.profile: every op of a training step is counted, a warm step asks the system for nothing, and errors pass through.
local check = require "check"
local cnn = require "cnn"
local core = require "cnn.core"
local says = require "helpers.says"
local nn, F, optim = cnn.nn, cnn.nn.functional, cnn.optim

local function training_step()
    local net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 3))
    local opt = optim.SGD { net:parameters(), lr = 0.1, momentum = 0.9 }
    local x, y = cnn.randn(6, 1, 8, 8), cnn.randint(1, 3, { 6 })
    return function()
        local loss = F.cross_entropy(net(x), y)
        opt:zero_grad()
        loss:backward()
        opt:step()
    end
end

local function rows_of(p)
    local rows = {}
    for _, row in ipairs(p) do rows[row.name] = row end
    return rows
end

check.test("ops are counted, and their times are parts of the whole", function()
    local p = cnn.profile(training_step(), 3)
    local rows = rows_of(p)
    check.equal({ rows.conv2d.calls, rows.linear.calls, rows.cross_entropy_backward.calls }, { 3, 3, 3 })
    check.equal(rows.SGD.calls > 0, true)
    local sum = p.besides
    for i, row in ipairs(p) do
        check.equal(row.seconds >= 0 and (i == 1 or row.seconds <= p[i - 1].seconds), true, row.name)
        sum = sum + row.seconds
    end
    check.equal(p.besides >= 0 and math.abs(sum - p.seconds) < 1e-9, true)
    for _, part in ipairs { "op", "calls", "conv2d", "besides ops", "100.0 %", "page faults" } do
        check.equal(tostring(p):find(part, 1, true) ~= nil, true, part)
    end
end)

check.test("a warm step asks the system for no memory", function()
    local train = training_step()
    local function step()
        train()
        collectgarbage() -- of so small a network several steps may wait for it
    end
    for _ = 1, 5 do step() end
    check.equal(cnn.profile(step, 5).system_allocations, 0)
end)

check.test("an error passes through and ends the measurement", function()
    check.fails(function() cnn.profile(function() error("mine", 0) end) end, "mine")
    check.equal(core.profile_stop(), nil)
    check.equal(cnn.profile(function() end).seconds >= 0, true)
    check.fails(function() cnn.profile(function() cnn.profile(print) end) end, "another cnn.profile ran inside this one")
    check.fails(function() cnn.profile() end, "work")
end)
