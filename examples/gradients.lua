-- SPDX-License-Identifier: MIT
-- What backward() does: gradients by hand, and a straight line fitted by following them.
local cnn = require "cnn"
local F = cnn.nn.functional

-- y = x² + 3x has the slope 2x + 3: at x = 2 that is 7.
local x = cnn.tensor(2.0):requires_grad_()
local y = x * x + 3 * x
y:backward()
print("slope of x² + 3x at 2:", x.grad:item())

-- A second backward adds to .grad; hence zero_grad() in every step of a training.
y = x * x + 3 * x
y:backward()
print("after another backward:", x.grad:item())

-- Points on the line 2x - 1, with some noise, and two numbers that don't know it yet.
cnn.manual_seed(1)
local points = cnn.randn(100)
local values = points * 2 - 1 + cnn.randn(100) * 0.1
local a, b = cnn.zeros(1):requires_grad_(), cnn.zeros(1):requires_grad_()

for step = 1, 100 do
    local loss = F.mse_loss(points * a + b, values)
    a.grad, b.grad = nil, nil
    loss:backward()
    cnn.no_grad(function()
        a:sub_(a.grad * 0.1)
        b:sub_(b.grad * 0.1)
    end)
    if step % 25 == 0 then
        print(("step %3d  loss %.4f  line %.3f x %+.3f"):format(step, loss:item(), a:item(), b:item()))
    end
end
