-- SPDX-License-Identifier: MIT
-- A network that reads handwritten digits, in twenty lines.
local cnn = require "cnn"
local nn, optim, data, datasets, transforms = cnn.nn, cnn.optim, cnn.data, cnn.datasets, cnn.transforms
cnn.manual_seed(1)

local train = data.random_split(datasets.Digits { transform = transforms.ToTensor() }, { 6000, 54000 })
local net = nn.Sequential(
    nn.Conv2d { 1, 16, 5, stride = 2 }, nn.BatchNorm2d(16), nn.ReLU(), -- 28x28 → 12x12
    nn.Conv2d { 16, 32, 3, stride = 2 }, nn.BatchNorm2d(32), nn.ReLU(), -- 12x12 → 5x5
    nn.Flatten(), nn.Linear(32 * 5 * 5, 10))
local opt = optim.SGD { net:parameters(), lr = 0.05, momentum = 0.9 }
local criterion = nn.CrossEntropyLoss()
local loader = data.DataLoader { train, batch_size = 64, shuffle = true }

for epoch = 1, 3 do
    for x, y in cnn.progress { loader, label = "epoch " .. epoch } do
        opt:zero_grad()
        criterion(net(x), y):backward()
        opt:step()
    end
end

net:eval()
local test, correct = datasets.Digits { train = false, transform = transforms.ToTensor() }, 0
for x, y in data.DataLoader { test, batch_size = 500 } do
    correct = correct + cnn.no_grad(function() return net(x):argmax(2):eq(y):sum():item() end)
end
print(("%.2f %% of the %d test images are read correctly"):format(100 * correct / #test, #test))
