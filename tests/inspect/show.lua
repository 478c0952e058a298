-- SPDX-License-Identifier: MIT
-- cnn.show: pictures of tensors in a pipe, and in terminals of every kind.
local check = require "check"
local cnn = require "cnn"
local says = require "helpers.says"
local terminal = require "helpers.terminal"

local program = check.quote(check.absolute(arg[-1]))

local function piped(code)
    local r = check.run(program .. " -e " .. check.quote(code))
    check.equal(r.code, 0, r.err)
    return r.out
end

check.test("a pipe gets letters, two per pixel", function()
    check.equal(piped "cnn.show(cnn.tensor { { 0, 0.5 }, { 1, 0.25 } })", "  ++\n@@::\n")
    check.equal(piped 'cnn.show(cnn.tensor { { 0, 128 }, { 255, 64 } }:to("uint8"))', "  ++\n@@::\n")
    check.equal(piped "cnn.show(cnn.tensor { { false, true } })", "  @@\n")
    check.equal(piped "cnn.show(cnn.tensor { { { 1.0 } }, { { 0 } }, { { 0 } } })", "::\n", "red is dark")
    check.equal(piped "cnn.show(cnn.tensor { { { 1.0 } }, { { 1.0 } }, { { 1.0 } } })", "@@\n")
    check.equal(piped "cnn.show(cnn.ones(1, 1, 2))", "@@@@\n")
end)

check.test("numbers outside of 0 … 1 are normalised, with a word", function()
    check.equal(piped "cnn.show(cnn.tensor { { -2, 0, 2.5 } })", "  ==@@\nnormalised: -2 … 2.5 became black … white\n")
    check.equal(piped "cnn.show(cnn.tensor { { 0, 7 } })", "  @@\nnormalised: 0 … 7 became black … white\n")
    check.equal(piped "cnn.show(cnn.tensor { { 3.0, 3.0 } })", "    \nnormalised: 3 … 3 became black … white\n")
    check.equal(piped "cnn.show(cnn.tensor { { 0.5, 0 / 0, math.huge } })", "++  @@\n2 of the numbers are NaN or infinite\n")
    check.equal(piped "cnn.show(cnn.tensor { { 0 / 0 } })", "  \n1 of the numbers are NaN or infinite\n")
end)

check.test("batches and channels side by side; the first 64; large ones thinned", function()
    check.equal(piped "cnn.show(cnn.ones(2, 1, 1, 2))", "@@@@..@@@@\n")
    check.equal(piped "cnn.show(cnn.ones(2, 1, 2))", "@@@@..@@@@\n")
    check.equal(piped "cnn.show(cnn.ones(1, 2, 1, 2))", "@@@@..@@@@\n")
    check.match(piped "cnn.show(cnn.rand(70, 1, 2, 2))", "\nthe first 64 of 70\n")
    local wide = piped "cnn.show(cnn.rand(3, 1500, 3000))"
    for line in wide:gmatch("[^\n]+") do check.that(#line <= 80, #line) end
end)

check.test("nothing is changed, and the shapes that are no images", function()
    check.match(piped [[
        local w = (cnn.randn(2, 2) * 5):requires_grad_()
        local x, before, random = w * 2, w:sum():item(), { require("cnn.core").generator() }
        cnn.show(x)
        x:sum():backward()
        local after = { require("cnn.core").generator() }
        print(w:sum():item() == before, after[1] == random[1] and after[2] == random[2], w.grad:sum():item())]],
        "true\ttrue\t8.0\n")
    local text = "an image is [H, W], [1, H, W] or [3, H, W], a batch [N, 1 or 3, H, W], channels of one image [C, H, W]; got "
    says(function() cnn.show(cnn.ones(3)) end, "shape error in cnn.show", text .. "[3]")
    says(function() cnn.show(cnn.ones(2, 8, 8, 3)) end, "shape error in cnn.show", text .. "[2, 8, 8, 3]",
        "fix: x:permute(1, 4, 2, 3), where channels are last")
    says(function() cnn.show(cnn.ones(2, 8, 8, 8)) end, "shape error in cnn.show", text .. "[2, 8, 8, 8]",
        "fix: cnn.show(x[1]), for the channels of the first")
    says(function() cnn.show(cnn.ones(0, 4)) end, "shape error in cnn.show", text .. "[0, 4]")
    check.fails(function() cnn.show("x") end, "must be a tensor")
end)

-- What comes at the prompt of a terminal, escape sequences and all.
local function shown(env, code)
    local t <close> = terminal.start { env = env }
    t:enter(code or "cnn.show(cnn.linspace(0, 1, 64):view(8, 8))")
    return t.log
end

check.test("terminals: colours, letters without them; what is printed at the prompt stays numbers", function()
    local none = { NO_COLOR = false, COLORTERM = "", KITTY_WINDOW_ID = false, KITTY_PID = false }
    local function with(term, more)
        local env = { TERM = term }
        for _, list in ipairs { none, more or {} } do for k, v in pairs(list) do env[k] = v end end
        return env
    end
    check.that(shown(with "xterm-256color"):find "\27%[[%d;]*[34]8;[25];")
    check.that(shown(with("xterm-256color", { COLORTERM = "truecolor" })):find "\27%[[%d;]*[34]8;2;")
    check.match(shown(with("dumb")), "@@@@")
    check.match(shown(with("xterm-256color", { NO_COLOR = "1" })), "@@@@")
    check.match(shown(with("xterm-256color"), "cnn.ones(2, 2)"), "tensor(", "1., 1.")
    if pcall(require, "cnn.chafa") then
        check.match(shown(with("xterm-kitty", { KITTY_WINDOW_ID = "1", KITTY_PID = "1" })), "\27_G")
    end
end)
