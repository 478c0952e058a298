-- SPDX-License-Identifier: MIT
-- Ctrl-C ends a script within a second with status 130, whatever is running: kernels, loops, coroutines, pcall in a loop.
local check = require "check"

local busy = "local function busy() while true do end end\n"
local cases = {
    ["a loop"] = busy .. "busy()",
    ["a coroutine"] = busy .. "coroutine.wrap(busy)()",
    ["a coroutine under resume"] = busy .. "while true do coroutine.resume(coroutine.create(busy)) end",
    ["coroutines in coroutines"] = busy .. "coroutine.wrap(function() coroutine.wrap(busy)() end)()",
    ["pcall in a loop"] = busy .. "while true do pcall(busy) end",
    ["pcall in a coroutine"] = busy .. "coroutine.wrap(function() while true do pcall(busy) end end)()",
    ["kernels under pcall"] = [[
        local x = cnn.randn(500, 500)
        while true do pcall(function() return x:mm(x) end) end]],
    ["many small ops"] = "local x = cnn.ones(3) while true do x = x * 1 end",
    ["a pattern that tries everything"] = 'return ("a"):rep(60000):find(".-.-.-.-b")',
    ["such a pattern under pcall in a coroutine"] = [[
        coroutine.wrap(function() while true do pcall(string.match, ("a?"):rep(40), ("a?"):rep(40) .. ("%a"):rep(40) .. "$") end end)()]],
    ["cleaning up"] = busy .. 'local guard <close> = setmetatable({}, {__close = function() print("closed") end}) busy()',
}

local names = {}
for name in pairs(cases) do names[#names + 1] = name end
table.sort(names)

for _, name in ipairs(names) do
    check.test("Ctrl-C in " .. name, function()
        local path = check.write(check.temp(".lua"), 'local cnn = require "cnn"\n' .. cases[name])
        local r = check.run("timeout --preserve-status -s INT -k 20 0.7 ./cnnsh " .. path)
        check.equal({ r.code, r.signal }, { 130, nil }, r.err)
        if name == "cleaning up" then check.equal(r.out, "closed\n") end
    end)
end

check.test("find and match give what Lua's own give, guarded or not", function()
    local long = ("ab"):rep(3000) .. "c"
    check.equal({ long:find("(b)c$") }, { 6000, 6001, "b" })
    check.equal({ long:find("a-b-c") }, { 5999, 6001 })
    check.equal({ long:match("()(b*)(c?)$", -2) }, { 6000, "b", "c" })
    check.equal({ long:match("^(.-)c()") }, { ("ab"):rep(3000), 6002 })
    check.equal({ long:find("x-y"), long:match("%b()") }, {})
    check.equal({ long:find("c", 1, true), long:find(".-", 9999) }, { 6001, nil })
    local _, message = pcall(function() return long:find("a-[b*") end)
    check.match(message, "^tests/lua/interrupt%.lua:%d+: malformed pattern %(missing '%]'%)$")
    check.match(select(2, pcall(string.find, long, "a-%")), "^malformed pattern %(ends with '%%'%)$")
    check.match(select(2, pcall(function() return string.match({}, "a-") end)), "bad argument #1 to 'match'")
end)

check.test("a long table is sorted by Lua, which can be stopped; the order is the same", function()
    local path = check.write(check.temp(".lua"), [[
        local list, seen = {}, 0
        for i = 1, 1000001 do list[i] = i * 7919 % 1000003 end
        debug.sethook(function() seen = seen + 1 end, "", 10000)
        table.sort(list)
        debug.sethook()
        for i = 2, #list do assert(list[i - 1] < list[i]) end
        print(seen > 1000, select(2, pcall(table.sort, { 1, "x" })))]])
    check.equal(check.run({ check.cnnsh, path }).out, "true\tattempt to compare string with number\n")
end)

check.test("coroutines behave as Lua's own", function()
    local core = require "cnn.core"
    core.catch_interrupts()
    local co = coroutine.create(function(a, b)
        local c = coroutine.yield(a + b)
        error({ c })
    end)
    check.equal({ coroutine.resume(co, 1, 2) }, { true, 3 })
    local ok, e = coroutine.resume(co, 5)
    check.equal({ ok, e[1], coroutine.status(co) }, { false, 5, "dead" })
    check.equal({ coroutine.resume(co) }, { false, "cannot resume dead coroutine" })
    local generate = coroutine.wrap(function() for i = 1, 2 do coroutine.yield(i) end end)
    check.equal({ generate(), generate(), generate() }, { 1, 2 })
    check.fails(generate, "cannot resume dead coroutine")
    check.fails(coroutine.wrap(function() error("broken") end), "broken")
    local closed = false
    pcall(coroutine.wrap(function()
        local guard <close> = setmetatable({}, { __close = function() closed = true end })
        error("x")
    end))
    check.that(closed, "a failed coroutine.wrap leaves <close> variables open")
    check.fails(function() coroutine.resume(5) end, "coroutine expected")
    check.fails(function() coroutine.wrap(5) end, "function expected")
end)

local function held(body, seconds)
    local path = check.write(check.temp(".lua"), 'local cnn = require "cnn"\n' .. body)
    return check.run(("timeout --preserve-status -s INT -k 20 %s ./cnnsh %s"):format(seconds or "0.4", path))
end

check.test("a held Ctrl-C waits until the program asks", function()
    local r = held [[
        local ctrl_c <close> = cnn.hold_interrupt()
        local x, steps = cnn.randn(300, 300), 0
        while not ctrl_c:pending() do steps = steps + 1 x:mm(x) end
        x:mm(x)
        print(steps > 0 and "whole")
        os.exit(7, false)]]
    check.equal({ r.code, r.out }, { 7, "whole\n" }, r.err)
end)

check.test("releasing lets the one that waited stop the program; holds nest", function()
    local r = held [[
        local outer, inner = cnn.hold_interrupt(), cnn.hold_interrupt()
        while not outer:pending() do end
        inner:release()
        inner:release()
        print("still here")
        outer:release()
        while true do end]]
    check.equal({ r.code, r.out }, { 130, "still here\n" }, r.err)
end)

check.test("two quick ones are one", function()
    local path = check.write(check.temp(".lua"), [[
        local cnn = require "cnn"
        local ctrl_c <close> = cnn.hold_interrupt()
        while not ctrl_c:pending() do end
        local start = cnn.clock()
        while cnn.clock() - start < 0.15 do end
        print("saved")
        os.exit(7, false)]])
    local r = check.run(("./cnnsh %s & p=$!; sleep 0.3; for i in 1 2 3; do kill -INT $p; sleep 0.02; done; wait $p"):format(path))
    check.equal({ r.code, r.out }, { 7, "saved\n" }, r.err)
end)

check.test("a second Ctrl-C is answered at once", function()
    local path = check.write(check.temp(".lua"), [[
        local cnn = require "cnn"
        local ctrl_c <close> = cnn.hold_interrupt()
        print("ready") io.flush()
        while true do end]])
    local r = check.run(("./cnnsh %s & p=$!; sleep 0.3; kill -INT $p; sleep 0.6; kill -0 $p && kill -INT $p; wait $p"):format(path))
    check.equal({ r.code, r.out }, { 130, "ready\n" }, r.err)
end)
