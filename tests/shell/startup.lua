-- SPDX-License-Identifier: MIT
-- The start-up file, prompts, warnings of new globals, signals that end the session, and the pager.
local check = require "check"
local terminal = require "helpers.terminal"

local function folder_with(text)
    local folder = terminal.folder()
    os.execute("mkdir -p " .. folder .. "/cnnsh")
    check.write(folder .. "/cnnsh/init.lua", text)
    return folder
end

check.test("init.lua runs before the first prompt, for the prompt alone", function()
    local state = folder_with "from_init = 5\n_PROMPT = function(n) return ('In [%d]: '):format(n) end\n_PROMPT2 = '   ...: '\n"
    local t <close> = terminal.start { state = state, prompt = "In [1]: " }
    t:send("from_init + 1\r")
    t:expect("\n6\nIn [2]: ")
    t:send("do\r")
    t:expect("   ...: ")
    t:send("end\r")
    t:expect("In [3]: ")
    local run = "XDG_CONFIG_HOME=" .. state .. " " .. terminal.program
    check.equal(check.run(run .. " -e 'print(from_init)'").out, "nil\n")
    check.match(check.run(run .. " -E -i", "from_init").out, "> nil\n")
    check.match(check.run(("env -u XDG_CONFIG_HOME HOME=%s %s -i"):format(terminal.folder(), terminal.program), "1 + 1").out, "> 2\n")
end)

check.test("below HOME by default", function()
    local home = terminal.folder()
    os.execute("mkdir -p " .. home .. "/.config/cnnsh")
    check.write(home .. "/.config/cnnsh/init.lua", "x = 'home'")
    local t <close> = terminal.start { env = { HOME = home, XDG_CONFIG_HOME = false } }
    check.equal(t:enter("x"), "home")
end)

check.test("an error in it is shown, and the prompt comes all the same", function()
    local t <close> = terminal.start { state = folder_with "y = 1\nz = y.a.b\n", prompt = false }
    check.match(t:expect("\n> "), "init.lua:2: attempt to index a number value %(global 'y'%)\n  z = y%.a%.b\n      ^$")
    check.equal(t:enter("y"), "1")
    local u <close> = terminal.start { state = folder_with "x = = 1\n", prompt = false }
    check.match(u:expect("\n> "), "init.lua:1: unexpected symbol near '='\n  x = = 1\n      ^$")
end)

check.test("a function that assigns a new global is pointed out once", function()
    local t <close> = terminal.start()
    t:enter("local count = 0")
    t:enter("function add() coutn = count + 1 end")
    check.equal(t:enter("add()"), "input 2:1: the function assigns a new global 'coutn'; did you mean count?")
    check.equal(t:enter("add()"), "")
    check.equal(t:enter("coutn"), "1")
    t:enter("total = nil")
    check.equal(t:enter("(function() total = 5; count = 7 end)()"), "")
    check.equal(t:enter("(function() zzzzzz = 5 end)()"),
        "input 8:1: the function assigns a new global 'zzzzzz'; write local zzzzzz, or zzzzzz = nil outside first")
    check.equal(t:enter("nn.Linear(1, 1);"), "")
    local quiet <close> = terminal.start { state = folder_with "require('shell.settings').new_globals = false" }
    check.equal(quiet:enter("(function() new = 5 end)()"), "")
end)

check.test("SIGHUP and SIGTERM end the session, at the prompt and in running code; the history is there", function()
    for _, signal in ipairs { 1, 15 } do
        local state = terminal.folder()
        local t <close> = terminal.start { state = state }
        t:enter("x = 'typed'")
        t:send("half a line")
        t:expect("half a line")
        t.session:kill(signal)
        local status, by = t:ends()
        check.equal({ status, by }, { nil, signal })
        check.equal(check.read(state .. "/cnnsh/history"), "x = 'typed'\n")
        local u <close> = terminal.start { state = state }
        u:send("print('go') while true do end\r")
        u:expect("\ngo\n")
        u.session:kill(signal)
        status, by = u:ends()
        check.equal({ status, by }, { nil, signal })
        check.equal(check.read(state .. "/cnnsh/history"), "x = 'typed'\nprint('go') while true do end\n")
    end
end)

check.test("long help goes through the pager, short help and pipes do not", function()
    local folder = terminal.folder()
    local pager = check.write(folder .. "/pager", "#!/bin/sh\necho PAGED\nhead -n 1\n")
    os.execute("chmod +x " .. pager)
    local t <close> = terminal.start { rows = 10, env = { PAGER = pager } }
    check.match(t:enter("?nn.Conv2d"), "^PAGED\nnn%.Conv2d%(in_channels[^\n]*$")
    check.equal(t:enter("?zzzz"):find("PAGED", 1, true), nil)
    local missing <close> = terminal.start { rows = 10, env = { PAGER = "/nowhere/less" } }
    check.match(missing:enter("?nn.Conv2d"), "padding", "bias")
    check.that(not check.run({ terminal.program, "-i" }, "?nn.Conv2d").out:find("PAGED", 1, true))
end)

check.test("less shows it a screen at a time, and Ctrl-C there ends nothing", function()
    if not check.run("command -v less").out:find("less", 1, true) then return end
    local t <close> = terminal.start { rows = 10, env = { PAGER = false, LESS = false } }
    t:send("?nn.Conv2d\r")
    t:expect("\n:")
    t:send("\3")
    local deadline = os.time() + 20
    repeat -- less throws away what was typed before it saw the signal
        t:send("q")
        local left = pcall(t.expect, t, "> ", 0)
    until left or os.time() > deadline
    t:send("\21") -- what came too late for less
    check.equal(t:enter("1 + 1"), "2")
end)
