-- SPDX-License-Identifier: MIT
-- The lab's networks, by depth: 0 is Net, n is the residual network with 6 n + 2 layers.
local cnn = require "cnn"
local resnet = require "resnet"
local nn = cnn.nn

local Net = nn.class("Net")

function Net:init()
    self.layer1 = nn.Sequential(nn.Conv2d(1, 32, 7), nn.BatchNorm2d(32), nn.ReLU())
    self.layer2 = nn.Sequential(nn.Conv2d(32, 64, 7), nn.BatchNorm2d(64), nn.ReLU())
    self.fc = nn.Linear(16384, 10)
end

function Net:forward(x) return self.fc(cnn.flatten(self.layer2(self.layer1(x)), 2)) end

local networks = {}

function networks.make(depth) return depth == 0 and Net() or resnet.ResNet(depth, resnet.ResidualBlock) end

--- Channels, height and width of its images.
function networks.sizes(depth) return depth == 0 and { 1, 28, 28 } or { 3, 32, 32 } end

function networks.title(depth) return depth == 0 and "Net" or ("ResNet-%d"):format(6 * depth + 2) end

--- Arithmetic (a multiply-add is two) of a batch: forward, or a training step, in which the images need no gradient.
function networks.flops(depth, batch, training)
    local list = cnn.shapes(networks.make(depth), { batch, table.unpack(networks.sizes(depth)) })
    local all, first = list.multiply_adds, nil
    for _, call in ipairs(list) do
        if not first and call.multiply_adds > 0 then first = call.multiply_adds end
    end
    return 2 * (training and 3 * all - first or all)
end

return networks
