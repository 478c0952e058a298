-- SPDX-License-Identifier: MIT
-- Schedulers: PyTorch's learning rates, states that go on where they were, wrong settings.
local check, op = require "check", require "helpers.op"
local cnn = require "cnn"
local optim = cnn.optim
local schedule = optim.lr_scheduler

local file, cases = op.read("schedules")
local LAMBDAS = { inverse = function(step) return 1 / (1 + step) end, shrink = function() return 0.9 end }

local function parameter() return cnn.nn.Parameter(cnn.zeros(1)) end

-- Two groups, the second with a quarter of the rate, as in the generator.
local function optimizer(kind)
    local options = { { { params = { parameter() } }, { params = { parameter() }, lr = 0.1 / 4 } }, lr = 0.1 }
    if kind == "SGD" then options.momentum = 0.9 end
    return optim[kind](options)
end

local function make(opt, case)
    local options = { opt }
    for k, v in pairs(case.options) do options[k] = v end
    if options.schedulers then
        options.schedulers = {}
        for i, part in ipairs(case.options.schedulers) do options.schedulers[i] = make(opt, part) end
        if case.kind == "ChainedScheduler" then options[1] = nil end
    end
    if options.lr_lambda then options.lr_lambda = LAMBDAS[options.lr_lambda] end
    return schedule[case.kind](options)
end

local function rates(opt) return { opt.param_groups[1].lr, opt.param_groups[2].lr } end

local function momenta(opt)
    local a, b = opt.param_groups[1], opt.param_groups[2]
    return { a.momentum or a.betas[1], b.momentum or b.betas[1] }
end

local CLOSE = { rtol = 1e-12, atol = 1e-16 }

local function compare(case, opt, row)
    check.close(rates(opt), file[case.name .. "/lr"][row], CLOSE)
    local wanted = file[case.name .. "/momentum"]
    if wanted then check.close(momenta(opt), wanted[row], CLOSE) end
end

for _, case in ipairs(cases) do
    check.test("PyTorch's learning rates: " .. case.name, function()
        local opt = optimizer(case.optimizer)
        local scheduler = make(opt, case)
        for row = 1, #file[case.name .. "/lr"] do
            if case.losses then
                scheduler:step(case.losses[row])
            elseif row > 1 then
                scheduler:step()
            end
            compare(case, opt, row)
            check.equal(scheduler:get_last_lr(), rates(opt))
        end
    end)

    check.test("a state goes on with the same bits: " .. case.name, function()
        local opt = optimizer(case.optimizer)
        local scheduler = make(opt, case)
        local rows = #file[case.name .. "/lr"]
        local function step(s, i)
            if case.losses then s:step(case.losses[i]) elseif s.last_epoch < rows - 1 then s:step() end
        end
        for stop = 1, rows - 2, 3 do
            for i = 1, 3 do step(scheduler, math.min(stop + i - 1, rows)) end
            -- as from a file, into an optimiser and a scheduler that are new
            local other = optimizer(case.optimizer)
            local resumed = make(other, case)
            other:load_state_dict(opt:state_dict())
            resumed:load_state_dict(scheduler:state_dict())
            check.equal(resumed:get_last_lr(), scheduler:get_last_lr())
            local kept, rest = scheduler:state_dict(), opt:state_dict()
            for i = 1, math.min(4, rows - stop - 2) do
                step(scheduler, i)
                step(resumed, i)
                check.equal(rates(other), rates(opt))
                check.equal(momenta(other), momenta(opt))
            end
            scheduler:load_state_dict(kept)
            opt:load_state_dict(rest)
        end
    end)
end

check.test("schedulers print their settings", function()
    local opt = optimizer "SGD"
    check.equal(tostring(schedule.StepLR { opt, step_size = 2, gamma = 0.5 }), "StepLR(step_size=2, gamma=0.5, last_epoch=0)")
    check.equal(tostring(schedule.MultiStepLR { opt, milestones = { 2, 3 }, gamma = 0.5 }),
        "MultiStepLR(milestones=[2, 3], gamma=0.5, last_epoch=0)")
    local parts = { schedule.LinearLR(opt), schedule.ExponentialLR(opt, 0.5) }
    check.equal(tostring(schedule.SequentialLR(opt, parts, { 4 })),
        "SequentialLR(schedulers=[LinearLR, ExponentialLR], milestones=[4], last_epoch=0)")
end)

check.test("last_epoch goes on with a schedule", function()
    local opt = optimizer "SGD"
    local one = schedule.ExponentialLR(opt, 0.5)
    for _ = 1, 3 do one:step() end
    local two = schedule.ExponentialLR { opt, gamma = 0.5, last_epoch = 2 }
    check.equal(two.last_epoch, 3)
    check.close(rates(opt), { 0.0125, 0.003125 })
    check.fails(function() schedule.StepLR { optimizer "SGD", step_size = 1, last_epoch = 2 } end, "no initial_lr", "optimiser's state")
end)

check.test("a group that comes later takes part", function()
    local opt = optimizer "SGD"
    local scheduler = schedule.StepLR(opt, 1, 0.5)
    opt:add_param_group { params = { parameter() }, lr = 0.8 }
    scheduler:step()
    check.close(scheduler:get_last_lr(), { 0.05, 0.0125, 0.4 })
end)

