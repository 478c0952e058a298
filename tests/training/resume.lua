-- SPDX-License-Identifier: MIT
-- A training that is killed with SIGKILL at random moments and goes on each time ends with the bits of the unbroken run, at
-- any number of workers. CNN_TEST_KILLS=20 kills it that many times in a longer training.
local check = require "check"
local cnn = require "cnn"

local kills = tonumber(os.getenv("CNN_TEST_KILLS")) or 5
local epochs = kills > 5 and 2 * kills or 4
local script = check.quote(check.root .. "/tests/helpers/resumable.lua")

local function command(path, result, workers)
    return ("CNN_NUM_THREADS=1 exec %s %s %s %s %d %d"):format(check.quote(check.cnnsh), script, path, result, epochs, workers)
end

local function exists(path)
    local file = io.open(path)
    return file and file:close() and true
end

local function fresh()
    local path = check.temp()
    os.remove(path)
    return path
end

-- Starts the training and kills it after so many seconds; whether it was still at work.
local function kill_after(seconds, path, result, workers)
    local shell = "sh -c %s >/dev/null 2>&1 & pid=$!; sleep %.4f; kill -9 $pid 2>/dev/null && echo killed; wait $pid 2>/dev/null; true"
    return check.run(shell:format(check.quote(command(path, result, workers)), seconds)).out:find("killed") ~= nil
end

local function run_to_the_end(path, result, workers)
    local r = check.run(command(path, result, workers))
    if r.code ~= 0 then check.fail("status %s, signal %s: %s", tostring(r.code), tostring(r.signal), r.err) end
end

check.test("killed and resumed, again and again: the same bits as in one go", function()
    local clock = cnn.clock
    local one_path, one = fresh(), fresh()
    local start = clock()
    run_to_the_end(one_path, one, 0)
    local whole = clock() - start
    start = clock()
    check.run { check.cnnsh, "-e", "require 'cnn'" }
    local startup = clock() - start

    local path, result, hits, steps = fresh(), fresh(), 0, {}
    for i = 1, kills do
        -- long enough to get somewhere, short enough to be killed in the middle
        if exists(result) then break end
        local seconds = startup + 0.02 + math.random() * math.max(whole - startup, 0.1) * 1.5 / kills
        if kill_after(seconds, path, result, i % 2 * 2) then hits = hits + 1 end
        if exists(path) then steps[#steps + 1] = cnn.load(path).scheduler.last_epoch end -- whole, whenever it happened
    end
    if not exists(result) then run_to_the_end(path, result, 1) end
    check.that(hits >= 2, "only " .. hits .. " of the kills hit")
    if kills > 5 then print(hits .. " kills, behind the steps " .. table.concat(steps, ", ")) end

    local got, want = cnn.load(result), cnn.load(one)
    for name, tensor in pairs(want.model) do check.equal(got.model[name], tensor, name) end
    for i, entry in ipairs(want.optimizer.state) do
        check.equal(got.optimizer.state[i].exp_avg_sq, entry.exp_avg_sq)
        check.equal(got.optimizer.state[i].step, entry.step)
    end
    check.equal(got.total, want.total)
    check.equal(got.generator, want.generator)
    check.equal(got.scheduler, want.scheduler)
    check.equal(check.run(("rm -f %s* %s*"):format(path, one_path)).code, 0)
end)
