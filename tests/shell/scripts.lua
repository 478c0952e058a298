-- SPDX-License-Identifier: MIT
-- The program without a terminal: options, scripts, exit statuses, what goes to standard error.
local check = require "check"

local program = arg[-1]

-- Runs the program with these words; fails unless the exit status is `code`.
local function run(code, words, input)
    local r = check.run({ program, table.unpack(words) }, input)
    if r.code ~= code then check.fail("exit status %s, signal %s, expected %d\n%s", r.code, r.signal, code, r.err) end
    return r
end

local function script(text)
    return check.write(check.temp(".lua"), text)
end

check.test("a script gets its arguments as in lua", function()
    local path = script 'print(arg[0], arg[1], arg[2], #arg, ...)'
    check.equal(run(0, { path, "a b", "-x" }).out, path .. "\ta b\t-x\t2\ta b\t-x\n")
    local r = run(0, { "-W", "--", path })
    check.equal(r.out, path .. "\tnil\tnil\t0\n")
    check.equal(run(0, { "-e", "print(arg[0] == arg[-0], arg[1])" }).out, "true\t-e\n")
end)

check.test("standard input is a script where it is no terminal", function()
    check.equal(run(0, {}, "print(1 + 1)").out, "2\n")
    check.equal(run(0, { "-", "x", "y" }, "print(...)").out, "x\ty\n")
    check.equal(run(0, {}, "").out, "")
    check.equal(run(1, {}, "local x = = 2").err, "cnnsh: stdin:1: unexpected symbol near '='\n  local x = = 2\n            ^\n")
    check.equal(run(1, {}, "#!/usr/bin/cnnsh\nx = 1\nprnt(x)\n").err, "cnnsh: stdin:3: attempt to call a nil value (global 'prnt'); "
        .. "did you mean print?\nstack traceback:\n\tstdin:3: in main chunk\n\t  prnt(x)\n\t  ^^^^\n")
    check.equal(run(0, { "-", "a" }, "print(... , io.read())").out, "a\tnil\n")
    check.equal(run(0, {}, "print(#'" .. ("x"):rep(100000) .. "')").out, "100000\n")
end)

check.test("-e and -l act in their order, before the script", function()
    check.equal(run(0, { "-e", "x = 1", "-e", "print(x)", "-ex = x + 1", script "print(x)" }).out, "1\n2\n")
    local folder = check.temp()
    os.remove(folder)
    os.execute("mkdir " .. folder)
    check.write(folder .. "/shapes.lua", "print 'loaded' return {n = 7}")
    local there = ("cd %s && %s/cnnsh "):format(folder, io.popen("pwd"):read())
    if program:sub(1, 1) == "/" then there = ("cd %s && %s "):format(folder, program) end
    check.equal(check.run(there .. "-l shapes -e 'print(shapes.n)'").out, "loaded\n7\n")
    check.equal(check.run(there .. "-e 'print(s)' -l s=shapes -e 'print(s.n)'").out, "nil\nloaded\n7\n")
    check.match(run(1, { "-l", "no_such_module" }).err, "module 'no_such_module' not found")
end)

check.test("a script finds its siblings from anywhere", function()
    local folder = check.temp()
    os.remove(folder)
    os.execute("mkdir " .. folder)
    check.write(folder .. "/helper.lua", "return 'found'")
    check.write(folder .. "/main.lua", "print((require 'helper'))")
    check.equal(run(0, { folder .. "/main.lua" }).out, "found\n")
end)

check.test("errors: exit status 1, message and the user's lines", function()
    local path = script "local function f(x)\n  return x + {}\nend\nlocal y = f(1)\n"
    local r = run(1, { path })
    check.equal(r.out, "")
    check.match(r.err, ("cnnsh: %s:2: attempt to perform arithmetic on a table value"):format(path), "stack traceback:",
        path .. ":2: in local 'f'", path .. ":4: in main chunk")
    check.that(not r.err:find("[C]", 1, true), "frames of C are shown")
    check.match(run(1, { script "x = (\n" }).err, ":2: unexpected symbol near <eof>")
    check.match(run(1, { "no_such_file.lua" }).err, "cnnsh: cannot open no_such_file.lua")
    check.match(run(1, { "-e", "error{}" }).err, "(error object is a table value)")
    check.match(run(1, { "-e", "error()" }).err, "(error object is a nil value)")
    check.match(run(1, { "-e", "error('plain', 0)" }).err, "cnnsh: plain\n")
    local speaks = "error(setmetatable({}, {__tostring = function() return 'a table speaks' end}))"
    check.match(run(1, { "-e", speaks }).err, "cnnsh: a table speaks\n", "%(command line%):1: in main chunk")
    check.match(run(1, { "-e", "error(setmetatable({}, {__tostring = error}))" }).err, "(error object is a table value)")
end)

check.test("frames of the library are not the user's", function()
    local path = script 'local cnn = require "cnn"\nlocal function go()\n  local c = cnn.nn.Conv2d(3, "x", 5)\nend\ngo()\n'
    local r = run(1, { path })
    check.match(r.err, path .. ":3: in ", path .. ":5: in main chunk")
    check.that(not r.err:find("lua/cnn", 1, true), "frames of lua/cnn are shown:\n" .. r.err)
end)

