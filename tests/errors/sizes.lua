-- SPDX-License-Identifier: MIT
-- Sizes that do not fit: the rule with the numbers put in, where the features come from, and the line to write instead.
local check = require "check"
local cnn = require "cnn"
local core = require "cnn.core"
local says = require "helpers.says"
local nn, F = cnn.nn, cnn.nn.functional

local Net = nn.class("Net")
function Net:init(features)
    self.layer1 = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2))
    self.fc = nn.Linear(features, 10)
end
function Net:forward(x)
    x = self.layer1(x)
    x = F.relu(cnn.flatten(x, 2))
    return self.fc(x) -- the line
end

check.test("features that do not fit: the layer, the rule, what came, from where, the fix", function()
    local net = Net(16384)
    local lines = { "shape error in fc", "Linear(16384 → 10) needs [N, 16384]; got [2, 676]",
        "676 = 4*13*13, flattened from [2, 4, 13, 13]", "fix: nn.Linear(676, 10)" }
    local e = says(function() local _ = net(cnn.zeros(2, 1, 28, 28)) end, table.unpack(lines))
    check.match(tostring(e), "return self.fc%(x%) %-%- the line")
    check.equal({ e.kind, e.op, e.layer }, { "shape error", "linear", "fc" })
    says(function() cnn.no_grad(function() local _ = net(cnn.zeros(2, 1, 28, 28)) end) end, table.unpack(lines))
end)

check.test("what was flattened is remembered by view, reshape, flatten, and by what keeps the shape", function()
    local fc = nn.Linear(100, 2)
    local x = cnn.zeros(2, 1, 6, 7)
    for name, flat in pairs {
        view = x:view(2, 42), reshape = x:reshape(2, -1), flatten = x:flatten(2),
        copied = x:transpose(3, 4):transpose(3, 4):reshape(2, 42),
        relu = F.relu(x:flatten(2)), dropout = F.dropout(x:flatten(2)), detach = x:flatten(2):detach(), scaled = x:flatten(2) / 255,
        cast = x:double():flatten(2):float(), steps = x:view(2, 6, 7):view(2, 42), module = nn.Flatten()(x),
        norm = nn.BatchNorm1d(42)(x:flatten(2)), clone = x:flatten(2):clone(),
    } do
        local e = check.fails(function() fc(flat) end, "Linear(100 → 2) needs [N, 100]; got [2, 42]")
        local from = "42 = 1*6*7, flattened from [2, 1, 6, 7]"
        if not tostring(e):find(from, 1, true) then check.fail("%s does not say %q:\n%s", name, from, tostring(e)) end
    end
    check.that(not tostring(check.fails(function() fc(cnn.zeros(2, 42)) end)):find("\n  %d+ = "))
    check.that(not tostring(check.fails(function() fc(x:flatten(2)[{ {}, { 1, 30 } }]) end)):find("\n  %d+ = "))
end)

check.test("a batch that flatten or view has swallowed", function()
    local x = cnn.zeros(8, 16, 5, 6)
    says(function() local _ = nn.Linear(480, 10)(cnn.flatten(x)) end, "shape error in linear",
        "Linear(480 → 10) needs [N, 480]; got [3840]", "3840 = 8*16*5*6, flattened from [8, 16, 5, 6]",
        "fix: cnn.flatten(x, 2) keeps the batch")
    says(function() local _ = nn.Linear(400, 10)(x:view(-1, 240)) end, "shape error in linear",
        "Linear(400 → 10) needs [N, 400]; got [16, 240]",
        "[16, 240] is [8, 16, 5, 6] in another shape: its 16 rows are not the 8 samples",
        "fix: cnn.flatten(x, 2), which keeps the batch")
    says(function() local _ = F.cross_entropy(nn.Linear(240, 10)(x:view(-1, 240)), cnn.ones(8):long()) end,
        "shape error in cross_entropy", "logits of [16, 10] need labels of [16], one class per row; got [8]",
        "fix: a view(-1, …) in the network may have changed the number of rows: cnn.flatten(x, 2) keeps the batch")
end)

check.test("flatten is missing", function()
    local x = cnn.zeros(8, 64, 14, 14)
    says(function() local _ = nn.Linear(12544, 10)(x) end, "shape error in linear",
        "Linear(12544 → 10) needs [N, 12544]; got [8, 64, 14, 14]", "fix: cnn.flatten(x, 2) before it")
    says(function() local _ = nn.Linear(16384, 10)(x) end, "shape error in linear",
        "Linear(16384 → 10) needs [N, 16384]; got [8, 64, 14, 14]",
        "fix: cnn.flatten(x, 2) before it, and nn.Linear(12544, 10)")
end)

