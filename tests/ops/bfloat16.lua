-- SPDX-License-Identifier: MIT
-- bfloat16: rounding, types of results, every op and its gradients against float32 within a unit of the last place.
--
-- Finite differences mean nothing with eight bits, so results are compared with those of the same numbers in float32.
local check, op = require "check", require "helpers.op"
local cnn = require "cnn"
local core = require "cnn.core"
local nn, F, optim = cnn.nn, cnn.nn.functional, cnn.optim
local bf16 = cnn.bfloat16

-- ---- PyTorch's bits ------------------------------------------------------------------------------------------------------

local calls = {
    ["round"] = function(t) return t.x:bfloat16() end,
    ["add"] = function(t) return t.a + t.b end,
    ["sub"] = function(t) return t.a - t.b end,
    ["mul"] = function(t) return t.a * t.b end,
    ["div"] = function(t) return t.a / t.b end,
    ["maximum"] = function(t) return cnn.maximum(t.a, t.b) end,
    ["number"] = function(t) return t.a * 0.1 end,
    ["rounded number"] = function(t) return t.a * cnn.tensor(0.1, bf16) end,
    ["relu"] = function(t) return t.a:relu() end,
    ["square"] = function(t) return t.a:square() end,
    ["sqrt"] = function(t) return t.a:sqrt() end,
    ["with float32"] = function(t) return t.a * t.b:float() end,
}

local file, cases = op.read("autocast")
for _, case in ipairs(cases) do
    if case.kind == "bits" then
        check.test("PyTorch's bits: " .. case.name, function()
            op.each_level(function()
                for _, layout in ipairs(op.layouts) do
                    local t = {}
                    for _, name in ipairs(case.inputs) do
                        local x = file[case.name .. "/" .. name]
                        t[name] = layout[2](name == "x" and x or x:bfloat16())
                    end
                    local got = calls[case.name](t)
                    check.equal(got.dtype, case.type)
                    check.equal(got:float(), file[case.name .. "/out"])
                end
            end)
        end)
    end
end

-- ---- types ---------------------------------------------------------------------------------------------------------------

check.test("types of results are PyTorch's", function()
    local x = cnn.tensor { 1.5, -2.5, dtype = bf16 }
    local list = {
        { x * cnn.ones(2), "float32" }, { x * cnn.ones(2):double(), "float64" }, { x * cnn.tensor { 1, 2 }, "bfloat16" },
        { x * cnn.tensor { true, false }, "bfloat16" }, { x * cnn.tensor { 1, 2, dtype = "uint8" }, "bfloat16" },
        { x * cnn.tensor(0.5), "bfloat16" }, { x[1] * cnn.tensor(0.5), "float32" }, { x * 2, "bfloat16" },
        { x[1] * 0.1, "bfloat16" }, { 1 - x[1], "bfloat16" }, { x ^ 2, "bfloat16" }, { -x, "bfloat16" },
        { cnn.tensor { 1, 2 } * cnn.tensor(0.5, bf16), "bfloat16" }, { cnn.tensor { 1, 2 } * cnn.tensor(0.5), "float32" },
        { x:sum(), "bfloat16" }, { x:mean(), "bfloat16" }, { x:std(), "bfloat16" }, { x:cumsum(1), "bfloat16" },
        { x:max(), "bfloat16" }, { x:argmax(), "int64" }, { x:gt(0), "bool" }, { x:softmax(1), "bfloat16" },
        { cnn.where(x:gt(0), x, 0.1), "bfloat16" }, { cnn.where(x:gt(0), x, cnn.ones(2)), "float32" },
        { cnn.cat { x, cnn.ones(1) }, "float32" }, { cnn.cat { x, cnn.tensor { 3 } }, "bfloat16" },
        { cnn.stack { x, x }, "bfloat16" }, { x:matmul(x), "bfloat16" }, { x:sort(1), "bfloat16" },
        { F.mse_loss(x, x), "bfloat16" }, { F.cross_entropy(x:view(1, 2), cnn.tensor { 1 }), "bfloat16" },
        { x:float(), "float32" }, { x:long(), "int64" }, { x:bool(), "bool" }, { cnn.tensor { 3 }:bfloat16(), "bfloat16" },
        { x:to(cnn.float64), "float64" }, { cnn.ones(2):to(bf16), "bfloat16" }, { cnn.ones(2):type_as(x), "bfloat16" },
    }
    for i, pair in ipairs(list) do check.equal(pair[1].dtype, pair[2], "entry " .. i) end
    check.equal({ x:element_size(), x:is_floating_point(), bf16 }, { 2, true, "bfloat16" })
end)

