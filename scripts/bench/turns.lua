-- SPDX-License-Identifier: MIT
-- Two programs measured in turns: each runs as a server that is asked for one case at a time (worker.lua, peer.py), so that
-- neither profits from a machine that is warmer, or quieter, than it was for the other, and neither starts anew each time.
--
-- A way is {side, request}: what is asked of whom. All ways of a row take a turn, then all again; a row's figure is the
-- median of every repetition of every turn, its spread the lowest and highest median of a turn.
local turns = {}

--- What a command prints, or nil where it failed.
function turns.output(command)
    local pipe = assert(io.popen(command))
    local text = pipe:read("a")
    return pipe:close() and text or nil
end

function turns.median(list)
    local sorted = table.move(list, 1, #list, 1, {})
    table.sort(sorted)
    return (sorted[(#sorted + 1) // 2] + sorted[#sorted // 2 + 1]) / 2
end

local Side = {}
Side.__index = Side

--- Starts a server. Requests go by its standard input, answers come by a named pipe.
function turns.start(command)
    local path = os.tmpname()
    os.remove(path)
    assert(os.execute("mkfifo " .. path), "mkfifo failed")
    local input = assert(io.popen(command .. " >" .. path, "w"))
    local answers = assert(io.open(path))
    os.remove(path)
    return setmetatable({ input = input, answers = answers, command = command }, Side)
end

function Side:ask(line)
    self.input:write(line, "\n")
    self.input:flush()
    local answer = self.answers:read("l") or "error it ended"
    local text = answer:match("^ok (.*)$")
    return text, answer:match("^error (.*)$")
end

function Side:stop()
    self.input:close()
    self.answers:close()
end

local function request_line(request, schedule)
    local parts = {}
    for _, fields in ipairs { request, schedule } do
        for key, value in pairs(fields) do parts[#parts + 1] = ("%s=%s"):format(key, value) end
    end
    return table.concat(parts, " ")
end

local function numbers(text)
    local list = {}
    for word in text:gmatch("%S+") do list[#list + 1] = tonumber(word) end
    return list
end

--- Measures all ways in turns. schedule: {turns, budget (seconds of a turn), least, most (repetitions), warm (steps before the
--- first turn; others begin with one)}. Gives for each way
--- {median, low, high} in seconds, or {error = text}.
function turns.measure(ways, schedule)
    local results = {}
    for i in ipairs(ways) do results[i] = { all = {}, medians = {} } end
    for turn = 1, schedule.turns do
        for i, way in ipairs(ways) do
            local r = results[i]
            if not r.error then
                local text, problem = way[1]:ask(request_line(way[2], { warm = turn == 1 and schedule.warm or 1,
                    budget = schedule.budget, least = schedule.least or 3, most = schedule.most or 1000 }))
                r.error = problem
                local times = numbers(text or "")
                table.move(times, 1, #times, #r.all + 1, r.all)
                r.medians[turn] = text and turns.median(times)
            end
        end
    end
    for _, r in ipairs(results) do
        if not r.error then
            r.median, r.low, r.high = turns.median(r.all), math.min(table.unpack(r.medians)), math.max(table.unpack(r.medians))
        end
    end
    return results
end

--- The fastest of results[first … last]; nil if none ran.
function turns.best(results, first, last)
    local best
    for i = first, last do
        local r = results[i]
        if r and r.median and (not best or r.median < best.median) then best = r end
    end
    return best
end

return turns
