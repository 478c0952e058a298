-- SPDX-License-Identifier: MIT
-- The lab's network follows PyTorch: from the same parameters and batches, 30 losses.
local check, op = require "check", require "helpers.op"
local batches, nets = require "helpers.batches", require "helpers.nets"
local cnn = require "cnn"
local core = require "cnn.core"
local F, optim = cnn.nn.functional, cnn.optim

local file, about = op.read("net")

local function fresh()
    local net, state = nets.Net(), {}
    for name, x in pairs(file) do
        local key = name:match("^init/(.*)")
        if key then state[key] = x end
    end
    for name, x in pairs(net:state_dict()) do
        if name:find("num_batches_tracked", 1, true) then state[name] = x end
    end
    net:load_state_dict(state)
    return net
end

local function follow(net, steps)
    local opt = optim.SGD { net:parameters(), lr = about.lr }
    local batch = batches(about.seed)
    for step = 1, steps do
        local x, y = batch(about.batch, 1, 28, 10)
        local loss = F.cross_entropy(net(x), y)
        opt:zero_grad()
        loss:backward()
        opt:step()
        check.close(loss:item(), core.get(file.losses, step), { rtol = 1e-3, atol = 0, what = "loss of step " .. step })
    end
    return batch
end

check.test("thirty losses as PyTorch's", function()
    local net = fresh()
    local batch = follow(net, about.steps)
    net:eval()
    local x = batch(about.batch, 1, 28, 10)
    cnn.no_grad(function() check.close(net(x), file["eval/float64"], { rtol = 1e-2, atol = 2e-2, what = "outputs after training" }) end)
end)

check.test("three losses at every level", function()
    op.each_level(function() follow(fresh(), 3) end)
end)