check.test("a layer inside a Sequential is named by its place", function()
    local net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.Flatten(), nn.Linear(100, 10))
    says(function() local _ = net(cnn.zeros(2, 1, 28, 28)) end, 'shape error in layer "2" (the 3rd)',
        "Linear(100 → 10) needs [N, 100]; got [2, 5408]", "5408 = 8*26*26, flattened from [2, 8, 26, 26]",
        "fix: nn.Linear(5408, 10)")
    local Deep = nn.class("Deep")
    function Deep:init() self.layer2 = nn.Sequential(nn.Conv2d(3, 4, 3)) end
    function Deep:forward(x)
        x = self.layer2(x)
        return x
    end
    says(function() local _ = Deep()(cnn.zeros(2, 1, 8, 8)) end, "shape error in layer2.0",
        "conv2d needs input with 3 channels (weight is [4, 3, 3, 3]); got [2, 1, 8, 8]", "fix: nn.Conv2d(1, 4, …)")
end)

check.test("images: channels, their order, a missing batch or channel", function()
    local conv, grey = nn.Conv2d(3, 10, 5), nn.Conv2d(1, 10, 5)
    local function got(layer, sizes, ...)
        says(function() local _ = layer(cnn.zeros(sizes)) end, "shape error in conv2d", ...)
    end
    got(conv, { 2, 28, 28, 3 }, "conv2d needs input with 3 channels (weight is [10, 3, 5, 5]); got [2, 28, 28, 3]",
        "fix: channels last? use x:permute(1, 4, 2, 3)")
    got(conv, { 3, 28, 28 }, "conv2d needs input [N, C, H, W]; got [3, 28, 28], which lacks the batch dimension",
        "fix: x:unsqueeze(1)")
    got(grey, { 64, 28, 28 }, "conv2d needs input [N, C, H, W]; got [64, 28, 28], which lacks the channel dimension",
        "fix: x:unsqueeze(2)")
    got(grey, { 28, 28 }, "conv2d needs input [N, C, H, W]; got [28, 28], which lacks batch and channels",
        "fix: x:view(1, 1, 28, 28)")
    says(function() local _ = nn.BatchNorm2d(8)(cnn.zeros(2, 4, 5, 5)) end, "shape error in batch_norm",
        "batch_norm needs input with 8 channels (weight is [8]); got [2, 4, 5, 5]", "fix: nn.BatchNorm2d(4)")
end)

check.test("a kernel or window larger than the padded input", function()
    local x = cnn.zeros(1, 1, 4, 4)
    says(function() local _ = nn.Conv2d { 1, 1, 7, padding = 1 }(x) end, "shape error in conv2d",
        "conv2d needs an input that the 7x7 kernel fits into; [1, 1, 4, 4] with padding 1x1 is 6x6",
        "fix: padding={2, 2} or a smaller kernel")
    says(function() local _ = nn.Conv2d { 1, 1, 3, dilation = 3 }(x) end, "shape error in conv2d",
        "conv2d needs an input that the 7x7 kernel (3x3 places, dilated) fits into; [1, 1, 4, 4] with padding 0x0 is 4x4",
        "fix: padding={2, 2} or a smaller kernel")
    for name, layer in pairs { max_pool2d = nn.MaxPool2d(7), avg_pool2d = nn.AvgPool2d(7) } do
        says(function() local _ = layer(x) end, "shape error in " .. name,
            name .. " needs an input that the 7x7 window fits into; [1, 1, 4, 4] with padding 0x0 is 4x4",
            "fix: a window of at most 4x4")
    end
end)

check.test("arithmetic of shapes that do not broadcast", function()
    says(function() local _ = cnn.zeros(2, 16, 8, 8) + cnn.zeros(2, 32, 4, 4) end, "shape error in add",
        "[2, 16, 8, 8] and [2, 32, 4, 4] do not broadcast: dimension 2 is 16 in one and 32 in the other, dimension 3 is 8 and 4, "
        .. "dimension 4 is 8 and 4 (sizes must be equal, or one of them 1)",
        "fix: nn.Conv2d{16, 32, 1, stride=2} brings [2, 16, 8, 8] to the other's size")
    for fix, sizes in pairs {
        ["padding=1 in the convolution that makes 30 of 32"] = { { 2, 16, 30, 30 }, { 2, 16, 32, 32 } },
        ["nn.Conv2d{16, 32, 1, stride=1} brings [2, 16, 8, 8] to the other's size"] = { { 2, 32, 8, 8 }, { 2, 16, 8, 8 } },
        [""] = { { 2, 16, 8, 8 }, { 2, 16, 5, 8 } }, [" "] = { { 3, 16, 8, 8 }, { 2, 16, 4, 4 } },
        ["  "] = { { 2, 16, 8, 8 }, { 2, 0, 4, 4 } },
    } do
        local a, b = cnn.zeros(sizes[1]), cnn.zeros(sizes[2])
        local _, e = pcall(function() return a + b end)
        check.match(e, "do not broadcast")
        check.equal(e.fix or "", fix:match("^%s*(.-)$"))
        if fix:find("^nn") then -- it does what it says
            check.equal(load("return " .. fix:match("^%S+ %S+ %S+ %S+"), "=t", "t", { nn = nn })()(b).shape, a.shape)
        end
    end
    says(function() local _ = cnn.zeros(2, 3) * cnn.zeros(2) end, "shape error in mul",
        "[2, 3] and [2] do not broadcast: dimension 2 is 3 in one and 2 in the other (sizes must be equal, or one of them 1)")
    says(function() local _ = cnn.zeros(2, 3):matmul(cnn.zeros(4, 5)) end, "shape error in matmul",
        "matmul needs [m, k] and [k, n]; got [2, 3] and [4, 5]: k is 3 in one, 4 in the other")
    says(function() local _ = F.mse_loss(cnn.zeros(4, 1), cnn.zeros(4)) end, "shape error in mse_loss",
        "input and target must have one size; got [4, 1] and [4]", "fix: target:view(4, 1)")
    says(function() local _ = cnn.cat({ cnn.zeros(2, 3), cnn.zeros(3, 4) }, 1) end, "shape error in cnn.cat",
        "tensors joined along dimension 1 must agree in all others: the first is [2, 3], number 2 is [3, 4]")
    says(function() local _ = cnn.stack({ cnn.zeros(2, 3), cnn.zeros(3, 4) }) end, "shape error in cnn.stack",
        "tensors that are stacked must have one shape: the first is [2, 3], number 2 is [3, 4]",
        "fix: cnn.cat, which joins along a dimension that is there")
end)