check.test("a number is rounded where it is compared, not where it is computed with", function()
    local x = cnn.tensor { 0.1, 1.0, dtype = bf16 }
    check.equal(x:eq(0.1):totable(), { true, false })
    check.equal((x * 0.1):totable(), (x:float() * 0.1):bfloat16():totable())
    check.equal((cnn.tensor(3.0, bf16) * 0.1):item(), (cnn.tensor(3.0) * 0.1):bfloat16():item())
    local y = cnn.tensor { 1.0, dtype = bf16 }:mul_(1.005)
    check.equal(y:item(), cnn.tensor { 1.005 }:bfloat16():item())
    check.equal(x:add_(cnn.tensor { 0.001, 0.002 }):totable(), -- float32 into bfloat16: added exactly, rounded once
        (cnn.tensor { 0.1, 1.0, dtype = bf16 }:float() + cnn.tensor { 0.001, 0.002 }):bfloat16():totable())
end)

check.test("made, printed, indexed, filled", function()
    local x = cnn.tensor { { 1, 2.005 }, { -3, 1e6 }, dtype = bf16 }
    check.equal(tostring(x), "tensor([[ 1.0000e+00,  2.0000e+00],\n        [-3.0000e+00,  9.9942e+05]], dtype=bfloat16)")
    check.equal(x[2]:totable(), { -3, 999424 })
    check.equal(x[{ {}, 1 }]:totable(), { 1, -3 })
    x[1] = 0.3
    check.equal(x[1]:totable(), { 0.30078125, 0.30078125 })
    check.equal(cnn.zeros { 2, dtype = bf16 }:fill_(1 / 3):totable(), { 0.333984375, 0.333984375 })
    check.equal(cnn.arange { 1, 2, 0.25, dtype = bf16 }:totable(), { 1, 1.25, 1.5, 1.75 })
    check.equal(cnn.eye { 2, dtype = bf16 }:dim(), 2)
    check.equal(x:nonzero():size(1), 4)
    check.equal(x:t():contiguous():is_contiguous(), true)
    check.equal(x:clone():equal(x), true)
end)

check.test("random numbers have their distribution, and stay below the upper end", function()
    cnn.manual_seed(1)
    local u = cnn.rand { 4000, dtype = bf16 }
    check.that(u:min():item() >= 0 and u:max():item() < 1)
    check.close(u:float():mean():item(), 0.5, { atol = 0.02 })
    local n = cnn.randn { 4000, dtype = bf16 }:float()
    check.close(n:mean():item(), 0, { atol = 0.06 })
    check.close(n:std():item(), 1, { atol = 0.06 })
    check.close(cnn.full({ 4000 }, 0.25, bf16):bernoulli():float():mean():item(), 0.25, { atol = 0.03 })
    check.close(F.dropout(cnn.ones { 4000, dtype = bf16 }, 0.5):float():mean():item(), 1, { atol = 0.06 })
end)

-- ---- files ---------------------------------------------------------------------------------------------------------------

check.test("saved as BF16 and read again, beside other types", function()
    local path = check.temp(".safetensors")
    local all = { a = cnn.randn { 3, 5, dtype = bf16 }, b = cnn.ones(3), c = cnn.tensor { 1 }, d = cnn.tensor { true },
        e = cnn.randn { 7, dtype = bf16 }:t() }
    cnn.save(path, all)
    local read = cnn.load(path)
    for name, x in pairs(all) do check.equal(read[name], x, name) end
    check.that(check.read(path):find('"dtype":"BF16"', 1, true))
end)

-- ---- ops -----------------------------------------------------------------------------------------------------------------

-- f of bfloat16 tensors against f of the same numbers in float32, results and gradients. Tolerances: half a unit of the last
-- place for the result, and again for each of `steps` roundings on the way.
local UNIT = 2 ^ -8

local function largest(x) return math.max(x:detach():double():abs():max():item(), 1e-3) end

