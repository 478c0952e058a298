-- SPDX-License-Identifier: MIT
-- The test harness: a file of tests requires it, and this file runs such files.
--
--   ./cnnsh tests/check.lua tests/ops/conv2d.lua ["part of a test's name"]
--
-- A test fails by raising an error; the checks below raise one that shows both sides. Every test starts from a seed of
-- its own, taken from the file's name (or CNN_TEST_SEED=number|random) and printed when it fails, so that it can be
-- repeated. Tests run at once, in order. The last line printed, `check: …`, is what tests/run.lua adds up.
local M = { passed = 0, failed = 0, skipped = 0 }

local SKIP = {} -- marks the error that check.skip raises
local current   -- the running test, or nil
local only      -- run tests whose name contains this
local base_seed = 1
local temporary = {}

local function core()
    return package.loaded["cnn.core"]
end

local function is_tensor(v)
    return type(v) == "userdata" and core() and core().is_tensor(v)
end

-- ---- showing values ------------------------------------------------------------------------------------------------

local function show(v, depth)
    depth = depth or 0
    if type(v) == "string" then return string.format("%q", v) end
    if type(v) == "number" and math.type(v) == "float" then return string.format("%.9g", v) end
    local mt = getmetatable(v)
    if type(v) ~= "table" or type(mt) == "table" and mt.__tostring then return tostring(v) end
    if depth > 3 then return "{…}" end
    local parts, seen = {}, {}
    for i, item in ipairs(v) do parts[i], seen[i] = show(item, depth + 1), true end
    local keys = {}
    for k in pairs(v) do if not seen[k] then keys[#keys + 1] = k end end
    table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
    for _, k in ipairs(keys) do parts[#parts + 1] = tostring(k) .. "=" .. show(v[k], depth + 1) end
    if #parts > 40 then parts = { table.unpack(parts, 1, 40) }; parts[41] = "…" end
    return "{" .. table.concat(parts, ", ") .. "}"
end
M.show = show

function M.fail(format, ...)
    error(select("#", ...) > 0 and string.format(format, ...) or format, 0)
end

-- ---- checks --------------------------------------------------------------------------------------------------------

function M.that(condition, message)
    if not condition then M.fail(message or "the condition does not hold") end
    return condition
end

local function sizes(x)
    local list = {}
    for i, n in ipairs(x.shape) do list[i] = math.tointeger(n) or n end
    return list
end

local function same(a, b)
    if a == b then return true end
    if a ~= a and b ~= b then return true end
    if type(a) ~= "table" or type(b) ~= "table" then return false end
    for k, v in pairs(a) do if not same(v, b[k]) then return false end end
    for k in pairs(b) do if a[k] == nil then return false end end
    return true
end

-- The elements of a number, a nested table or a tensor, row-major, and the shape as text.
local function elements(v)
    if type(v) == "number" or type(v) == "boolean" then return { v }, "[]" end
    local list = {}
    if is_tensor(v) then
        local get, n = core().get, 1
        for _, size in ipairs(v.shape) do n = n * size end
        for i = 1, n do list[i] = get(v, i) end
        return list, "[" .. table.concat(sizes(v), ", ") .. "]"
    end
    local dims = {}
    local function walk(t, depth)
        if type(t) ~= "table" then list[#list + 1] = t return end
        dims[depth] = #t
        for i = 1, #t do walk(t[i], depth + 1) end
    end
    walk(v, 1)
    return list, "[" .. table.concat(dims, ", ") .. "]"
end
M.elements = elements

-- Place of a flat position in a shape given as text, for messages.
local function place(position, shape)
    local dims, index = {}, {}
    for n in shape:gmatch("%d+") do dims[#dims + 1] = tonumber(n) end
    local rest = position - 1
    for i = #dims, 1, -1 do
        index[i] = rest % dims[i] + 1
        rest = rest // dims[i]
    end
    return "[" .. table.concat(index, ", ") .. "]"
end

-- Equal to the last bit: numbers, strings, tables (deep), tensors (dtype, shape, elements). NaN equals NaN.
function M.equal(got, want, what)
    what = what and what .. ": " or ""
    if is_tensor(got) and is_tensor(want) then
        if got.dtype ~= want.dtype then M.fail("%sdtype %s, expected %s", what, got.dtype, want.dtype) end
        return M.close(got, want, { rtol = 0, atol = 0, what = what })
    end
    if not same(got, want) then M.fail("%sgot      %s\n  expected %s", what, show(got), show(want)) end
end

-- Close in every element: |got - want| <= atol + rtol * |want|. Both may be numbers, nested tables or tensors.
-- options: rtol (1e-5), atol (1e-6), scale: a tensor or table like `want` used instead of |want| (the sum of the terms'
-- magnitudes where sums cancel), what: a name for messages.
function M.close(got, want, options)
    local o = options or {}
    local rtol, atol = o.rtol or 1e-5, o.atol or 1e-6
    local what = o.what and o.what .. ": " or ""
    local a, a_shape = elements(got)
    local b, b_shape = elements(want)
    if a_shape ~= b_shape then M.fail("%sshape %s, expected %s", what, a_shape, b_shape) end
    local scale = o.scale and elements(o.scale) or b
    local wrong, worst, where = 0, -1, nil
    for i = 1, #b do
        local x, y = a[i], b[i]
        if x ~= y and (x == x or y == y) then
            if type(x) == "boolean" or type(y) == "boolean" then
                wrong, where = wrong + 1, where or i
            else
                local difference, allowed = math.abs(x - y), atol + rtol * math.abs(scale[i])
                local excess = difference / allowed
                if not (difference <= allowed) or difference == math.huge then
                    wrong = wrong + 1
                    if excess ~= excess or excess > worst then worst, where = excess, i end
                end
            end
        end
    end
    if wrong == 0 then return end
    M.fail("%s%d of %d elements differ (rtol %g, atol %g); worst at %s of %s: got %s, expected %s", what, wrong, #b, rtol,
        atol, place(where, b_shape), b_shape, show(a[where]), show(b[where]))
end

-- f(...) raises an error whose text contains each of the texts (plain, or as Lua patterns). Returns the error.
function M.fails(f, ...)
    local ok, e = pcall(f)
    if ok then M.fail("no error; expected one with %s", show({ ... })) end
    if e == SKIP or type(e) == "table" and e[SKIP] then error(e, 0) end
    M.match(tostring(e), ...)
    return e
end

function M.match(text, ...)
    for _, pattern in ipairs { ... } do
        if not text:find(pattern, 1, true) then
            local ok, found = pcall(string.find, text, pattern)
            if not (ok and found) then M.fail("%s\n  is not in: %s", show(pattern), text) end
        end
    end
end

-- ---- programs and files --------------------------------------------------------------------------------------------

-- A path for a temporary file, removed (with what is in it, if a test makes it a folder) when the tests end.
function M.temp(suffix)
    local path = os.tmpname()
    temporary[#temporary + 1] = path
    if not suffix then return path end
    temporary[#temporary + 1] = path .. suffix
    return path .. suffix
end

function M.read(path)
    local file = assert(io.open(path, "rb"))
    local text = file:read("a")
    file:close()
    return text
end

function M.write(path, text)
    local file = assert(io.open(path, "wb"))
    assert(file:write(text))
    assert(file:close())
    return path
end

-- The path of a file that exists, from the root of the file system.
function M.absolute(path)
    if path:sub(1, 1) == "/" then return path end
    local pipe = assert(io.popen("pwd"))
    local here = pipe:read("l")
    pipe:close()
    return here .. "/" .. path
end

function M.quote(text)
    return "'" .. tostring(text):gsub("'", "'\\''") .. "'"
end

-- Runs a shell command, or a list of words, with `input` as its standard input.
-- Returns { out=, err=, code=, signal= }: a signal's number instead of a code when it was killed.
function M.run(command, input)
    if type(command) == "table" then
        local words = {}
        for i, word in ipairs(command) do words[i] = M.quote(word) end
        command = table.concat(words, " ")
    end
    local out, err, source = M.temp(), M.temp(), "/dev/null"
    if input then source = M.write(M.temp(), input) end
    local _, kind, code = os.execute("( " .. command .. "\n) <" .. source .. " >" .. out .. " 2>" .. err)
    local result = { out = M.read(out), err = M.read(err) }
    if kind == "signal" then result.signal = code
    elseif code > 128 and code ~= 130 then result.signal = code - 128
    else result.code = code end
    return result
end

-- ---- tests ---------------------------------------------------------------------------------------------------------

-- Ends the running test as skipped; outside of a test, skips the rest of the file.
function M.skip(why)
    error({ [SKIP] = true, why = why }, 0)
end

local function handler(e)
    if type(e) == "table" and e[SKIP] then return e end
    local text = tostring(e)
    local trace = debug.traceback("", 2)
    trace = trace:gsub("\n[^\n]*tests/check%.lua:[^\n]*", ""):gsub("\n[^\n]*%[C%]:[^\n]*", ""):gsub("^%s*stack traceback:", "")
    return { text = text, trace = trace }
end

local function report(name, e)
    M.failed = M.failed + 1
    local seed = current and current.seed and "   (seed " .. math.tointeger(current.seed) .. ")" or ""
    io.write("FAIL ", M.file or "?", ": ", name, seed, "\n  ", (e.text:gsub("\n", "\n  ")), e.trace:gsub("\n%s*", "\n    "), "\n")
    io.flush()
end

-- Seeds Lua's generator and, when it is loaded, ours.
function M.seed(n)
    math.randomseed(n)
    if core() and core().seed then core().seed(n) end
end

-- Writes beside a tensor's memory, counted by the allocator when it runs with CNN_DEBUG_ALLOC=1.
local overruns = 0
local function guarded(f)
    f()
    if not core() then return end
    collectgarbage() -- red zones are looked at when memory is given back
    local now = core().memory().overruns or 0
    local more = now - overruns
    overruns = now
    if more > 0 then M.fail("%d tensors were written over their end", more) end
end

function M.test(name, f)
    if only and not name:find(only, 1, true) then return end
    M.count = (M.count or 0) + 1
    current = { name = name, seed = base_seed + M.count }
    M.seed(current.seed)
    local ok, e = xpcall(guarded, handler, f)
    if ok then
        M.passed = M.passed + 1
    elseif e[SKIP] then
        M.skipped = M.skipped + 1
        io.write("skip ", M.file or "?", ": ", name, ": ", tostring(e.why), "\n")
    else
        report(name, e)
    end
    current = nil
end

local function set_seed(file)
    local wanted = os.getenv("CNN_TEST_SEED")
    if wanted == "random" then
        base_seed = os.time() % 1000000
    elseif tonumber(wanted) then
        base_seed = math.tointeger(tonumber(wanted)) - 1 -- the first test gets the number itself
    else
        for byte in file:gmatch(".") do base_seed = (base_seed * 31 + byte:byte()) % 1000003 end
    end
end

local function run_file(file)
    M.file = file
    set_seed(file)
    local chunk, message = loadfile(file)
    if not chunk then return report("does not compile", { text = message, trace = "" }) end
    local ok, e = xpcall(chunk, handler)
    if ok then return end
    if e[SKIP] then
        M.skipped = M.skipped + 1
        io.write("skip ", file, ": ", tostring(e.why), "\n")
    else
        report("outside of its tests", e)
    end
end

-- Appends the text of every error that is made to a file, for tests/helpers/error_sites.lua.
local function log_errors(path)
    local errors = require "cnn.errors"
    local make, log = errors.make, assert(io.open(path, "ab"))
    function errors.make(fields, level)
        log:write((tostring(fields.text):gsub("\n", "\\n")), "\n")
        log:flush()
        return make(fields, (level or 1) + 1)
    end
end

local function main(file, name)
    local folder = arg[0]:match("^(.*)/[^/]*$") or "."
    package.path = folder .. "/?.lua;" .. package.path
    package.loaded.check = M
    M.root = folder .. "/.."
    M.cnnsh = arg[-1] or "./cnnsh" -- the program that runs the tests
    only = name
    if os.getenv("CNN_ERROR_LOG") then log_errors(os.getenv("CNN_ERROR_LOG")) end
    run_file(file)
    for _, path in ipairs(temporary) do
        if not os.remove(path) then os.execute("rm -rf " .. M.quote(path)) end -- a folder with something in it
    end
    io.write(string.format("check: %d passed, %d failed, %d skipped\n", M.passed, M.failed, M.skipped))
    os.exit(M.failed == 0, true)
end

if ... == "check" then return M end -- required as a module by something else than a test run
main(assert(arg[1], "usage: cnnsh tests/check.lua FILE [part of a test's name]"), arg[2])
