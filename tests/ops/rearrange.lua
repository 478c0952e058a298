-- SPDX-License-Identifier: MIT
-- flip, roll, unbind, triangles, diagonals, outer products; logsumexp; unique.
local check, op = require "check", require "helpers.op"
local cnn = require "cnn"

local calls = {
    ["flip"] = function(t) return t.x:flip(1, 3) end,
    ["flip last"] = function(t) return cnn.flip(t.x, { -1 }) end,
    ["roll"] = function(t) return t.x:roll(7) end,
    ["roll one"] = function(t) return cnn.roll(t.x, -2, 2) end,
    ["roll two"] = function(t) return t.x:roll({ 1, 13 }, { 1, -1 }) end,
    ["unbind"] = function(t) return (select(3, t.x:unbind(2))) end,
    ["outer"] = function(t) return t.x:outer(t.y) end,
    ["logsumexp"] = function(t) return t.x:logsumexp(2) end,
    ["logsumexp two"] = function(t) return cnn.logsumexp { t.x, { 1, 3 }, keepdim = true } end,
    ["logsumexp endless"] = function(t) return t.x:logsumexp(2) end,
    ["unique"] = function(t) return t.x:unique() end,
    ["unique all"] = function(t) return t.x:unique { return_inverse = true, return_counts = true } end,
    ["unique reals"] = function(t) return cnn.unique { t.x, return_counts = true } end,
}

op.golden("rearrange", function(t, case)
    if case.k then return t.x[case.name:match("%l+")](t.x, case.k) end
    return calls[case.name](t)
end)

check.test("gradients agree with differences", function()
    op.differences(function(x) return x:flip(1):square() end, { { 3, 2 } })
    op.differences(function(x) return x:roll({ 1, 2 }, { 1, 2 }):square() end, { { 3, 4 } })
    op.differences(function(x) return x:logsumexp({ 1, 2 }) end, { { 3, 4 } })
    op.differences(function(x, y) return x:outer(y):tril() end, { { 3 }, { 4 } })
end)

check.test("in place, empty, and of every type", function()
    local x = cnn.arange(1, 10):view(3, 3)
    check.that(x:tril_(-1) == x, "not the tensor itself")
    check.equal(x, cnn.tensor { { 0, 0, 0 }, { 4, 0, 0 }, { 7, 8, 0 } })
    check.equal(cnn.tensor { { true, true }, { true, true } }:triu_(1), cnn.tensor { { false, true }, { false, false } })
    check.equal(cnn.zeros(0, 3):flip(1, 2):size(), cnn.zeros(0, 3):size())
    check.equal(cnn.zeros(0, 3):roll(2, 1):size(), cnn.zeros(0, 3):size())
    check.equal(cnn.zeros(0):unique():numel(), 0)
    check.equal(select("#", cnn.zeros(0, 3):unbind()), 0)
    check.equal(cnn.tensor { 1, 2, 3 }:byte():flip(1), cnn.tensor { 3, 2, 1 }:byte())
    local row = cnn.zeros(2, 2)
    row:unbind():fill_(1) -- views
    check.equal(row:sum():item(), 2)
end)

check.test("wrong calls say what does not fit", function()
    local x = cnn.randn(2, 3)
    check.fails(function() x:flip(0) end, "count from 1")
    check.fails(function() x:flip(3) end, "no dimension 3")
    check.fails(function() x:flip(1, -2) end, "twice")
    check.fails(function() x:roll({ 1, 2 }) end, "dimension each")
    check.fails(function() x:roll({ 1, 2 }, 1) end, "2 and 1")
    check.fails(function() x:roll(1, 0) end, "count from 1")
    check.fails(function() x:unbind(3) end, "no dimension 3")
    check.fails(function() cnn.zeros(200000):unbind() end, "too many")
    check.fails(function() cnn.zeros(3):tril() end, "matrix", "[3]")
    check.fails(function() cnn.zeros(2, 2, 2):diag() end, "[2, 2, 2]")
    check.fails(function() x:outer(cnn.zeros(3)) end, "two vectors", "[2, 3]")
    check.fails(function() x:logsumexp() end, "dim")
    check.fails(function() cnn.zeros { 2, 2, requires_grad = true }:triu_() end, "no_grad")
end)