local function agrees(name, f, steps, ...)
    local sizes = { ... }
    check.test("as float32: " .. name, function()
        local start = {}
        for i, size in ipairs(sizes) do start[i] = type(size) == "table" and cnn.rand(size):mul(1.5):add(0.1):bfloat16() or size end
        op.each_level(function()
            local results = {}
            for k, dtype in ipairs { "bfloat16", "float32" } do
                local x = {}
                for i, t in ipairs(start) do
                    x[i] = t
                    if t.dtype == "bfloat16" then x[i] = core.set_requires_grad(t:detach():to(dtype):clone(), true) end
                end
                local y = f(table.unpack(x))
                results[k] = { y }
                if y.requires_grad then
                    core.seed(1)
                    y:backward(core.normal_(core.empty("bfloat16", y.shape), 0, 1):to(dtype))
                    for i, t in ipairs(x) do results[k][i + 1] = t.grad or false end
                end
            end
            for i, got in ipairs(results[1]) do
                local want, what = results[2][i], i == 1 and "result" or "gradient " .. i - 1
                if want and want.dtype == "float32" then
                    check.equal(got.dtype, "bfloat16", what)
                    local grown = i == 1 and steps or steps + 2
                    check.close(got, want, { rtol = UNIT * grown, atol = UNIT * grown * largest(want) / 4, what = what })
                elseif want then
                    check.equal(got, want, what)
                end
            end
        end)
    end)
end

for _, name in ipairs { "relu", "neg", "exp", "log", "sqrt", "abs", "sigmoid", "tanh", "square", "silu", "gelu", "sin", "cos",
    "log1p", "expm1", "sign" } do
    agrees(name, core[name], 1, { 5, 37 })
end
for _, name in ipairs { "floor", "ceil", "trunc", "round" } do agrees(name, core[name], 1, { 5, 37 }) end
for _, name in ipairs { "add", "sub", "mul", "div", "pow", "maximum", "minimum" } do
    agrees(name, core[name], 1, { 5, 37 }, { 37 })
end
for _, name in ipairs { "eq", "lt", "ge" } do agrees(name, core[name], 1, { 5, 37 }, { 5, 1 }) end
for _, name in ipairs { "elu", "selu", "softplus", "mish", "hardswish", "logsigmoid", "softsign", "leaky_relu", "relu6" } do
    agrees("F." .. name, F[name], 1, { 6, 11 })
