-- SPDX-License-Identifier: MIT
local check, op = require "check", require "helpers.op"
local core = require "cnn.core"
local cnn = require "cnn"
local nn, F = cnn.nn, cnn.nn.functional

local function arguments(t, case)
    local call = { t.input, t.target, weight = t.weight, pos_weight = t.pos_weight }
    for name, value in pairs(case.options) do call[name] = value end
    return call
end

op.golden("losses", function(t, case) return F[case.f](arguments(t, case)) end)

check.test("the modules are the functions", function()
    local x, y, w = cnn.randn(6, 4), cnn.tensor { 1, 4, -7, 2, 3, 3 }, cnn.tensor { 1.0, 0.5, 2.0, 3.0 }
    check.equal(nn.CrossEntropyLoss { weight = w, ignore_index = -7, reduction = "none", label_smoothing = 0.3 }(x, y),
        F.cross_entropy(x, y, w, -7, "none", 0.3))
    check.equal(nn.CrossEntropyLoss(w, -7)(x, y), F.cross_entropy { x, y, weight = w, ignore_index = -7 })
    check.equal(nn.NLLLoss(w, -7, "sum")(x, y), F.nll_loss(x, y, w, -7, "sum"))
    local t = cnn.rand(6, 4)
    check.equal(nn.MSELoss("sum")(x, t), F.mse_loss(x, t, "sum"))
    check.equal(nn.L1Loss { reduction = "none" }(x, t), F.l1_loss(x, t, "none"))
    check.equal(nn.BCEWithLogitsLoss { weight = w, reduction = "sum", pos_weight = w }(x, t),
        F.binary_cross_entropy_with_logits(x, t, w, "sum", w))
    for name, loss in pairs { CrossEntropyLoss = nn.CrossEntropyLoss, NLLLoss = nn.NLLLoss, MSELoss = nn.MSELoss,
        L1Loss = nn.L1Loss, BCEWithLogitsLoss = nn.BCEWithLogitsLoss } do
        check.equal(tostring(loss()), name .. "()")
        check.equal(#loss():parameters(), 0)
    end
    check.equal(nn.NLLLoss(w):state_dict().weight, w)
end)

check.test("gradients agree with differences, their own too", function()
    local y, w = cnn.tensor { 2, 1, 4, -100, 3 }, cnn.tensor({ 1, 0.5, 2, 3 }):double()
    op.differences(function(x)
        return F.cross_entropy { x, y, weight = w, label_smoothing = 0.2, reduction = "none" }
    end, { { 5, 4 } })
    op.differences(function(x) return F.nll_loss(x:log_softmax(2), y, w) end, { { 5, 4 } })
    op.differences(function(x, p) return F.cross_entropy(x, p, w) end, { { 3, 4 }, { 3, 4 } })
    op.differences(function(x, t) return F.binary_cross_entropy_with_logits { x, t, pos_weight = w } end, { { 3, 4 }, { 3, 4 } },
        { low = 0.1, high = 0.9 })
    op.differences(function(x)
        core.set_requires_grad(x, true)
        local loss = F.binary_cross_entropy_with_logits(x, cnn.full({ 3, 4 }, 0.25):double(), nil, "sum")
        core.backward(loss, nil, true, true)
        local grad = x.grad
        core.set_grad(x, nil)
        return grad
    end, { { 3, 4 } }, { step = 1e-5 })
end)

check.test("a mean without a row is no number, and its gradient is 0", function()
    for _, f in ipairs { F.cross_entropy, F.nll_loss } do
        local x = cnn.randn(3, 4):requires_grad_()
        local loss = f(x, cnn.full({ 3 }, -100))
        check.that(loss:item() ~= loss:item())
        loss:backward()
        check.equal(x.grad, cnn.zeros(3, 4))
        check.equal(f { x, cnn.full({ 3 }, -100), reduction = "sum" }:item(), 0.0)
    end
end)

check.test("impossible classes are no numbers only where they are asked for", function()
    local x = cnn.tensor { { -math.huge, 0.0, 0.0 }, { 0.0, -math.huge, 0.0 } }
    check.close(F.nll_loss { x, cnn.tensor { 2, 1 }, reduction = "none" }, { 0, 0 })
    check.equal(F.nll_loss { x, cnn.tensor { 1, 1 }, reduction = "none" }:sum():item(), math.huge)
    check.close(F.cross_entropy { x, cnn.tensor { 2, 1 }, weight = cnn.tensor { 1, 1, 0 } }, cnn.tensor(math.log(2)),
        { rtol = 1e-5 })
end)

check.test("small losses keep their digits", function()
    for _, sign in ipairs { 1, -1 } do -- sure and right: yes at x, no at -x
        local x, target = cnn.tensor { 12.0, 17.5, 30.0 } * sign, cnn.full({ 3 }, sign > 0 and 1 or 0)
        for _, logits in ipairs { x, x:double() } do
            local got = F.binary_cross_entropy_with_logits { logits, target, reduction = "none" }
            for i = 1, 3 do
                local u = math.exp(-math.abs(core.get(x, i)))
                check.close(core.get(got, i), u - u * u / 2, { rtol = 1e-5, atol = 0 })
            end
        end
    end
end)

check.test("integers serve as weights and as targets of yes and no", function()
    local x, y = cnn.randn(3, 2), cnn.tensor { 1, 2, 2 }
    check.equal(F.cross_entropy(x, y, cnn.tensor { 1, 3 }), F.cross_entropy(x, y, cnn.tensor { 1.0, 3.0 }))
    local t = cnn.tensor { { 0, 1 }, { 1, 1 }, { 0, 0 } }
    check.equal(F.binary_cross_entropy_with_logits(x, t), F.binary_cross_entropy_with_logits(x, t:float()))
    check.equal(F.binary_cross_entropy_with_logits(x, t:eq(1)), F.binary_cross_entropy_with_logits(x, t:float()))
end)

check.test("wrong labels and weights get their sentences", function()
    local x = cnn.randn(3, 4)
    for _, f in ipairs { F.cross_entropy, F.nll_loss } do
        check.fails(function() f(x, cnn.tensor { 0, 1, 2 }) end, "labels count from 1 to 4", "smallest here is 0", "fix: y + 1")
        check.fails(function() f(x, cnn.tensor { 5, 1, 2 }) end, "labels count from 1 to 4", "largest here is 5")
        check.fails(function() f { x, cnn.tensor { -1, -100, 2 } } end, "labels count from 1", "-1")
        check.fails(function() f { x, cnn.tensor { -100, 1, 2 }, ignore_index = -1 } end, "labels count from 1", "-100")
        check.fails(function() f(x, cnn.tensor { 1, 2 }) end, "[3, 4]", "[3]", "[2]")
        check.fails(function() f(x, cnn.tensor { { 1 }, { 2 }, { 3 } }) end, "[3, 4]", "[3]", "[3, 1]")
        check.fails(function() f(x, cnn.ones(3)) end, "int64", "y:long()")
        check.fails(function() f(cnn.tensor(1.0), cnn.tensor(1)) end, "dimension of classes")
        check.fails(function() f(cnn.ones(3, 4):long(), cnn.tensor { 1, 2, 3 }) end, "come first", "int64")
        check.fails(function() f(x, cnn.tensor { 1, 2, 3 }, cnn.ones(3)) end, "one number per class, [4]", "[3]")
        check.fails(function() f(x, cnn.tensor { 1, 2, 3 }, cnn.ones(1)) end, "one number per class, [4]", "[1]")
        check.fails(function() f { x, cnn.tensor { 1, 2, 3 }, reduction = "avg" } end, "reduction", "mean")
        check.fails(function() f { x, cnn.tensor { 1, 2, 3 }, "sum" } end, "weight", "a tensor")
    end
    check.fails(function() F.nll_loss(x, x) end, "[3, 4]", "labels of [3]")
    check.fails(function() F.cross_entropy(x, cnn.rand(3, 5)) end, "[3, 4]", "[3, 5]")
    check.fails(function() F.cross_entropy { x, cnn.tensor { 1, 2, 3 }, label_smoothing = 1.5 } end, "label_smoothing", "0 to 1")
    check.fails(function() nn.CrossEntropyLoss { label_smoothing = -0.1 } end, "label_smoothing", "0 to 1")
end)

check.test("no loss broadcasts", function()
    for _, f in ipairs { F.mse_loss, F.l1_loss, F.binary_cross_entropy_with_logits } do
        check.fails(function() f(cnn.ones(4, 1), cnn.ones(4)) end, "must have one size", "[4, 1]", "[4]")
        check.fails(function() f(cnn.ones(4), cnn.ones(1)) end, "must have one size", "[4]", "[1]")
        check.fails(function() f(cnn.ones(2, 2), cnn.tensor(1.0)) end, "must have one size")
        check.fails(function() f(cnn.ones(2), cnn.ones(2), "avg") end)
    end
end)

check.test("binary cross entropy: wrong targets and weights", function()
    local f, x = F.binary_cross_entropy_with_logits, cnn.randn(2, 3)
    check.fails(function() f(x, cnn.tensor { { 1, 2, 1 }, { 1, 1, 1 } }) end, "from 0 (no) to 1 (yes)", "y - 1")
    check.fails(function() f(cnn.ones(2):long(), cnn.tensor { 1, 0 }) end, "come first", "int64")
    check.fails(function() f { x, x, pos_weight = cnn.ones(2) } end, "pos_weight", "[2, 3]", "[2]")
    check.fails(function() f { x, x, weight = cnn.ones(5, 2, 3) } end, "weight", "[2, 3]", "[5, 2, 3]")
end)
