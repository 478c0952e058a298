-- SPDX-License-Identifier: MIT
-- A small residual network (in-place ReLU, zero-padded pooled shortcuts) follows PyTorch at every level.
local check, op = require "check", require "helpers.op"
local batches, nets = require "helpers.batches", require "helpers.nets"
local cnn = require "cnn"
local core = require "cnn.core"
local F, optim = cnn.nn.functional, cnn.optim

local file, about = op.read("resnet")

local function fresh()
    local net, state = nets.Small(), {}
    for name, x in pairs(net:state_dict()) do state[name] = file["init/" .. nets.small_name(name)] or x end
    net:load_state_dict(state)
    return net
end

check.test("gradients, running statistics and losses as PyTorch's", function()
    op.each_level(function(level)
        local net = fresh()
        local opt = optim.SGD { net:parameters(), lr = 0.1, momentum = 0.9, weight_decay = 1e-2 }
        local batch = batches(about.seed)
        for step = 1, about.steps do
            local x, y = batch(about.batch, 3, 12, 10)
            local loss = F.cross_entropy(net(x), y)
            opt:zero_grad()
            loss:backward()
            check.close(loss:item(), core.get(file.losses, step), { rtol = 1e-3, what = level .. ", loss of step " .. step })
            if step == 1 then
                for name, p in net:named_parameters() do
                    local want = file["grad/" .. nets.small_name(name)]
                    check.that(want, "no golden gradient for " .. name)
                    check.close(p.grad, want, { rtol = 1e-4, atol = 2e-6, what = level .. ", gradient of " .. name })
                end
            end
            opt:step()
        end
        for name, x in pairs(net:state_dict()) do
            local want = file["after/" .. nets.small_name(name)]
            if want then check.close(x, want, { rtol = 1e-2, atol = 1e-3, what = level .. ", " .. name .. " at the end" }) end
        end
    end)
end)
