-- SPDX-License-Identifier: MIT
local check, op = require "check", require "helpers.op"
local cnn = require "cnn"
local F = cnn.nn.functional

op.golden("linear", function(t) return F.linear(t.input, t.weight, t.bias) end)

check.test("gradients agree with differences", function()
    op.differences(F.linear, { { 3, 4 }, { 2, 4 }, { 2 } })
    op.differences(F.linear, { { 2, 3, 4 }, { 5, 4 } })
end)

check.test("large products agree between levels", function()
    op.agree(function(t) return F.linear(t.input, t.weight, t.bias) end,
        { input = cnn.randn(65, 300), weight = cnn.randn(131, 300), bias = cnn.randn(131) }, {})
end)

check.test("wrong calls say what does not fit", function()
    local x = cnn.randn(128, 12544)
    check.fails(function() F.linear(x, cnn.randn(10, 16384)) end, "shape error", "16384", "[128, 12544]")
    check.fails(function() F.linear(cnn.randn(2, 3), cnn.randn(4, 3), cnn.randn(3)) end, "bias", "4", "3")
    check.fails(function() F.linear(cnn.randn(12), cnn.randn(4, 3)) end, "[12]", "cnn.flatten(x, 2) keeps the batch")
    check.fails(function() cnn.nn.Linear(3, 4)(cnn.randn(2, 5)) end, "Linear", "[2, 5]", "3")
    check.fails(function() F.linear(cnn.ones(2, 3):long(), cnn.randn(4, 3)) end, "int64")
end)
