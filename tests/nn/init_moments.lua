-- SPDX-License-Identifier: MIT
-- Initialisers by the numbers: moments within five standard errors of what the formulas say, exact bounds, exact matrices.
local check = require "check"
local cnn = require "cnn"
local init = cnn.nn.init

-- Mean, deviation and fourth moment of n numbers must be what they should be: |mean - m| <= 5 s / sqrt(n), and
-- |var - s^2| <= 5 s^2 sqrt((kurtosis - 1) / n), where the kurtosis is that of the distribution.
local function moments(x, mean, std, kurtosis, what)
    local v = x:double():reshape(-1)
    local n = v:numel()
    local got = v:mean():item()
    local var = (v - mean):square():mean():item()
    check.that(math.abs(got - mean) <= 5 * std / math.sqrt(n), ("%s: mean %.6g, expected %.6g"):format(what, got, mean))
    check.that(math.abs(var - std * std) <= 5 * std * std * math.sqrt((kurtosis - 1) / n),
        ("%s: deviation %.6g, expected %.6g"):format(what, math.sqrt(var), std))
    local fourth = ((v - mean) / std):square():square():mean():item()
    check.that(math.abs(fourth / kurtosis - 1) < 0.1, ("%s: kurtosis %.4g, expected %.4g"):format(what, fourth, kurtosis))
end

local function uniform(x, bound, what)
    moments(x, 0, bound / math.sqrt(3), 1.8, what)
    local most, n = x:abs():max():item(), x:numel()
    check.that(most <= bound * (1 + 1e-7), what .. ": beyond the bound")
    check.that(most >= bound * (1 - 20 / n), what .. ": the bound is not reached")
end

local gains = { { "linear", 1 }, { "conv1d", 1 }, { "conv2d", 1 }, { "conv3d", 1 }, { "conv_transpose2d", 1 }, { "sigmoid", 1 },
    { "tanh", 5 / 3 }, { "relu", math.sqrt(2) }, { "leaky_relu", math.sqrt(2 / 1.0001) }, { "selu", 0.75 } }

check.test("gains of all nonlinearities", function()
    for _, g in ipairs(gains) do check.close(init.calculate_gain(g[1]), g[2], { rtol = 1e-12 }) end
    check.close(init.calculate_gain("leaky_relu", 0.2), math.sqrt(2 / 1.04), { rtol = 1e-12 })
    check.fails(function() init.calculate_gain("swish") end, "nonlinearity")
end)

check.test("uniform, normal, xavier and kaiming: moments and bounds", function()
    for _, w in ipairs { cnn.empty(100, 400), cnn.empty(40, 50, 5, 4), cnn.empty(100, 400):double() } do
        local fan_in, fan_out = w.shape[2] * (w.shape[3] or 1) * (w.shape[4] or 1), w.shape[1] * (w.shape[3] or 1) * (w.shape[4] or 1)
        moments(init.uniform_(w, 2, 5), 3.5, 3 / math.sqrt(12), 1.8, "uniform_")
        check.that(w:min():item() >= 2 and w:max():item() <= 5)
        moments(init.normal_(w, 3, 0.5), 3, 0.5, 3, "normal_")
        uniform(init.xavier_uniform_(w, 1.5), 1.5 * math.sqrt(6 / (fan_in + fan_out)), "xavier_uniform_")
        moments(init.xavier_normal_(w, 1.5), 0, 1.5 * math.sqrt(2 / (fan_in + fan_out)), 3, "xavier_normal_")
        for mode, fan in pairs { fan_in = fan_in, fan_out = fan_out } do
            for _, g in ipairs(gains) do
                local o = { mode = mode, nonlinearity = g[1] }
                local gain = g[1] == "leaky_relu" and math.sqrt(2) or g[2] -- a is 0 here
                local what = mode .. ", " .. g[1]
                uniform(init.kaiming_uniform_(w, o), gain * math.sqrt(3 / fan), "kaiming_uniform_, " .. what)
                moments(init.kaiming_normal_(w, o), 0, gain / math.sqrt(fan), 3, "kaiming_normal_, " .. what)
            end
        end
    end
end)

