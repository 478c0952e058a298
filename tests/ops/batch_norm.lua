-- SPDX-License-Identifier: MIT
local check, op = require "check", require "helpers.op"
local cnn = require "cnn"
local F = cnn.nn.functional

op.golden("batch_norm", function(t, case)
    local y = F.batch_norm(t.input, t.running_mean, t.running_var, t.weight, t.bias, case.training, case.momentum, case.eps)
    if case.outputs == 1 then return y end
    return y, t.running_mean, t.running_var
end)

check.test("gradients agree with differences", function()
    for _, training in ipairs { true, false } do
        local mean, var = cnn.randn(3):double(), cnn.rand(3):double() + 0.5
        op.differences(function(x, w, b)
            return F.batch_norm(x, mean:clone(), var:clone(), w, b, training, 0.1, 1e-5)
        end, { { 4, 3, 2, 3 }, { 3 }, { 3 } }, { rtol = 1e-4, atol = 1e-6 })
    end
end)

check.test("a channel far from zero keeps its digits", function()
    op.each_level(function()
        local x = cnn.randn(64, 2, 8, 8)
        local y = F.batch_norm(x + 1000, nil, nil, nil, nil, true)
        check.close(y, F.batch_norm(x, nil, nil, nil, nil, true), { rtol = 1e-2, atol = 2e-3 })
        check.close(y:mean():item(), 0, { atol = 1e-3 })
        check.close(y:std():item(), 1, { atol = 1e-3 })
    end)
end)

check.test("wrong calls say what does not fit", function()
    local x = cnn.randn(2, 3, 4, 4)
    check.fails(function() F.batch_norm(x, nil, nil, cnn.ones(4), nil, true) end, "shape error", "3", "4")
    check.fails(function() F.batch_norm(x) end, "running")
    check.fails(function() F.batch_norm(cnn.randn(1, 3), nil, nil, nil, nil, true) end, "more than")
    check.fails(function() cnn.nn.BatchNorm2d(3)(cnn.randn(2, 4, 4, 4)) end, "3", "[2, 4, 4, 4]")
    check.fails(function() cnn.nn.BatchNorm2d(3)(cnn.randn(2, 3)) end, "[2, 3]")
end)
