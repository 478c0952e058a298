-- SPDX-License-Identifier: MIT
-- cnn.autocast: which functions change their types, gradients, casts that are kept, regions that end as they should.
local check, op = require "check", require "helpers.op"
local cnn = require "cnn"
local core = require "cnn.core"
local nn, F, optim = cnn.nn, cnn.nn.functional, cnn.optim

-- ---- types, as PyTorch's CPU lists say -------------------------------------------------------------------------------------

-- name → {f, type of f(float32), type of f(bfloat16)} under autocast
local one = cnn.ones(3)
local image = function(x) return x:view(1, 1, 4, 3) end
local labels = cnn.tensor { 1, 2, 3, 1 }
local types = {
    linear = { function(x) return F.linear(x, cnn.ones(2, 3), cnn.ones(2)) end, "bfloat16", "bfloat16" },
    matmul = { function(x) return x:matmul(cnn.ones(3, 2)) end, "bfloat16", "bfloat16" },
    bmm = { function(x) return x:view(1, 4, 3):bmm(cnn.ones(1, 3, 2)) end, "bfloat16", "bfloat16" },
    conv2d = { function(x) return F.conv2d(image(x), cnn.ones(2, 1, 2, 2), cnn.ones(2)) end, "bfloat16", "bfloat16" },
    conv1d = { function(x) return F.conv1d(x:view(1, 4, 3), cnn.ones(2, 4, 1)) end, "bfloat16", "bfloat16" },
    conv_transpose2d = { function(x) return F.conv_transpose2d(image(x), cnn.ones(1, 2, 2, 2)) end, "bfloat16", "bfloat16" },
    prelu = { function(x) return F.prelu(x, cnn.ones(1)) end, "bfloat16", "bfloat16" },
    cross_entropy = { function(x) return F.cross_entropy(x, labels) end, "float32", "float32" },
    smoothed = { function(x) return F.cross_entropy { x, labels, label_smoothing = 0.1 } end, "float32", "float32" },
    nll_loss = { function(x) return F.nll_loss(x, labels) end, "float32", "float32" },
    mse_loss = { function(x) return F.mse_loss(x, x) end, "float32", "float32" },
    l1_loss = { function(x) return F.l1_loss(x, cnn.ones(4, 3)) end, "float32", "float32" },
    huber_loss = { function(x) return F.huber_loss(x, x) end, "float32", "float32" },
    smooth_l1_loss = { function(x) return F.smooth_l1_loss(x, x) end, "float32", "float32" },
    kl_div = { function(x) return F.kl_div(x, x:abs() + 1) end, "float32", "float32" },
    with_logits = { function(x) return F.binary_cross_entropy_with_logits(x, x:sigmoid()) end, "float32", "float32" },
    bce = { function(x) return F.binary_cross_entropy(x:sigmoid(), x:sigmoid()) end, "float32", "float32" },
    prod = { function(x) return x:prod() end, "float32", "float32" },
    cat = { function(x) return cnn.cat { x, cnn.ones(4, 3) } end, "float32", "float32" },
    stack = { function(x) return cnn.stack { x, cnn.ones(4, 3) } end, "float32", "float32" },
    softmax = { function(x) return F.softmax(x, 2) end, "float32", "bfloat16" },
    log_softmax = { function(x) return F.log_softmax(x, 2) end, "float32", "bfloat16" },
    layer_norm = { function(x) return F.layer_norm(x, 3, one, one) end, "float32", "bfloat16" },
    group_norm = { function(x) return F.group_norm(x, 1, one, one) end, "float32", "bfloat16" },
    batch_norm = { function(x) return F.batch_norm(x, one:clone(), one:clone(), one, one, true) end, "float32", "bfloat16" },
    relu = { F.relu, "float32", "bfloat16" },
    gelu = { F.gelu, "float32", "bfloat16" },
    exp = { function(x) return x:exp() end, "float32", "bfloat16" },
    sum = { function(x) return x:sum() end, "float32", "bfloat16" },
    mean = { function(x) return x:mean(1) end, "float32", "bfloat16" },
    std = { function(x) return x:std() end, "float32", "bfloat16" },
    cumsum = { function(x) return x:cumsum(1) end, "float32", "bfloat16" },
    max_pool2d = { function(x) return F.max_pool2d(image(x), 2) end, "float32", "bfloat16" },
    avg_pool2d = { function(x) return F.avg_pool2d(image(x), 2) end, "float32", "bfloat16" },
    dropout = { function(x) return F.dropout(x, 0.5) end, "float32", "bfloat16" },
    pairwise_distance = { function(x) return F.pairwise_distance(x, x) end, "float32", "bfloat16" },
    plus = { function(x) return x + cnn.ones(4, 3) end, "float32", "float32" },
}

