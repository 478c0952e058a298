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

-- Kills until there is a result or enough of it, then lets it end. Seconds are on average those of one try. How often it
-- was killed in the middle, and behind which steps.
local function train(path, result, seconds)
    local hits, steps = 0, {}
    for i = 1, kills do
        if exists(result) then break end
        if kill_after(seconds * (0.1 + 1.8 * math.random()), path, result, i % 2 * 2) then hits = hits + 1 end
        if exists(path) then steps[#steps + 1] = cnn.load(path).scheduler.last_epoch end -- whole, whenever it happened
    end
    if not exists(result) then run_to_the_end(path, result, 1) end
    return hits, steps
end

local function compare(got, want)
    for name, tensor in pairs(want.model) do check.equal(got.model[name], tensor, name) end
    for i, entry in ipairs(want.optimizer.state) do
        check.equal(got.optimizer.state[i].exp_avg_sq, entry.exp_avg_sq)
        check.equal(got.optimizer.state[i].step, entry.step)
    end
    check.equal(got.total, want.total)
    check.equal(got.generator, want.generator)
    check.equal(got.scheduler, want.scheduler)
end

check.test("killed and resumed, again and again: the same bits as in one go", function()
    local path, whole = fresh(), fresh()
    local start = cnn.clock()
    run_to_the_end(path, whole, 0)
    local seconds = (cnn.clock() - start) / kills
    local want, hits, steps = cnn.load(whole), 0, nil
    check.run(("rm -f %s*"):format(path))
    -- a machine that was busy while the whole was timed lets later ones end before they are killed: then sooner
    for _ = 1, 6 do
        local again, result = fresh(), fresh()
        hits, steps = train(again, result, seconds)
        compare(cnn.load(result), want)
        check.run(("rm -f %s*"):format(again))
        if hits >= 2 then break end
        seconds = seconds / 3
    end
    check.that(hits >= 2, "only " .. hits .. " of the kills hit")
    if kills > 5 then print(hits .. " kills, behind the steps " .. table.concat(steps, ", ")) end
end)
