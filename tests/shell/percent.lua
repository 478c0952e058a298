-- SPDX-License-Identifier: MIT
-- The commands at the prompt that begin with % and !, typed in a pseudo-terminal.
local check = require "check"
local terminal = require "helpers.terminal"

local function write(path, text)
    check.write(path, text)
    return path
end

check.test("%lsmagic lists them; names may be shortened; a misspelt one is said", function()
    local t <close> = terminal.start { columns = 40 }
    local list = t:enter("%lsmagic")
    for name in ("time timeit run who reset history save edit reload lsmagic xmode mem debug cd pwd pdb"):gmatch("%S+") do
        check.match(list, "%%" .. name .. "%f[^%a]")
    end
    check.equal(t:enter("%tme 1"), "there is no command %tme; did you mean %time?")
    check.match(t:enter("%nothing"), "%%lsmagic lists them")
    check.match(t:enter("%"), "there is no command %%;")
    check.equal(t:enter("%xm plain"), "errors are shown in mode plain")
    check.match(t:enter("%time?"), "^%%time STATEMENT\n")
    check.match(t:enter("?%run"), "^%%run %[%-i%] %[%-t%] FILE")
    for line in list:gmatch("[^\n]+") do check.that(utf8.len(line) <= 40, line) end
    t:send("%lsm\t\r") -- completes
    t:expect("%lsmagic\n")
    t:expect("\n> ")
    t:send("%time string.form\t('%d', 7)\r")
    t:expect("string.format('%d', 7)\n")
    check.match(t:expect("\n> "), "\n7$")
end)

check.test("%time runs a statement, in the session, and says how long it took", function()
    local t <close> = terminal.start()
    local figures = "CPU times: user [%d.]+ %S+, sys: [%d.]+ %S+, total: [%d.]+ %S+\nWall time: [%d.]+ %S+"
    check.match(t:enter("%time 1 + 1"), "^" .. figures .. "\n2$")
    check.match(t:enter("%time local x = 5"), "^" .. figures .. "$")
    check.equal(t:enter("x, _1"), "5\t2")
    check.match(t:enter("%%time error('bad')"), "^input 4:1: bad\n  error%('bad'%)\n  ^^^^^\n" .. figures .. "$")
    check.match(t:enter("%time"), "%%time needs a statement")
    check.equal(t:enter("%time x = = 3"), "input 6:1: unexpected symbol near '='\n  x = = 3\n      ^")
    t:send("%time for i = 1, 2 do\r")
    t:expect(">> ")
    t:send("print(i)\r")
    t:expect(">> ")
    check.match(t:enter("end"), "^1\n2\nCPU times")
    check.match(t:enter("%time io.popen('sleep 0.3'):close();"), "Wall time: [3-9]%d%d ms$")
    t:send("%time while true do end\r")
    t:expect("end\n")
    os.execute("sleep 0.2")
    t:send("\3")
    check.match(t:expect("\n> "), "interrupted")
    check.equal(t:enter("x"), "5")
end)

check.test("%timeit repeats a statement, and leaves nothing", function()
    local t <close> = terminal.start()
    t:enter("n = 0")
    check.match(t:enter("%timeit -n 10 -r 3 n = n + 1"),
        "^[%d.e+]+ .?.?s ± [%d.e+-]+ .?.?s per loop %(mean ± std%. dev%. of 3 runs, 10 loops each%)$")
    check.equal(t:enter("n"), "30")
    check.match(t:enter("%timeit -n1 -r1 n + 1"), "of 1 run, 1 loop each")
    local text = t:enter("%timeit -r 1 os.execute('sleep 0.03')")
    check.match(text, "^%d[%d.]* ms .* of 1 run, 10 loops each")
    check.that(tonumber(text:match("^[%d.]+")) >= 30, text) -- a busy machine makes it longer
    check.match(t:enter("%timeit -n 1 n.x.y()"), "attempt to index", "n%.x%.y")
    check.match(t:enter("%timeit -n 0 n"), "numbers from 1")
    check.match(t:enter("%timeit -z n"), "no option %-z")
end)

