-- SPDX-License-Identifier: MIT
-- Convolutions by each algorithm: the textbook loops' numbers, the same bits for any number of threads, and what is said
-- of the choice.
local check, op = require "check", require "helpers.op"
local cnn = require "cnn"
local core = require "cnn.core"
local F, nn = cnn.nn.functional, cnn.nn

local function run(t, case)
    return F.conv2d(t.input, t.weight, t.bias, case.stride, case.padding, case.dilation, case.groups)
end

-- Sizes that each algorithm was made for, and some that only direct can do.
local function shape_for(algorithm)
    local random = math.random
    local r = algorithm == "winograd" and 3 or algorithm == "fft" and random(5, 9) or random(1, 5)
    local plain = algorithm ~= "direct"
    local case = { stride = plain and { 1, 1 } or { random(2), random(2) }, padding = { random(0, r - 1), random(0, r - 1) },
        dilation = { 1, 1 }, groups = 1 }
    local input = cnn.randn(random(3), random(40), r + random(0, 20), r + random(0, 20))
    return { input = input, weight = cnn.randn(random(40), input.shape[2], r, r) }, case
end

for _, algorithm in ipairs { "direct", "winograd", "fft" } do
    check.test(algorithm .. " agrees with the textbook loops on random shapes, at every level", function()
        op.with_algorithm(algorithm, function()
            for _ = 1, 6 do
                local tensors, case = shape_for(algorithm)
                tensors.bias = cnn.randn(tensors.weight.shape[1])
                op.agree(run, tensors, case)
            end
        end)
    end)

    check.test(algorithm .. " gives the same bits for any number of threads", function()
        local before = core.threads()
        op.with_algorithm(algorithm, function()
            for _ = 1, 4 do
                local tensors, case = shape_for(algorithm)
                local first
                for threads = 1, 3 do
                    core.threads(threads)
                    local x, w = tensors.input:clone():requires_grad_(), tensors.weight:clone():requires_grad_()
                    local y = run({ input = x, weight = w }, case)
                    y:square():sum():backward()
                    first = first or { y, x.grad, w.grad }
                    local where = ("%d threads, %s * %s"):format(threads, x.shape, w.shape)
                    check.equal(y, first[1], "output, " .. where)
                    check.equal(x.grad, first[2], "input's gradient, " .. where)
                    check.equal(w.grad, first[3], "weight's gradient, " .. where)
                end
            end
        end)
        core.threads(before)
    end)
end

check.test("another algorithm may do the backward pass than the forward pass", function()
    local x, w = cnn.randn(2, 16, 20, 20):requires_grad_(), cnn.randn(16, 16, 3, 3):requires_grad_()
    local want
    for _, forward in ipairs { "direct", "winograd", "fft", "reference" } do
        for _, backward in ipairs { "direct", "winograd", "fft", "reference" } do
            local y = op.with_algorithm(forward, function() return F.conv2d { x, w, padding = 1 } end)
            x.grad, w.grad = nil, nil
            op.with_algorithm(backward, function() y:square():sum():backward() end)
            want = want or { x.grad, w.grad }
            for i, got in ipairs { x.grad, w.grad } do
                op.compare(got, want[i], "float32", forward .. " forward, " .. backward .. " backward")
            end
        end
    end
end)

local SIZES = { 2, 8, 12, 12 }

check.test("what is forced is run where it can be, and explain says so", function()
    local layer = nn.Conv2d { 8, 8, 3, padding = 1 }
    op.each_level(function(level)
        for _, algorithm in ipairs { "direct", "winograd", "fft", "reference" } do
            op.with_algorithm(algorithm, function()
                for _, a in ipairs(cnn.explain(layer, SIZES).algorithms) do
                    if a.algorithm == algorithm then
                        check.that(a.why:find("asked for", 1, true), a.why)
                    elseif level == "reference" then
                        check.equal(a.algorithm, "reference")
                    else
                        check.equal(a.algorithm, "direct")
                        check.that(a.why:find("cannot do it", 1, true), a.why)
                    end
                end
            end)
        end
    end)
    op.with_algorithm("reference", function()
        check.equal(tostring(cnn.explain(layer, SIZES)):match("weight gradient +([^\n]*)"), "reference: asked for")
    end)
end)

check.test("the choice, in words: one dimension, transposed, float64, no images", function()
    op.with_algorithm("auto", function()
        local function all(layer, sizes) return cnn.explain(layer, sizes).algorithms end
        local strided = all(nn.Conv2d { 3, 8, 3, stride = 2 }, { 4, 3, 32, 32 })
        for i, pass in ipairs { "forward", "input gradient", "weight gradient" } do check.equal(strided[i].pass, pass) end
        if core.cpu() ~= "reference" then
            check.that(strided[1].why:find("^nothing else can do it; direct [%d.]+ [um]s$"),
                strided[1].why)
            check.that(all(nn.Conv2d(3, 8, 3), { 0, 3, 32, 32 })[1].why:find("no images", 1, true))
        end
        check.equal(#all(nn.Conv1d { 3, 8, 4, padding = "same" }, { 2, 3, 30 }), 3)
        check.equal(#all(nn.Conv1d { 3, 8, 4, padding = 2, stride = 3 }, { 2, 3, 30 }), 3)
        check.equal(#all(nn.Conv2d { 3, 8, 4, padding = "same" }, { 2, 3, 9, 9 }), 3)
        local up = nn.ConvTranspose2d { 6, 4, 3, stride = 2, output_padding = 1, groups = 2 }
        check.equal(all(up, { 2, 6, 5, 5 })[1].pass, "forward")
        local layer = nn.Conv2d(3, 8, 3):double()
        check.equal(all(layer, cnn.zeros(1, 3, 8, 8):double())[1].algorithm, "reference")
        check.equal(cnn.explain(nn.ReLU(), 3).algorithms, nil)
    end)
end)

check.test("only algorithms that exist", function()
    local before = cnn.conv_algorithm()
    check.fails(function() cnn.conv_algorithm("gauss") end, "value error",
        'no algorithm for convolutions is called "gauss"; there are auto, direct, winograd, fft, reference')
    check.fails(function() cnn.conv_algorithm(3) end, "type error in cnn.conv_algorithm", "must be a string; got 3")
    check.fails(function() core.conv_algorithm(3) end, "type error", 'a name such as "direct"; got')
    check.fails(function() core.conv_choices(cnn.zeros(1, 3, 8, 8), cnn.zeros(2, 4, 3, 3), 1, 1, 0, 0, 1, 1, 1) end,
        "shape error", "4 channels")
    check.fails(function() core.conv_choices(cnn.zeros(1, 3, 8, 8), 3) end, "type error", "weight")
    check.equal(cnn.conv_algorithm(), before)
end)
