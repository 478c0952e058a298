-- SPDX-License-Identifier: MIT
-- The same seed gives the same bits, whatever the number of threads and of loader workers.
local check = require "check"
local cnn = require "cnn"
local core = require "cnn.core"
local nets = require "helpers.nets"
local op = require "helpers.op"
local data, datasets, transforms, optim = cnn.data, cnn.datasets, cnn.transforms, cnn.optim
local nn, F = cnn.nn, cnn.nn.functional

local digits = datasets.Digits { train = true, transform = transforms.ToTensor() }

-- Weights after a few steps on drawn digits, and the losses on the way.
local function train(Model, threads, workers, steps)
    local before = core.threads()
    core.threads(threads)
    cnn.manual_seed(5)
    local part = data.random_split(digits, { 400, #digits - 400 })
    local loader = data.DataLoader { part, batch_size = 40, shuffle = true, num_workers = workers }
    local net = Model()
    local opt = optim.SGD { net:parameters(), lr = 0.05, momentum = 0.9 }
    local losses, step = {}, 0
    for x, y in loader do
        local loss = F.cross_entropy(net(x), y)
        opt:zero_grad()
        loss:backward()
        opt:step()
        losses[#losses + 1] = loss:item()
        step = step + 1
        if step == steps then break end
    end
    core.threads(before)
    return net:state_dict(), losses
end

local function same(a, b, what)
    for name, x in pairs(a) do check.equal(x, b[name], what .. ", " .. name) end
end

local function small() return nets.Net(4) end

check.test("one, two and three threads train to the same bits", function()
    local want, losses = train(small, 1, 0, 10)
    for threads = 2, 3 do
        local got, other = train(small, threads, 0, 10)
        check.equal(other, losses, threads .. " threads, losses")
        same(got, want, threads .. " threads")
    end
end)

check.test("the lab's network: one and two threads", function()
    local want, losses = train(nets.Net, 1, 0, 2)
    local got, other = train(nets.Net, 2, 0, 2)
    check.equal(other, losses)
    same(got, want, "2 threads")
end)

check.test("no, one and four workers deliver the same batches", function()
    local want, losses = train(small, 2, 0, 10)
    for _, workers in ipairs { 1, 4 } do
        local got, other = train(small, 2, workers, 10)
        check.equal(other, losses, workers .. " workers, losses")
        same(got, want, workers .. " workers")
    end
end)

check.test("random numbers depend on the seed alone", function()
    local function draw(threads)
        core.threads(threads)
        cnn.manual_seed(9)
        return cnn.randn(100003), cnn.rand(7), cnn.randperm(1000)
    end
    local before = core.threads()
    local a, b, c = draw(1)
    local d, e, f = draw(3)
    core.threads(before)
    check.equal(a, d)
    check.equal(b, e)
    check.equal(c, f)
    check.close(a:mean():item(), 0, { atol = 0.02 })
    check.close(a:std():item(), 1, { atol = 0.02 })
end)

check.test("a second epoch is shuffled anew, the same way each time", function()
    local function labels()
        cnn.manual_seed(3)
        local part = data.random_split(digits, { 60, #digits - 60 })
        local loader, list = data.DataLoader { part, batch_size = 60, shuffle = true }, {}
        for _ = 1, 2 do for _, y in loader do list[#list + 1] = y:clone() end end
        return list
    end
    local first, second = labels(), labels()
    check.equal(first[1], second[1])
    check.equal(first[2], second[2])
    check.that(not pcall(check.equal, first[1], first[2]), "two epochs in the same order")
end)

-- Kernels of 7x7 and of 3x3, and fused steps around them: what each algorithm was made for.
local function both_kinds()
    return nn.Sequential(nn.Conv2d { 1, 16, 7, padding = 3 }, nn.BatchNorm2d(16), nn.ReLU(), nets.Block(16, 16),
        nets.Block(16, 32, 2), nn.AvgPool2d(14), nn.Flatten(), nn.Linear(32, 10))
end

for _, algorithm in ipairs { "auto", "direct", "winograd", "fft" } do
    check.test("one, two and three threads train to the same bits by " .. algorithm, function()
        op.with_algorithm(algorithm, function()
            local want, losses = train(both_kinds, 1, 0, 3)
            for threads = 2, 3 do
                local got, other = train(both_kinds, threads, 0, 3)
                check.equal(other, losses, threads .. " threads, losses")
                same(got, want, threads .. " threads")
            end
        end)
    end)
end

check.test("every algorithm trains alike, within rounding", function()
    local want = op.with_algorithm("reference", function() return select(2, train(both_kinds, 2, 0, 3)) end)
    for _, algorithm in ipairs { "auto", "direct", "winograd", "fft" } do
        local losses = op.with_algorithm(algorithm, function() return select(2, train(both_kinds, 2, 0, 3)) end)
        for i, loss in ipairs(losses) do check.close(loss, want[i], { rtol = 1e-3, what = algorithm .. ", step " .. i }) end
    end
end)
