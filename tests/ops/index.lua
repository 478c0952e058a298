-- SPDX-License-Identifier: MIT
-- x[index], x[mask], alone and beside numbers and ranges; writing through them.
local check, op = require "check", require "helpers.op"
local cnn = require "cnn"

local calls = {
    ["first"] = function(t) return t.x[t.index] end,
    ["grid"] = function(t) return t.x[t.index] end,
    ["scalar"] = function(t) return t.x[t.index] end,
    ["middle"] = function(t) return t.x[{ {}, t.index, { 2, 3 } }] end,
    ["last grid"] = function(t) return t.x[{ 2, {}, t.index }] end,
    ["image"] = function(t) return t.x[{ {}, t.index }] end,
    ["mask"] = function(t) return t.x[t.mask] end,
    ["mask whole"] = function(t) return t.x[t.mask] end,
    ["mask two"] = function(t) return t.x[{ { 2, -1 }, t.mask }] end,
    ["mask after number"] = function(t) return t.x[{ 3, t.mask }] end,
    ["mask image"] = function(t) return t.x[{ {}, t.mask, 1 }] end,
    ["write number"] = function(t) t.x[t.index] = 7 end,
    ["write rows"] = function(t) t.x[{ {}, t.index }] = t.v end,
    ["write broadcast"] = function(t) t.x[t.index] = t.v end,
    ["write mask"] = function(t) t.x[t.mask] = -1.5 end,
    ["write masked row"] = function(t) t.x[{ 2, t.mask }] = t.v end,
}

op.golden("index", function(t, case) return calls[case.name](t) or t.x end)

check.test("gradients agree with differences, and add up where an index repeats", function()
    local index = cnn.tensor { { 1, 1 }, { 3, -1 } }
    op.differences(function(x) return x[{ {}, index }]:square() end, { { 2, 3 } })
    op.differences(function(x) return x[cnn.tensor { true, false, true }]:square() end, { { 3, 2 } })
    local x = cnn.zeros { 3, requires_grad = true }
    x[cnn.tensor { 2, 2, 2 }]:sum():backward()
    check.equal(x.grad, cnn.tensor { 0.0, 3.0, 0.0 })
end)

check.test("writing keeps types, and what a gradient needs is guarded", function()
    local x = cnn.arange(4)
    x[x:gt(1)] = 9
    check.equal(x, cnn.tensor { 0, 1, 9, 9 })
    x[cnn.tensor { -1, 1 }] = cnn.tensor { 2.0, 3.0 }
    check.equal(x, cnn.tensor { 3, 1, 9, 2 })
    x[cnn.tensor { 1, 1 }] = cnn.tensor { 5, 6 } -- the last one stays
    check.equal(x[1]:item(), 6)
    local b = cnn.tensor { true, true }
    b[cnn.tensor { 2 }] = false
    check.equal(b, cnn.tensor { true, false })
    local weight = cnn.ones { 3, requires_grad = true }
    check.fails(function() weight[cnn.tensor { 1 }] = 0 end, "no_grad")
    cnn.no_grad(function() weight[cnn.tensor { 1 }] = 0 end)
    check.equal(weight:detach(), cnn.tensor { 0.0, 1.0, 1.0 })
    local y = cnn.ones { 3, requires_grad = true } * 2
    local z = y:square()
    cnn.no_grad(function() y[cnn.tensor { 1 }] = 0 end)
    check.fails(function() z:sum():backward() end, "changed")
end)

check.test("wrong indices say what does not fit", function()
    local x = cnn.zeros(3, 10)
    check.fails(function() return x[cnn.tensor { 4 }] end, "index 4 is outside 1..3")
    check.fails(function() return x[{ {}, cnn.tensor { 11 } }] end, "index 11 is outside 1..10")
    check.fails(function() return x[cnn.tensor { 0 }] end, "indices count from 1")
    check.fails(function() x[cnn.tensor { 0 }] = 1 end, "indices count from 1")
    check.fails(function() return x[cnn.tensor { 1.0 }] end, "int64", "float32", "long")
    check.fails(function() return x[cnn.tensor { 1 }:byte()] end, "int64", "uint8", "bool()")
    check.fails(function() return x[cnn.tensor { true, false }] end, "mask", "[2]", "[3, 10]")
    check.fails(function() return x[cnn.ones { 3, 9, dtype = "bool" }] end, "[3, 9]", "dimensions 1 to 2")
    check.fails(function() return x[cnn.tensor(true)] end, "scalar")
    check.fails(function() return x[{ cnn.tensor { 1 }, cnn.tensor { 1 } }] end, "one tensor", "gather")
    check.fails(function() return x[{ 1, 2, cnn.tensor { 1 } }] end, "3 indices", "2 dimensions")
    check.fails(function() return cnn.tensor(1)[cnn.tensor { 1 }] end, "0 dimensions")
    check.fails(function() x[cnn.tensor { 1, 2 }] = cnn.zeros(3) end, "3")
    check.fails(function() return x["one"] end, "one")
    check.fails(function() return x[true] end, "a number, a table {…} or a tensor")
end)