-- Moments of the truncated normal distribution, by Simpson's rule on the density.
local function truncated(mean, std, a, b)
    local lo, hi = math.max(a, mean - 12 * std), math.min(b, mean + 12 * std)
    if lo >= hi then lo, hi = a, math.min(b, a + std) end
    local peak = math.max(a, math.min(b, mean))
    local sums = { 0, 0, 0, 0, 0 }
    local function density(x) return math.exp(((peak - mean) ^ 2 - (x - mean) ^ 2) / (2 * std * std)) end
    local steps = 4000
    for i = 0, steps do
        local x = lo + (hi - lo) * i / steps
        local w = (i == 0 or i == steps) and 1 or i % 2 == 1 and 4 or 2
        local power = w * density(x)
        for k = 1, 5 do
            sums[k] = sums[k] + power
            power = power * (x - peak)
        end
    end
    local m1, m2, m3, m4 = sums[2] / sums[1], sums[3] / sums[1], sums[4] / sums[1], sums[5] / sums[1]
    local var = m2 - m1 * m1
    local fourth = m4 - 4 * m1 * m3 + 6 * m1 * m1 * m2 - 3 * m1 ^ 4
    return peak + m1, math.sqrt(var), fourth / (var * var)
end

check.test("trunc_normal_: moments wherever the interval lies, and exact bounds", function()
    for _, t in ipairs { { 0, 1, -2, 2 }, { 0, 0.02, -2, 2 }, { 0, 1, -0.1, 0.3 }, { 0, 1, 3, 9 }, { 0, 1, -9, -3 },
        { 1, 2, 30, 90 }, { 0, 1, -10, 0.1 }, { 0, 1, 0.2, 10 }, { 5, 3, 4, 4.5 }, { 0, 1, 0.6, 0.9 }, { 0, 1, 2, 2.25 } } do
        local mean, std, a, b = table.unpack(t)
        local x = init.trunc_normal_(cnn.empty(200, 200):double(), mean, std, a, b)
        local m, s, kurtosis = truncated(mean, std, a, b)
        moments(x, m, s, kurtosis, ("trunc_normal_(%g, %g, %g, %g)"):format(mean, std, a, b))
        check.that(x:min():item() >= a and x:max():item() <= b)
    end
    check.equal(init.trunc_normal_(cnn.empty(2), 7, 0, -2, 2):totable(), { 2.0, 2.0 })
    check.equal(init.trunc_normal_(cnn.empty(0, 3)):numel(), 0)
    check.equal(init.trunc_normal_(cnn.empty(2), 0, 1e-300, 1, 2):totable(), { 1.0, 1.0 })
    check.equal(init.trunc_normal_(cnn.empty(2), 1e20, 1e19, 1, 2):totable(), { 2.0, 2.0 })
    check.equal(init.trunc_normal_(cnn.empty(99), 0, 1, 5, math.huge):ge(5):sum():item(), 99)
    check.fails(function() init.trunc_normal_(cnn.empty(3), 0 / 0) end, "must be finite")
    check.fails(function() init.trunc_normal_(cnn.empty(3), 0, 1, 2, 1) end, "a must be less than b", "a=2 and b=1")
    -- intervals that no proposal would ever hit
    for _, case in ipairs { { 0, 1, 1e-300, 1e8, 0 }, { 0, 1e-300, 0.5, 2, 0.5 }, { 0, 1, -math.huge, -1e300, -1e300 },
        { 1e300, 1, -1, 1, 1 }, { 0, 1, 1e300, math.huge, 1e300 }, { 0, 1, 0, math.huge, 0 } } do
        local mean, std, a, b, nearest = table.unpack(case)
        local x = init.trunc_normal_(cnn.empty(50):double(), mean, std, a, b)
        check.that(x:ge(a):all():item() and x:le(b):all():item())
        if nearest ~= 0 then check.equal(x, cnn.full({ 50 }, nearest, "float64")) end
    end
    check.fails(function() init.trunc_normal_(cnn.empty(3), 0 / 0) end, "mean and std must be finite")
    check.fails(function() init.trunc_normal_(cnn.empty(3), 0, math.huge) end, "mean and std must be finite")
end)

