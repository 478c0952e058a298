-- SPDX-License-Identifier: MIT
-- cnn.explain, cnn.solve and cnn.receptive_field: every number they write is checked against the layers themselves.
local check = require "check"
local cnn = require "cnn"
local core = require "cnn.core"
local says = require "helpers.says"
local window = require "cnn.inspect.window"
local nn, F = cnn.nn, cnn.nn.functional

local function has(text, ...)
    for _, part in ipairs { ... } do
        if not tostring(text):find(part, 1, true) then check.fail("%s\nlacks\n%s", tostring(text), part) end
    end
end

check.test("a convolution, in full", function()
    local e = cnn.explain(nn.Conv2d(3, 10, 5), { 1, 3, 32, 32 })
    check.equal((tostring(e):gsub("\n  forward  .*$", "")), [[
Conv2d(3, 10, kernel_size=(5, 5), stride=(1, 1))
[1, 3, 32, 32] → [1, 10, 28, 28]
  height and width  floor((32 + 2·0 − 1·(5−1) − 1)/1 + 1) = 28
  channels          3 → 10: one per filter, which looks at all 3
  first output      sees rows 1–5, columns 1–5
  last output       sees rows 28–32, columns 28–32
  keeps the size    padding=2
  parameters        10·3·5·5 + 10 = 760
  multiply-adds     1·10·28·28 · 3·5·5 = 588,000]])
    check.equal(e.output, { 1, 10, 28, 28 })
    check.equal({ e.parameters, e.multiply_adds, e.formula }, { 760, 588000, "floor((32 + 2·0 − 1·(5−1) − 1)/1 + 1) = 28" })
    check.equal({ e.first, e.last }, { { { 1, 5 }, { 1, 5 } }, { { 28, 32 }, { 28, 32 } } })
    check.equal({ e.same_padding, e.receptive_field }, { { 2, 2 }, { 5, 5 } })
end)

check.test("the walk is drawn where it is small: padding, stride and dilation, what is left over", function()
    has(cnn.explain(nn.Conv2d { 1, 1, 3, stride = 2, padding = 1 }, 1, 6, 6), [[
along one side (p: padding):
  input     p  1  2  3  4  5  6  p
  output 1  ■  ■  ■
  output 2        ■  ■  ■
  output 3              ■  ■  ■]], "first output      sees rows 1–2 and 1 of padding",
        "no padding with a stride above 1; padding=1 gives 3×3")
    has(cnn.explain(nn.Conv2d { 4, 4, 3, dilation = 2, groups = 2 }, 4, 6, 7), "along the height:", "along the width:",
        "  output 2     ■  ·  ■  ·  ■", "in 2 groups", "4·2·3·3 + 4 = 76")
    has(cnn.explain(nn.MaxPool2d(2), 16, 7, 7), "not seen          the last row and column", "the largest of 2·2 numbers")
    has(cnn.explain(nn.MaxPool2d(3), 16, 8, 7), "not seen          the last 2 rows and column")
    has(cnn.explain(nn.ConvTranspose2d { 1, 1, 4, stride = 2, padding = 1 }, 1, 3, 3), "(3 − 1)·2 − 2·1 + 1·(4−1) + 0 + 1 = 6", [[
  output 1  ■
  output 2  ■  ■
  output 3  ■  ■
  output 4     ■  ■
  output 5     ■  ■
  output 6        ■]])
    check.equal(tostring(cnn.explain(nn.Conv2d(1, 1, 3), 1, 28, 28)):find("■"), nil)
    local long = tostring(cnn.explain(nn.Conv1d(1, 1, 2), 1, 20))
    has(long, "  …\n  output 19")
    for line in long:gmatch("[^\n]+") do check.that(utf8.len(line) <= 80, line) end
end)

check.test("padding that keeps the size keeps it", function()
    for kernel = 1, 5 do
        for dilation = 1, 2 do
            local same = cnn.explain(nn.Conv2d { 1, 1, kernel, dilation = dilation }, 1, 12, 12).same_padding
            if kernel > 1 then
                local layer = nn.Conv2d { 1, 1, kernel, dilation = dilation, padding = same }
                check.equal(tostring(layer(cnn.zeros(1, 1, 12, 12)):size()), "[1, 1, 12, 12]")
                has(cnn.explain(layer, 1, 12, 12), "keeps the size    as it is")
            end
        end
    end
end)

