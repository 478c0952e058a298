-- SPDX-License-Identifier: MIT
-- Labels, gradients and losses: what a training loop can get wrong.
local check = require "check"
local cnn = require "cnn"
local says = require "helpers.says"
local nn, F, optim = cnn.nn, cnn.nn.functional, cnn.optim

check.test("labels outside of 1 … C: which, and in which row", function()
    local python, more = "fix: y + 1 (labels that come from Python count from 0)", "fix: 11 classes need 11 outputs of the last layer"
    for name, f in pairs { cross_entropy = { F.cross_entropy, "logits" }, nll_loss = { F.nll_loss, "logarithms" } } do
        local function label(x, y, text, fix)
            says(function() local _ = f[1](x, cnn.tensor(y)) end, "value error in " .. name, text:gsub("@", f[2]), fix)
        end
        local x = cnn.randn(4, 10)
        label(x, { 1, 0, 3, 0 }, "labels count from 1 to 10 (@ are [4, 10]); the smallest here is 0, in row 2", python)
        label(x, { 1, 2, 11, 4 }, "labels count from 1 to 10 (@ are [4, 10]); the largest here is 11, in row 3", more)
        label(x, { 1, 2, 4, -1 }, "labels count from 1 to 10 (@ are [4, 10]); the smallest here is -1, in row 4",
            "fix: ignore_index=-1, where such rows are to be left out")
        label(cnn.randn(2, 10, 3), { { 1, 2, 3 }, { 4, 0, 2 } },
            "labels count from 1 to 10 (@ are [2, 10, 3]); the smallest here is 0, at [2, 2]", python)
    end
    says(function() local _ = F.one_hot(cnn.tensor { 1, 0 }) end, "value error in one_hot",
        "labels count from 1; number 2 of them is 0", "fix: labels + 1 (labels that come from Python count from 0)")
    says(function() local _ = F.one_hot(cnn.tensor { 1, 4 }, 3) end, "value error in one_hot",
        "labels count from 1 to 3; number 2 of them is 4", "fix: num_classes=4")
end)

check.test("labels of another kind or shape", function()
    local x = cnn.randn(4, 10)
    local function shape(y, got, fix)
        says(function() local _ = F.cross_entropy(x, y) end, "shape error in cross_entropy",
            "logits of [4, 10] need labels of [4], one class per row; got " .. got, fix)
    end
    shape(cnn.ones(4, 10):long(), "[4, 10]", "fix: y:argmax(2) turns one-hot rows into labels")
    shape(cnn.ones(4, 1):long(), "[4, 1]", "fix: y:view(-1)")
    shape(cnn.ones(3):long(), "[3]",
        "fix: a view(-1, …) in the network may have changed the number of rows: cnn.flatten(x, 2) keeps the batch")
    says(function() local _ = F.cross_entropy(x, cnn.ones(4)) end, "type error in cross_entropy",
        "labels are the numbers of classes, int64; got float32", "fix: y:long()")
    says(function() local _ = F.cross_entropy(cnn.tensor { 1, 2, 3, 4 }, x) end, "type error in cross_entropy",
        "the logits come first, real numbers as the network gives them; got int64", "fix: criterion(net(x), y)")
    says(function() local _ = F.cross_entropy { x, F.softmax(x, 2), ignore_index = 3 } end, "value error in cross_entropy",
        "ignore_index is 3, but the target holds probabilities, not labels: there is no label to ignore",
        "fix: leave ignore_index out, or give labels: y:argmax(2)")
    check.that(F.cross_entropy { x, F.softmax(x, 2), ignore_index = -1 }:item() > 0) -- PyTorch takes it, too
end)

check.test("types: images as bytes, double beside float, numbers that are none", function()
    local conv = nn.Conv2d(1, 4, 3)
    says(function() local _ = conv(cnn.zeros(1, 1, 8, 8):to("uint8")) end, "type error in conv2d",
        "conv2d needs real numbers; input is uint8", "fix: x:float() / 255")
    says(function() local _ = conv(cnn.zeros(1, 1, 8, 8):double()) end, "type error in conv2d",
        "conv2d needs input and weight of one type; got float64 and float32", 'fix: x:to("float32")')
    says(function() local _ = nn.Linear(3, 4)(cnn.zeros(2, 3):long()) end, "type error in linear",
        "linear needs real numbers; input is int64", "fix: x:float()")
    says(function() local _ = cnn.zeros { 2, dtype = "float16" } end, "type error in cnn.zeros",
        '"dtype" must be a type: cnn.float32, cnn.float64, cnn.bfloat16, cnn.int64, cnn.uint8 or cnn.bool; got the string "float16"',
        'cnn.zeros(size, dtype="float32", device=nil, requires_grad=false)')
    says(function() local _ = cnn.zeros(2):to("half") end, "device error in to",
        '"half" is no device ("cpu") and no type ("float32", "float64", "bfloat16", "int64", "uint8", "bool")')
    says(function() local _ = cnn.zeros(2):to("cuda:0") end, "device error in to",
        'there is no device "cuda:0": this build has no CUDA', 'fix: cnn.cuda.is_available() and "cuda:0" or "cpu"')
    says(function() cnn.zeros(2):long():requires_grad_() end, "type error",
        "only real tensors have gradients; this one is int64", "fix: x:float():requires_grad_()")
end)

