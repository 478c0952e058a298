-- SPDX-License-Identifier: MIT
local check, op = require "check", require "helpers.op"
local cnn = require "cnn"
local F = cnn.nn.functional

op.golden("pad", function(t, case) return F.pad { t.input, case.pad, value = case.value } end)

check.test("gradient agrees with differences", function()
    op.differences(function(x) return F.pad(x, { 1, 2, 0, 3, 1, 0 }) end, { { 2, 2, 3, 2 } })
end)

check.test("wrong calls say what does not fit", function()
    check.fails(function() F.pad(cnn.randn(2, 3), { 1 }) end, "pad")
    check.fails(function() F.pad(cnn.randn(3), { 1, 1, 1, 1 }) end, "[3]")
    check.fails(function() F.pad(cnn.randn(3), { -2, -2 }) end, "pad")
end)