check.test("other layers", function()
    has(cnn.explain(nn.Linear(10, 3), { 2, 5, 10 }), "[2, 5, 10] → [2, 5, 3]", "3·10 + 3 = 33", "2·5·3 · 10 = 300", "2·5, each by itself")
    has(cnn.explain(nn.BatchNorm2d(10), { 8, 10, 4, 4 }), "mean and variance of 8·4·4 numbers", "2·10 = 20", "the running mean")
    has(cnn.explain(nn.Flatten(), { 8, 10, 4, 3 }), "10·4·3 = 120", "place (c−1)·12 + (h−1)·3 + w")
    has(cnn.explain(nn.Dropout(0.25), { 8, 10 }), "probability 0.25", "1/(1 − 0.25) = 1.333", "nothing happens")
    has(cnn.explain(nn.Dropout(1.0), { 8, 10 }), "probability 1\n")
    has(cnn.explain(nn.AdaptiveAvgPool2d(3), 16, 7, 8), "7 → 3, windows of 3", "8 → 3, windows of 3 to 4")
    has(cnn.explain(nn.ZeroPad2d { 1, 2, 3, 4 }, { 8, 10, 4, 4 }), "4 + 3 + 4 = 11", "4 + 1 + 2 = 7")
    has(cnn.explain(nn.Upsample { scale_factor = 2 }, 3, 4, 4), "4·2 = 8")
    has(cnn.explain(nn.PixelShuffle(2), 4, 3, 3), "3·2 = 6")
    has(cnn.explain(nn.ReLU(), 3, 4, 4), "is kept", "none")
    local x = cnn.arange(1, 25):reshape(1, 2, 3, 4)
    check.equal(nn.Flatten()(x)[1][(2 - 1) * 12 + (3 - 1) * 4 + 2]:item(), x[1][2][3][2]:item())
end)