check.test("backward: from many numbers, twice, from nothing that learns", function()
    local w = cnn.ones(3):requires_grad_()
    says(function() (w * 2):backward() end, "shape error in backward",
        "backward() starts from one number; this tensor is [3], 3 numbers",
        "fix: y:sum():backward(), y:mean():backward(), or y:backward(g) with g of the same shape")
    local loss = (w * w):sum()
    loss:backward()
    says(function() loss:backward() end, "value error in backward",
        "this graph was freed by an earlier backward(): each forward pass serves one",
        "fix: run the forward pass again; loss:item() where losses are added up; or retain_graph=true the first time")
    loss = (w * w):sum()
    loss:backward { retain_graph = true }
    loss:backward()
    local net = nn.Linear(3, 1)
    for _, f in ipairs { function() return cnn.ones(3):sum() end, function() return net(cnn.ones(1, 3)):detach():sum() end,
        function() return cnn.no_grad(function() return net(cnn.ones(1, 3)):sum() end) end } do
        local cut = f()
        says(function() cut:backward() end, "value error in backward",
            "backward() needs a result that was computed from something that requires a gradient; this one was not, "
            .. "or was cut off by detach, item or cnn.no_grad",
            "fix: compute the loss anew, from net(x), outside of cnn.no_grad (switching requires_grad on here would give no gradients)")
    end
    says(function() w:add_(1) end, "value error in add",
        "a leaf that requires a gradient cannot be changed in place while gradients are recorded",
        "fix: cnn.no_grad(function() … end), or the form without the underscore")
end)

-- A loop whose learning rate is far too high; returns the error that ends it.
local function diverging(head, ...)
    cnn.manual_seed(1)
    local net, x, y = nn.Linear(4, 3), cnn.randn(8, 4), cnn.randint(1, 3, { 8 })
    local opt = optim.SGD { net:parameters(), lr = 1e30 }
    return says(function()
        for epoch = 1, 3 do
            for step = 1, 2 do
                local loss = (net(x) * 1e9):pow(2):sum() + F.cross_entropy(net(x), y)
                local value = cnn.check_finite(loss, epoch, step, net)
                check.that(value == loss:item())
                opt:zero_grad()
                loss:backward()
                opt:step()
            end
        end
    end, head, ...)
end

check.test("a loss that is nan or infinite: epoch, step, and the first parameter that is", function()
    local e = diverging("value error in cnn.check_finite", "the loss is nan in epoch 1, step 2",
        "weight: 12 of its 12 numbers are nan or infinite",
        "fix: a smaller learning rate; or look at the batch: x:isfinite():all(), x:abs():max()")
    check.equal({ e.epoch, e.step }, { 1, 2 })
    local fix = "fix: a smaller learning rate; or look at the batch: x:isfinite():all(), x:abs():max()"
    local function not_finite(text, ...)
        local arguments = table.pack(...)
        says(function() cnn.check_finite(table.unpack(arguments, 1, arguments.n)) end, "value error in cnn.check_finite", text, fix)
    end
    not_finite("the loss is nan", cnn.tensor(0 / 0))
    not_finite("the loss is inf in epoch 7", math.huge, 7)
    not_finite("the loss is -inf in step 3", -math.huge, nil, 3)
    local net = nn.Linear(2, 1)
    says(function() cnn.check_finite { 0 / 0, net = net } end, "value error in cnn.check_finite", "the loss is nan",
        "all parameters and gradients are finite: the batch, or what the loss is computed from, is not", fix)
    net(cnn.full({ 1, 2 }, math.huge)):sum():backward()
    says(function() cnn.check_finite { 0 / 0, net = net } end, "value error in cnn.check_finite", "the loss is nan",
        "weight (its gradient): 2 of its 2 numbers are nan or infinite", fix)
    check.equal(cnn.check_finite(2.5), 2.5)
    check.fails(function() cnn.check_finite(cnn.ones(2)) end, "only a tensor of one element is a number")
    check.fails(function() cnn.check_finite(cnn.ones(1):bool()) end, "type error", "a loss is a number; got true")
end)
