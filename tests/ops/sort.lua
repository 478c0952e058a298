-- SPDX-License-Identifier: MIT
-- sort, argsort, topk, kthvalue, median.
local check, op = require "check", require "helpers.op"
local core = require "cnn.core"
local cnn = require "cnn"

local calls = {
    ["argsort"] = function(t) return t.x:argsort(2) end,
    ["argsort down"] = function(t) return cnn.argsort { t.x, descending = true } end,
    ["sort integers"] = function(t) return t.x:sort(2) end,
    ["sort bytes"] = function(t) return t.x:sort(1) end,
    ["sort bools"] = function(t) return t.x:sort(-1) end,
    ["topk smallest"] = function(t) return t.x:topk { 3, 2, largest = false } end,
    ["topk last"] = function(t) return cnn.topk(t.x, 2) end,
    ["kthvalue kept"] = function(t) return t.x:kthvalue { 2, keepdim = true } end,
    ["median"] = function(t) return t.x:median() end,
    ["median of odd"] = function(t) return t.x:median(3) end,
    ["median of even"] = function(t) return t.x:median(2, true) end,
    ["median of nan"] = function(t) return t.x:median(2) end,
}

op.golden("sort", function(t, case)
    if case.k then return t.x[case.name:match("%l+")](t.x, case.k, 2) end
    if case.descending ~= nil then return t.x:sort(case.dim, case.descending) end
    return calls[case.name](t)
end)

check.test("gradients agree with differences", function()
    op.differences(function(x) return (x:square():sort(2, true)) end, { { 3, 7 } })
    op.differences(function(x) return (x:square():topk(2, 1)) end, { { 30, 2 } })
    op.differences(function(x) return (x:kthvalue(3)):square() end, { { 3, 7 } })
    op.differences(function(x) return x:median():square() end, { { 3, 7 } })
end)

check.test("what came first stays first, at every length and number of threads", function()
    local threads = core.threads()
    op.each_level(function()
        for _, n in ipairs { 1, 2, 40, 41, 1000, 20000 } do
            local x = cnn.randint(-3, 3, { 3, n })
            for _, down in ipairs { false, true } do
                -- the same order by a key in which no two are equal
                local _, want = (x * (down and -n or n) + cnn.arange(n)):sort(2)
                for threads_now = 1, 3, 2 do
                    core.threads(threads_now)
                    local values, at = x:float():sort(2, down)
                    check.that(at:equal(want), ("%d elements at %d threads"):format(n, threads_now))
                    check.that(values:equal(x:take_along_dim(want, 2):float()), ("values of %d elements"):format(n))
                    local k = math.max(1, n // 20)
                    local _, first = x:topk(k, 2, down)
                    check.that(first:equal(want:narrow(2, 1, k)), ("the first of %d elements"):format(n))
                end
                core.threads(threads)
            end
        end
    end)
end)

check.test("extreme numbers find their places", function()
    local inf, nan = math.huge, 0 / 0
    for _, kind in ipairs { "float32", "float64" } do
        local x = cnn.tensor { nan, -inf, 1e-40, -1e-40, inf, -nan, 0.0, -0.0 }:to(kind)
        local _, at = x:sort()
        check.equal(at, cnn.tensor { 2, 4, 7, 8, 3, 5, 1, 6 })
    end
    local low, high = math.mininteger, math.maxinteger
    check.equal((cnn.tensor { 0, high, -1, low }:sort()), cnn.tensor { low, -1, 0, high })
    check.equal((cnn.tensor(2.5):sort()), cnn.tensor(2.5))
    check.equal(select(2, cnn.tensor(2.5):median(1)), cnn.tensor(1))
    check.equal((cnn.zeros(0, 3):sort(1)):size(), cnn.zeros(0, 3):size())
end)

check.test("wrong calls say what does not fit", function()
    local x = cnn.randn(2, 3)
    check.fails(function() x:sort(0) end, "count from 1")
    check.fails(function() x:sort(3) end, "no dimension 3")
    check.fails(function() x:topk(4) end, "0 to 3", "k = 4")
    check.fails(function() x:topk(-1) end, "at least 0")
    check.fails(function() cnn.tensor(1):topk(2) end, "one element")
    check.fails(function() x:kthvalue(0) end, "at least 1")
    check.fails(function() x:kthvalue(4) end, "smallest number 4", "size 3")
    check.fails(function() cnn.zeros(0):median() end, "empty")
    check.fails(function() cnn.zeros(2, 0):median(2) end, "empty")
end)
