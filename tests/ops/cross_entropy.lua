-- SPDX-License-Identifier: MIT
local check, op = require "check", require "helpers.op"
local cnn = require "cnn"
local F = cnn.nn.functional

op.golden("cross_entropy", function(t, case) return F.cross_entropy { t.input, t.target, reduction = case.reduction } end)

check.test("gradient agrees with differences", function()
    local labels = cnn.tensor({ 2, 1, 4, 4, 3 })
    op.differences(function(x) return F.cross_entropy(x, labels) end, { { 5, 4 } })
end)

check.test("wrong labels and shapes get their sentences", function()
    local logits = cnn.randn(3, 10)
    check.fails(function() F.cross_entropy(logits, cnn.tensor({ 0, 1, 2 })) end, "labels count from 1", "0", "fix: y + 1")
    check.fails(function() F.cross_entropy(logits, cnn.tensor({ 1, 11, 2 })) end, "11", "10")
    check.fails(function() F.cross_entropy(logits, cnn.tensor({ 1, 2 })) end, "3", "2")
    check.fails(function() F.cross_entropy(logits, cnn.randn(3)) end, "int64")
    check.fails(function() F.cross_entropy(cnn.randn(3), cnn.tensor({ 1, 2, 3 })) end, "[3]")
    check.fails(function() F.cross_entropy { logits, cnn.tensor({ 1, 2, 3 }), reduction = "avg" } end, "reduction", "mean")
end)
