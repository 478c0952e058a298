-- SPDX-License-Identifier: MIT
-- Pasted transcripts, blocks that end in an expression, and lines with blanks to be filled in.
local blanks = require "shell.blanks"
local check = require "check"
local terminal = require "helpers.terminal"
local transcript = require "shell.transcript"

check.test("prompts go, and what was printed between them", function()
    check.equal(transcript.statements("> x = 1\n> x + 1\n2\n> for i = 1, 2 do\n>>   f(i)\n>> end\nout\n> "),
        { "x = 1", "x + 1", "for i = 1, 2 do\n  f(i)\nend" })
    check.equal(transcript.statements("In [3]: x = {1,\n   ...:      2}\n\nIn [4]: x\nOut[4]: \n{1, 2}\n"), { "x = {1,\n     2}", "x" })
    check.equal(transcript.statements(">>> a = 3\n>>> if a then\n...   b = 1\n... end\n>>> b\n1"),
        { "a = 3", "if a then\n  b = 1\nend", "b" })
    check.equal(transcript.statements("th> torch = 1\n      [0.0001s]\nth> torch\n1"), { "torch = 1", "torch" })
    check.equal(transcript.statements("[7] x = 1\n7\n[8] x\n1", "[9] "), { "x = 1", "x" })
    check.equal(transcript.statements(">>> a = 3\n>>> for i = 1, 2 do\n...   f(i)\n... end\n6\n>>> a\n3", "> ", ">> "),
        { "a = 3", "for i = 1, 2 do\n  f(i)\nend", "a" }) -- ">>" is no prompt in ">>>"
    check.equal(transcript.statements("Lua 5.4.4  Copyright (C) 1994-2022\n> a = 1\n> a\n1", "> ", ">> "), { "a = 1", "a" })
    check.equal(transcript.statements("me@host:~$ ./cnnsh\ncnnsh 0.1.0 (Lua 5.4.4)   ?name: help\n> a\n1", "> "), { "a" })
    check.equal(transcript.statements("Python 3.11.2 (main)\nType \"help\".\n>>> a\n1", "> "), { "a" })
    check.equal(transcript.statements("Lua 5.4.4\nx = 1", "> "), nil)
    check.equal(transcript.statements("x = 1\ny = 2"), nil)
    check.equal(transcript.statements("x > 1"), nil)
    check.equal(transcript.statements(">"), {})
end)

-- As a terminal does: between the marks of a paste.
local function paste(t, text)
    t:send("\27[200~" .. text .. "\27[201~\r")
end

check.test("a pasted transcript runs statement by statement", function()
    local t <close> = terminal.start()
    paste(t, "> x = 20\n> x + 1\n999\n> function f(n)\n>>   return n * 2\n>> end\n> f(x) + 2\n999\n")
    t:expect("> x = 20\n> x + 1\n21\n> function f(n)\n>>   return n * 2\n>> end\n> f(x) + 2\n42\n> ")
    paste(t, ">>> z = 3\n>>> for i = 1, 2 do\n...   z = z + i\n... end\n>>> z\n999\n")
    t:expect(">> end\n> z\n6\n> ")
    t:send(">>> 3 * 7\r") -- one line, without the marks
    t:expect("\n21\n> ")
    t:send("In [7]: x\r")
    t:expect("\n20\n> ")
    paste(t, "> print('go') while true do end\n> y = 'not run'")
    t:expect("\ngo\n")
    os.execute("sleep 0.2")
    t:send("\3")
    check.match(t:expect("\n> "), "interrupted")
    check.equal(t:enter("y"), "nil")
    check.equal(t:enter("%history -n 1-2"), "   1: x = 20\n   2: x + 1")
end)

check.test("a block that ends in an expression prints it", function()
    local t <close> = terminal.start()
    paste(t, "local a = 2\nfor i = 1, 3 do\n  a = a * 2\nend\na + 1,\n'x'")
    t:expect("\n17\tx\n> ")
    check.equal(t:enter("a"), "16")
    paste(t, "b = 1\nb.c.d")
    check.match(t:expect("\n> "), "input 3:2: attempt to index a number value")
end)

check.test("?? names what is to be filled in, and marks it", function()
    local t <close> = terminal.start()
    check.equal(t:enter("conv = nn.Conv2d(??, 10, ??)"),
        "fill in the ?? : in_channels, kernel_size\n  conv = nn.Conv2d(??, 10, ??)\n                   ^^      ^^")
    check.equal(t:enter("conv = nn.Conv2d{3, 10, kernel_size=??, stride=??}"), "fill in the ?? : kernel_size, stride\n"
        .. "  conv = nn.Conv2d{3, 10, kernel_size=??, stride=??}\n                                      ^^         ^^")
    check.match(t:enter("x = ??"), "^fill in the %?%? : x\n")
    check.match(t:enter("mine(1, ??)"), "^fill in the %?%? : argument 2\n")
    check.match(t:enter("cnn.ones(1, 4):view(??)"), "^fill in the %?%? : argument 1\n")
    check.equal(t:enter("bn = nn.BatchNorm2d(num_features=?)"),
        "fill in the ? : num_features\n  bn = nn.BatchNorm2d(num_features=?)\n                                   ^")
    check.equal(t:enter("nn.Conv2d(???)"), "fill in the ??? : in_channels\n  nn.Conv2d(???)\n            ^^^")
    check.match(t:enter("x = torch.randn(??, ??)"), "^fill in the %?%? : size 1, size 2\n")
    check.equal(t:enter("'??'"), "??")
    check.equal(blanks.explain("a = '??' -- ??", {}), nil)
    local path = check.write(check.temp(".lua"), "local cnn = require 'cnn'\nlocal conv = cnn.nn.Conv2d(3, ??, 5)\n")
    local r = check.run { terminal.program, path }
    check.equal(r.code, 1)
    check.match(r.err, "lua:2: fill in the %?%? : out_channels\n  local conv = cnn.nn.Conv2d%(3, %?%?, 5%)\n +^^\n")
end)
