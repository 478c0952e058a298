-- SPDX-License-Identifier: MIT
-- Hollow tensors, cnn.shapes and cnn.summary: shapes without numbers, and what a network costs.
local check = require "check"
local cnn = require "cnn"
local core = require "cnn.core"
local resnet = require "scripts.resnet"
local nn, F = cnn.nn, cnn.nn.functional

local function hollow(...) return core.hollow("float32", { ... }) end

check.test("hollow tensors go through ops as shapes and layouts", function()
    local x, w = hollow(2, 3, 9, 7), cnn.randn(4, 3, 3, 3)
    for _, f in ipairs {
        function(v) return F.conv2d(v, w) end, function(v) return F.relu(v):sum({ 3, 4 }) end,
        function(v) return v:reshape(2, -1):t() end, function(v) return (v * 2 + 1):permute(1, 3, 4, 2):contiguous() end,
        function(v) return F.max_pool2d(v, 2) end, function(v) return cnn.cat({ v, v }, 2):narrow(2, 2, 4) end,
        function(v) return v:argmax(2) end,
    } do
        local want, got = f(cnn.randn(2, 3, 9, 7)), f(x)
        check.equal(got.device, "meta")
        check.equal(tostring(got.shape), tostring(want.shape))
        check.equal(got.dtype, want.dtype)
        for d = 1, want:dim() do check.equal(core.stride(got)[d], core.stride(want)[d]) end
    end
    check.equal(tostring(x), "tensor(..., device=meta, size=(2, 3, 9, 7))")
end)

check.test("hollow tensors have no numbers to read, write, save or learn from", function()
    local x = hollow(3)
    local path = os.tmpname()
    for _, f in ipairs {
        function() return x:sum():item() end, function() return x:totable() end, function() return core.get(x, 1) end,
        function() return x:normal_() end, function() x[1] = 2 end, function() return cnn.zeros(3):copy_(x) end,
        function() return cnn.zeros(3):add_(x) end, function() cnn.save(path, { x = x }) end,
        function() (cnn.zeros(3):requires_grad_() * x):sum():backward() end,
        function() cnn.zeros(3):requires_grad_().grad = x end,
        function() for _ in cnn.data.DataLoader { cnn.data.TensorDataset(x) } do end end,
    } do
        check.fails(f, "no numbers")
    end
    os.remove(path)
end)

check.test("the parameters of the lab's networks", function()
    local want = { [3] = 269722, [5] = 464154, [7] = 658586, [9] = 853018, [18] = 1727962 }
    for n, count in pairs(want) do
        local list = cnn.shapes(resnet.ResNet(n, resnet.ResidualBlock), 3, 32, 32)
        check.equal(list.parameters, count)
        check.equal(list.trained, count)
    end
end)

-- By hand: 3x32x32 → conv 8 filters 5x5 → 8x28x28 → pool → 8x14x14 → 1568 → 10
local function small()
    return nn.Sequential(nn.Conv2d(3, 8, 5), nn.ReLU { inplace = true }, nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1568, 10))
end

check.test("rows, multiply-adds, memory and formulas", function()
    local list = cnn.shapes(small(), { 2, 3, 32, 32 })
    check.equal(#list, 5)
    check.equal(list[1].multiply_adds, 2 * 8 * 28 * 28 * 3 * 25)
    check.equal(list[1].bytes, 4 * 2 * 8 * 28 * 28)
    check.equal(list[2].bytes, 0)
    check.equal(list[5].multiply_adds, 2 * 1568 * 10)
    check.equal(list.multiply_adds, list[1].multiply_adds + list[5].multiply_adds)
    check.equal(list.parameters, 8 * 75 + 8 + 15690)
    check.equal(list[1].formula, "floor((32 + 2·0 − 1·(5−1) − 1)/1 + 1) = 28")
    check.equal(list[3].formula, "floor((28 + 2·0 − 1·(2−1) − 1)/2 + 1) = 14")
    check.equal(list[4].formula, "8·14·14 = 1568")
    check.equal(table.concat(list[5].output, " "), "2 10")
end)

check.test("a network is left as it was: no statistics, no random numbers, no memory, its mode", function()
    local net = nn.Sequential(nn.Conv2d(3, 8, 5), nn.BatchNorm2d(8), nn.Dropout2d(0.5))
    cnn.manual_seed(3)
    local _, offset = core.generator()
    local before = core.memory()
    check.equal(cnn.shapes(net, { 100000, 3, 64, 64 }).error, nil)
    local after = core.memory()
    local _, later = core.generator()
    check.equal(later, offset)
    check.equal(net[2].num_batches_tracked:item(), 0)
    check.equal(net[2].running_mean:abs():sum():item(), 0)
    check.that(net.training and net[3].training, "the mode changed")
    check.equal(rawget(net, "forward"), nil)
    check.equal(after.live_bytes, before.live_bytes)
    check.that(core.grad_enabled(), "gradients are on again")
end)

check.test("shared weights count once, frozen ones are told, modules called twice have two rows", function()
    local Twice = nn.class("Twice")
    function Twice:init()
        self.a = nn.Linear(4, 4)
        self.b = nn.Linear(4, 4)
        self.b.weight = self.a.weight
        self.b.bias.requires_grad = false
    end
    Twice.forward = function(self, x) return self.b(self.a(self.a(x))):matmul(self.a.weight) end
    local list = cnn.shapes(Twice(), 4)
    check.equal(list.parameters, 24)
    check.equal(list.trained, 20)
    check.equal(list.multiply_adds, 4 * 16) -- the product outside of layers, too
    check.equal(#list, 4)
end)

check.test("where shapes stop fitting, the layer is named and the rows before are there", function()
    local net = resnet.ResNet(3, resnet.ResidualBlock)
    local list = cnn.shapes(net, 3, 30, 30)
    check.equal(list.failed, "layers_6n.0")
    check.that(tostring(list):find("[1, 64, 8, 8] and [1, 64, 7, 7]", 1, true), "the reason is told")
    check.that(#list > 20, "the rows before are there")
    check.that(net.training, "the mode is as before")
    local reads = nn.class("Reads")
    function reads:forward(x) return x:sum():item() > 0 and x or -x end
    check.that(tostring(cnn.shapes(reads(), 3)):find("no numbers", 1, true), "reading numbers is told")
end)

check.test("wrong calls", function()
    check.fails(function() cnn.shapes(small()) end, "sizes of the input", "none")
    check.fails(function() cnn.shapes(small(), "3") end, "sizes of the input")
    check.fails(function() cnn.shapes(small(), 3, 32.5, 32) end, "sizes of the input", "32.5")
    check.fails(function() cnn.shapes(small(), 3, -32, 32) end, "sizes of the input", "-32")
    check.fails(function() cnn.shapes({}, 3) end, "module")
end)