check.test("types under autocast are those of PyTorch's CPU lists", function()
    local x = cnn.randn(4, 3)
    for name, entry in pairs(types) do
        check.equal(cnn.autocast(function() return entry[1](x).dtype end), entry[2], name .. " of float32")
        check.equal(cnn.autocast(function() return entry[1](x:bfloat16()).dtype end), entry[3], name .. " of bfloat16")
        check.equal(entry[1](x).dtype, "float32", name .. " outside")
    end
end)

-- ---- a step of training ------------------------------------------------------------------------------------------------

local Net = nn.class("Net")
function Net:init()
    self.conv1 = nn.Conv2d { 1, 8, 3, padding = 1 }
    self.bn = nn.BatchNorm2d(8)
    self.conv2 = nn.Conv2d { 8, 8, 3, stride = 2 }
    self.fc = nn.Linear(8 * 3 * 3, 5)
end

function Net:forward(x)
    x = F.relu(self.bn(self.conv1(x)))
    x = F.avg_pool2d(F.relu(self.conv2(F.max_pool2d(x, 2))), 1)
    return self.fc(x:flatten(2))
end

local function length(x) return x:double():norm():item() end

check.test("a step of training is PyTorch's, as near as eight bits are", function()
    local file, cases = op.read("autocast")
    local case = cases[#cases]
    local function golden(name) return file["net/" .. name] end
    op.each_level(function()
        local net, state = Net(), {}
        for _, name in ipairs(case.inputs) do
            if name ~= "x" and name ~= "y" then state[name] = golden(name) end
        end
        state["bn.num_batches_tracked"] = cnn.tensor(0)
        net:load_state_dict(state)
        local out
        local loss = cnn.autocast(function()
            out = net(golden "x")
            return F.cross_entropy(out, golden "y")
        end)
        loss:backward()
        check.equal({ out.dtype, loss.dtype }, { case.type, case.loss_type })
        check.close(loss:item(), golden("loss"):item(), { rtol = 1e-2 })
        check.that(length(out:float() - golden "out") <= 1e-2 * length(golden "out"), "result")
        check.close(net.bn.running_mean, golden "running_mean", { rtol = 1e-2, atol = 1e-3 })
        check.close(net.bn.running_var, golden "running_var", { rtol = 1e-2, atol = 1e-3 })
        for name, p in net:named_parameters() do
            local want = golden("d." .. name)
            check.equal(p.grad.dtype, "float32", name)
            if name ~= "conv1.bias" then -- batch norm takes it away: its gradient is noise
                local off = length(p.grad - want) / length(want)
                check.that(off <= 5e-2, ("gradient of %s is off by %.3g of its length"):format(name, off))
            end
        end
    end)
end)

-- ---- casts of parameters -----------------------------------------------------------------------------------------------

local function live()
    for _ = 1, 3 do collectgarbage() end
    return cnn.memory().live_bytes
end

-- How many bytes f leaves behind in tensors while it runs inside autocast.
local function grown(f)
    return cnn.autocast(function()
        local before = live()
        f()
        return live() - before
    end)
end

check.test("a parameter is cast once, and its cast is forgotten at the end", function()
    local layer, x = nn.Linear(512, 512, false), cnn.ones(1, 512)
    local once = grown(function() layer(x) end)
    check.that(once >= 512 * 512 * 2, "the cast is kept")
    check.equal(grown(function() for _ = 1, 5 do layer(x) end end), once)
    local before = live()
    cnn.autocast(function() layer(x) end)
    check.equal(live(), before)
end)

check.test("a parameter that was changed is cast anew", function()
    local layer, x = nn.Linear(2, 1, false), cnn.ones(1, 2)
    cnn.autocast(function()
        cnn.no_grad(function() layer.weight:fill_(1) end)
        check.equal(layer(x):item(), 2)
        cnn.no_grad(function() layer.weight:fill_(2) end)
        check.equal(layer(x):item(), 4)
        layer(x):sum():backward()
        optim.SGD { layer:parameters(), lr = 1 }:step()
        check.equal(layer(x):item(), 2)
    end)
end)

check.test("a cast made without gradients does not stand in the way of gradients", function()
    local layer, x = nn.Linear(2, 1), cnn.ones(1, 2)
    cnn.autocast(function()
        check.that(not cnn.no_grad(function() return layer(x) end).requires_grad)
        layer(x):sum():backward()
        check.equal(layer.weight.grad:totable(), { { 1, 1 } })
        check.that(not cnn.no_grad(function() return layer(x) end).requires_grad)
    end)
end)

check.test("several passes that share a cast each have their backward pass", function()
    local layer, x = nn.Linear(2, 1), cnn.ones(1, 2)
    local a, b = cnn.autocast(function() return { layer(x):sum(), (layer(x) * 3):sum() } end), nil
    a, b = a[1], a[2]
    a:backward()
    b:backward()
    check.equal(layer.weight.grad:totable(), { { 4, 4 } })
    check.fails(function() a:backward() end, "freed by an earlier backward")
    layer.weight.grad = nil
    cnn.autocast(function() -- backward inside: computes in the types of the forward pass, and leaves autocast on
        layer(x):sum():backward()
        check.that(cnn.is_autocast_enabled())
        layer(x):sum():backward()
    end)
    check.equal(layer.weight.grad:totable(), { { 2, 2 } })
    check.equal(layer.weight.grad.dtype, "float32")
end)

check.test("backward inside autocast keeps float32 what was float32", function()
    local w, x = cnn.randn(3, 3):requires_grad_(), cnn.randn(4, 3)
    local y = x:matmul(w)
    local want = cnn.autograd.grad(y:sum(), w, nil, true)[1]
    local got = cnn.autocast(function() return cnn.autograd.grad(y:sum(), w)[1] end)
    check.equal(got, want)
end)

-- ---- regions ---------------------------------------------------------------------------------------------------------------

local function product() return cnn.ones(1, 1):matmul(cnn.ones(1, 1)).dtype end

check.test("regions nest, return what the function returns, and end on errors", function()
    check.equal({ cnn.autocast(function() return 1, nil, product() end) }, { 1, nil, "bfloat16" })
    local seen = {}
    cnn.autocast(function()
        seen[1] = product()
        seen[2] = cnn.autocast { product, enabled = false }
        seen[3] = product()
        cnn.autocast(function() seen[4] = product() end)
        seen[5] = product()
    end)
    seen[6] = product()
    seen[7] = cnn.autocast { product, enabled = false }
    seen[8] = cnn.autocast { product, dtype = cnn.bfloat16 }
    check.equal(seen, { "bfloat16", "float32", "bfloat16", "bfloat16", "bfloat16", "float32", "float32", "bfloat16" })
    check.fails(function() cnn.autocast(function() error("inside", 0) end) end, "inside")
    check.fails(function() cnn.autocast(function() cnn.ones(2):matmul(cnn.ones(3)) end) end, "matmul")
    check.equal({ cnn.is_autocast_enabled(), cnn.autocast(cnn.is_autocast_enabled) }, { false, true })
end)

check.test("a coroutine that yields inside takes the switch along", function()
    local co = coroutine.wrap(function()
        cnn.autocast(function()
            coroutine.yield(product())
            coroutine.yield(product())
        end)
        coroutine.yield(product())
    end)
    local seen = { co(), product(), co(), product(), co() }
    check.equal(seen, { "bfloat16", "float32", "bfloat16", "float32", "float32" })
    local dropped = coroutine.create(function() cnn.autocast(coroutine.yield) end)
    coroutine.resume(dropped)
    coroutine.close(dropped)
    check.equal(product(), "float32")
end)

check.test("hooks run without autocast, and cannot leave it switched", function()
    local layer, seen = nn.Linear(2, 1), nil
    local y = cnn.autocast(function() return layer(cnn.ones(1, 2)) end)
    y:register_hook(function()
        seen = { cnn.is_autocast_enabled(), cnn.autocast(product) }
        core.set_autocast(true)
    end)
    y:sum():backward()
    check.equal(seen, { false, "bfloat16" })
    check.that(not cnn.is_autocast_enabled())
end)

check.test("shapes can be followed under autocast", function()
    local layer = nn.Conv2d(3, 4, 3)
    local y = cnn.autocast(function() return layer(core.hollow("float32", { 2, 3, 8, 8 })) end)
    check.equal({ y.dtype, tostring(y.shape) }, { "bfloat16", "[2, 4, 6, 6]" })
end)

check.test("double numbers, whole numbers and other types of autocast are refused by name", function()
    local layer = nn.Linear(3, 2)
    check.fails(function() cnn.autocast(function() return layer(cnn.ones(1, 3):double()) end) end,
        "of one type; got float64 and bfloat16", "autocast leaves float64 alone", "fix: x:float()")
    check.fails(function() cnn.autocast(function() return layer(cnn.ones(1, 3):long()) end) end,
        "linear needs real numbers; input is int64", "fix: x:float()")
    check.equal(cnn.autocast(function() return nn.Linear(3, 2):double()(cnn.ones(1, 3):double()).dtype end), "float64")
    check.fails(function() cnn.autocast { product, dtype = cnn.float64 } end, "autocast is for bfloat16 on the CPU; got float64")
    check.fails(function() cnn.autocast { product, dtype = "float16" } end, '"dtype" must be a type')
    check.fails(function() cnn.autocast(5) end, "function")
    check.fails(function() core.set_autocast(1) end, "expected true or false")
end)
