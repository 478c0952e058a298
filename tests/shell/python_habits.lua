-- SPDX-License-Identifier: MIT
-- What Python's habits lead to: Lua's message, with what to write instead.
local check = require "check"
local habits = require "shell.habits"
local terminal = require "helpers.terminal"

-- The fix that a statement's message gets; nil if none. The message is Lua's own.
local function fix(line)
    local f, message = load(line, "=t")
    if f then message = select(2, pcall(f)) end
    return habits.explain(message, line):match("\n  fix: ([^\n]*)")
end

check.test("named arguments in parentheses: the line with braces", function()
    check.equal(fix "conv = nn.Conv2d(3, 10, 5, padding=2)", "conv = nn.Conv2d{3, 10, 5, padding=2}")
    check.equal(fix "print(f(x, a=(1))(y):size())", "print(f{x, a=(1)}(y):size())")
    check.equal(fix "f(g(a, b=1), {c=1}, ')')", "f(g{a, b=1}, {c=1}, ')')")
    check.equal(fix "opt = optim.SGD(net:parameters(), lr=0.01)", "opt = optim.SGD{net:parameters(), lr=0.01}")
    check.match(fix "f(a=1,\nb=2)", "braces")
end)

check.test("Python's syntax", function()
    check.equal(fix "x.grad += y * 2", "x.grad = x.grad + (y * 2)")
    check.equal(fix "local out = f(); out -= x; g(out)", "out = out - x")
    check.match(fix "with torch.no_grad():", "cnn.no_grad(function")
    check.match(fix 'with torch.autocast("cpu", dtype=torch.bfloat16):', "cnn.autocast(function")
    check.match(fix "import torch", '^local cnn = require "cnn"', "the prompt has cnn")
    check.match(fix "import torch.nn.functional as F", '^local cnn = require "cnn"; local F = cnn.nn.functional ')
    check.match(fix "from torch.utils.data import DataLoader", "local data = cnn.data ")
    check.match(fix "import numpy as np", "cnn.tensor")
    check.match(fix "import time", "os.time")
    check.match(fix "class Net(nn.Module):", "nn.class")
    check.match(fix "def forward(self, x):", "function Net:forward")
    check.match(fix "if a != b then end", "~=")
    check.equal(fix "f(3, [5, 5])", "f(3, {5, 5})")
    check.match(fix "f(3, (5, 3))", "{5, 3}")
    check.match(fix "y = x[:, 0]", "{{}, 1}")
    check.match(fix "y = x ** 2", "x ^ 2")
    check.match(fix "y = a @ b", "matmul")
    check.match(fix "y = x[1:3]", "x[{{2, 3}}]")
    check.match(fix "d = {1: 2}", "[1] = value")
    check.match(fix "g = lambda x: x * 2", "function(x) return … end")
    check.equal(fix "y = 3 if x else 4", "y = x and 3 or 4")
    check.equal(fix "i++", "i = i + 1")
    check.equal(fix "x **= 2", "x = x ^ 2")
    check.equal(fix "x //= y", "x = x // y")
    check.match(fix "if a && b then end", "a and b")
    check.match(fix "if a || b then end", "a or b")
    check.match(fix "# a comment", "--")
    check.equal(fix "print x", "print(x)")
    check.equal(fix "del x", "x = nil")
    check.match(fix '"""a text"""', "[[ … ]]")
    check.match(fix 'print(f"loss {x}")', ":format(x)")
    check.equal(fix "print('%.3f' % 3)", "print(('%.3f'):format(3))")
    check.match(fix "print('a' + 'b')", "a .. b")
    check.equal(fix "for p in {1, 2} do end", "for i, p in ipairs({1, 2}) do")
    check.equal(fix "for p in nil do end", nil)
end)

