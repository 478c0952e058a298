-- SPDX-License-Identifier: MIT
-- gather, scatter, index_select and their like; masks and what is not 0.
local check, op = require "check", require "helpers.op"
local core = require "cnn.core"
local cnn = require "cnn"

local calls = {
    ["gather corner"] = function(t) return t.x:gather(2, t.index) end,
    ["gather line"] = function(t) return t.x:gather(-1, t.index) end,
    ["gather nothing"] = function(t) return t.x:gather(2, t.index) end,
    ["take_along_dim"] = function(t) return t.x:take_along_dim(t.index, 2) end,
    ["take_along_dim all"] = function(t) return cnn.take_along_dim(t.x, t.index) end,
    ["scatter_add corner"] = function(t) return t.x:scatter_add(2, t.index, t.src) end,
    ["scatter_add larger source"] = function(t) return t.x:scatter_add(2, t.index, t.src) end,
    ["scatter"] = function(t) return t.x:scatter(3, t.index, t.src) end,
    ["scatter number"] = function(t) return cnn.scatter { t.x, -1, t.index, src = 2.5 } end,
    ["masked_select"] = function(t) return t.x:masked_select(t.mask) end,
    ["masked_select broadcast"] = function(t) return cnn.masked_select(t.x, t.mask) end,
    ["masked_select none"] = function(t) return t.x:masked_select(t.mask) end,
    ["nonzero"] = function(t) return t.x:nonzero() end,
    ["nonzero tuple"] = function(t) return t.x:nonzero { as_tuple = true } end,
    ["nonzero none"] = function(t) return cnn.nonzero(t.x) end,
}
for dim = 1, 4 do
    calls["gather " .. dim] = function(t, case) return cnn.gather(t.x, case.dim, t.index) end
    calls["scatter_add " .. dim] = function(t, case) return t.x:scatter_add(case.dim, t.index, t.src) end
    calls["index_select " .. dim] = function(t, case) return t.x:index_select(case.dim, t.row) end
    calls["index_select image " .. dim] = calls["index_select " .. dim]
    calls["index_add " .. dim] = function(t, case)
        return t.x:index_add { case.dim, t.row, t.src, alpha = -1.5 }
    end
end

op.golden("select", function(t, case) return calls[case.name](t, case) end)

check.test("gradients agree with differences", function()
    local index = cnn.tensor { { 1, 3, 3 }, { 2, -1, 1 } }
    op.differences(function(x) return x:gather(1, index):square() end, { { 3, 3 } })
    op.differences(function(x, y) return x:scatter_add(1, index, y):square() end, { { 3, 4 }, { 2, 3 } })
    op.differences(function(x, y) return x:scatter(2, cnn.tensor { { 2, 1 }, { 3, 4 } }, y):square() end, { { 3, 4 }, { 2, 2 } })
    op.differences(function(x, y) return x:index_add(2, cnn.tensor { 2, 2 }, y):square() end, { { 2, 3, 2 }, { 2, 2, 2 } })
    op.differences(function(x) return x:masked_select(cnn.tensor { true, false, true }):square() end, { { 2, 3 } })
end)

check.test("negative positions count from the end", function()
    local x = cnn.arange(5)
    check.equal(x:gather(1, cnn.tensor { -1, -5, 2 }), cnn.tensor { 4, 0, 1 })
    check.equal(x:index_select(1, cnn.tensor(-2)), cnn.tensor { 3 })
    check.equal(x:scatter_add(1, cnn.tensor { -1, 5 }, cnn.tensor { 10, 20 }), cnn.tensor { 0, 1, 2, 3, 34 })
end)

check.test("in place, also where the memory has gaps", function()
    local base = cnn.zeros(3, 8)
    local x = base:view(3, 4, 2)[{ {}, {}, 2 }]
    check.that(x:scatter_add_(2, cnn.tensor { { 1, 1 }, { 4, 2 } }, cnn.ones(2, 2)) == x, "not the tensor itself")
    check.equal(x, cnn.tensor { { 2, 0, 0, 0 }, { 0, 1, 0, 1 }, { 0, 0, 0, 0 } }:float())
    x:index_add_(1, cnn.tensor { 3, 3 }, cnn.ones(2, 4), 2)
    x:scatter_(1, cnn.tensor { { 3, 2, 1, 1 } }, 9)
    check.equal(x, cnn.tensor { { 2, 0, 9, 9 }, { 0, 9, 0, 1 }, { 9, 4, 4, 4 } }:float())
    check.equal(base:view(3, 4, 2)[{ {}, {}, 1 }]:sum():item(), 0)
    local y = cnn.zeros(4):index_add_(1, cnn.tensor { 2 }, cnn.ones { 1, requires_grad = true })
    check.that(y.requires_grad, "not recorded")
    check.fails(function() cnn.zeros { 4, requires_grad = true }:scatter_(1, cnn.tensor { 2 }, 1) end, "no_grad")
    local kept = cnn.zeros(3)
    check.fails(function() kept:scatter_(1, cnn.tensor { 1, 4 }, 1) end, "index 4", "1..3")
    check.equal(kept, cnn.zeros(3), "what a refused index_ wrote")
end)

