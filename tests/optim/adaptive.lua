-- SPDX-License-Identifier: MIT
-- Adam, AdamW, RMSprop, Adagrad: PyTorch's trajectories at every level and in both types, states that move, wrong options.
local check, op = require "check", require "helpers.op"
local core = require "cnn.core"
local cnn = require "cnn"
local nn, optim = cnn.nn, cnn.optim

local file, cases = op.read("optim")

local function make(case, p)
    local options = { { p } }
    for k, v in pairs(case.options) do options[k] = v end
    return optim[case.kind](options)
end

local function step(opt, a, b, p)
    opt:zero_grad();
    (((a * p - b) ^ 2):sum() / 2):backward()
    opt:step()
end

for _, case in ipairs(cases) do
    check.test(case.kind .. " as PyTorch's: " .. case.name, function()
        local first
        op.each_level(function(level)
            for _, dtype in ipairs { "float64", "float32" } do
                local a, b = file.a:to(dtype), file.b:to(dtype)
                local p = file.p:clone():to(dtype):requires_grad_()
                local opt = make(case, p)
                for i = 1, 10 do
                    step(opt, a, b, p)
                    check.close(p, file[case.name .. "/after"][i], { rtol = dtype == "float64" and 1e-12 or 1e-4,
                        atol = dtype == "float64" and 1e-13 or 1e-5, what = level .. ", " .. dtype .. ", step " .. i })
                end
                if dtype == "float32" then -- every level has the same bits
                    first = first or p:detach():clone()
                    check.equal(p:detach(), first, level)
                end
            end
        end)
    end)
end

check.test("a state moves to another optimiser and goes on with the same bits", function()
    for _, case in ipairs(cases) do
        local p = file.p:clone():requires_grad_()
        local one = make(case, p)
        for _ = 1, 3 do step(one, file.a, file.b, p) end
        local q = p:detach():clone():requires_grad_()
        local two = optim[case.kind] { { q }, lr = 7 }
        two:load_state_dict(one:state_dict())
        for _ = 1, 3 do
            step(one, file.a, file.b, p)
            step(two, file.a, file.b, q)
        end
        check.equal(q:detach(), p:detach(), case.name)
    end
end)