end
agrees("F.softmax", function(x) return F.softmax(x, 2) end, 1, { 6, 11 })
agrees("F.log_softmax", function(x) return F.log_softmax(x, 2) end, 1, { 6, 11 })
agrees("F.layer_norm", function(x, w, b) return F.layer_norm(x, 11, w, b) end, 1, { 6, 11 }, { 11 }, { 11 })
agrees("F.group_norm", function(x, w, b) return F.group_norm(x, 2, w, b) end, 1, { 3, 4, 5, 5 }, { 4 }, { 4 })
agrees("F.instance_norm", function(x) return F.instance_norm(x) end, 1, { 3, 4, 5, 5 })
agrees("F.normalize", F.normalize, 1, { 6, 11 })
agrees("F.cosine_similarity", F.cosine_similarity, 1, { 6, 11 }, { 6, 11 })
agrees("logsumexp", function(x) return x:logsumexp(2) end, 1, { 6, 11 })
agrees("norm", function(x) return x:norm(2, 2) end, 1, { 6, 11 })
agrees("sum", function(x) return x:sum(1) end, 1, { 300, 7 })
agrees("sum of all", function(x) return x:sum() end, 1, { 300, 7 })
agrees("mean", function(x) return x:mean { 1, 3 } end, 1, { 5, 6, 7 })
agrees("var", function(x) return x:var(1) end, 2, { 50, 7 })
agrees("amax", function(x) return x:amax(2) end, 1, { 6, 11 })
agrees("max along", function(x) return (x:max(2)) end, 1, { 6, 11 })
agrees("cumsum", function(x) return x:cumsum(2) end, 1, { 6, 11 })
agrees("cumprod", function(x) return x:cumprod(2) end, 1, { 6, 5 })
agrees("sort", function(x) return (x:sort(2)) end, 1, { 6, 11 })
agrees("topk", function(x) return (x:topk(3, 2)) end, 1, { 6, 11 })
agrees("where", function(x, y) return cnn.where(x:detach():gt(0.75), x, y) end, 1, { 6, 11 }, { 11 })
agrees("cat", function(x, y) return cnn.cat({ x, y }, 1) end, 1, { 2, 11 }, { 3, 11 })
agrees("pad", function(x) return F.pad(x, { 1, 2, 0, 1 }, "constant", 0.5) end, 1, { 2, 3, 4, 4 })
agrees("pad reflected", function(x) return F.pad(x, { 1, 2 }, "reflect") end, 1, { 2, 3, 4 })
agrees("views", function(x) return x:permute(2, 3, 1):reshape(6, 2):narrow(1, 2, 4):select(2, 1) end, 1, { 2, 2, 3 })
agrees("expand", function(x) return x:expand(4, 3, 5) end, 1, { 3, 1 })
agrees("gather", function(x) return x:gather(2, cnn.tensor { { 1, 1, 3 }, { 2, 4, 4 } }) end, 1, { 2, 4 })
agrees("index_select", function(x) return x:index_select(2, cnn.tensor { 3, 3, 1 }) end, 1, { 2, 4 })
agrees("matmul", function(x, y) return x:matmul(y) end, 1, { 7, 30 }, { 30, 5 })
agrees("bmm", function(x, y) return x:bmm(y) end, 1, { 2, 7, 30 }, { 2, 30, 5 })
agrees("linear", F.linear, 1, { 4, 30 }, { 5, 30 }, { 5 })
agrees("conv2d", function(x, w, b) return F.conv2d(x, w, b, 1, 1) end, 1, { 2, 3, 8, 7 }, { 5, 3, 3, 3 }, { 5 })
agrees("conv2d with strides", function(x, w) return F.conv2d(x, w, nil, 2) end, 1, { 2, 16, 8, 7 }, { 16, 16, 3, 3 })
agrees("conv_transpose2d", function(x, w) return F.conv_transpose2d(x, w) end, 1, { 2, 3, 5, 4 }, { 3, 2, 3, 3 })
agrees("max_pool2d", function(x) return F.max_pool2d(x, 2) end, 1, { 2, 17, 8, 7 })
agrees("avg_pool2d", function(x) return F.avg_pool2d(x, 3, 2, 1) end, 1, { 2, 17, 8, 7 })
agrees("adaptive_avg_pool2d", function(x) return F.adaptive_avg_pool2d(x, 3) end, 2, { 2, 5, 8, 7 })
agrees("interpolate", function(x) return F.interpolate { x, scale_factor = 2, mode = "bilinear" } end, 3, { 2, 3, 4, 5 })
agrees("cross_entropy", function(x) return F.cross_entropy(x, cnn.tensor { 1, 3, 2 }) end, 1, { 3, 5 })
agrees("mse_loss", F.mse_loss, 1, { 3, 5 }, { 3, 5 })
agrees("kl_div", F.kl_div, 2, { 3, 5 }, { 3, 5 })

-- ---- batch norm ----------------------------------------------------------------------------------------------------------

local function batch_norm_step(x, training, kind)
    local norm = nn.BatchNorm2d(x.shape[2]):to(kind)
    cnn.no_grad(function()
        norm.weight:copy_(cnn.linspace(0.5, 2, x.shape[2]))
        norm.bias:copy_(cnn.linspace(-1, 1, x.shape[2]))
        norm.running_var:fill_(2)
    end)
    norm:train(training)
    x:requires_grad_()
    local y = norm(x)
    core.seed(1)
    y:backward(core.normal_(core.empty("bfloat16", y.shape), 0, 1):to(y.dtype))
    return { y = y, dx = x.grad, dweight = norm.weight.grad, dbias = norm.bias.grad, mean = norm.running_mean,
        var = norm.running_var }
end

