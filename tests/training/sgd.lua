-- SPDX-License-Identifier: MIT
local check, op = require "check", require "helpers.op"
local cnn = require "cnn"
local optim = cnn.optim

local file, cases = op.read("sgd")

for _, case in ipairs(cases) do
    check.test("SGD as PyTorch's: " .. case.name, function()
        op.each_level(function(level)
            for _, dtype in ipairs { "float32", "float64" } do
                local a, b = file.a:to(dtype), file.b:to(dtype)
                local p = file.p:clone():to(dtype):requires_grad_()
                local options = { { p } }
                for k, v in pairs(case.options) do options[k] = v end
                local opt = optim.SGD(options)
                for step = 1, 6 do
                    opt:zero_grad();
                    (((a * p - b) ^ 2):sum() / 2):backward()
                    opt:step()
                    check.close(p, file[case.name .. "/after"][step], { rtol = dtype == "float64" and 1e-12 or 1e-5, atol = 1e-6,
                        what = level .. ", " .. dtype .. ", step " .. step })
                end
            end
        end)
    end)
end

check.test("parameters without a gradient stay as they are", function()
    local p, q = cnn.ones(3):requires_grad_(), cnn.ones(3):requires_grad_()
    local opt = optim.SGD { { p, q }, lr = 1, momentum = 0.9 };
    (p * 2):sum():backward()
    opt:step()
    check.equal(p, cnn.full({ 3 }, -1.0))
    check.equal(q:detach(), cnn.ones(3))
end)

check.test("wrong options get their sentence", function()
    local p = cnn.ones(3):requires_grad_()
    check.fails(function() optim.SGD { { p }, lr = -1 } end, "lr")
    check.fails(function() optim.SGD { { p }, lr = 0.1, nesterov = true } end, "nesterov", "momentum")
    check.fails(function() optim.SGD { {}, lr = 0.1 } end, "parameter")
    check.fails(function() optim.SGD { { p }, lr = 0.1, momentun = 0.9 } end, "did you mean", "momentum")
end)
