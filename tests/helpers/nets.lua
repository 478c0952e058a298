-- SPDX-License-Identifier: MIT
-- The networks that tests train, in the words of the contract.
local cnn = require "cnn"
local nn, F = cnn.nn, cnn.nn.functional

local M = {}

M.Net = nn.class("Net")
function M.Net:init(width)
    local a, b = width or 32, 2 * (width or 32)
    self.layer1 = nn.Sequential(nn.Conv2d(1, a, 7), nn.BatchNorm2d(a), nn.ReLU())
    self.layer2 = nn.Sequential(nn.Conv2d(a, b, 7), nn.BatchNorm2d(b), nn.ReLU())
    self.fc = nn.Linear(b * 16 * 16, 10)
end
function M.Net:forward(x)
    return self.fc(cnn.flatten(self.layer2(self.layer1(x)), 2))
end

M.Block = nn.class("Block")
function M.Block:init(inputs, outputs, stride)
    self.stride, self.grow = stride or 1, outputs - inputs
    self.conv1 = nn.Conv2d { inputs, outputs, 3, stride = self.stride, padding = 1, bias = false }
    self.bn1 = nn.BatchNorm2d(outputs)
    self.relu = nn.ReLU { inplace = true }
    self.conv2 = nn.Conv2d { outputs, outputs, 3, padding = 1, bias = false }
    self.bn2 = nn.BatchNorm2d(outputs)
end
function M.Block:forward(x)
    local shortcut = x
    local out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
    if self.stride == 2 then shortcut = F.max_pool2d(F.pad(x, { 0, 0, 0, 0, 0, self.grow }), 2, 2) end
    out = out + shortcut
    return self.relu(out)
end

-- The small residual network of tests/golden: PyTorch numbers its Sequential from 0, Flatten (7) holds nothing.
M.Small = nn.class("Small")
function M.Small:init()
    self.body = nn.Sequential(nn.Conv2d { 3, 4, 3, padding = 1, bias = false }, nn.BatchNorm2d(4), nn.ReLU { inplace = true },
        M.Block(4, 4), M.Block(4, 8, 2), M.Block(8, 16, 2), nn.AvgPool2d { 3, stride = 1 })
    self.fc = nn.Linear(16, 10)
end
function M.Small:forward(x)
    return self.fc(cnn.flatten(self.body(x), 2))
end
-- The name of a parameter as the golden file has it.
function M.small_name(name)
    return (name:gsub("^body%.", ""):gsub("^fc%.", "8."))
end

return M