check.test("%run leaves a script's globals and top-level locals; the session's are put aside", function()
    local folder = terminal.folder()
    write(folder .. "/helper.lua", "return 'helper'")
    write(folder .. "/lab.lua", [[
#!/usr/bin/env cnnsh
local net, name = {layers = 3}, ...
result = (result or 0) + 1
function twice(x) return result * 2 * x end
seen = own
words = {arg[0]:match("[^/]*$"), arg[1], arg[2], (require "helper")}
if name == "exit" then os.exit(3) end
if name == "fail" then
    local inner = 5
    error("broken")
end
]])
    local t <close> = terminal.start()
    t:enter("own, result = 1, 41")
    t:enter("local twice = 0")
    check.equal(t:enter("%run " .. folder .. "/lab.lua 'a b' c"), "")
    check.equal(t:enter("result, net.layers, name, seen, own"), "1\t3\ta b\tnil\t1")
    check.equal(t:enter("twice(10), words"), '20\t{"lab.lua", "a b", "c", "helper"}')
    t:enter("result = 5")
    check.equal(t:enter("twice(1)"), "10") -- one set of globals
    check.equal(t:enter("%run -i " .. folder .. "/lab"), "")
    check.equal(t:enter("result, seen"), "6\t1")
    check.match(t:enter("%run -t " .. folder .. "/lab"), "^Wall time: %d+%.%d%d s$")
    check.equal(t:enter("%run " .. folder .. "/lab.lua exit"), "")
    local failing = t:enter("%run " .. folder .. "/lab.lua fail")
    check.match(failing, "lab.lua:10: broken", "error%(\"broken\"%)\n +^^^^^")
    check.equal(t:enter("own, os.exit ~= nil, #arg"), "1\ttrue\t0")
    check.match(t:enter("%run nowhere.lua"), "there is no script nowhere.lua")
    check.match(t:enter("%run"), "%%run FILE")
    write(folder .. "/bad.lua", "x = 1\ny = = 2\n")
    check.match(t:enter("%run " .. folder .. "/bad.lua"), "bad.lua:2: unexpected symbol near '='\n  y = = 2\n      ^")
    check.equal(t:enter("own"), "1")
end)

check.test("%reload loads a module in the place of the old one", function()
    local folder = terminal.folder()
    write(folder .. "/mod.lua", "local M = {gone = true} function M.f() return 'old' end return M")
    local t <close> = terminal.start()
    t:enter("package.path = '" .. folder .. "/?.lua;' .. package.path")
    t:enter("local m = require 'mod'")
    write(folder .. "/mod.lua", "local M = {} function M.f() return 'new' end return M")
    check.equal(t:enter("%reload mod"), "reloaded mod")
    check.equal(t:enter("m.f(), m.gone, m == require 'mod'"), "new\tnil\ttrue")
    write(folder .. "/mod.lua", "error 'broken'")
    check.match(t:enter("%reload mod"), "mod.lua:1: broken")
    check.equal(t:enter("m.f(), require('mod').f()"), "new\tnew")
    check.match(t:enter("%reload other"), "'other' is not loaded")
end)

check.test("%history prints inputs, by number and from all sessions", function()
    local state = terminal.folder()
    do
        local t <close> = terminal.start { state = state }
        t:enter("earlier = 'session'")
    end
    local t <close> = terminal.start { state = state }
    t:enter("x = 1")
    t:enter("x + 1")
    t:send("for i = 1, 1 do\r")
    t:expect(">> ")
    t:enter("end")
    check.equal(t:enter("%history"), "x = 1\nx + 1\nfor i = 1, 1 do\nend")
    check.equal(t:enter("%history -n 2-3"), "   2: x + 1\n   3: for i = 1, 1 do\n      end")
    check.equal(t:enter("%history -o 1 2"), "x = 1\nx + 1\n2")
    check.equal(t:enter("%history ~2"), "%history -n 2-3")
    check.match(t:enter("%history -g earl"), "^earlier = 'session'\n%%history %-g earl$")
    check.equal(t:enter("%history -g x*1"), "x = 1\nx + 1")
    check.equal(t:enter("%history -l 2"), "%history -g x*1\n%history -l 2")
    check.match(t:enter("%history a"), "is no input")
end)

check.test("%save writes inputs to a file, and asks before it overwrites", function()
    local folder = terminal.folder()
    local t <close> = terminal.start()
    t:enter("x = 1")
    t:enter("y = x + 1")
    check.equal(t:enter("%save " .. folder .. "/out 1-2"),
        ("The following inputs were written to %s/out.lua:\nx = 1\ny = x + 1"):format(folder))
    check.equal(check.read(folder .. "/out.lua"), "x = 1\ny = x + 1\n")
    t:send("%save " .. folder .. "/out 2\r")
    t:expect("Overwrite (y/[N])? ")
    check.equal(t:enter("no"), "nothing was written")
    t:enter("%save -a " .. folder .. "/out 2")
    check.equal(check.read(folder .. "/out.lua"), "x = 1\ny = x + 1\ny = x + 1\n")
    t:enter("%save -f " .. folder .. "/out.lua 1")
    check.equal(check.read(folder .. "/out.lua"), "x = 1\n")
    check.match(t:enter("%save " .. folder .. "/none 80"), "no such inputs")
    check.match(t:enter("%save /proc/nowhere/x 1"), "can't write /proc/nowhere/x.lua")
    check.match(t:enter("%save x"), "%%save FILE INPUTS")
end)

