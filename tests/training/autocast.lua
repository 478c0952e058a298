-- SPDX-License-Identifier: MIT
-- The lab's network learns as well under autocast as without: the same digits, the same order, the same accuracy.
local check, nets = require "check", require "helpers.nets"
local cnn = require "cnn"
local F, optim, data = cnn.nn.functional, cnn.optim, cnn.data
local datasets, transforms = cnn.datasets, cnn.transforms

if os.getenv("CNN_TEST_SANITIZED") then check.skip("too slow under sanitizers") end

local function digits(train, count)
    return data.Subset(datasets.Digits { train = train, transform = transforms.ToTensor() }, (function()
        local list = {}
        for i = 1, count do list[i] = i end
        return list
    end)())
end

-- Accuracies before and after, and the losses of all steps.
local function train(autocast, training, test)
    cnn.manual_seed(7)
    local net = nets.Net(8)
    local opt = optim.SGD { net:parameters(), lr = 0.03, momentum = 0.9 }
    local function forward(x)
        if autocast then return cnn.autocast(function() return net(x) end) end
        return net(x)
    end
    local losses = {}
    for x, y in data.DataLoader { training, batch_size = 32, shuffle = true } do
        local loss
        if autocast then
            loss = cnn.autocast(function() return F.cross_entropy(net(x), y) end)
        else
            loss = F.cross_entropy(net(x), y)
        end
        opt:zero_grad()
        loss:backward()
        opt:step()
        losses[#losses + 1] = loss:item()
    end
    net:eval()
    local right, all = 0, 0
    cnn.no_grad(function()
        for x, y in data.DataLoader { test, batch_size = 128 } do
            right, all = right + forward(x):argmax(2):eq(y):sum():item(), all + y:size(1)
        end
    end)
    return 100 * right / all, losses, net
end

check.test("digits: the same accuracy in float32 and under autocast", function()
    local training, test = digits(true, 2048), digits(false, 512)
    local single, losses = train(false, training, test)
    local half, half_losses, net = train(true, training, test)
    check.that(single >= 90, "float32 learns: " .. single)
    check.that(math.abs(single - half) <= 3, ("float32 %.1f %%, autocast %.1f %%"):format(single, half))
    check.close(half_losses[1], losses[1], { rtol = 1e-2 })
    local sum, sum_half = 0, 0
    for i = 1, #losses do sum, sum_half = sum + losses[i], sum_half + half_losses[i] end
    check.close(sum_half, sum, { rtol = 5e-2, what = "the losses of all steps" })
    for name, p in net:named_parameters() do check.equal({ name, p.dtype, p.grad.dtype }, { name, "float32", "float32" }) end
end)

check.test("the same bits for any number of threads under autocast", function()
    local training, test = digits(true, 192), digits(false, 64)
    local before, results = cnn.get_num_threads(), {}
    for _, threads in ipairs { 1, 2 } do
        cnn.set_num_threads(threads)
        results[#results + 1] = select(2, train(true, training, test))
    end
    cnn.set_num_threads(before)
    check.equal(results[1], results[2])
end)
