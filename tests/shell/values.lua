-- SPDX-License-Identifier: MIT
-- Values as the prompt prints them, without a terminal.
local check = require "check"
local show = require "shell.show"

local function shown(v, width) return show.value(v, width or 80) end

check.test("keys are sorted, strings inside are quoted", function()
    check.equal(shown({ 3, "x", b = 1, a = { true } }), '{3, "x", a = {true}, b = 1}')
    check.equal(shown({ ["two words"] = 1, [2.5] = 2, ["end"] = 3, [false] = 4 }),
        '{[2.5] = 2, ["end"] = 3, ["two words"] = 1, [false] = 4}')
    check.equal(shown("plain"), "plain")
    check.equal(shown({ "tab\t\"q\" \1 \\" }), [[{"tab\t\"q\" \001 \\"}]])
    check.equal(shown({}), "{}")
    check.equal(shown({ {}, {} }), "{{}, {}}")
end)

check.test("what does not fit is indented", function()
    check.equal(shown({ a = ("x"):rep(20), b = { 1, 2 } }, 30), '{\n  a = "' .. ("x"):rep(20) .. '",\n  b = {1, 2}\n}')
end)

check.test("cycles, depth, number and length are limited", function()
    local t = { name = "t" }
    t.me, t.list = t, { t }
    check.equal(shown(t), '{list = {<self>}, me = <self>, name = "t"}')
    local shared = { 1 }
    check.equal(shown({ shared, shared }), "{{1}, {1}}")
    check.equal(shown({ { { { { { 1 } } } } } }), "{{{{{…}}}}}")
    local big = {}
    for i = 1, 1e6 do big[i] = i end
    local text = shown(big)
    check.match(text, "39,\n  40,\n", "… (999960 more)")
    big = {}
    for i = 1, 1e5 do big["k" .. i] = i end
    check.match(shown(big), "… (99960 more)")
    check.match(shown({ ("a"):rep(5000) }), ('a"…'))
end)

check.test("only __tostring runs, and may fail", function()
    local ran
    local spy = function() ran = true end
    check.equal(shown(setmetatable({ a = 1 }, { __index = spy, __pairs = spy, __len = spy, __call = spy, __name = "n" })), "{a = 1}")
    check.that(not ran)
    check.equal(shown(setmetatable({}, { __tostring = function() return "speaks" end })), "speaks")
    check.match(shown(setmetatable({}, { __tostring = function() error("bad", 0) end })), "<table: error in its __tostring: bad>")
    check.equal(shown({ setmetatable({}, { __tostring = function() return "two\nlines" end }) }), "{\n  two\n  lines\n}")
end)

check.test("several results", function()
    check.equal(show.results({ n = 3, 1, nil, "x" }, 80), "1\tnil\tx")
    check.equal(show.results({ n = 2, 1, "a\nb" }, 80), "1\na\nb")
end)

check.test("tensors inside tables take one line", function()
    local cnn = require "cnn"
    check.match(shown({ x = cnn.zeros(3, 4) }), "{x = tensor float32 [3, 4]}")
end)

check.test("a large network inside a table is cut", function()
    local nn = require("cnn").nn
    local net = nn.Sequential()
    for _ = 1, 50 do net:append(nn.ReLU()) end
    local text = shown { net = net, 1 }
    check.match(text, "\n  net = Sequential%(\n    %(0%): ReLU%(%)\n", "\n    … %(40 lines%)\n", "\n    %(49%): ReLU%(%)\n  %)\n}$")
    check.that(not shown({ nn.Sequential(nn.ReLU(), nn.ReLU()) }):find("…", 1, true))
end)

check.test("a nan has no sign, whatever C prints", function()
    check.equal(show.value(0 / 0), "nan")
    check.equal(show.value(-(0 / 0)), "nan")
    check.equal(show.value { 1 / 0, -1 / 0, x = 0 / 0 }, "{inf, -inf, x = nan}")
end)
