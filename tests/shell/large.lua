-- SPDX-License-Identifier: MIT
-- Tensors and modules as results at a terminal: its width, cut in the middle, a last line with shape, dtype and device.
local check = require "check"
local terminal = require "helpers.terminal"

local function widest(text)
    local width = 0
    for line in text:gmatch("[^\n]+") do width = math.max(width, utf8.len(line)) end
    return width
end

check.test("a tensor says what it is, on its own line or behind it", function()
    local t <close> = terminal.start()
    check.equal(t:enter("cnn.tensor{1, 2, 3}:float()"), "tensor([1., 2., 3.])  [3] float32 cpu")
    check.equal(t:enter("cnn.tensor(5)"), "tensor(5)  [] int64 cpu")
    check.equal(t:enter("cnn.zeros(0, 3)"), "tensor([])  [0, 3] float32 cpu")
    check.equal(t:enter("cnn.ones(2, 2)"), "tensor([[1., 1.],\n        [1., 1.]])\n[2, 2] float32 cpu")
    check.equal(t:enter("print(cnn.ones(2))"), "tensor([1., 1.])")
    check.match(t:enter("(cnn.ones(2):requires_grad_() * 2):sum()"), "^tensor%(4%.%)  %[%] float32 cpu, grad_fn=<%w+>$")
    check.match(t:enter("nn.Linear(1, 1).bias"), "^Parameter containing:\ntensor%(%[[^\n]*%]%)  %[1%] float32 cpu, requires_grad=true$")
end)

check.test("what is too large is cut in the middle, to the width and the height", function()
    local t <close> = terminal.start { columns = 60, rows = 24 }
    local text = t:enter("cnn.arange(1, 10001):reshape(100, 100)")
    check.match(text, "^tensor%(%[%[ +1, ", ",  %.%.%., ", "\n        %.%.%.,\n", "10000%]%]%)\n%[100, 100%] int64 cpu$")
    check.that(widest(text) < 60 and widest(text) > 50, text)
    text = t:enter("cnn.zeros(64, 3, 32, 32)")
    check.match(text, "\n%[64, 3, 32, 32%] float32 cpu$")
    local _, lines = text:gsub("\n", "\n")
    check.that(lines < 24, text)
    t.session:resize(24, 40)
    text = t:enter("cnn.randn(1000) * 1e6")
    check.that(widest(text) < 40, text)
    text = t:enter("x = cnn.zeros(2000); x[1000] = 0 / 0; return x")
    check.match(text, "\n%[2000%] float32 cpu, 1 not finite$")
    check.match(t:enter("cnn.ones(2, 3):requires_grad_()"), "%]%]%)\n%[2, 3%] float32 cpu, requires_grad=true$")
    check.match(t:enter("nn.Linear(200, 300).weight"), "%[300, 200%] float32 cpu,\nrequires_grad=true$")
    for _, columns in ipairs { 40, 100 } do
        t.session:resize(24, columns)
        for _, made in ipairs { "zeros(50, 500)", "zeros(2, 2, 500)", "zeros(3, 200)", "zeros(300)", "full({300}, 1/0)", "eye(400)" } do
            text = t:enter("cnn." .. made)
            check.that(widest(text) < columns and widest(text) > columns - 16, text)
        end
    end
    t.session:resize(24, 120)
    for _, what in ipairs { "cnn.zeros(50, 500)", "cnn.full({50, 50}, 0/0)", "cnn.eye(60)" } do
        local width = widest(t:enter(what))
        check.that(width > 100 and width <= 120, width)
    end
end)

check.test("nan and inf stand out, where there are colours", function()
    local t <close> = terminal.start { env = { NO_COLOR = false } }
    t:send("cnn.tensor{1, 1/0, -1/0, -(0/0)}\r")
    t:expect("float32 cpu")
    check.match(t.log, "\27%[31minf\27%[0m", "\27%[31m%-inf\27%[0m", "\27%[31mnan\27%[0m")
end)

check.test("a module is cut, too, and tells its parameters", function()
    local t <close> = terminal.start { columns = 60, rows = 20 }
    check.equal(t:enter("nn.Linear(1000, 10)"),
        "Linear(in_features=1000, out_features=10, bias=True)\n10,010 parameters float32 cpu, training")
    check.equal(t:enter("nn.ReLU():eval()"), "ReLU()\n0 parameters, evaluating")
    local text = t:enter("net = nn.Sequential() for i = 1, 40 do net:append(nn.Conv2d{3, 3, 3, padding=1, groups=3, bias=false}) end "
        .. "return net")
    check.match(text, "Sequential%(\n", "%(0%): Conv2d%(3, 3,", "…",
        "  … %(%d+ lines: print shows all%)\n", "%(39%)", "\n%)\n1,080 parameters")
    check.that(widest(text:gsub("^.*Sequential", "Sequential")) <= 60, text)
end)

check.test("without a terminal, results are in PyTorch's format", function()
    local r = check.run({ terminal.program, "-i" }, "cnn.ones(2)\nnn.ReLU()\n")
    check.match(r.out, "tensor%(%[1%., 1%.%]%)\n", "ReLU%(%)\n")
    check.that(not r.out:find("cpu", 1, true), r.out)
end)
