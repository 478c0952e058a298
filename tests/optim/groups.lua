-- SPDX-License-Identifier: MIT
-- Parameter groups and states. (Steps against PyTorch: tests/training/sgd.lua, adaptive.lua.)
local check = require "check"
local cnn = require "cnn"
local nn, optim = cnn.nn, cnn.optim

local function pair() return nn.Linear(2, 2), nn.Linear(2, 1) end

check.test("parameters come as a list, as groups, by place or by name", function()
    local a, b = pair()
    check.equal(#optim.SGD { a:parameters(), lr = 0.1 }.param_groups[1].params, 2)
    check.equal(#optim.SGD { a:parameters() }.param_groups[1].params, 2)
    check.equal(optim.SGD(a:parameters(), 0.2).param_groups[1].lr, 0.2)
    check.equal(optim.SGD { params = a:parameters(), lr = 0.3 }.param_groups[1].lr, 0.3)
    local opt = optim.SGD { { { params = a:parameters() }, { params = b:parameters(), lr = 0.01 } }, lr = 0.1, momentum = 0.9 }
    check.equal({ opt.param_groups[1].lr, opt.param_groups[2].lr, opt.param_groups[2].momentum }, { 0.1, 0.01, 0.9 })
    opt = optim.SGD { a:parameters(), lr = 0.1 }
    opt:add_param_group { params = b:parameters(), lr = 0.5 }
    check.equal(opt.param_groups[2].lr, 0.5)
end)

check.test("each group steps with its own options", function()
    local p, q = nn.Parameter(cnn.ones(1)), nn.Parameter(cnn.ones(1))
    local opt = optim.SGD { { { params = { p } }, { params = { q }, lr = 0.25 } }, lr = 1 };
    (p * 2 + q * 2):sum():backward()
    opt:step()
    check.equal({ p:item(), q:item() }, { -1, 0.5 })
    opt.param_groups[1].lr = 0
    opt:step()
    check.equal({ p:item(), q:item() }, { -1, 0 })
end)

check.test("step takes a closure; zero_grad forgets or fills", function()
    local p = nn.Parameter(cnn.ones(1))
    local opt = optim.SGD { { p }, lr = 0.5 }
    local loss = opt:step(function()
        local value = (p * p):sum()
        value:backward()
        return value
    end)
    check.equal({ loss:item(), p:item() }, { 1, 0 })
    opt:zero_grad(false)
    check.equal(p.grad:item(), 0)
    opt:zero_grad()
    check.that(p.grad == nil)
end)

check.test("a state moves to another optimiser", function()
    local function run(opt, p, steps)
        for _ = 1, steps do
            opt:zero_grad();
            (p * p):sum():backward()
            opt:step()
        end
    end
    local p = nn.Parameter(cnn.ones(2))
    local one = optim.SGD { { p }, lr = 0.1, momentum = 0.9 }
    run(one, p, 3)
    local q = nn.Parameter(p:detach():clone())
    local two = optim.SGD { { q }, lr = 7 }
    two:load_state_dict(one:state_dict())
    run(one, p, 3)
    run(two, q, 3)
    check.equal(q:detach(), p:detach())
    local r = nn.Parameter(cnn.ones(3))
    check.fails(function() optim.SGD({ r }, 1):load_state_dict(one:state_dict()) end, "momentum_buffer", "[2]", "[3]")
    check.fails(function() optim.SGD({ p, r }, 1):load_state_dict(one:state_dict()) end, "numbers of parameters")
end)

check.test("mistakes get their sentence", function()
    local a = pair()
    check.fails(function() optim.SGD(a, 0.1) end, "module Linear itself", "net:parameters()")
    check.fails(function() optim.SGD { nn.ReLU():parameters(), lr = 0.1 } end, "empty")
    check.fails(function() optim.SGD { { a.weight, 3 }, lr = 0.1 } end, "parameter 2 is no tensor")
    check.fails(function() optim.SGD { { a.weight, a.weight }, lr = 0.1 } end, "twice")
    check.fails(function() optim.SGD { { a.weight * 2 }, lr = 0.1 } end, "computed by")
    check.fails(function() optim.SGD { { { params = { a.weight }, lrr = 1 } }, lr = 0.1 } end, "lrr", "did you mean lr?")
    check.fails(function() optim.SGD { { { params = { a.weight }, lr = "x" } }, lr = 0.1 } end, "lr must be a number")
end)

check.test("a step returns what its closure returns, and without one nothing that the prompt would print", function()
    local opt = optim.SGD { { cnn.nn.Parameter(cnn.ones(2)) }, lr = 1 }
    check.equal(select("#", opt:step()), 0)
    check.equal(select("#", opt:step(function() return 3 end)), 1)
    check.equal(opt:step(function() return 3 end), 3)
end)
