-- SPDX-License-Identifier: MIT
-- cumsum, cumprod, prod, and the recurrence that their gradients are made of.
local check, op = require "check", require "helpers.op"
local core = require "cnn.core"
local cnn = require "cnn"

local calls = {
    ["cumsum image"] = function(t) return t.x:cumsum(2) end,
    ["cumsum scalar"] = function(t) return t.x:cumsum(1) end,
    ["cumsum integers"] = function(t) return cnn.cumsum(t.x, -1) end,
    ["cumprod bytes"] = function(t) return cnn.cumprod(t.x, 1) end,
    ["cumsum bools"] = function(t) return t.x:cumsum(1) end,
    ["prod all"] = function(t) return t.x:prod() end,
    ["prod kept"] = function(t) return t.x:prod(2, true) end,
    ["prod nothing"] = function(t) return t.x:prod(2) end,
    ["prod integers"] = function(t) return cnn.prod(t.x) end,
}

op.golden("scan", function(t, case)
    if case.dim then return t.x[case.name:match("%l+")](t.x, case.dim) end
    return calls[case.name](t)
end)

check.test("gradients agree with differences", function()
    op.differences(function(x) return x:cumsum(1):square() end, { { 4, 3 } })
    op.differences(function(x) return x:cumprod(2):square() end, { { 3, 5 } })
    op.differences(function(x) return x:prod():square() end, { { 2, 3 } })
    op.differences(function(a, x) return core.scan(a, x, 2, true) end, { { 2, 4 }, { 2, 4 } })
end)

check.test("the recurrence, from both ends", function()
    local a, x = cnn.tensor { 9.0, 2.0, 3.0 }, cnn.tensor { 1.0, 1.0, 1.0 }
    check.equal(core.scan(a, x, 1, false), cnn.tensor { 1.0, 3.0, 10.0 })
    check.equal(core.scan(a, x, 1, true), cnn.tensor { 28.0, 3.0, 1.0 })
    check.equal(core.cumsum(cnn.tensor { 1, 2, 3 }, 1, true), cnn.tensor { 6, 5, 3 })
    check.equal(core.cumprod(cnn.tensor { 1, 2, 3 }, 1, true), cnn.tensor { 6, 6, 3 })
end)

check.test("the same bits at any number of threads, and the reference's", function()
    local x = cnn.randn(5, 90, 300)
    local threads, first = core.threads(), nil
    op.each_level(function()
        for n = 1, 3 do
            core.threads(n)
            local got = { x:cumsum(2), x:cumsum(1), x:cumsum(3), (x * 0.1 + 1):cumprod(2) }
            first = first or got
            for i = 1, #got do check.that(got[i]:equal(first[i]), ("result %d differs at %d threads"):format(i, n)) end
        end
        core.threads(threads)
    end)
    check.close(cnn.full({ 1000003 }, 0.1):cumsum(1)[-1]:item(), 100000.3, { rtol = 1e-6 })
end)

check.test("wrong calls say what does not fit", function()
    local x = cnn.randn(2, 3)
    check.fails(function() x:cumsum(0) end, "count from 1")
    check.fails(function() x:cumsum(3) end, "no dimension 3")
    check.fails(function() x:cumprod() end, "dim")
    check.fails(function() x:prod(-3) end, "-3")
    check.fails(function() core.scan(x, cnn.zeros(3), 1, false) end, "one shape", "[2, 3]", "[3]")
end)
