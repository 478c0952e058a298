-- SPDX-License-Identifier: MIT
-- ResNet-20 on real CIFAR-10 follows PyTorch for 300 steps, from PyTorch's initial weights and on the same batches.
--
-- How closely it can: a pre-activation within a rounding error of 0 passes its ReLU here and not there, and from then on the
-- two runs part, by any algorithm; so do two of PyTorch's own, in one image layout and in the other. The first 100 steps
-- are held to 2 %, the later ones to 6 %.
local check = require "check"
local cnn = require "cnn"
local core = require "cnn.core"
local resnet = require "scripts.resnet"
local F, optim = cnn.nn.functional, cnn.optim

if os.getenv("CNN_TEST_SANITIZED") then check.skip("too slow under sanitizers") end

local folder = os.getenv("CNN_DATA")
if not folder or not io.open(folder .. "/cifar-10-batches-bin/data_batch_1.bin") then
    check.skip("CIFAR-10 is not in $CNN_DATA")
end

local file, about = core.load(check.root .. "/tests/golden/resnet20.safetensors")
local STEPS, BATCH, PART = tonumber(about.steps), tonumber(about.batch), 50
local COUNT = 10000 -- of images, those in data_batch_1.bin

local set = cnn.datasets.CIFAR10 { folder, train = true }
local mean, std = cnn.tensor { 0.4914, 0.4822, 0.4465 }, cnn.tensor { 0.2023, 0.1994, 0.2010 }

-- The images of a step, by the rule of tests/golden/generate_resnet20.py.
local function batch(step)
    local rows = {}
    for i = 0, BATCH - 1 do rows[i + 1] = (step * BATCH + i) * 7919 % COUNT + 1 end
    local at = cnn.tensor(rows)
    local x = set.data:index_select(1, at):to("float32") / 255
    return (x - mean:view(3, 1, 1)) / std:view(3, 1, 1), set.targets:index_select(1, at)
end

check.test("the loss stays with PyTorch's, in the mean of 50 steps", function()
    local net = resnet.by_name("resnet20")
    for name, p in net:named_parameters() do core.copy_(core.detach(p), file["init/" .. name]) end
    local opt = optim.SGD { net:parameters(), lr = 0.1, momentum = 0.9, weight_decay = 1e-4 }
    local part, want = 0, 0
    for step = 1, STEPS do
        local x, y = batch(step - 1)
        local loss = F.cross_entropy(net(x), y)
        opt:zero_grad()
        loss:backward()
        opt:step()
        part, want = part + loss:item(), want + core.get(file.losses, step)
        if step % PART == 0 then
            local what = ("mean loss of steps %d to %d"):format(step - PART + 1, step)
            check.close(part / PART, want / PART, { rtol = step <= 100 and 0.02 or 0.06, what = what })
            part, want = 0, 0
        end
    end
end)