check.test("states have PyTorch's names, and take PyTorch's step, a tensor", function()
    local net = nn.Linear(2, 1)
    local opt = optim.Adam { net:parameters(), lr = 0.5, amsgrad = true }
    net(cnn.ones(1, 2)):sum():backward()
    opt:step()
    local state = opt:state_dict()
    local names = {}
    for name in pairs(state.state[1]) do names[#names + 1] = name end
    table.sort(names)
    check.equal(names, { "exp_avg", "exp_avg_sq", "max_exp_avg_sq", "step" })
    check.equal({ #state.state, state.param_groups[1].params, state.param_groups[1].betas }, { 2, { 1, 2 }, { 0.9, 0.999 } })
    state.state[1].step = cnn.tensor(5.0)
    state.param_groups[1].foreach = false
    opt:load_state_dict(state)
    check.equal({ opt.state[net.weight].step, opt.state[net.bias].step }, { 5, 1 })
    state.param_groups[1].betas[1] = 0.5
    check.equal(opt.param_groups[1].betas, { 0.9, 0.999 })
    state.state[1].step = cnn.tensor(5.5)
    check.fails(function() opt:load_state_dict(state) end, "parameter 1", "whole number")
end)

check.test("a large parameter: neither threads nor levels change a bit", function()
    local n = 50003
    local p, g = cnn.randn(n), cnn.randn(n)
    for name, options in pairs { Adam = { amsgrad = true }, AdamW = {}, RMSprop = { centered = true, momentum = 0.5 }, Adagrad = {} } do
        local function run(threads)
            local before, q = core.threads(), p:clone():requires_grad_()
            core.threads(threads)
            core.set_grad(q, g)
            local given = { { q }, lr = 0.1, weight_decay = 0.01 }
            for k, v in pairs(options) do given[k] = v end
            local opt = optim[name](given)
            for _ = 1, 2 do opt:step() end
            core.threads(before)
            return q:detach()
        end
        local whole = run(1)
        op.each_level(function(level)
            for threads = 1, 3, 2 do
                check.that(run(threads):eq(whole):sum():item() == n, name .. ", " .. level .. ", threads " .. threads)
            end
        end)
    end
end)

check.test("a parameter and a gradient in other layouts", function()
    local function run(permuted, kind)
        core.seed(3)
        local p, g = cnn.randn(2, 3, 4, 5), cnn.randn(2, 3, 4, 5)
        if permuted then
            p = p:permute({ 1, 3, 4, 2 }):contiguous():permute({ 1, 4, 2, 3 })
            g = g:permute({ 4, 3, 2, 1 }):contiguous():permute({ 4, 3, 2, 1 })
        end
        p:requires_grad_()
        core.set_grad(p, g)
        local opt = optim[kind] { { p }, lr = 0.1 }
        for _ = 1, 3 do opt:step() end
        return p:detach():contiguous()
    end
    for _, kind in ipairs { "Adam", "AdamW", "RMSprop", "Adagrad" } do check.equal(run(true, kind), run(false, kind), kind) end
end)

check.test("wrong options get their sentence", function()
    local p = cnn.ones(3):requires_grad_()
    for _, kind in ipairs { "Adam", "AdamW", "RMSprop", "Adagrad" } do
        check.fails(function() optim[kind] { { p }, lr = -1 } end, "lr", "at least 0")
        check.fails(function() optim[kind] { { p }, lr = 0 / 0 } end, "lr")
        check.fails(function() optim[kind] { { p }, weight_decay = -1 } end, "weight_decay")
        check.fails(function() optim[kind] { { { params = { p }, eps = -1 } } } end, "eps must be a number, at least 0; got -1")
        check.fails(function() optim[kind] { nn.Linear(2, 2) } end, "net:parameters()")
    end
    check.fails(function() optim.Adam { { p }, betas = 0.9 } end, "betas", "list")
    check.fails(function() optim.Adam { { p }, betas = { 0.9 } } end, "betas are two numbers, as in {0.9, 0.999}")
    check.fails(function() optim.Adam { { p }, betas = { 0.9, 1 } } end, "betas[2] must be a number from 0 on, below 1; got 1")
    check.fails(function() optim.Adam { { p }, beta = { 0.9, 0.99 } } end, "did you mean betas?")
    check.fails(function() optim.RMSprop { { p }, momentun = 1 } end, "did you mean momentum?")
end)

check.test("a state of another kind or model is refused by name, and nothing changes", function()
    local net = nn.Linear(2, 1)
    local adam, sgd = optim.Adam { net:parameters() }, optim.SGD { net:parameters(), lr = 0.25 }
    local e = check.fails(function() sgd:load_state_dict(adam:state_dict()) end, "another optimiser than SGD", "betas", "eps", "amsgrad")
    check.equal(e.kind, "value error")
    check.equal(sgd.param_groups[1].lr, 0.25)
    local other = optim.SGD { nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1)):parameters(), lr = 1 }
    check.fails(function() sgd:load_state_dict(other:state_dict()) end, "group 1 has 4 in the state and 2 in this optimiser")
    other:add_param_group { params = { cnn.ones(1):requires_grad_() } }
    check.fails(function() sgd:load_state_dict(other:state_dict()) end, "2 groups", "this one has 1")
    check.fails(function() sgd:load_state_dict {} end, "param_groups")
    local bad = sgd:state_dict()
    bad.param_groups[1].momentum = -1
    check.fails(function() sgd:load_state_dict(bad) end, "momentum must be a number")
    check.equal(sgd.param_groups[1].momentum, 0)
end)

check.test("they print as PyTorch's", function()
    check.match(tostring(optim.Adam { { cnn.ones(1):requires_grad_() } }),
        "^Adam %(\nParameter Group 1\n    amsgrad: false\n    betas: %(0.9, 0.999%)\n")
end)
