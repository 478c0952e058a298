-- SPDX-License-Identifier: MIT
local check, op = require "check", require "helpers.op"
local cnn = require "cnn"

op.golden("reductions", function(t, case)
    local x = t.x
    local f = x[case.f]
    if case.dims == nil then return f(x) end
    if case.f:find("^arg") then return f(x, case.dims) end
    if case.f == "std" or case.f == "var" then return f { x, dim = case.dims, keepdim = case.keepdim } end
    return f(x, case.dims, case.keepdim)
end)

check.test("gradients agree with differences", function()
    for _, name in ipairs { "sum", "mean", "std", "var", "max" } do
        op.differences(function(x) return (x[name](x, 2)) end, { { 3, 5, 2 } })
        op.differences(function(x) return (x[name](x)) end, { { 3, 4 } })
    end
end)

check.test("sums of long columns keep their digits, whatever the threads", function()
    local core = require "cnn.core"
    local x = cnn.full({ 1000003 }, 0.1)
    local before, first = core.threads(), nil
    for threads = 1, 3 do
        core.threads(threads)
        local sum = x:sum()
        first = first or sum
        check.equal(sum, first)
        check.close(sum:item(), 100000.3, { rtol = 1e-6 })
    end
    core.threads(before)
    check.equal(cnn.ones(3, 2):eq(1):sum():item(), 6)
end)

check.test("wrong calls say what does not fit", function()
    local x = cnn.randn(2, 3)
    check.fails(function() x:sum(0) end, "dimensions count from 1")
    check.fails(function() x:sum(3) end, "3", "[2, 3]")
    check.fails(function() x:argmax(-3) end, "-3")
    check.fails(function() x:sum({ 1, 1 }) end, "1")
    check.fails(function() cnn.zeros(0, 3):max() end, "empty")
    check.fails(function() cnn.zeros(3, 0):argmax(2) end, "0")
end)
