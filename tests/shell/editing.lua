-- SPDX-License-Identifier: MIT
-- Editing a line: the user's own ~/.inputrc and vi mode, another size of the terminal, Ctrl-C between quick keys.
local check = require "check"
local terminal = require "helpers.terminal"
local screen = require "helpers.screen"

local UP = "\27[A"

local function inputrc(text) return { INPUTRC = check.write(check.temp(), text) } end

check.test("~/.inputrc is read, and its bindings come before ours", function()
    local home = terminal.folder()
    check.write(home .. "/.inputrc",
        '$if cnnsh\n"\\C-t": "6 * 7"\n$endif\n$if other\n"\\C-t": "wrong"\n$endif\n"\\e[A": previous-history\n')
    local t <close> = terminal.start { env = { INPUTRC = false, HOME = home } }
    t:send("\20\r")
    t:expect("\n42\n> ")
    t:enter("first = 1")
    t:enter("second = 2")
    t:send("fir" .. UP) -- not ours, which would search for what begins so
    t:expect("second = 2")
    t:send("; print('kept')\r")
    t:expect("\nkept\n> ")
end)

check.test("vi mode edits as vi does, with the history and Tab", function()
    for _, colour in ipairs { "1", false } do
        local env = inputrc("set editing-mode vi\nset keyseq-timeout 50\n")
        env.NO_COLOR = colour
        local t <close> = terminal.start { env = env }
        t:send("'wrong'\27")
        os.execute("sleep 0.2") -- a lone escape
        t:send("0lcwright\27")
        os.execute("sleep 0.2")
        t:send("\r")
        t:expect("\nright\n> ")
        t:send("string.form\t('%d', 3)\r")
        t:expect("\n3\n> ")
        t:send("'ri" .. UP .. "\r")
        t:expect("\nright\n> ")
        t:send("\27")
        os.execute("sleep 0.2")
        t:send("k\r") -- the entry before
        t:expect("\nright\n> ")
        t:send("half\3")
        t:expect("^C\n> ")
    end
end)

check.test("a line is drawn anew for another size of the terminal", function()
    for _, colour in ipairs { "1", false } do
        local t <close> = terminal.start { columns = 60, env = { NO_COLOR = colour } }
        local line = "x = '0123456789012345678901234567890123456789'"
        t:send(line)
        t:expect(line)
        os.execute("sleep 0.1")
        while t.session:read(0.05) ~= "" do end
        t.session:resize(24, 30)
        local shown, deadline = screen.new(24, 30), os.time() + 15
        repeat
            shown:feed(t.session:read(0.05) or check.fail("the program ended"))
        until shown:text() == "> " .. line:sub(1, 28) .. "\n" .. line:sub(29) or os.time() > deadline
        check.equal(shown:text(), "> " .. line:sub(1, 28) .. "\n" .. line:sub(29))
        t:send("; print(#x)\r")
        t:expect("\n40\n> ")
    end
end)

check.test("Ctrl-C clears what was typed before it, not what follows at once", function()
    local t <close> = terminal.start()
    for i = 1, 10 do
        t:send(("wrong%d \3print('right%d')\r"):format(i, i))
        t:expect(("\nright%d\n> "):format(i))
    end
end)

check.test("entries of several lines come back whole, are edited, and run", function()
    local t <close> = terminal.start { env = { NO_COLOR = false } }
    t:send("for i = 1, 2 do\r  print('row', i)\rend\r")
    t:expect("row\t2\n> ")
    t:send(UP .. "\1print('first') \r")
    t:expect("\nfirst\nrow\t1\nrow\t2\n> ")
end)
