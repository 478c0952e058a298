-- SPDX-License-Identifier: MIT
local check, op = require "check", require "helpers.op"
local cnn = require "cnn"

local chains = {
    ["view"] = function(x) return x:contiguous():view(6, 20) * 2 end,
    ["view rest"] = function(x) return x:contiguous():view(2, -1) * 2 end,
    ["reshape of transposed"] = function(x) return x:transpose(2, 4):reshape(10, 12) * 2 end,
    ["flatten"] = function(x) return x:flatten() end,
    ["flatten from"] = function(x) return cnn.flatten(x, 2) * 2 end,
    ["flatten between"] = function(x) return x:flatten(2, 3) end,
    ["permute"] = function(x) return x:permute(3, 1, 4, 2) * 2 end,
    ["transpose"] = function(x) return x:transpose(2, 3) * 2 end,
    ["narrow"] = function(x) return x:narrow(3, 2, 2) * 2 end,
    ["select"] = function(x) return x:select(2, 3) * 2 end,
    ["select twice"] = function(x) return x[2][3] end,
    ["index"] = function(x) return x[{ {}, 2 }] end,
    ["index ranges"] = function(x) return x[{ 1, { 2, 3 }, {}, { 2, 4 } }] end,
    ["unsqueeze"] = function(x) return x:unsqueeze(2) * 2 end,
    ["squeeze"] = function(x) return x:narrow(1, 2, 1):squeeze(1) * 2 end,
    ["contiguous"] = function(x) return x:permute(4, 3, 2, 1):contiguous() * 2 end,
    ["expand"] = function(x) return x:narrow(2, 1, 1):expand(2, 6, 4, 5) * 2 end,
    ["cat"] = function(x) return cnn.cat({ x, x:narrow(2, 1, 1) * 2, x }, 2) end,
    ["stack"] = function(x) return cnn.stack({ x, x * 3 }, 3) end,
    ["overlapping sum"] = function(x) return x:narrow(4, 1, 4) + x:narrow(4, 2, 4) end,
}
op.golden("views", function(t, case) return chains[case.name](t.x) end)

check.test("a view shares memory, a copy does not", function()
    local x = cnn.zeros(2, 6)
    x:view(3, 4)[{ 1, 1 }] = 5
    check.equal(x[{ 1, 1 }]:item(), 5.0)
    x:select(1, 2):fill_(3)
    check.equal(x:sum():item(), 23.0)
    local y = x:clone()
    y:zero_()
    check.equal(x:sum():item(), 23.0)
end)

check.test("a saved tensor that was changed is refused", function()
    local w = cnn.randn(3):requires_grad_()
    local x = cnn.randn(3)
    local y = (w * x):sum()
    x:add_(1)
    check.fails(function() y:backward() end, "mul")
end)

check.test("wrong calls say what does not fit", function()
    local x = cnn.randn(2, 3, 4)
    check.fails(function() x:view(5, 5) end, "shape error", "[2, 3, 4]", "[5, 5]")
    check.fails(function() x:transpose(1, 2):view(24) end, "reshape")
    check.fails(function() x:view(-1, -1) end, "-1")
    check.fails(function() x:permute(1, 2) end, "[2, 3, 4]")
    check.fails(function() x:permute(1, 1, 2) end, "1")
    check.fails(function() x:narrow(2, 3, 2) end, "3")
    check.fails(function() x:select(1, 0) end, "count from 1")
    check.fails(function() x:size(0) end, "dimensions count from 1")
    check.fails(function() x:size(4) end, "4")
    check.fails(function() return x[3] end, "3", "2")
    check.fails(function() x:expand(2, 5, 4) end, "[2, 3, 4]")
    check.fails(function() cnn.cat({ x, cnn.randn(2, 3, 5) }, 1) end, "[2, 3, 5]")
end)
