-- SPDX-License-Identifier: MIT
-- The same messages where users meet them: from a script, with -e, and at the prompt; and what only the shell can say,
-- because it takes the stack of an error or the text of a syntax error.
local check = require "check"
local terminal = require "helpers.terminal"

local program = arg[-1]

-- Runs the program; its standard error with the script's path as FILE.
local function failing(words, path)
    local r = check.run { program, table.unpack(words) }
    if r.code ~= 1 then check.fail("exit status %s, expected 1\n%s%s", r.code, r.out, r.err) end
    return path and r.err:gsub(path:gsub("%p", "%%%0"), "FILE") or r.err
end

local function script(text)
    local path = check.write(check.temp(".lua"), text)
    return failing({ path }, path)
end

local NET = [[
local cnn = require "cnn"
local nn = cnn.nn
local Net = nn.class("Net")
function Net:init()
    self.conv = nn.Conv2d(1, 4, 3)
    EARLY
    self.fc = nn.Linear(16384, 10)
end
function Net:forward(x)
    x = self.CONV(x)
    return self.fc(cnn.flatten(x, 2))
end
local net = Net()
net(cnn.zeros(2, 1, 28, 28))
]]

local function network(changes)
    return (NET:gsub("%u%u%u%u+", { EARLY = changes.early or "", CONV = changes.conv or "conv" }))
end

check.test("sizes that do not fit: from a script, with -e, at the prompt", function()
    local text = "\n  Linear(16384 → 10) needs [N, 16384]; got [2, 2704]\n"
        .. "  2704 = 4*26*26, flattened from [2, 4, 26, 26]\n  fix: nn.Linear(2704, 10)\n"
    check.equal(script(network {}), "cnnsh: shape error in fc at FILE:11   return self.fc(cnn.flatten(x, 2))" .. text
        .. "stack traceback:\n\tFILE:14: in main chunk\n\t  net(cnn.zeros(2, 1, 28, 28))\n\t  ^^^\n")
    local line = "nn.Linear(16384, 10)(nn.Conv2d(1, 4, 3)(cnn.zeros(2, 1, 28, 28)):flatten(2))"
    check.equal(failing { "-e", line .. ":size()" }, "cnnsh: shape error in linear at (command line):1   " .. line .. ":size()" .. text
        .. "stack traceback:\n\t(command line):1: in main chunk\n")
    local t <close> = terminal.start { columns = 160 }
    check.equal(t:enter(line) .. "\n", "shape error in linear at input 1:1   " .. line .. text)
end)

check.test("a layer that is misspelt, or not there yet", function()
    check.match(script(network { conv = "con" }),
        "cnnsh: FILE:10: attempt to call a nil value (field 'con')\n  fix: self.conv\nstack traceback:\n\tFILE:10: in ")
    check.match(script(network { conv = "layer7" }), "(field 'layer7')\n  fix: self is a Net, which holds conv, fc\n")
    check.match(script(network { early = "self(cnn.zeros(1, 1, 28, 28))" }),
        "(field 'fc')\n  fix: self has no fc yet, as its init is still running: set self.fc first\n")
    check.match(script(network { early = "self.conv.weigth:size()" }), "index a nil value (field 'weigth')\n  fix: self.conv.weight\n")
    check.match(script(network { early = "Net:forward(cnn.zeros(1, 1, 28, 28))" }),
        "(field 'conv')\n  fix: Net is a class: net = Net(…) makes a network of it, then net(x)\n")
    check.match(script(network { early = "self.size = self.conv.strid + 1" }),
        "arithmetic on a nil value (field 'strid')\n  fix: self.conv.stride\n")
    check.match(script(network { early = "self:paramters()" }), "(method 'paramters')\n  fix: self:parameters\n")
    check.match(script 'local optim = require "cnn".optim\nlocal opt = optim.SGD{{require "cnn".ones(1)}, lr=1}\nopt:zerograd()',
        "FILE:3: attempt to call a nil value (method 'zerograd')\n  fix: opt:zero_grad\n")
    check.match(failing { "-e", "net = nn.Linear(2, 2)", "-e", "net:paramters()" }, "(method 'paramters')\n  fix: net:parameters\n")
    for method, fix in pairs { summary = "cnn.summary(net, 3, 32, 32), with the sizes of one input",
        predict = "net(x):argmax(2), after net:eval()", save = 'cnn.save("net.safetensors", net:state_dict())' } do
        check.match(failing { "-e", "net = nn.Linear(2, 2)", "-e", ("net:%s(1)"):format(method) }, ("\n  fix: %s\n"):format(fix))
    end
    check.match(failing { "-e", "x, y = datasets.Digits()[1]", "-e", "x:size()" },
        "(method 'size')\n  fix: x is a list of 2: x[1]:size\n")
    local t <close> = terminal.start {}
    t:enter("net = nn.Linear(2, 2)")
    check.equal(t:enter("net:paramters()"), "input 2:1: attempt to call a nil value (method 'paramters')\n  fix: net:parameters"
        .. "\n  net:paramters()\n      ^^^^^^^^^")
    check.equal(t:enter("net.weigth:size()"), "input 3:1: attempt to index a nil value (field 'weigth')\n  fix: net.weight"
        .. "\n  net.weigth:size()\n      ^^^^^^")
    check.equal(t:enter("local other = {}; other.weigth:size()"), "input 4:1: attempt to index a nil value (field 'weigth')"
        .. "\n  local other = {}; other.weigth:size()\n                          ^^^^^^")
end)

check.test("a script with a syntax error: its line, and what Python's habits want", function()
    check.equal(script "local x = 1\nlocal y = = 2\n", "cnnsh: FILE:2: unexpected symbol near '='\n  local y = = 2\n            ^\n")
    check.equal(script "if true then\n  print(1)\n", "cnnsh: FILE:3: 'end' expected (to close 'if' at line 1) near <eof>\n")
    check.equal(script "local conv = nn.Conv2d(3, 10, 5, padding=2)\n",
        "cnnsh: FILE:1: ')' expected near '='\n  fix: local conv = nn.Conv2d{3, 10, 5, padding=2}\n"
        .. "  local conv = nn.Conv2d(3, 10, 5, padding=2)\n                                          ^\n")
    check.equal(script "total += loss\n", "cnnsh: FILE:1: syntax error near '+'\n  fix: total = total + loss\n  total += loss\n        ^\n")
    check.equal(failing { "-e", "conv = nn.Conv2d(3, 10, 5, padding=2)" },
        "cnnsh: (command line):1: ')' expected near '='\n  fix: conv = nn.Conv2d{3, 10, 5, padding=2}\n"
        .. "  conv = nn.Conv2d(3, 10, 5, padding=2)\n                                    ^\n")
    check.match(failing { "/nowhere/net.lua" }, "cnnsh: cannot open /nowhere/net.lua")
end)

check.test("out of memory ends a line, not the session", function()
    local t <close> = terminal.start { columns = 160 }
    check.match(t:enter("cnn.zeros(1e6, 1e6)"), "out of memory at input 1:1   cnn.zeros(1e6, 1e6)",
        "for a tensor [1000000, 1000000] of float32: 3.6 TB more are needed")
    check.match(t:enter("cnn.zeros(2)"), "^tensor%(%[0%., 0%.%]%)")
    check.match(failing { "-e", "cnn.zeros(1e6, 1e6)" }, "cnnsh: out of memory at (command line):1   cnn.zeros(1e6, 1e6)\n")
end)
