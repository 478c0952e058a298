-- SPDX-License-Identifier: MIT
-- The history: across sessions, of several shells at once, whole entries of several lines, and where it can't be kept.
local check = require "check"
local terminal = require "helpers.terminal"

local UP = "\27[A"

local function leave(t)
    t:send("\4")
    check.equal(t:ends(), 0)
end

check.test("one line of the file per statement, written before it runs", function()
    local state = terminal.folder()
    local t <close> = terminal.start { state = state }
    t:enter("x = 'a\\\\b'")
    t:send("for i = 1, 2 do\r\r  x = i\rend\r")
    t:expect("end\n> ")
    t:enter("")
    t:enter("x = = 1")
    t:enter("1  ")
    t:enter("1")
    t:send("os.exit(3)\r")
    check.equal(t:ends(), 3)
    check.equal(check.read(state .. "/cnnsh/history"),
        "x = 'a\\\\\\\\b'\nfor i = 1, 2 do\\n\\n  x = i\\nend\nx = = 1\n1\nos.exit(3)\n")
end)

check.test("the arrows bring back what earlier sessions typed, whole", function()
    local state = terminal.folder()
    do
        local t <close> = terminal.start { state = state }
        t:enter("first = 1")
        t:send("print(\r\r'back\\\\slash')\r")
        t:expect("back\\slash\n> ")
        t:enter("second = 2")
        leave(t)
    end
    local t <close> = terminal.start { state = state }
    t:send(UP .. UP .. "\r")
    t:expect("\nback\\slash\n> ")
    check.equal(t:enter("first, second"), "nil\tnil")
    t:send("fir" .. UP .. UP .. "\r") -- only what begins so: the line before last, then the first session's
    t:expect("\n> ")
    check.equal(t:enter("first"), "1")
    t:send("\18slash")
    t:expect("'back")
    t:send("\r")
    t:expect("\nback\\slash\n> ")
    leave(t)
end)

check.test("two shells at once lose nothing", function()
    local state = terminal.folder()
    local a <close> = terminal.start { state = state }
    local b <close> = terminal.start { state = state }
    for i = 1, 10 do
        a:enter("a = " .. i)
        b:enter("b = " .. i)
    end
    leave(a)
    b:enter("last = 1")
    leave(b)
    local text = check.read(state .. "/cnnsh/history")
    for i = 1, 10 do check.match(text, "a = " .. i .. "\n", "b = " .. i .. "\n") end
    check.match(text, "last = 1\n$")
end)

check.test("a killed shell has kept its history", function()
    local state = terminal.folder()
    local t <close> = terminal.start { state = state }
    t:enter("x = 1")
    t.session:kill(9)
    check.equal({ t:ends() }, { nil, 9, "" })
    check.equal(check.read(state .. "/cnnsh/history"), "x = 1\n")
end)

check.test("the folder is below HOME by default", function()
    local home = terminal.folder()
    local t <close> = terminal.start { env = { HOME = home, XDG_STATE_HOME = false } }
    t:enter("x = 1")
    leave(t)
    check.equal(check.read(home .. "/.local/state/cnnsh/history"), "x = 1\n")
end)

check.test("where it can't be kept, one line says so", function()
    local state = check.write(check.temp(), "a file where a folder should be")
    local t <close> = terminal.start { state = state, prompt = false }
    check.match(t:expect("> "), "cnnsh: history is not kept: [^\n]*\n$")
    check.equal(t:enter("1 + 1"), "2")
    t:send(UP .. "\r")
    t:expect("\n2\n> ") -- a Ctrl-D before the prompt would go to nobody
    leave(t)
end)

check.test("a long entry is written whole", function()
    local state = terminal.folder()
    local t <close> = terminal.start { state = state }
    local long = "x = '" .. ("abcdefgh"):rep(1500) .. "'"
    t:send("\27[200~" .. long .. "\27[201~\r")
    t:expect("\n> ")
    check.equal(t:enter("#x"), "12000")
    check.equal(check.read(state .. "/cnnsh/history"), long .. "\n#x\n")
end)