check.test("every type, and the same bits at any number of threads", function()
    local places = cnn.randint(1, 40, { 3000, 50 })
    local threads = core.threads()
    op.each_level(function()
        for _, kind in ipairs { "float32", "float64", "int64", "uint8", "bool" } do
            local source, first = cnn.randint(0, 9, { 3000, 50 }):to(kind), nil
            for n = 1, 3 do
                core.threads(n)
                local sum = cnn.zeros { 40, 50, dtype = kind }:scatter_add(1, places, source)
                local rows = cnn.zeros { 40, 50, dtype = kind }:index_add(1, places:select(2, 1), source)
                local got = { sum, rows, source:gather(1, places), source:index_select(1, places:select(2, 2)),
                    source:nonzero() }
                first = first or got
                for i = 1, #got do check.that(got[i]:equal(first[i]), ("result %d differs at %d threads"):format(i, n)) end
            end
            core.threads(threads)
        end
    end)
    local yes = cnn.zeros { 3, dtype = "bool" }:scatter_add(1, cnn.tensor { 2, 2 }, cnn.tensor { true, true })
    check.equal(yes, cnn.tensor { false, true, false })
    check.equal(cnn.zeros { 2, dtype = "uint8" }:index_add(1, cnn.tensor { 1, 1 }, cnn.tensor { 200, 100 }:byte()),
        cnn.tensor { 44, 0 }:byte())
end)

check.test("layouts are kept by whole rows", function()
    local x = cnn.randn(4, 3, 5, 2):permute(1, 3, 4, 2):contiguous():permute(1, 4, 2, 3)
    check.equal(x:index_select(1, cnn.tensor { 2, 4 }):stride(), x:narrow(1, 1, 2):stride())
    check.equal(cnn.zeros(1, 5):index_select(1, cnn.tensor { 1, 1, 1 }), cnn.zeros(3, 5))
    local column = cnn.arange(5):view(1, 5):t():index_select(2, cnn.tensor { 1, 1 }) -- a size of 1 has any stride
    check.equal(column, cnn.arange(5):view(5, 1):expand(5, 2))
    check.equal(cnn.arange(5):expand(1, 5):index_select(1, cnn.tensor { 1, 1 }), cnn.arange(5):expand(2, 5))
end)

check.test("wrong calls say what does not fit", function()
    local x, index = cnn.randn(3, 10), cnn.tensor { { 11 } }
    check.fails(function() x:gather(2, index) end, "index 11 is outside 1..10", "dimension 2 of [3, 10]")
    check.fails(function() x:gather(2, cnn.tensor { { 0 } }) end, "indices count from 1", "index + 1")
    check.fails(function() x:gather(2, cnn.tensor { { -11 } }) end, "index -11")
    check.fails(function() x:gather(0, index) end, "count from 1")
    check.fails(function() x:gather(3, index) end, "3", "[3, 10]")
    check.fails(function() x:gather(2, cnn.tensor { 1 }) end, "dimensions of x", "[1]")
    check.fails(function() x:gather(2, cnn.ones { 4, 1, dtype = "int64" }) end, "none but dimension 2", "[4, 1]")
    check.fails(function() x:gather(2, cnn.ones(3, 1)) end, "int64", "float32", "long")
    check.fails(function() x:index_select(1, cnn.tensor { 4 }) end, "index 4 is outside 1..3")
    check.fails(function() x:index_select(1, cnn.ones { 2, 2, dtype = "int64" }) end, "one dimension", "[2, 2]")
    check.fails(function() cnn.zeros(0, 2):index_select(1, cnn.tensor { 1 }) end, "empty")
    check.fails(function() x:scatter_add(2, cnn.tensor { { 1 } }, cnn.ones(1)) end, "source", "[1, 1]", "[1]")
    check.fails(function() x:scatter_add(2, cnn.tensor { { 1 } }, cnn.tensor { { 1 } }) end, "one type", "int64")
    check.fails(function() x:index_add(1, cnn.tensor { 1 }, cnn.ones(2, 10)) end, "[1, 10]", "[2, 10]")
    check.fails(function() x:masked_select(x) end, "bool", "float32", "mask:ne(0)")
    check.fails(function() x:masked_select(cnn.tensor { true, false }) end, "[3, 10]", "[2]")
    check.fails(function() x:take_along_dim(cnn.tensor { 1 }, 1) end, "dimensions", "[1]")
    check.fails(function() x:take_along_dim(cnn.ones { 2, 1, dtype = "int64" }, 2) end, "[3, 10]", "[2, 1]")
end)