check.test("a stack overflow is an error like any other", function()
    local r = run(1, { "-e", "local function f() return 1 + f() end f()" })
    check.match(r.err, "stack overflow", "frames%)", "in main chunk")
    check.that(#r.err < 3000, "the traceback is long: " .. #r.err)
    check.match(run(1, { "-e", "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k] end print(t.x)" })
        .err, "stack overflow")
end)

check.test("wrong options: usage and status 1", function()
    check.match(run(1, { "-z" }).err, "unknown option '-z'", "usage: cnnsh")
    check.match(run(1, { "-e" }).err, "'-e' needs an argument")
    check.match(run(0, { "-h" }).out, "usage: cnnsh", "-l MODULE")
    check.match(run(0, { "-v" }).out, "^cnnsh %d+%.%d+%.%d+ %(Lua 5%.4")
end)

check.test("the lab says that it is not there", function()
    check.match(run(0, { "lab" }).out, "not in this version", "examples/conv_sizes.lua")
    check.match(run(1, { "lab", "1" }).err, "no lesson '1'")
end)

check.test("LUA_INIT runs first, unless -E", function()
    local r = check.run("LUA_INIT='x = 5' " .. program .. " -e 'print(x)'")
    check.equal(r.out, "5\n")
    check.equal(check.run("LUA_INIT='x = 5' " .. program .. " -E -e 'print(x)'").out, "nil\n")
    check.equal(check.run("LUA_INIT='error(1)' " .. program .. " -e 'print(x)'").code, 1)
end)

check.test("-e has the library's names, scripts have not", function()
    check.equal(run(0, { "-e", "print(cnn == require 'cnn', nn == cnn.nn, F == nn.functional, optim == cnn.optim)" }).out,
        "true\ttrue\ttrue\ttrue\n")
    check.equal(run(0, { script "print(cnn, nn)" }).out, "nil\tnil\n")
    check.equal(run(0, { "-e", "print(package.loaded.cnn, package.loaded['cnn.core'])" }).out, "nil\tnil\n")
end)

check.test("output that can't be written is a failure; a closed pipe ends quietly", function()
    check.equal(check.run(program .. " -e 'print(1)' > /dev/full").code, 1)
    local r = check.run(program .. " -e 'for i = 1, 1e6 do print(i) end' | head -n 1")
    check.equal({ r.out, r.err }, { "1\n", "" })
end)

-- Runs code, sends SIGINT after a moment; returns the result and how long the program took to end after it.
local function interrupt(code)
    local path = script(code)
    local r = check.run(("timeout --preserve-status -s INT 0.5 %s %s"):format(program, path))
    check.equal(r.code, 130, r.err)
    check.match(r.err, "cnnsh: interrupted")
    return r, path
end

check.test("an interrupt ends a script with 130 and the user's line", function()
    local r, path = interrupt "local n = 0\nwhile true do\n  n = n + 1 end\n"
    check.match(r.err, path .. ":[23]: in main chunk")
    interrupt "coroutine.wrap(function() while true do end end)()"
    interrupt "local function f() while true do end end while true do pcall(f) end"
    interrupt "local co = coroutine.create(function() while true do pcall(error) end end) while true do coroutine.resume(co) end"
    interrupt "io.popen('sleep 3'):read('a')"
    interrupt "table.sort({3, 1, 2}, function() while true do end end)"
end)

check.test("an interrupt ends native work", function()
    interrupt [[local cnn = require "cnn"
        local x = cnn.randn(800, 800)
        while true do pcall(function() x = x:matmul(x) end) end]]
    interrupt [[local cnn = require "cnn"
        local x, conv = cnn.randn(64, 16, 64, 64), cnn.nn.Conv2d(16, 64, 7)
        while true do conv(x) end]]
end)

check.test("the start is quick and small", function()
    local best = math.huge -- of ten: what else the machine does should not count
    for _ = 1, 10 do
        local a, b = check.run("date +%s%N; " .. program .. " -e ''; date +%s%N").out:match("(%d+)\n(%d+)")
        best = math.min(best, (b - a) / 1e6)
    end
    local kb = check.run({ program, "-e", "for l in io.lines('/proc/self/status') do print(l:match('VmHWM:%s+(%d+)')) end" })
        .out:match("%d+")
    print(("start of -e '': %.1f ms, %.1f MB"):format(best, kb / 1024))
    if not os.getenv("CNN_TEST_SANITIZED") then check.that(best < 200, "far too slow") end
end)

check.test("waiting threads spin for a moment only, unless the user says otherwise; children inherit nothing", function()
    local function spins(settings)
        return check.run(("%s OMP_DISPLAY_ENV=VERBOSE %s -e ''"):format(settings, program)).err:match("GOMP_SPINCOUNT = '(%d+)'[^']*$")
    end
    check.equal(spins "env -u GOMP_SPINCOUNT -u OMP_WAIT_POLICY -u OMP_PROC_BIND -u OMP_PLACES", "3000")
    check.equal(spins "env -i", "3000")
    check.equal(spins "env -i PWD=/", "3000")
    check.equal(spins "env GOMP_SPINCOUNT=77", "77")
    local function threads(settings)
        return check.run(("env -u CNN_NUM_THREADS %s %s -e 'print(require [[cnn.core]].threads())'"):format(settings, program)).out
    end
    check.equal(threads "OMP_PROC_BIND=true", threads "", "threads that are tied to cores have all of them")
    local inherited = check.run("USER=me " .. program .. " -e 'os.execute [[env]]'").out
    check.equal(inherited:match("GOMP_SPINCOUNT=3000") or inherited:match("CNN_OPENMP_SETTLED"), nil)
    check.match(inherited, "\nPWD=/", "\nUSER=me\n")
    check.equal(check.run("env -i USER=me " .. program .. " -e 'os.execute [[env]]'").out:match("USER=me"), "USER=me")
end)
