-- SPDX-License-Identifier: MIT
-- Memory stays flat: the collector knows what tensors weigh, and a training loop needs what one step needs.
local check = require "check"
local cnn = require "cnn"
local core = require "cnn.core"
local nets = require "helpers.nets"
local F, optim = cnn.nn.functional, cnn.optim

local function resident_bytes()
    local file = io.open("/proc/self/statm")
    if not file then check.skip("no /proc/self/statm on this system") end
    local pages = file:read("a"):match("^%d+ (%d+)")
    file:close()
    return tonumber(pages) * 4096
end

local sanitized = os.getenv("CNN_TEST_SANITIZED")
local MB = 2 ^ 20

for _, mode in ipairs { "incremental", "generational" } do
    check.test("a million small tensors, " .. mode, function()
        collectgarbage(mode)
        collectgarbage()
        local count, before = sanitized and 20000 or 1000000, resident_bytes()
        local x
        for _ = 1, count do x = cnn.zeros(4, 4) end
        local grown = (resident_bytes() - before) / MB
        collectgarbage("incremental")
        check.that(grown < 100, string.format("grew by %.0f MB", grown))
        check.equal(x:numel(), 16)
    end)

    check.test("middling tensors that nobody keeps, " .. mode, function()
        collectgarbage(mode)
        collectgarbage()
        local before = resident_bytes()
        local x
        for _ = 1, sanitized and 500 or 20000 do x = cnn.ones(100, 100) end
        local grown = (resident_bytes() - before) / MB
        collectgarbage("incremental")
        check.that(grown < 200, string.format("grew by %.0f MB", grown))
        check.equal(x:sum():item(), 10000.0)
    end)
end

local function trainer(width, batch)
    local net = nets.Net(width)
    local opt = optim.SGD { net:parameters(), lr = 0.01, momentum = 0.9 }
    local y = cnn.randint(1, 10, { batch })
    return function()
        local x = cnn.rand(batch, 1, 28, 28)
        local loss = F.cross_entropy(net(x), y)
        opt:zero_grad()
        loss:backward()
        opt:step()
        core.safe_point()
        return loss
    end
end

check.test("a training loop's peak is that of one step", function()
    local step = trainer(16, 64)
    step()
    step()
    collectgarbage()
    collectgarbage()
    core.memory_reset_peak()
    step()
    local one = core.memory().peak_bytes
    collectgarbage()
    core.memory_reset_peak()
    for _ = 1, 12 do step() end
    local many = core.memory().peak_bytes
    check.that(many <= 1.1 * one + 64 * MB, string.format("peak %.1f MB; one step %.1f MB", many / MB, one / MB))
end)

check.test("a warm training loop asks the system for nothing", function()
    local step = trainer(8, 32)
    for _ = 1, 60 do step() end -- until the collector has found its rhythm
    local before = core.memory().system_allocations
    for _ = 1, 60 do step() end
    local asked = core.memory().system_allocations - before
    check.that(asked <= 3, asked .. " times in 60 steps") -- a collection that comes a step later adds one
end)

check.test("an error, a break and a dropped coroutine leave nothing behind", function()
    collectgarbage()
    collectgarbage()
    local before = core.memory().live_bytes
    for _ = 1, 20 do
        pcall(function()
            local x = cnn.rand(200, 200):requires_grad_()
            local y = (x * x):sum()
            error { y }
        end)
        local routine = coroutine.wrap(function()
            local x = cnn.rand(200, 200)
            coroutine.yield(x * 2)
        end)
        routine()
    end
    collectgarbage()
    collectgarbage()
    local left = core.memory().live_bytes - before
    check.that(left <= 0, left .. " bytes are left")
end)

check.test("a graph is freed by backward, and by dropping it", function()
    collectgarbage()
    collectgarbage()
    local before = core.memory().live_bytes
    local x = cnn.rand(100, 100):requires_grad_()
    local y = x
    for _ = 1, 200 do y = y * 1.01 end
    y = nil
    collectgarbage()
    collectgarbage()
    check.that(core.memory().live_bytes - before <= 100 * 100 * 4 + 4096, "a dropped graph keeps memory")
    check.equal(x.grad, nil)
end)

check.test("a constant changed in place by what requires a gradient does not hold itself", function()
    local w = cnn.ones(1000):requires_grad_()
    collectgarbage()
    collectgarbage()
    local before = core.memory().live_bytes
    for _ = 1, 5 do cnn.ones(1000):mul_(w) end
    for _ = 1, 5 do
        local c = cnn.ones(1000)
        c:add_(c * w)
    end
    collectgarbage()
    collectgarbage()
    check.that(core.memory().live_bytes - before <= 0, "the constants are still there")
end)
