-- SPDX-License-Identifier: MIT
-- plt without gnuplot: what is drawn, the script that would draw it, and wrong calls.
local check = require "check"
local cnn = require "cnn"
local figure = require "cnn.plt.figure"
local gnuplot = require "cnn.plt.gnuplot"
local picture = require "cnn.plt.picture"
local values = require "cnn.plt.values"
local plt = cnn.plt

local function script(text)
    local made = gnuplot.script(figure.current(), "dumb", text)
    plt.close()
    return made
end

check.test("lines: lists, tensors, names, short forms, colours in turn", function()
    plt.plot { 3, 2, 1 }
    plt.plot({ 10, 20 }, { 5, 6 })
    plt.plot { cnn.tensor { 1.5, 2.5 }, label = "two", color = "red", linestyle = ":" }
    plt.plot(cnn.arange(3), cnn.arange(3) * 2, "g--o")
    local s = figure.axes().series
    check.equal(s[1].x, { 1, 2, 3 })
    check.equal(s[1].y, { 3, 2, 1 })
    check.equal(s[1].color, "#1f77b4")
    check.equal(s[2].x, { 10, 20 })
    check.equal(s[2].color, "#ff7f0e")
    check.equal(s[3].y, { 1.5, 2.5 })
    check.equal({ s[3].color, s[3].linestyle, s[3].label }, { "#d62728", ":", "two" })
    check.equal({ s[4].color, s[4].linestyle, s[4].marker }, { "#2ca02c", "--", "o" })
    plt.plot({ 1, 2 }, "k.")
    check.equal(s[5].linestyle, "none")
    plt.close()
end)

check.test("a parameter that requires a gradient can be drawn", function()
    plt.hist { cnn.nn.Linear(10, 10).weight, bins = 4 }
    plt.close()
end)

check.test("histograms count as numpy does", function()
    local counts, edges = plt.hist { { 1, 2, 2, 3, 4, 10 }, bins = 3 }
    check.equal(counts, { 4, 1, 1 })
    check.equal(edges, { 1, 4, 7, 10 })
    counts = plt.hist { cnn.arange(100):view(10, 10), bins = 10 }
    check.equal(counts, { 10, 10, 10, 10, 10, 10, 10, 10, 10, 10 })
    counts, edges = plt.hist { { 5, 5 }, bins = 2 } -- all the same: one wide
    check.equal({ edges[1], edges[3] }, { 4.5, 5.5 })
    check.equal(counts, { 0, 2 })
    counts = plt.hist { { 0, 1, 2, 3 }, bins = 2, range = { 0, 2 } }
    check.equal(counts, { 1, 2 })
    counts, edges = plt.hist { cnn.randn(1000), density = true }
    local area = 0
    for i = 1, #counts do area = area + counts[i] * (edges[i + 1] - edges[i]) end
    check.close(area, 1, { atol = 1e-9 })
    check.fails(function() plt.hist { 1, 0 / 0, 3 } end, "1 of the 3 values")
    plt.close()
end)

check.test("texts from users are texts, whatever is in them", function()
    plt.plot { { 1, 2 }, label = "a'b`touch /tmp/x`\"c\\" }
    plt.title("100% of 'x_1'\nsystem('id')")
    plt.xlabel("\27[31mred")
    plt.legend()
    local s = script()
    check.match(s, "title 'a''b`touch /tmp/x`\"c\\'")
    check.match(s, [['100% of ''x_1'''."\n".'system(''id'')']])
    check.that(not s:find("\27", 1, true), "control characters go")
end)

check.test("NaN and infinity are gaps, nothing at all is drawn as nothing", function()
    plt.plot { 1, 0 / 0, math.huge, 4 }
    check.match(script(), "2 NaN\n3 NaN\n4 4")
    plt.plot {}
    check.match(script(), "set xrange [0:1]")
    plt.plot { 7 }
    check.match(script(), "set yrange [6.65:7.35]")
    plt.plot({ 0 / 0, 1 })
    plt.yscale("log")
    plt.ylim(0, 5)
    check.match(script(), "set yrange [*:5]")
    plt.plot { -1, 0 }
    plt.yscale("log")
    check.match(script(), "set yrange [0.1:1]")
    plt.plot { -1, 5 }
    plt.yscale("log")
    check.match(script(), "set yrange [4.75:5.25]")
end)

check.test("points that no line goes through are drawn as points", function()
    plt.plot { 3 }
    plt.plot { 1, 0 / 0, 2, math.huge, 3 }
    plt.plot { 1, 2, 0 / 0 }
    plt.plot {}
    local s = script()
    check.equal({ select(2, s:gsub("with points", "")), select(2, s:gsub("with lines", "")) }, { 2, 2 })
end)

