-- SPDX-License-Identifier: MIT
-- The harness checks itself: a test that cannot fail proves nothing.
local check = require "check"

check.test("equal is deep and knows NaN", function()
    check.equal({ 1, { a = "x" } }, { 1, { a = "x" } })
    check.equal(0 / 0, 0 / 0)
    check.fails(function() check.equal({ 1, 2 }, { 1, 3 }) end, "{1, 2}", "{1, 3}")
    check.fails(function() check.equal({ 1 }, { 1, 2 }) end, "expected")
end)

check.test("close looks at every element", function()
    check.close({ { 1, 2 }, { 3, 4 } }, { { 1, 2 }, { 3, 4.00001 } }, { rtol = 1e-4 })
    check.fails(function() check.close({ { 1, 2 }, { 3, 4 } }, { { 1, 2 }, { 3.1, 4 } }) end, "1 of 4", "[2, 1] of [2, 2]")
    check.fails(function() check.close({ 1, 0 / 0 }, { 1, 2 }) end, "1 of 2")
    check.fails(function() check.close({ 1, 2 }, { 1, 1 / 0 }) end, "1 of 2")
    check.fails(function() check.close({ 1, 2 }, { 1, 2, 3 }) end, "shape [2], expected [3]")
    check.close({ 1e-9 }, { 0 }, { rtol = 1e-6, atol = 0, scale = { 1 } })
end)

check.test("fails wants an error with these words", function()
    check.fails(function() check.fails(function() end, "x") end, "no error")
    check.fails(function() check.fails(function() error("one (two)") end, "one (three)") end, "is not in")
    check.fails(function() error("got [1, 2]") end, "got [1, 2]")
end)

check.test("run tells output, status and signal", function()
    local r = check.run({ "sh", "-c", "cat; echo oops >&2; exit 3" }, "hello")
    check.equal(r, { out = "hello", err = "oops\n", code = 3 })
    check.equal(check.run("kill -SEGV $$").signal, 11)
end)