for _, kind in ipairs { "float32", "bfloat16" } do
    check.test("batch norm of bfloat16 with parameters of " .. kind, function()
        for _, sizes in ipairs { { 4, 16, 6, 5 }, { 3, 19, 4, 4 }, { 9, 3, 8, 9 } } do
            local x = cnn.randn(sizes):add(3):bfloat16()
            op.each_level(function()
                for _, training in ipairs { true, false } do
                    local got = batch_norm_step(x:detach():clone(), training, kind)
                    local want = batch_norm_step(x:float(), training, "float32")
                    check.equal({ got.y.dtype, got.dx.dtype, got.dweight.dtype, got.mean.dtype },
                        { "bfloat16", "bfloat16", kind, kind })
                    for name, w in pairs(want) do
                        check.close(got[name], w, { rtol = 3 * UNIT, atol = 3 * UNIT * largest(w) / 4, what = name })
                    end
                    if kind == "float32" then -- statistics of exact numbers, in float32
                        check.close(got.mean, want.mean, { rtol = 1e-5 })
                        check.close(got.var, want.var, { rtol = 1e-5 })
                    end
                end
            end)
        end
    end)
end

check.test("batch norm has a second gradient in bfloat16", function()
    local x = cnn.randn { 4, 3, dtype = bf16 }:requires_grad_()
    local y = F.batch_norm(x, nil, nil, cnn.ones(3):requires_grad_(), nil, true);
    (y ^ 3):sum():backward { create_graph = true }
    local g = x.grad
    core.set_grad(x, nil)
    g:square():sum():backward()
    check.equal(x.grad.dtype, "bfloat16")
end)

-- ---- networks ------------------------------------------------------------------------------------------------------------

check.test("a network of bfloat16 learns, with every optimiser", function()
    for name, options in pairs { SGD = { lr = 0.1, momentum = 0.9 }, Adam = { lr = 0.05 }, AdamW = { lr = 0.05 },
        RMSprop = { lr = 0.02 }, Adagrad = { lr = 0.1 } } do
        cnn.manual_seed(3)
        local net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)):bfloat16()
        local x, y = cnn.randn { 40, 4, dtype = bf16 }, nil
        y = x[{ {}, 1 }]:gt(0):long() + 1
        options[1] = net:parameters()
        local opt = optim[name](options)
        for _ = 1, 40 do
            opt:zero_grad()
            F.cross_entropy(net(x), y):backward()
            opt:step()
        end
        check.equal(net[1].weight.dtype, "bfloat16")
        check.that(net(x):argmax(2):eq(y):float():mean():item() > 0.9, name)
    end
end)

check.test("a network changes its type there and back, with gradients", function()
    local net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    net(cnn.randn(2, 1, 5, 5)):sum():backward()
    check.equal(net:bfloat16()[1].weight.grad.dtype, "bfloat16")
    check.equal({ net[2].running_mean.dtype, net[2].num_batches_tracked.dtype }, { "bfloat16", "int64" })
    check.equal(net(cnn.randn { 2, 1, 5, 5, dtype = bf16 }).dtype, "bfloat16")
    check.equal(net:float()[1].weight.dtype, "float32")
end)

check.test("gradients go through casts in the type of each side", function()
    local x = cnn.tensor { 1.0, 2.0 }:requires_grad_()
    local y = x:bfloat16()
    y:retain_grad();
    (y * cnn.tensor { 0.1, 3.0 }):sum():backward()
    check.equal({ x.grad.dtype, y.grad.dtype }, { "float32", "bfloat16" })
    check.equal(x.grad:totable(), { 0.10009765625, 3 })
end)

check.test("anomaly mode finds a NaN in bfloat16 gradients", function()
    local x = cnn.tensor { 0.0, dtype = bf16 }:requires_grad_()
    cnn.autograd.set_detect_anomaly(true)
    local ok, e = pcall(function() (x:sqrt() * 0):sum():backward() end)
    cnn.autograd.set_detect_anomaly(false)
    check.that(not ok and e:find("NaN"))
end)

check.test("what does not go together says so", function()
    local x = cnn.ones { 2, 3, dtype = bf16 }
    check.fails(function() return nn.Linear(3, 2)(x) end, "linear needs input and weight of one type; got bfloat16 and float32",
        'fix: x:to("float32")')
    check.fails(function() return cnn.tensor { 1, 2 }:add_(x[1][{ { 1, 2 } }]) end, "bfloat16", "int64")
    check.fails(function() return x:to("bfloat17") end, '"bfloat16"')
    check.fails(function() return x:matmul(cnn.ones(3, 2)) end, "of one type; got bfloat16 and float32")
end)