check.test("%edit opens $EDITOR, then runs what was written", function()
    local folder = terminal.folder()
    local editor = write(folder .. "/editor", "#!/bin/sh\ncat >>" .. folder .. "/seen <$1\necho 'x = (x or 0) + 1 return x' >>$1\n")
    os.execute("chmod +x " .. editor)
    local t <close> = terminal.start { env = { EDITOR = editor, VISUAL = false } }
    check.equal(t:enter("%edit"), "x = (x or 0) + 1 return x\n1")
    t:enter("y = 7")
    check.equal(t:enter("%edit 2"), "y = 7\nx = (x or 0) + 1 return x\n2")
    check.equal(t:enter("%edit -x -p"), "y = 7\nx = (x or 0) + 1 return x\nx = (x or 0) + 1 return x")
    check.equal(t:enter("x"), "2")
    write(folder .. "/file.lua", "z = 3\n")
    t:enter("%edit " .. folder .. "/file.lua")
    check.equal(t:enter("z, x"), "3\t3")
    check.match(t:enter("%edit print"), "not written in Lua")
    check.match(check.read(folder .. "/seen"), "^y = 7\ny = 7\n")
end)

check.test("%edit says it where the editor fails", function()
    local t <close> = terminal.start { env = { EDITOR = "false", VISUAL = false } }
    check.equal(t:enter("%edit"), "false failed: nothing is run")
end)

check.test("! runs a command of the system; Ctrl-C ends the command alone", function()
    local t <close> = terminal.start()
    check.equal(t:enter("!echo 'a  b'; echo c >&2"), "a  b\nc")
    check.equal(t:enter("lines = !printf 'one\\ntwo\\n'"), "")
    check.equal(t:enter("lines"), '{"one", "two"}')
    check.match(t:enter("!"), "!ls")
    t:send("!echo go; sleep 20\r")
    t:expect("\ngo\n")
    os.execute("sleep 0.3") -- between two commands of its own, a shell may keep the signal to itself
    t:send("\3")
    t:expect("\n> ")
    check.equal(t:enter("1 + 1"), "2")
end)

check.test("values of the session in a command; the shell's own dollars and braces stay", function()
    local t <close> = terminal.start { env = { CNN_TEST_WORD = "from outside" } }
    t:enter("file, list = 'a.txt', {'plain', 'two words', \"it's\"}")
    t:enter("local here = {name = 'inner', n = 3}; function f() return 4 end")
    check.equal(t:enter("!printf '%s|' $file $here.name {here.n + 1} {f()} $file.bak {list}; echo"),
        "a.txt|inner|4|4|a.txt.bak|plain|two words|it's|")
    check.equal(t:enter("!echo $CNN_TEST_WORD ${CNN_TEST_WORD} $missing. $((1 + 2)) $print"), "from outside from outside . 3")
    check.equal(t:enter("!echo a b | awk '{print $2}{print}'"), "b\na b")
    check.equal(t:enter("!echo {x,y} {nothing} {} {error('no')}x | tr -d ' '" , "\n> "):gsub("^.*unexpected.*$", "left"), "left")
    check.equal(t:enter("!file=shell; echo $$file {{file}} '{file}'"), "shell {file} a.txt")
    check.equal(t:enter("lines = !echo {file}; echo $file"), "")
    check.equal(t:enter("lines"), '{"a.txt", "a.txt"}')
    t:enter("lost = function() error 'broken' end")
    check.equal(t:enter("!echo '{lost()}' '{list.x.y}' '{a..z}'"), "{lost()} {list.x.y} {a..z}")
    check.equal(t:enter("!echo '{cnn.ones(2)}'"), "tensor([1., 1.])")
end)

check.test("%cd and %pwd; a script finds its files from there", function()
    local folder = terminal.folder()
    os.execute("mkdir -p '" .. folder .. "/a b'")
    write(folder .. "/a b/s.lua", "said = ...")
    local t <close> = terminal.start { env = { HOME = folder } }
    local start = t:enter("%pwd")
    check.equal(t:enter("%cd"), folder)
    check.equal(t:enter("%cd a b"), folder .. "/a b")
    check.equal(t:enter("%run s.lua {1 + 1}"), "")
    check.equal(t:enter("said, io.open('s.lua') ~= nil"), "2\ttrue")
    check.equal(t:enter("!pwd"), folder .. "/a b")
    check.equal(t:enter("%cd -"), folder)
    check.equal(t:enter("%cd -q ~/'a b'"):find("can't go to", 1, true) ~= nil, true)
    check.equal(t:enter("%cd -q '~/a b'"), "")
    check.equal(t:enter("%pwd"), folder .. "/a b")
    check.equal(t:enter("path = " .. ("%q"):format(start)), "")
    check.equal(t:enter("%cd {path}"), start)
    check.equal(t:enter("nn.Linear(1, 1).in_features"), "1") -- the library is found from anywhere
    check.equal(t:enter("%cd nowhere"), "can't go to nowhere: No such file or directory")
    os.execute("mkdir -p '" .. folder .. "/gone'")
    t:enter("%cd ~/gone")
    os.execute("rmdir '" .. folder .. "/gone'")
    check.match(t:enter("%pwd"), "can't be named: No such file")
    check.equal(t:enter("%cd {path}"), start) -- from a folder that is gone
    check.match(t:enter("!cd /"), "%%cd / moves the session")
    check.match(t:enter("!cd / && pwd"), "^/$")
    t:send("%cd " .. folder .. "/a\t\r")
    t:expect("a b/\n")
    t:expect("\n> ")
    check.equal(t:enter("%pwd"), folder .. "/a b")
end)