check.test("a line of Python's becomes the line of Lua that does the same", function()
    local lines = {
        ["opt = torch.optim.SGD(net.parameters(), lr=0.1, nesterov=True)"] = "opt = cnn.optim.SGD{net:parameters(), lr=0.1, nesterov=true}",
        ["a, b = torch.utils.data.random_split(d, [5, 1])"] = "a, b = data.random_split(d, {5, 1})",
        ["conv = nn.Conv2d(3, 1, kernel_size=(5, 3), bias=False)"] = "conv = nn.Conv2d{3, 1, kernel_size={5, 3}, bias=false}",
        ["correct += (out.argmax(1) == y).float().sum().item()"] =
            "correct = correct + ((out:argmax(2):eq(y)):float():sum():item())",
        ["out += shortcut # the residual"] = "out = out + shortcut",
        ["y = self.relu(x[:, 0]).view(x.size(0), -1)"] = "y = self.relu(x[{{}, 1}]):view(x:size(1), -1)",
        ["y = x[i, 1:3, -1, 2:, :-1]"] = "y = x[{i + 1, {2, 3}, -1, {3, -1}, {1, -2}}]",
        ["device = torch.device('cuda' if ok else 'cpu')"] = "device = (ok and 'cuda' or 'cpu')",
        ["net = Net(n=1).to(torch.device('cpu'))"] = "net = Net{n=1}:to('cpu')",
        ['s = "{:d} of {}: {:.2f} %".format(1, n, x.item())'] = 's = ("%d of %s: %.2f %%"):format(1, n, x:item())',
        ["print x, y"] = "print(x, y)",
        ["nn.init.kaiming_normal_(m.weight, mode='fan_out')"] = "nn.init.kaiming_normal_{m.weight, mode='fan_out'}",
    }
    for line, wanted in pairs(lines) do check.equal((fix(line):gsub("   %(.*$", "")), wanted) end
    check.equal(fix 'print(f"mean={x.mean():.4f} {n:5d} {s}")', 'print(("mean=%.4f %5d %s"):format(x:mean():item(), n, s))')
    check.match(fix 'f"{x:,}"', ":format") -- string.format has no comma
    check.equal(require("shell.python").line "print('%.3f' % loss.item())", "print(('%.3f'):format(loss:item()))")
    check.match(fix "y = x[1, 2]", "^y = x%[{1, 2}%] ") -- nothing says who counts from 0
    check.match(fix "y = x[0, 2]", "^y = x%[{1, 3}%] ")
    check.match(fix "y = x[:, 1]", "^y = x%[{{}, 2}%]   %(a number selects")
    check.match(fix "if x != y then z() end", "if x ~= y then z%(%) end", "x:ne%(y%)")
    for _, line in ipairs { "x = [i for i in y]", "x = x[::2]", "x = x[None, :]", "x = y y", "d = {1: 2} + {3: 4}" } do
        check.equal(require("shell.python").line(line), nil)
    end
    local lua = { "x = y:size(1)", "f(a, b[1], {c = 1})", "local function f(a, b) return a, b end", "x = cnn.ones(2, 3)",
        "s = 'True != None'", "math.max(1, 2)", "s = #x", "for i, v in ipairs(t) do f(i, v) end" }
    for _, line in ipairs(lua) do check.equal(require("shell.python").line(line), nil) end
end)

check.test("Python's blocks: the line of the header, in Lua, wherever the parser stopped", function()
    check.equal(fix "while step != 10:", "while step ~= 10 do … end")
    check.equal(fix "for epoch in range(2):\n    running_loss = 0.0", "line 1: for epoch = 1, 2 do … end")
    check.equal(fix "x = 1\nfor i in range(10):\n    print(i)", "line 2: for i = 1, 10 do … end")
    check.equal(fix "for i in range(1, n):\n    f(i)", "line 1: for i = 1, n - 1 do … end")
    check.equal(fix "for i, data in enumerate(trainloader, 0):\n    f(i)", "line 1: for i, data in trainloader:enumerate() do … end")
    check.equal(fix "for i, (x, y) in enumerate(loaders['train']): pass", "for i, x, y in loaders['train']:enumerate() do … end")
    check.equal(fix "for i, (x, y) in enumerate(loader): pass", "for i, x, y in loader:enumerate() do … end")
    check.equal(fix "for i, (x, y) in enumerate(loader) do end", "for i, x, y in loader:enumerate() do … end")
    check.match(fix "for x, y in loader:\n    f(x)", "line 1: for x, y in loader do … end")
    check.equal(fix "if x is None:\n    x = 1", "if x == nil then … end")
    check.equal(fix "if a then\nelse:\n x = 1 end", "else without a colon; end closes the whole")
    check.equal(fix "def total(a):\n    return a", "function total(a) … end")
    check.equal(fix "def forward(self, x):\n    return x", "function Net:forward(x) … end")
    check.equal(fix "def __init__(self, in_channels, stride=1):\n    pass", "function Net:init(in_channels, stride) … end")
    check.equal(fix "for _ in range(20):\n    for x, y in loader:\n        f(x)",
        "for x, y in loader do … end   (this is Python throughout: doc/notebook.md has the lab's cells side by side)")
    check.match(fix "try:\n    x = 1", "line 1: local ok, message = pcall")
    check.equal(fix "class Net(nn.Module):\n    pass", 'local Net = nn.class("Net")')
    check.equal(fix "x = [[\nfor example:\n]]\nx = = 2", nil)
end)

