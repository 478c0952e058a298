-- SPDX-License-Identifier: MIT
-- Help at the prompt: what ? and ?? answer, before and behind a name, and about the user's own values.
local check = require "check"
local terminal = require "helpers.terminal"

check.test("?name and name? describe; the parts of a description", function()
    local t <close> = terminal.start()
    for _, line in ipairs { "?nn.Conv2d", "nn.Conv2d?", "  nn.Conv2d ?", "? nn.Conv2d()" } do
        check.match(t:enter(line), "^nn.Conv2d%(in_channels, out_channels, kernel_size", "\narguments\n", "stride +int|{h,w} .*default 1",
            "\nshape\n  P = floor%(", "\nexample\n", "\nsee also\n  ")
    end
    t:enter("net = nn.Sequential(nn.Linear(2, 3)); x = cnn.ones(2, 3)")
    check.match(t:enter("net[1]?"), "^nn.Linear%(")
    check.match(t:enter("x:flatten?"), "^tensor:flatten%(")
    check.match(t:enter("x?"), "^x is a tensor %[2, 3%] float32 cpu")
    check.match(t:enter("string.format?"), "^string%.format%(form, …%)\n")
    check.match(t:enter("?%time"), "^%%time STATEMENT\n")
end)

check.test("functions of the user's own: parameters, comment, source", function()
    local t <close> = terminal.start()
    t:enter("function double(a, ...) return 2 * a end")
    check.equal(t:enter("?double"), "double(a, ...), a function of input 1:1; ??double shows its source")
    check.equal(t:enter("double??"), "-- input 1:1\nfunction double(a, ...) return 2 * a end")
    local path = check.write(check.temp(".lua"),
        "local M = {}\n\n-- Adds one.\n-- To a number.\nfunction M.add(x)\n    return x + 1\nend\nreturn M\n")
    t:enter(("mine = dofile '%s'"):format(path))
    check.match(t:enter("??mine.add"), "^%-%- [^\n]*:5\n%-%- Adds one.\n%-%- To a number.\nfunction M.add%(x%)\n    return x %+ 1\nend$")
    check.match(t:enter("?mine.add"), "^mine.add%(x%), a function of ", "\n%-%- Adds one.\n%-%- To a number.$")
    check.equal(t:enter("??print"), "print is written in C; ?print describes it")
    check.match(t:enter("??nn.Linear"), "linear.lua:%d+\n", "call = function%(self", "function Linear:forward%(")
    check.equal(t:enter("??nosuch"), "no function is called 'nosuch'")
end)

check.test("a text that is no name is searched for, in names, then in descriptions", function()
    local t <close> = terminal.start()
    check.match(t:enter("?datalo"), "these are near:\n", "\n  data.DataLoader +%u")
    check.match(t:enter("?filters of size"), "these speak of it:\n", "\n  nn.Conv2d +A convolutional layer: out_channels f")
    check.match(t:enter("?zzqqz"), "no help for 'zzqqz'")
    check.match(t:enter("?"), "%?%?name", "%%lsmagic")
    t.session:resize(24, 40)
    for line in t:enter("?"):gmatch("[^\n]+") do check.that(utf8.len(line) <= 40, line) end
end)

check.test("a question mark inside a statement is no question", function()
    local t <close> = terminal.start()
    check.equal(t:enter("'what?'"), "what?")
    check.match(t:enter("1 ?"), "unexpected symbol near")
end)

check.test("help, quit, exit, ls as people type them at a prompt; a name that has a value is a name", function()
    local t <close> = terminal.start()
    local whole = t:enter("?")
    for _, line in ipairs { "help", "help()", " help ;" } do check.equal(t:enter(line), whole) end
    local conv = t:enter("?nn.Conv2d")
    for _, line in ipairs { "help(nn.Conv2d)", "help nn.Conv2d", 'help("nn.Conv2d")' } do check.equal(t:enter(line), conv) end
    check.equal(t:enter("ls"), "!ls runs the system's ls")
    check.match(t:enter("cd .."), "%%cd FOLDER")
    check.match(t:enter("clear()"), "Ctrl%-L")
    check.match(t:enter("%matplotlib inline"), "plt%.show")
    check.match(t:enter("%nosuch"), "%%lsmagic lists them")
    t:enter("quit, help = 3, 4")
    check.equal(t:enter("quit"), "3")
    check.equal(t:enter("help"), "4")
    t:enter("function ls() return 5 end")
    check.equal(t:enter("ls()"), "5")
    t:enter("local exit = 6")
    check.equal(t:enter("exit"), "6")
    check.match(t:enter("exit()"), "attempt to call a number value")
end)

check.test("quit and exit leave", function()
    for _, line in ipairs { "quit", "exit", "exit()", "quit();", "exit(0)" } do
        local t <close> = terminal.start()
        t:send(line .. "\r")
        check.equal(t:ends(), 0)
    end
end)

check.test("a layer's own forward is explained as every module's, a user's by its source", function()
    local t <close> = terminal.start()
    check.match(t:enter("?nn.Conv2d.forward"), "^nn%.Module%.forward%(%.%.%.%)\n", "call the module")
    t:enter("net = nn.Linear(2, 1);")
    check.match(t:enter("?net.extra_repr"), "^nn%.Module%.extra_repr%(%)")
    check.match(t:enter("?data.TensorDataset.get"), "^data%.Dataset%.get%(i%)")
    t:enter("Net = nn.class('Net') function Net:forward(x) return x end")
    check.match(t:enter("?Net.forward"), "^Net%.forward%(self, x%), a function of input")
end)

check.test("Lua's own functions are described, each of them", function()
    local describe = require("shell.lua_functions").describe
    local function look(t, prefix)
        for name, value in pairs(t) do
            if type(value) == "function" then check.that(describe(value), prefix .. name .. " has no description") end
        end
    end
    for part in ("coroutine debug io math os package string table utf8"):gmatch("%w+") do look(package.loaded[part], part .. ".") end
    for name in ("assert collectgarbage dofile error getmetatable ipairs load loadfile next pairs pcall print rawequal rawget "
        .. "rawlen rawset require select setmetatable tonumber tostring type warn xpcall"):gmatch("%a+") do
        check.that(describe(_G[name]), name .. " has no description")
    end
    local t <close> = terminal.start()
    check.match(t:enter("?print"), "^print%(…%)\n  Writes its arguments", "Lua's own")
    check.match(t:enter("string.format?"), "^string%.format%(form, …%)\n  A text with values in it")
    t:enter("my = {sort = table.sort}")
    check.match(t:enter("?my.sort"), "^table%.sort%(list, before%)")
end)