check.test("losses that nobody read by item(), images as matplotlib has them, numbers for titles", function()
    plt.plot { cnn.tensor(3), cnn.nn.Linear(1, 1)(cnn.ones(1, 1)):sum() * 0 + 2.5, 1, cnn.tensor(true) }
    plt.title(5)
    check.match(script(), "1 3\n2 2.5\n3 1\n4 1\n", "set title '5'")
    local image = cnn.rand(3, 4, 5)
    check.equal(values.picture("imshow", image:permute(2, 3, 1)), values.picture("imshow", image))
end)

check.test("a legend may bring the names", function()
    plt.plot { 1, 2 }
    plt.plot { { 2, 1 }, label = "old" }
    plt.legend { "resnet", "plain" }
    check.match(script(), "title 'resnet'", "title 'plain'", "set key top right")
    plt.plot { 1, 2 }
    plt.legend({ "one" }, { loc = "lower left" })
    check.match(script(), "title 'one'", "set key bottom left")
    plt.plot { 1, 2 }
    plt.legend("upper left")
    check.match(script(), "set key top left")
    check.fails(function() plt.legend("left") end, "a place is one of", "upper left", 'got "left"')
    check.fails(function() plt.legend { { "a", "b", "c" } } end, "3 names")
    check.fails(function() plt.legend { loc = "left" } end, "loc", "upper left")
    plt.close()
end)

check.test("subplots", function()
    plt.subplot(2, 2, 1)
    plt.plot { 1, 2 }
    plt.subplot(2, 2, 4)
    plt.plot { 3, 4 }
    local s = script()
    check.match(s, "set multiplot layout 2,2", "set multiplot next\nset multiplot next")
    plt.subplot(211)
    check.equal({ figure.current().rows, figure.current().columns, figure.current().at }, { 2, 1, 1 })
    check.fails(function() plt.subplot(2, 2, 5) end, "counts the 4 places")
    check.fails(function() plt.subplot(2, 2, 0) end, "index", "at least 1")
    plt.close()
end)

check.test("images: bytes, numbers, maps, one and three channels", function()
    local white = values.picture("imshow", cnn.ones(3, 2, 4))
    check.equal({ white.width, white.height, white[1], white[8] }, { 4, 2, 0xffffff, 0xffffff })
    local bytes = cnn.tensor({ { { 255 } }, { { 16 } }, { { 1 } } }):to("uint8")
    check.equal(values.picture("imshow", bytes)[1], 0xff1001)
    local ramp = values.picture("imshow", cnn.arange(3):view(1, 3), "gray")
    check.equal({ ramp[1], ramp[2], ramp[3] }, { 0, 0x808080, 0xffffff })
    check.equal(values.picture("imshow", cnn.tensor { { 2, -5 } }:view(1, 1, 2), "gray")[1], 0xffffff)
    check.equal(values.picture("imshow", cnn.tensor { { { 2 } }, { { -1 } }, { { 0 / 0 } } })[1], 0xff0000)
    check.fails(function() plt.imshow(cnn.ones(4, 2, 2)) end, "[H, W], [1, H, W] or [3, H, W]", "[4, 2, 2]")
    check.fails(function() plt.imshow(cnn.ones(0, 2)) end, "[0, 2]")
    plt.imgrid { cnn.rand(5, 1, 6, 4), labels = { 1, 2, 1, 2, 1 }, classes = { "cat", "dog" }, columns = 3 }
    check.equal(figure.axes().texts[2].text, "dog")
    check.match(script(), "with rgbimage", "set label 'cat'")
    check.fails(function() plt.imgrid { cnn.rand(5, 1, 6, 4), labels = { 1 } } end, "5 images, 1 labels")
    check.fails(function() plt.imgrid(cnn.rand(6, 4)) end, "[N, C, H, W]")
end)

check.test("pictures as letters", function()
    local p = values.picture("imshow", cnn.tensor { { 0, 1 }, { 1, 0 } }, "gray")
    check.equal(picture.letters(p, 80, "plain"), "  @@\n@@  \n")
    check.equal(picture.letters(p, 80, "true"), "\27[38;2;0;0;0m\27[48;2;255;255;255m▀\27[38;2;255;255;255m\27[48;2;0;0;0m▀\27[0m\n")
    check.match(picture.letters(p, 80, "256"), "38;5;16m", "48;5;231m")
end)

check.test("wrong calls", function()
    check.fails(function() plt.plot({ 1, 2 }, { 1, 2, 3 }) end, "x has 2 numbers, y has 3")
    check.fails(function() plt.plot { { 1 }, color = "reddish" } end, "reddish")
    check.fails(function() plt.plot({ 1 }, "q-") end, '"q-" is no format')
    check.fails(function() plt.plot { "a" } end, "numbers")
    check.fails(function() plt.plot { { 1 }, lable = "x" } end, "did you mean label?")
    check.fails(function() plt.ylim(2, 1) end, "lower limit comes first")
    check.fails(function() plt.yscale("logarithmic") end, "log")
    check.fails(function() plt.figure { figsize = { 0, 1 } } end, "inches")
    plt.close()
    check.fails(function() plt.show() end, "nothing in the figure")
end)