check.test("Python's names", function()
    for _, name in ipairs { "cnn", "nn", "F", "optim", "data", "datasets", "transforms", "plt" } do -- a script lacks them
        check.match(fix("x = " .. name .. ".y"), 'local cnn = require "cnn"')
        check.that(load((fix("x = " .. name .. ".y"))))
    end
    check.equal(fix "x = cnn.y\nnet = nn.Linear(1, 2)\nl = F.relu(x)", -- all that a script lacks, at once
        'local cnn = require "cnn"; local nn, F = cnn.nn, cnn.nn.functional')
    check.equal(fix "local cnn = require 'cnn'; local nn = cnn.nn; x = optim.SGD{nn.Linear(1, 2):parameters(), lr=1}",
        "local optim = cnn.optim")
    check.match(fix "x = max(1, 2)", "math.max")
    check.match(fix "x = torch.randn(3)", "cnn")
    for name, wanted in pairs { ["dir(nn)"] = "?nn", ["x = sorted({1})"] = "table.sort", ["x = hasattr({}, 'a')"] = "~= nil",
        ["t0 = time.time()"] = "os.time()", ["x = all({})"] = "x:all()" } do
        check.match(fix(name), wanted)
    end
    check.match(fix "exit()", "Ctrl-D")
    check.equal(fix "print(len({}))", "print(#({}))")
    check.equal(fix "print(isinstance(1, {}))", "print(nn.is(1, {}))")
    check.equal(fix "local groups = {{lr=1}} groups[0].lr = 0.1", "lists count from 1: local groups = {{lr=1}} groups[1].lr = 0.1")
    check.equal(fix "local groups = {} groups[1].lr = 0.1", nil)
    check.equal(fix "print(x:size[1])", "a method is called with parentheses: x:size(…)")
    check.equal(fix "opt:step", "a method is called with parentheses: opt:step(…)")
    check.equal(fix "print(require'cnn'.ones(2).size[1])", "a method is called, with a colon: x:size(…)")
    check.equal(fix "print(require'cnn'.ones(2).shape(1))", "x.shape[1] or x:size(1)")
    check.match(fix "function forward(x) return self.fc(x) end forward(1)", "colon")
    check.match(fix "print((1 == 2):sum())", "x:eq(y)")
    check.match(fix "x = require'cnn'.ones(2)(1)", "x[1] is an element")
    check.match(fix "d = ({}).device('cpu')", '"cpu" or "cuda:0"')
end)

check.test("other messages stay as they are", function()
    check.equal(fix "x = = 2", nil)
    check.equal(fix "f(1 2)", nil)
    check.equal(fix "undefined.x = 1", nil)
    check.equal(fix "local t = true; t.x = 1", nil)
    check.equal(fix "if x == then", nil)
    check.equal(fix "cnn.solve{in=32, out=16, kernel=3}", "cnn.solve{input=32, out=16, kernel=3}")
    check.equal(fix "f{1, end = 3}", 'f{1, ["end"]=3}')
    check.equal(fix "for x = in do", nil)
    for _, text in ipairs { "", "no place", "a\nb:1: attempt to call a nil value (global 'len')", "f:99999999999999999999: x" } do
        check.equal(habits.explain(text, "len(x)"), text)
    end
end)

check.test("a block of Python's is told at once: no line to come would end it", function()
    local t <close> = terminal.start()
    for line, wanted in pairs {
        ["for i in range(10):"] = "for i = 1, 10 do … end", ["    for x, y in loaders['train']:"] = "for x, y in loaders['train'] do … end",
        ["if x:"] = "if x then … end",
        ["for v in f(3): pass"] = "for v in f(3) do … end   (a list: for i, v in ipairs(f(3)) do … end)" } do
        check.match(t:enter(line), "fix: " .. wanted)
    end
    check.equal(t:enter("x:size"), "input 5:1: function arguments expected near <eof>\n  fix: "
        .. "a method is called with parentheses: x:size(…)\n  x:size")
    for _, lines in ipairs { { "function f()", "local s = [[", "if so:", "]]", "return s", "end" }, { "x = {", "-- for i in x:", "}" },
        { "s = 'abc'; n = s:", "len()" } } do
        for i = 1, #lines - 1 do t:enter(lines[i], "\n>> ") end
        check.equal(t:enter(lines[#lines]), "")
    end
end)

check.test("the prompt and scripts say it; a constant of Python's is an error", function()
    local t <close> = terminal.start()
    check.equal(t:enter("net.eval()"):match("[^\n]*"), "input 1:1: attempt to index a nil value (global 'net')")
    check.match(t:enter("nn.Conv2D(3, 10, 5)"), "field 'Conv2D'", "did you mean nn.Conv2d?")
    check.equal(t:enter("f(1, a=2)"), "input 3:1: ')' expected near '='\n  fix: f{1, a=2}\n  f(1, a=2)\n        ^")
    check.equal(t:enter("nn.Conv2d{3, 10, 5, bias=False}"), "input 4:1: False is written false\n  nn.Conv2d{3, 10, 5, bias=False}")
    check.equal(t:enter("None"), "input 5:1: None is written nil\n  None")
    t:enter("function late() return len(1) end")
    check.match(t:enter("late()"), "input 6:1: attempt to call a nil value (global 'len')\n  fix: "
        .. "function late() return #1 end\nstack traceback:")
    local r = check.run({ terminal.program, check.write(check.temp(".lua"), "local x\nx = f(a=1)\n") })
    check.equal(r.code, 1)
    check.match(r.err, ":2: ')' expected near '='\n  fix: x = f{a=1}\n")
end)
