-- SPDX-License-Identifier: MIT
-- A short walk through everything, for valgrind: few numbers, many paths, errors among them.
local cnn = require "cnn"
local nn, F, optim = cnn.nn, cnn.nn.functional, cnn.optim

cnn.manual_seed(1)
local net = nn.Sequential(nn.Conv2d { 2, 5, 3, padding = 1 }, nn.BatchNorm2d(5), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout2d(0.5),
    nn.Conv2d { 5, 17, { 3, 2 }, stride = 2, bias = false }, nn.AvgPool2d(2), nn.Flatten(), nn.Linear(17, 3))
local opt = optim.SGD { net:parameters(), lr = 0.1, momentum = 0.9, weight_decay = 1e-3 }
for step = 1, 3 do
    local x, y = cnn.randn(3, 2, 12, 12), cnn.randint(1, 3, { 3 })
    local loss = F.cross_entropy(net(x), y)
    opt:zero_grad()
    loss:backward()
    opt:step()
    assert(loss:item() == loss:item(), "NaN in step " .. step)
end

local path = os.tmpname()
cnn.save(path, net:state_dict())
net:load_state_dict(cnn.load(path))
os.remove(path)

local x = cnn.randn(4, 5)
local views = { x:t(), x:narrow(2, 2, 3), x[2], x[{ {}, { 2, 3 } }], x:reshape(2, 10), x:permute(2, 1):contiguous() }
for _, view in ipairs(views) do
    local _ = (view * 2 + 1):sum():item() + view:std():item() + view:max():item()
    assert(#tostring(view) > 0)
end
for _, wrong in ipairs {
    function() return x + cnn.randn(3) end, function() return x:view(7) end, function() return x:sum(0) end,
    function() return net(cnn.randn(3, 4, 12, 12)) end, function() return cnn.load("/nowhere/at/all") end,
    function() return nn.Conv2d { 1, 2 } end } do
    assert(not pcall(wrong))
end
collectgarbage()
