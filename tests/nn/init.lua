-- SPDX-License-Identifier: MIT
-- First values: the spreads that PyTorch's formulas give, by all argument forms.
local check = require "check"
local cnn = require "cnn"
local nn = cnn.nn
local init = nn.init

local function spread(x, std, bound)
    check.close(x:std():item(), std, { rtol = 0.05, what = "deviation" })
    check.close(x:mean():item(), 0, { atol = 0.05 * std, what = "mean" })
    if bound then
        check.that(x:max():item() <= bound and x:min():item() >= -bound, "out of bounds")
        check.that(x:max():item() > 0.98 * bound, "the bound is never reached")
    end
end

check.test("layers begin as PyTorch's", function()
    local conv, fc = nn.Conv2d(16, 32, 5), nn.Linear(300, 200)
    local bound = 1 / math.sqrt(16 * 25)
    spread(conv.weight, bound / math.sqrt(3), bound)
    check.that(conv.bias:abs():max():item() <= bound)
    spread(fc.weight, 1 / math.sqrt(900), 1 / math.sqrt(300))
    check.that(fc.bias:abs():max():item() <= 1 / math.sqrt(300))
    local grouped = nn.Conv2d { 64, 64, 3, groups = 4 }
    spread(grouped.weight, 1 / math.sqrt(3 * 16 * 9), 1 / math.sqrt(16 * 9))
    local bn = nn.BatchNorm2d(3)
    check.equal({ bn.weight:sum():item(), bn.bias:abs():sum():item() }, { 3, 0 })
end)

check.test("kaiming: modes, gains, argument forms", function()
    local w = cnn.empty(64, 32, 3, 3)
    local fan_in, fan_out = 32 * 9, 64 * 9
    spread(init.kaiming_normal_(w), math.sqrt(2 / fan_in))
    spread(init.kaiming_normal_(w, { mode = "fan_out", nonlinearity = "relu" }), math.sqrt(2 / fan_out))
    spread(init.kaiming_normal_ { w, mode = "fan_out", nonlinearity = "linear" }, math.sqrt(1 / fan_out))
    spread(init.kaiming_uniform_(w, math.sqrt(5)), 1 / math.sqrt(3 * fan_in), 1 / math.sqrt(fan_in))
    spread(init.kaiming_uniform_(w, 0, "fan_out"), math.sqrt(2 / fan_out), math.sqrt(6 / fan_out))
end)

check.test("xavier, uniform, normal, constants", function()
    local w = cnn.empty(100, 200)
    spread(init.xavier_normal_(w), math.sqrt(2 / 300))
    spread(init.xavier_uniform_(w, 2), 2 * math.sqrt(2 / 300), 2 * math.sqrt(6 / 300))
    spread(init.uniform_(w, -3, 3), 3 / math.sqrt(3), 3)
    spread(init.normal_(w, 0, 0.01), 0.01)
    check.equal(init.constant_(w, 0.5):sum():item(), 10000)
    check.equal({ init.zeros_(w):sum():item(), init.ones_(w):sum():item() }, { 0, 20000 })
    check.that(init.zeros_(w) == w)
end)

check.test("gains", function()
    check.close(init.calculate_gain("relu"), math.sqrt(2))
    check.close(init.calculate_gain("tanh"), 5 / 3)
    check.close(init.calculate_gain("leaky_relu", 0.2), math.sqrt(2 / 1.04))
    check.equal(init.calculate_gain("linear"), 1)
    check.fails(function() init.calculate_gain("rellu") end, "nonlinearity", "relu")
end)

check.test("initialisers write through parameters, outside the graph", function()
    local fc = nn.Linear(3, 2)
    init.constant_(fc.weight, 1)
    check.equal(fc.weight:sum():item(), 6)
    check.that(fc.weight.requires_grad and fc.weight.is_leaf)
    check.fails(function() init.kaiming_normal_(fc.bias) end, "two or more dimensions", "[2]")
end)

check.test("the same seed gives the same network", function()
    cnn.manual_seed(7)
    local a = nn.Conv2d(3, 4, 3)
    cnn.manual_seed(7)
    local b = nn.Conv2d(3, 4, 3)
    check.equal(a.weight, b.weight)
    check.equal(a.bias, b.bias)
    check.that(a.weight:sub(nn.Conv2d(3, 4, 3).weight):abs():sum():item() > 0)
end)
