-- SPDX-License-Identifier: MIT
-- Runs every test and closes with `N passed, N failed, N skipped`.
--
--   lua5.4 tests/run.lua [--cnnsh PROGRAM] [--c FOLDER] [--timeout S] [part of a path …]
--
-- Each tests/**/*.lua (helpers/, golden/, what fuzz/ runs, and the two harness files apart) runs in a process of its own, so that a
-- crash is one failed file with its signal's name. Programs in the folder given by --c are the C tests: each prints
-- `N passed, N failed` on its last line, or counts as one test by its exit status. The exit status is 1 if anything failed.
-- A line `golden NAME VALUES: LEVEL=N …` says how many tensors of PyTorch's there are, and how many times one was compared with
-- ours (several layouts, both real types); a whole run needs 2,000 comparisons at every level.
local SIGNALS = { [4] = "SIGILL", [6] = "SIGABRT", [7] = "SIGBUS", [8] = "SIGFPE", [9] = "SIGKILL", [11] = "SIGSEGV", [13] = "SIGPIPE" }

local options = { cnnsh = "./cnnsh", timeout = "300", filters = {} }
do
    local i = 1
    while arg[i] do
        local name = arg[i]:match("^%-%-(%a+)$")
        if name then options[name], i = arg[i + 1], i + 2 else options.filters[#options.filters + 1], i = arg[i], i + 1 end
    end
end

local total = { passed = 0, failed = 0, skipped = 0 }

local function lines(command)
    local list, pipe = {}, assert(io.popen(command))
    for line in pipe:lines() do list[#list + 1] = line end
    pipe:close()
    return list
end

local function clock()
    return tonumber(lines("date +%s.%N")[1])
end

local function wanted(path)
    if #options.filters == 0 then return true end
    for _, filter in ipairs(options.filters) do if path:find(filter, 1, true) then return true end end
end

local function how_it_ended(kind, code)
    if kind == "exit" and code == 124 then return "took longer than " .. options.timeout .. " s" end
    local signal = kind == "signal" and code or code > 128 and code - 128
    if signal then return "killed by " .. (SIGNALS[signal] or "signal " .. signal) end
    return "exit status " .. code
end

local function add(passed, failed, skipped)
    total.passed, total.failed, total.skipped = total.passed + passed, total.failed + failed, total.skipped + skipped
end

-- Runs one program; `summary` finds its counts in the last lines of its output.
local function run(label, command, summary)
    local start = clock()
    local pipe = assert(io.popen("timeout " .. options.timeout .. " env " .. command .. " 2>&1 </dev/null"))
    local text = pipe:read("a")
    local _, kind, code = pipe:close()
    local passed, failed, skipped, body = summary(text, kind == "exit" and code == 0)
    local verdict
    if not passed or (failed == 0 and not (kind == "exit" and code == 0)) then
        failed, verdict = (failed or 0) + 1, "FAIL " .. label .. ": " .. how_it_ended(kind, code)
    end
    add(passed or 0, failed, skipped or 0)
    io.write(body or text)
    if verdict then io.write(verdict, "\n") end
    io.write(string.format("%-34s %4d passed%s%s %6.1f s\n", label, passed or 0, failed > 0 and ", " .. failed .. " FAILED" or "",
        (skipped or 0) > 0 and ", " .. skipped .. " skipped" or "", clock() - start))
    io.flush()
end

local golden, levels, values, GOLDEN = {}, {}, 0, 2000 -- comparisons by level, the levels in their order

local function count_golden(text)
    return (text:gsub("golden [%w_]+ (%d+): ([^\n]*)\n", function(tensors, counts)
        values = values + math.tointeger(tensors)
        for level, n in counts:gmatch("(%w+)=(%d+)") do
            if not golden[level] then golden[level], levels[#levels + 1] = 0, level end
            golden[level] = golden[level] + math.tointeger(n)
        end
        return ""
    end))
end

-- What was compared with PyTorch; too little of it is a failure, where all tests were to run.
local function report_golden()
    if #levels == 0 then return end
    local list = {}
    for i, level in ipairs(levels) do
        list[i] = level .. " " .. golden[level]
        if golden[level] < GOLDEN and #options.filters == 0 then
            io.write(string.format("FAIL only %d comparisons with PyTorch's values at the level %s\n", golden[level], level))
            add(0, 1, 0)
        end
    end
    io.write(string.format("compared with %d tensors of PyTorch's: %s\n", values, table.concat(list, ", ")))
end

local function lua_summary(text)
    text = count_golden(text)
    local body, p, f, s = text:match("^(.-)check: (%d+) passed, (%d+) failed, (%d+) skipped\n$")
    if p then return math.tointeger(p), math.tointeger(f), math.tointeger(s), body end
end

local function c_summary(text, ok)
    local body, p, f, rest = text:match("^(.-)(%d+) passed, (%d+) failed([^\n]*)\n$")
    if p then
        return math.tointeger(p), math.tointeger(f), math.tointeger(rest:match("(%d+) skipped") or 0), ok and "" or body
    end
    if ok then return 1, 0, 0, "" end
end

local start = clock()
for _, file in ipairs(lines("find tests -name '*.lua' | LC_ALL=C sort")) do
    local helper = file:find("^tests/helpers/") or file:find("^tests/golden/")
        or file:find("^tests/fuzz/") and file ~= "tests/fuzz/replay.lua" or file == "tests/check.lua" or file == "tests/run.lua"
    if not helper and wanted(file) then
        local guards = file:find("^tests/ops/") and "CNN_DEBUG_ALLOC=1 " or "" -- red zones around every tensor
        run(file:match("^tests/(.*)$"), guards .. options.cnnsh .. " tests/check.lua " .. file, lua_summary)
    end
end
if options.c then
    for _, file in ipairs(lines("find " .. options.c .. " -type f -executable 2>/dev/null | LC_ALL=C sort")) do
        if wanted(file) then run("c/" .. file:match("[^/]*$"), file, c_summary) end
    end
end
io.write("\n")
report_golden()
io.write(string.format("total time %.0f s\n", clock() - start))
io.write(string.format("%d passed, %d failed, %d skipped\n", total.passed, total.failed, total.skipped))
os.exit(total.failed == 0)
