-- SPDX-License-Identifier: MIT
-- x[i], x[{…}], and writing through them.
local check = require "check"
local cnn = require "cnn"

local function grid() return cnn.arange(24):view(2, 3, 4) end

check.test("numbers select, ranges keep, {} is all", function()
    local x = grid()
    check.equal(x[2]:size(), cnn.zeros(3, 4):size())
    check.equal(x[2][3][4]:item(), 23)
    check.equal(x[{ 2, 3, 4 }]:item(), 23)
    check.equal(x[{ -1, -1, -1 }]:item(), 23)
    check.equal(x[{ {}, 1 }]:totable(), { { 0, 1, 2, 3 }, { 12, 13, 14, 15 } })
    check.equal(x[{ 1, { 2, 3 }, { -2, -1 } }]:totable(), { { 6, 7 }, { 10, 11 } })
    check.equal(x[{}]:totable(), x:totable())
    check.equal(#x, 2)
    check.equal(tostring(x[{ 1, { 2, 1 } }].shape), "[0, 4]")
    check.equal(tostring(x[{ 1, { 4, 3 } }].shape), "[0, 4]")
    check.equal(tostring(x[{ 1, { 1, 0 } }].shape), "[0, 4]")
end)

check.test("what is written arrives, broadcast and converted", function()
    local x = cnn.zeros(2, 3)
    x[1] = 5
    x[{ 2, 3 }] = -1
    x[{ {}, 2 }] = cnn.tensor { 7, 8 }
    check.equal(x:totable(), { { 5.0, 7.0, 5.0 }, { 0.0, 8.0, -1.0 } })
    x[{ {}, { 1, 2 } }] = cnn.tensor { { 1.5 }, { 2.5 } }
    check.equal(x:totable(), { { 1.5, 1.5, 5.0 }, { 2.5, 2.5, -1.0 } })
    local b = cnn.full({ 2 }, false)
    b[2] = true
    check.equal(b:totable(), { false, true })
    local n = cnn.arange(3)
    n[-1] = 2 ^ 40 // 1 | 0
    check.equal(n:totable(), { 0, 1, 2 ^ 40 // 1 | 0 })
end)

check.test("gradients flow through reading and are not lost by writing", function()
    local w = cnn.ones(2, 3):requires_grad_()
    w[{ {}, 2 }]:sum():backward()
    check.equal(w.grad:totable(), { { 0.0, 1.0, 0.0 }, { 0.0, 1.0, 0.0 } })
    check.fails(function() w[1] = 0 end, "requires a gradient", "cnn.no_grad")
    check.fails(function() cnn.zeros(3)[1] = w[1][1] end, "does not pass it on", "detach")
    cnn.no_grad(function() w[1] = 9 end)
    check.equal(w[1][1]:item(), 9.0)
end)

check.test("wrong indices are explained", function()
    local x = grid()
    check.fails(function() return x[0] end, "indices count from 1")
    check.fails(function() return x[3] end, "index 3 is out of range", "size 2")
    check.fails(function() return x[-3] end, "index -3")
    check.fails(function() return x[1.5] end, "integer", "1.5")
    check.fails(function() return x[{ 1, 2, 3, 4 }] end, "4 indices", "[2, 3, 4]")
    check.fails(function() return x[{ { 1, 3 } }] end, "index 3 is out of range", "dimension 1")
    check.fails(function() return x[{ { 0, 1 } }] end, "count from 1")
    check.fails(function() return x[{ { 2, 0 } }] end, "count from 1")
    check.fails(function() return x[{ 1, { 3, 1 } }] end, "runs backwards")
    check.fails(function() return x[{ { 1 } }] end, "{first, last}")
    check.fails(function() return x[{ "a" }] end, 'the string "a"')
    check.fails(function() return x[x] end, "a tensor")
    check.fails(function() return cnn.tensor(1)[1] end, "item()")
    check.fails(function() x[1] = "five" end, 'the string "five"')
    check.fails(function() x[1] = cnn.zeros(5) end, "[5]")
end)