check.test("views: elements that are not there, or lie elsewhere", function()
    says(function() local _ = cnn.zeros(2, 3):view(4, 2) end, "shape error in view",
        "[2, 3] has 6 elements; [4, 2] needs 8")
    says(function() local _ = cnn.zeros(2, 3):view(-1, 4) end, "shape error in view",
        "[2, 3] has 6 elements; [-1, 4] needs a multiple of 4")
    says(function() local _ = cnn.zeros(2, 3):t():view(6) end, "shape error in view",
        "the elements of this [3, 2] do not lie in memory so that a view can be [6]",
        "fix: x:reshape(…), which copies where it must")
    says(function() local _ = cnn.zeros(2, 3):item() end, "shape error in item",
        "only a tensor of one element is a number; this one is [2, 3]", "fix: x:totable(), or x:mean():item()")
end)

check.test("negative, fractional and huge sizes", function()
    local line = 'cnn.zeros(size, dtype="float32", device=nil, requires_grad=false)'
    for _, size in ipairs { -1, 1.5, 1e300, 0 / 0 } do
        says(function() local _ = cnn.zeros(size, 3) end, "value error in cnn.zeros",
            ('"size" must be integers, or a list of them, at least 0; got %s, 3'):format(size), line)
    end
    says(function() local _ = cnn.zeros("3") end, "type error in cnn.zeros",
        '"size" (the 1st) must be integers, or a list of them, at least 0; got the string "3"', line)
    says(function() local _ = cnn.zeros(2 ^ 62, 3) end, "shape error",
        "[4611686018427387904, 3] has more elements than can be counted")
    says(function() local _ = cnn.zeros(1, 1, 1, 1, 1, 1, 1, 1, 1) end, "shape error in full",
        "sizes may have at most 8 entries; got 9")
    says(function() local _ = nn.Conv2d(2 ^ 40, 2 ^ 40, 3) end, "shape error",
        "[1099511627776, 1099511627776, 3, 3] has more elements than can be counted")
    says(function() local _ = nn.Conv2d { 1, 1, 3, padding = 2 ^ 40 }(cnn.zeros(1, 1, 4, 4)) end, "value error in conv2d",
        "conv2d needs a padding of at least 0 and below 2^31; got 1099511627776")
    says(function() local _ = nn.Conv2d { 1, 1, 3, padding = 2 ^ 30 }(cnn.zeros(1, 1, 4, 4)) end, "shape error in conv2d",
        "[1, 1, 2147483650, 2147483650] has more elements than can be counted")
    says(function() local _ = cnn.zeros(4):expand(2 ^ 40, 2 ^ 40, 4):contiguous() end, "shape error in expand",
        "[1099511627776, 1099511627776, 4] has more elements than can be counted")
end)

check.test("out of memory: what for, how much, how much there is; the session goes on", function()
    says(function() local _ = cnn.zeros(1e6, 1e6) end, "out of memory",
        "^for a tensor %[1000000, 1000000%] of float32: 3%.6 TB more are needed; %d+%.%d MB are in use, %d+%.%d %aB is the limit$",
        "^%d+%.%d MB live in tensors, %d+%.%d MB cached, peak %d+%.%d MB; garbage was collected before this was said$",
        "fix: a smaller tensor: this one alone is over the limit (CNN_MEMORY=8G sets another)")
    local budget = core.memory().budget_bytes
    local x = cnn.zeros(1 << 20)
    core.memory_budget(core.memory().live_bytes + (3 << 20))
    local ok, e = pcall(says, function() local _ = x * 2 end, "out of memory in mul",
        "^for a tensor %[1048576%] of float32: 4%.0 MB more are needed; ", "^%d+%.%d MB live in tensors",
        "fix: a smaller batch, or release what is no longer needed (CNN_MEMORY=8G sets another limit)")
    core.memory_budget(budget)
    if not ok then error(e, 0) end
    check.equal((x * 2):sum():item(), 0)
end)