check.test("wrong settings get their sentence", function()
    local opt = optimizer "SGD"
    check.fails(function() schedule.MultiStepLR { opt, milestones = { 5, 2 } } end, "milestones go up; number 2 is 2, behind 5")
    check.fails(function() schedule.MultiStepLR { opt, milestones = { -5 } } end, "at least 0; got -5")
    check.fails(function() schedule.MultiStepLR { opt, milestones = { 1.5 } } end, "milestones", "list")
    check.fails(function() schedule.MultiStepLR { opt, milestones = 3 } end, "milestones", "list")
    check.fails(function() schedule.StepLR(3, 2) end, "optimiser")
    check.fails(function() schedule.StepLR(opt, 0) end, "step_size", "at least 1")
    check.fails(function() schedule.LinearLR { opt, start_factor = 0 } end, "start_factor must be above 0")
    check.fails(function() schedule.LinearLR { opt, end_factor = 2 } end, "end_factor")
    check.fails(function() schedule.CosineAnnealingLR(opt, 0) end, "T_max", "at least 1")
    check.fails(function() schedule.CosineAnnealingWarmRestarts { opt, T_0 = 5, T_mult = 0 } end, "T_mult")
    check.fails(function() schedule.OneCycleLR { opt, max_lr = 1 } end, "total_steps", "epochs and steps_per_epoch")
    check.fails(function() schedule.OneCycleLR { opt, max_lr = 1, epochs = 3 } end, "steps_per_epoch")
    check.fails(function() schedule.OneCycleLR { opt, max_lr = { 1 }, total_steps = 3 } end, "max_lr", "2 groups")
    check.fails(function() schedule.OneCycleLR { opt, max_lr = 1, total_steps = 3, anneal_strategy = "sine" } end, "anneal_strategy", "cos")
    check.fails(function() schedule.OneCycleLR { optimizer "Adagrad", max_lr = 1, total_steps = 3 } end, "Adagrad", "cycle_momentum=false")
    check.fails(function() schedule.ReduceLROnPlateau { opt, factor = 1 } end, "factor must be below 1")
    check.fails(function() schedule.ReduceLROnPlateau { opt, mode = "best" } end, "mode", "min")
    check.fails(function() schedule.ReduceLROnPlateau { opt, min_lr = { 1 } } end, "min_lr", "2 groups")
    check.fails(function() schedule.ReduceLROnPlateau(opt):step() end, "metrics")
    check.fails(function() schedule.LambdaLR(opt, { function() return 1 end }) end, "one per group", "2 groups; got 1")
    check.fails(function() schedule.LambdaLR(opt, function() end) end, "lr_lambda returns a number; for step 0")
    local step = schedule.StepLR(opt, 3)
    check.fails(function() schedule.SequentialLR(opt, {}, {}) end, "at least one scheduler")
    check.fails(function() schedule.SequentialLR(opt, { step, step }, {}) end, "2 schedulers have 1 milestones", "got 0")
    check.fails(function() schedule.SequentialLR(opt, { step, step, step }, { 4, 4 }) end, "milestones go up")
    check.fails(function() schedule.SequentialLR(opt, { step, schedule.ReduceLROnPlateau(opt) }, { 4 }) end, "ReduceLROnPlateau (number 2)")
    check.fails(function() schedule.ChainedScheduler { { step, schedule.StepLR(optimizer "SGD", 1) } } end, "one optimiser; number 2")
    check.fails(function() schedule.ChainedScheduler { { step, opt } } end, "schedulers", "scheduler")
end)

check.test("one step too many of a cycle is an error; the top in the first step is none", function()
    local opt = optimizer "SGD"
    local scheduler = schedule.OneCycleLR { opt, max_lr = 1, total_steps = 3 }
    for _ = 1, 2 do scheduler:step() end
    local last = rates(opt)
    scheduler:step()
    check.equal(rates(opt), last)
    check.fails(function() scheduler:step() end, "the cycle has 3 steps; this would be step 4")
    schedule.OneCycleLR { opt, max_lr = 1, total_steps = 10, pct_start = 0.1 }
    check.equal(opt.param_groups[1].lr, 1)
end)

check.test("a state of another scheduler is refused by name", function()
    local opt = optimizer "SGD"
    local cosine, step = schedule.CosineAnnealingLR(opt, 5), schedule.StepLR(opt, 5)
    check.fails(function() step:load_state_dict(cosine:state_dict()) end, "another scheduler than StepLR", "T_max", "eta_min")
    check.fails(function() step:load_state_dict { last_epoch = 1.5 } end, "last_epoch must be a whole number, at least 0; got 1.5")
    check.fails(function() step:load_state_dict { gamma = "x" } end, "gamma must be a number", '"x"')
    local two = schedule.SequentialLR(opt, { step, cosine }, { 4 })
    local three = schedule.ChainedScheduler { { step, cosine, step } }
    check.fails(function() two:load_state_dict(three:state_dict()) end, "3 schedulers, not of 2")
    local other = schedule.SequentialLR(opt, { cosine, step }, { 4 })
    check.fails(function() two:load_state_dict(other:state_dict()) end, "another scheduler than StepLR", "T_max")
end)