-- The inputs that output o depends on, by the gradient of a layer whose weights are all 1.
local function depends(layer, size, o)
    for _, p in ipairs(layer:parameters()) do cnn.no_grad(function() p:fill_(1) end) end
    local x = cnn.arange(1, size + 1):float():view(1, 1, 1, size):expand(1, 1, size, size):contiguous():requires_grad_()
    local y = layer(x)
    y[1][1][1 + (y:size(3) - 1) // 2][o]:backward()
    local seen = {}
    for i, v in ipairs(x.grad:abs():sum(1):sum(1):sum(1):totable()) do seen[i] = v ~= 0 end
    return seen, y:size()
end

check.test("what an output sees is what its gradient reaches", function()
    local layers = {
        nn.Conv2d(1, 1, 3), nn.Conv2d { 1, 1, 4, stride = 3, padding = 2 }, nn.Conv2d { 1, 1, 3, dilation = 2, padding = "same" },
        nn.Conv2d { 1, 1, 4, padding = "same" }, nn.AvgPool2d(3), nn.AvgPool2d { 3, stride = 2, padding = 1, ceil_mode = true },
        nn.AdaptiveAvgPool2d(4), nn.ConvTranspose2d { 1, 1, 4, stride = 2, padding = 1 },
        nn.ConvTranspose2d { 1, 1, 3, stride = 3, output_padding = 1, dilation = 2 },
    }
    for _, layer in ipairs(layers) do
        local input, name = { 1, 1, 9, 9 }, getmetatable(layer).__name
        local axis = window.axes(layer, name, input, layer(cnn.zeros(1, 1, 9, 9)):size())[2]
        for o = 1, axis.output do
            local seen = depends(layer, 9, o)
            for i = 1, 9 do check.equal(window.touches(axis, o, i), seen[i], ("%s: output %d, input %d"):format(layer, o, i)) end
        end
    end
end)

check.test("multiply-adds and parameters are those that were counted", function()
    for _, case in ipairs {
        { nn.Conv2d { 4, 6, 3, groups = 2, bias = false }, { 3, 4, 9, 9 } }, { nn.Conv1d(4, 6, 3), { 3, 4, 9 } },
        { nn.ConvTranspose2d { 4, 6, 3, stride = 2, groups = 2 }, { 3, 4, 5, 5 } }, { nn.Linear(7, 2), { 3, 7 } },
    } do
        local list, text = cnn.shapes(case[1], case[2]), tostring(cnn.explain(case[1], case[2]))
        local function value(name)
            local sum = 0
            for term in text:match(name .. "%s+(.-) = [%d,]+"):gsub(" · ", "·"):gmatch("[^+]+") do
                local product = 1
                for factor in term:gmatch("%d+") do product = product * math.tointeger(factor) end
                sum = sum + product
            end
            return sum
        end
        check.equal({ value("parameters"), value("multiply%-adds") }, { list.parameters, list.multiply_adds }, text)
    end
end)

-- ---- receptive fields ------------------------------------------------------------------------------------------------

-- How many columns the middle output's gradient reaches.
local function reached(net, size)
    local x = cnn.ones(1, 1, size, size):requires_grad_()
    for _, p in ipairs(net:parameters()) do cnn.no_grad(function() p:fill_(1) end) end
    local y = net(x)
    y[1][1][(y:size(3) + 1) // 2][(y:size(4) + 1) // 2]:backward()
    return x.grad:abs():sum(1):sum(1):sum(1):gt(0):sum():item()
end

check.test("receptive fields are what gradients reach", function()
    for _, net in ipairs {
        nn.Sequential(nn.Conv2d(1, 2, 3), nn.Conv2d { 2, 1, 3, stride = 2 }, nn.Conv2d(1, 1, 3)),
        nn.Sequential(nn.Conv2d { 1, 2, 3, dilation = 3, padding = 3 }, nn.AvgPool2d(2), nn.Conv2d { 2, 1, 5, padding = 2 }),
        nn.Sequential(nn.AvgPool2d { 3, stride = 2, padding = 1 }, nn.Upsample { scale_factor = 2 }, nn.AvgPool2d { 4, stride = 1 }),
        nn.Sequential(nn.AvgPool2d { 3, stride = 2, padding = 1 }, nn.Upsample { scale_factor = 2 }, nn.AvgPool2d { 3, stride = 1 }),
        nn.Sequential(nn.ZeroPad2d(2), nn.Conv2d(1, 1, 5), nn.ConvTranspose2d { 1, 1, 2, stride = 2 }),
    } do
        check.equal(cnn.receptive_field(net, 1, 41, 41).size[2], reached(net, 41), tostring(net))
    end
end)

check.test("fields of networks with branches, sums and functions between layers", function()
    local Block = nn.class("Block")
    function Block:init() self.a, self.b, self.short = nn.Conv2d(1, 1, 5), nn.Conv2d { 1, 1, 3, padding = 3 }, nn.Conv2d(1, 1, 1) end
    function Block:forward(x) return F.relu(self.b(F.relu(self.a(x))) + self.short(x)) end
    local list = cnn.receptive_field(nn.Sequential(Block(), nn.Conv2d { 1, 1, 3, stride = 2 }, Block()), 1, 21, 21)
    check.equal(list.size, { 7 + 2 + 6 * 2, 7 + 2 + 6 * 2 })
    check.equal({ list[1].size, list[3].size, list[4].step, list[4].name }, { { 5, 5 }, { 1, 1 }, { 2, 2 }, "1" })
    local Flat = nn.class("Flat")
    function Flat:init() self.conv, self.fc = nn.Conv2d(1, 2, 3), nn.Linear(2 * 36, 3) end
    function Flat:forward(x) return self.fc(self.conv(x):flatten(2)) end
    check.equal(cnn.receptive_field(Flat(), 1, 8, 8).size, { 8, 8 })
    local Hidden = nn.class("Hidden")
    function Hidden:init() self.conv = nn.Conv2d(1, 2, 3) end
    function Hidden:forward(x) return F.max_pool2d(self.conv(x), 2) end
    local hidden = cnn.receptive_field(nn.Sequential(Hidden(), nn.Conv2d(2, 1, 2)), 1, 8, 8)
    check.equal({ hidden.size, hidden[1].size, hidden[2].text }, { nil, { 3, 3 }, "?" })
    check.equal(cnn.receptive_field(nn.Linear(3, 4), 3).size, {})
    check.equal(cnn.receptive_field(nn.Conv1d(1, 1, 3), 1, 9).size, { 3 })
end)

check.test("a whole network: sizes, formulas, fields; random numbers, modes and statistics stay as they are", function()
    local net = nn.Sequential(nn.Conv2d(1, 8, 5), nn.BatchNorm2d(8), nn.Dropout(0.5), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1152, 10))
    cnn.manual_seed(5)
    local _, offset = core.generator()
    local e = cnn.explain(net, 1, 28, 28)
    has(e, "floor((28 + 2·0 − 1·(5−1) − 1)/1 + 1) = 24", "8·12·12 = 1152", "6×6", "28×28", "11,754 parameters, 126,720 multiply-adds")
    check.equal({ e.parameters, e.multiply_adds, e.receptive_field }, { 11754, 126720, { 28, 28 } })
    local _, later = core.generator()
    check.equal({ later, net.training, net[2].num_batches_tracked:item() }, { offset, true, 0 })
    says(function() cnn.explain(nn.Linear(10, 3), 11) end, "shape error in linear",
        "Linear(10 → 3) needs [N, 10]; got [1, 11]", "fix: nn.Linear(11, 3)")
    check.fails(function() cnn.explain(net) end, "sizes of the input")
    check.fails(function() cnn.explain(3, 4) end, "a module")
    check.fails(function() cnn.receptive_field(net, "x") end, "sizes of the input")
end)

-- ---- the inverse -----------------------------------------------------------------------------------------------------

check.test("solve lists all that fit, and only these", function()
    for input = 1, 8 do
        for output = 1, 8 do
            local found = {}
            for _, r in ipairs(cnn.solve { input, output, 3 }) do
                found[("%d %d %d"):format(r.stride, r.padding, r.dilation)] = true
                local layer = nn.Conv1d { 1, 1, 3, stride = r.stride, padding = r.padding, dilation = r.dilation }
                check.equal(layer(cnn.zeros(1, 1, input)):size(3), output)
            end
            for dilation = 1, 4 do
                for padding = 0, 2 * dilation do
                    local free = input + 2 * padding - 2 * dilation - 1
                    for stride = 1, free + 1 do
                        local fits = free // stride + 1 == output
                        check.equal(found[("%d %d %d"):format(stride, padding, dilation)] or false, fits and free >= 0)
                    end
                end
            end
        end
    end
end)

local LINE = "cnn.solve(input, output, kernel=nil, stride=nil, padding=nil, dilation=nil)"

check.test("solve: names, what comes first, and when nothing fits", function()
    local want = tostring(cnn.solve(32, 16, 3))
    check.equal(tostring(cnn.solve { input = 32, out = 16, kernel = 3 }), want)
    check.equal(tostring(cnn.solve { ["in"] = 32, output = 16, kernel_size = 3 }), want)
    check.equal(tostring(cnn.solve { size = 32, out = 16, kernel = 3 }), want)
    local first = cnn.solve(32, 16, 3)[1]
    check.equal({ first.kernel, first.stride, first.padding, first.dilation }, { 3, 2, 1, 1 })
    check.equal(first.formula, "floor((32 + 2·1 − 1·(3−1) − 1)/2 + 1) = 16")
    check.equal(cnn.solve(32, 28)[1].kernel, 5)
    local none = cnn.solve { 7, 5, 2, stride = 1, dilation = 1 }
    check.equal({ #none, none.nearest.output }, { 0, 6 })
    has(none, "nothing fits 7 → 5; the nearest is floor((7 + 2·0 − 1·(2−1) − 1)/1 + 1) = 6 (kernel 2, stride 1, padding 0, dilation 1)")
    has(cnn.solve(4096, 1, 64), "614 more")
    says(function() cnn.solve { size = 7, input = 5, out = 2 } end, "type error in cnn.solve",
        '"size" is given twice: 5 by another name and 7 by name', LINE)
    says(function() cnn.solve { inpt = 5, out = 2 } end, "type error in cnn.solve",
        'there is no argument "inpt" (did you mean input?)', LINE)
    says(function() cnn.solve { 5, 2, 3, padding = 9 } end, "value error in cnn.solve",
        "with padding 9 a window of kernel 3 would lie in the padding alone")
    check.fails(function() cnn.solve(0, 2) end, "value error in cnn.solve", "at least 1")
end)