check.test("orthogonal_: Q'Q = I, times gain^2, in every shape", function()
    for _, size in ipairs { { 5, 5 }, { 3, 7 }, { 7, 3 }, { 70, 70 }, { 8, 4, 3, 3 }, { 64, 2, 3, 3 }, { 1, 4 }, { 33, 100 } } do
        for _, dtype in ipairs { "float32", "float64" } do
            local w = init.orthogonal_(cnn.empty { size, dtype = dtype }, 2):reshape(size[1], -1):double()
            local n, m = w.shape[1], w.shape[2]
            local product = n <= m and w:matmul(w:t()) or w:t():matmul(w)
            check.close(product, cnn.eye(math.min(n, m)):double() * 4, { atol = dtype == "float64" and 1e-13 or 2e-6 })
        end
    end
    -- no direction is preferred: the entries of many random rotations have mean 0 and variance 1/n
    local sum, squares, times = cnn.zeros(3, 3), cnn.zeros(3, 3), 1000
    for _ = 1, times do
        local q = init.orthogonal_(cnn.empty(3, 3))
        sum:add_(q)
        squares:add_(q * q)
    end
    check.close(sum / times, cnn.zeros(3, 3), { atol = 5 * math.sqrt(1 / 3 / times) })
    check.close(squares / times, cnn.full({ 3, 3 }, 1 / 3), { atol = 5 * math.sqrt(0.09 / times) }) -- var q^2 = 4/45
    check.equal(init.orthogonal_(cnn.empty(0, 3)):numel(), 0)
    check.fails(function() init.orthogonal_(cnn.empty(3)) end, "two or more dimensions", "[3]")
end)

check.test("orthogonal_ has the same bits at any number of threads", function()
    local before, found = cnn.get_num_threads(), {}
    for _, threads in ipairs { 1, 3 } do
        cnn.set_num_threads(threads)
        cnn.manual_seed(5)
        found[#found + 1] = init.orthogonal_(cnn.empty(100, 300))
    end
    cnn.set_num_threads(before)
    check.equal(found[1], found[2])
end)

check.test("eye_, dirac_ and sparse_", function()
    check.equal(init.eye_(cnn.ones(2, 3)):totable(), { { 1.0, 0.0, 0.0 }, { 0.0, 1.0, 0.0 } })
    check.fails(function() init.eye_(cnn.ones(2, 3, 1)) end, "needs a matrix", "[2, 3, 1]")
    for _, size in ipairs { { 4, 4, 3 }, { 4, 4, 3, 5 }, { 4, 4, 1, 3, 3 } } do
        local w = init.dirac_(cnn.ones(table.unpack(size)))
        check.equal(w:sum():item(), 4.0)
    end
    local conv = cnn.nn.Conv2d { 4, 4, 3, padding = 1, groups = 2, bias = false }
    init.dirac_(conv.weight, 2)
    local x = cnn.randn(2, 4, 5, 5)
    check.equal(cnn.no_grad(conv, x), x)
    check.that(conv.weight.requires_grad and conv.weight.is_leaf)
    check.fails(function() init.dirac_(cnn.ones(3, 2)) end, "3 to 5 dimensions")
    check.fails(function() init.dirac_(cnn.ones(3, 2, 3), 2) end, "multiple of groups=2")
    local w = init.sparse_(cnn.empty(200, 300), 0.905, 0.5)
    for column = 1, 300, 50 do check.equal(w:select(2, column):eq(0):sum():item(), 181) end
    check.close(w:square():sum():item() / (19 * 300), 0.25, { rtol = 5 * math.sqrt(2 / 5700) })
    check.that(w:select(1, 1):ne(0):sum():item() > 5, "the zeros are at random places")
    check.equal(init.sparse_(cnn.empty(3, 2), 1):abs():sum():item(), 0.0)
    check.fails(function() init.sparse_(cnn.empty(3, 2), 1.5) end, "sparsity")
    check.fails(function() init.sparse_(cnn.empty(3), 0.5) end, "needs a matrix")
end)
