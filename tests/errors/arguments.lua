-- SPDX-License-Identifier: MIT
-- Arguments that are wrong: 0 where counting begins at 1, unknown, doubled and missing names, values out of their range.
-- Each message whole, with the line that the function wants.
local check = require "check"
local cnn = require "cnn"
local core = require "cnn.core"
local says = require "helpers.says"
local nn, F, optim, data = cnn.nn, cnn.nn.functional, cnn.optim, cnn.data

local x = cnn.ones(2, 3)

check.test("0 as a dimension", function()
    local function zero(f, name, arguments)
        says(f, "value error in " .. name, "dimensions count from 1 (-1 is the last); got 0", arguments and name .. arguments)
    end
    zero(function() local _ = x:size(0) end, "tensor:size", "(dim=nil)")
    zero(function() local _ = x:sum(0) end, "tensor:sum", "(dim=nil, keepdim=false)")
    zero(function() local _ = x:argmax(0) end, "tensor:argmax", "(dim=nil, keepdim=false)")
    zero(function() local _ = x:unsqueeze(0) end, "tensor:unsqueeze", "(dim)")
    zero(function() local _ = x:transpose(0, 1) end, "tensor:transpose", "(dim0, dim1)")
    zero(function() local _ = x:permute(1, 0) end, "permute")
    zero(function() local _ = x:select(0, 1) end, "tensor:select", "(dim, index)")
    zero(function() local _ = cnn.flatten(x, 0) end, "cnn.flatten", "(input, start_dim=1, end_dim=-1)")
    zero(function() local _ = cnn.cat({ x, x }, 0) end, "cnn.cat", "(tensors, dim=1)")
    zero(function() local _ = F.softmax(x, 0) end, "nn.functional.softmax", "(input, dim)")
    zero(function() local _ = x:sum { 0, keepdim = true } end, "tensor:sum", "(dim=nil, keepdim=false)")
end)

check.test("0 as an index, indices that are not there", function()
    local zero = "indices count from 1 (-1 is the last); got 0"
    says(function() local _ = x[0] end, "value error in index", zero)
    says(function() local _ = x[{ 1, 0 }] end, "value error in index", zero)
    says(function() local _ = x[{ { 0, 1 } }] end, "value error in index", zero)
    says(function() x[0] = 1 end, "value error in index", zero)
    says(function() local _ = x:narrow(1, 0, 1) end, "value error in narrow", zero)
    says(function() local _ = x:select(1, 0) end, "value error in select", zero)
    says(function() local _ = x[3] end, "value error in index", "index 3 is out of range: dimension 1 has size 2")
    says(function() local _ = x:select(2, 5) end, "value error in select",
        "index 5 is out of range: dimension 2 of [2, 3] has size 3")
    says(function() local _ = x[{ 1, 2, 3 }] end, "shape error in index", "3 indices for the 2 dimensions of [2, 3]")
    says(function() local _ = x[{ {}, { 3, 1 } }] end, "value error in index", "the range {3, 1} runs backwards")
    says(function() local _ = x[1.5] end, "type error in index", "an index must be an integer; got 1.5")
    says(function() x[1] = cnn.ones(4) end, "shape error",
        "[4] does not fit into [3]: sizes must be equal, or 1 where they are repeated")
end)

check.test("dimensions that are not there, or named twice", function()
    says(function() local _ = x:size(3) end, "value error in size",
        "there is no dimension 3: the tensor is [2, 3], with 2 dimensions")
    says(function() local _ = x:sum({ 1, 1 }) end, "value error in sum", "dimension 1 is listed twice")
    says(function() local _ = x:permute(1) end, "value error in permute",
        "permute names each of the 2 dimensions of [2, 3] once; got 1")
    says(function() local _ = x:flatten(2, 1) end, "value error in flatten", "end_dim 1 comes before start_dim 2 in [2, 3]")
    says(function() local _ = cnn.ones(2, 3, 4):t() end, "shape error in t", "t() is for matrices; got [2, 3, 4]",
        "fix: x:transpose(1, 2)")
end)

local CONV = "nn.Conv2d(in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=true)"

check.test("unknown, doubled, missing, too many", function()
    local function conv(f, text) says(f, "type error in nn.Conv2d", text, CONV) end
    conv(function() nn.Conv2d { 3, 10, 5, pading = 2 } end, 'there is no argument "pading" (did you mean padding?)')
    conv(function() nn.Conv2d { 3, 10, 5, pad = 2 } end, 'there is no argument "pad" (did you mean padding?)')
    conv(function() nn.Conv2d { 3, 10, 5, colour = 2 } end, 'there is no argument "colour"')
    conv(function() nn.Conv2d { 3, 10, 5, kernel_size = 2 } end, '"kernel_size" is given twice: 5 by place and 2 by name')
    conv(function() nn.Conv2d(3, 10) end, '"kernel_size" is missing: an integer or a pair {h, w}, at least 1')
    conv(function() nn.Conv2d(3, 10, 5, 1, 0, 1, 1, true, 9) end, "nn.Conv2d takes at most 8 arguments; got 9")
    conv(function() nn.Conv2d("3", 10, 5) end, '"in_channels" (the 1st) must be an integer, at least 1; got the string "3"')
    conv(function() nn.Conv2d { 3, 10, 5, bias = 0 } end, '"bias" must be true or false; got 0')
    conv(function() nn.Conv2d { 3, 10, 5, [1.5] = 0 } end, "an argument's key must be its name; got 1.5")
    says(function() nn.ReLU(true, 2) end, "type error in nn.ReLU", "nn.ReLU takes 1 argument; got 2", "nn.ReLU(inplace=false)")
    says(function() local _ = x:t(2) end, "type error in tensor:t", "tensor:t takes no arguments; got 1", "tensor:t()")
end)

check.test("names from elsewhere: what they are called here, or what to write for what is left out", function()
    local net = nn.Linear(2, 2)
    local function meant(f, name, text, fix)
        local e = check.fails(f, ('there is no argument "%s"%s'):format(name, text))
        check.equal(e.fix, fix)
    end
    meant(function() nn.Conv2d { 3, 10, kernel = 5 } end, "kernel", " (did you mean kernel_size?)")
    meant(function() nn.Conv2d { 3, 10, kernal = 5 } end, "kernal", " (did you mean kernel_size?)")
    meant(function() cnn.optim.SGD { net:parameters(), learning_rate = 1 } end, "learning_rate", " (did you mean lr?)")
    meant(function() x:sum { dim = 1, keepdims = true } end, "keepdims", " (did you mean keepdim?)")
    meant(function() x:sum { axis = 1 } end, "axis", "", "dim")
    meant(function() nn.Conv2d { 3, 10, 5, padding_mode = "reflect" } end, "padding_mode", "",
        "a layer before it: nn.ReflectionPad2d, nn.ReplicationPad2d or nn.CircularPad2d")
    meant(function() nn.Linear { 3, 10, device = "cpu" } end, "device", "", "net:to(device) once the layers are made")
    meant(function() nn.MSELoss { size_average = false } end, "size_average", "", 'reduction="mean" or "sum"')
    local e = check.fails(function() cnn.save(net:state_dict(), "net.safetensors") end, '"path" (the 1st) must be a string')
    check.equal(e.fix, 'the path comes first: cnn.save("net.safetensors", net:state_dict())')
    says(function() local _ = x + "a" end, "type error in add", 'operand 2 must be a tensor or a number; got the string "a"')
    says(function() local _ = x * { 1, 2 } end, "type error in mul", "operand 2 must be a tensor or a number; got a table")
end)

check.test("values out of their range", function()
    local function conv(f, text) says(f, "value error in nn.Conv2d", text, CONV) end
    conv(function() nn.Conv2d { 3, 10, 5, stride = 0 } end, '"stride" must be an integer or a pair {h, w}, at least 1; got 0')
    conv(function() nn.Conv2d { 3, 10, 5, stride = -1 } end, '"stride" must be an integer or a pair {h, w}, at least 1; got -1')
    conv(function() nn.Conv2d(3, 10, 2.5) end,
        '"kernel_size" (the 3rd) must be an integer or a pair {h, w}, at least 1; got 2.5')
    conv(function() nn.Conv2d(3, 10, { 3, 0 }) end,
        '"kernel_size" (the 3rd) must be an integer or a pair {h, w}, at least 1; got the table {3, 0}')
    conv(function() nn.Conv2d(0, 10, 5) end, '"in_channels" (the 1st) must be an integer, at least 1; got 0')
    says(function() nn.Conv2d { 3, 4, 3, groups = 2 } end, "value error in nn.Conv2d",
        "groups must divide both numbers of channels; got 3 channels in, 4 out, 2 groups")
    says(function() nn.Conv2d { 1, 1, 3, padding = "smae" } end, "value error in nn.Conv2d",
        'padding must be an integer, a pair {h, w}, "same" or "valid"; got "smae"')
    says(function() nn.Conv2d { 1, 1, 3, padding = "same", stride = 2 } end, "value error in nn.Conv2d",
        'padding="same" keeps the size, which stride {2, 2} does not: it needs stride 1')
    says(function() nn.Conv1d { 1, 1, 3, padding = "same", stride = 2 } end, "value error in nn.Conv1d",
        'padding="same" keeps the size, which stride 2 does not: it needs stride 1')
    says(function() nn.Conv1d { 1, 1, 3, padding = "smae" } end, "value error in nn.Conv1d",
        'padding must be an integer, "same" or "valid"; got "smae"')
    says(function() nn.MaxPool2d { 2, padding = 2 }(cnn.ones(1, 1, 4, 4)) end, "value error in max_pool2d",
        "max_pool2d needs a padding of at most half the window, 1x1; got 2x2")
    says(function() nn.Dropout(1.5) end, "value error in nn.Dropout", '"p" (the 1st) must be a number from 0 to 1; got 1.5',
        "nn.Dropout(p=0.5, inplace=false)")
    says(function() local _ = F.cross_entropy { x, cnn.tensor { 1, 2 }, reduction = "avg" } end,
        "value error in nn.functional.cross_entropy",
        '"reduction" must be a string: "mean", "sum", "none"; got the string "avg"',
        'nn.functional.cross_entropy(input, target, weight=nil, ignore_index=-100, reduction="mean", label_smoothing=0)')
end)

check.test("random numbers and series that cannot be", function()
    says(function() local _ = cnn.randint(5, 1, { 3 }) end, "value error in cnn.randint", "low, 5, is above high, 1")
    says(function() local _ = cnn.arange(1, 10, -1) end, "value error in cnn.arange", "steps of -1 do not lead from 1 to 10")
    says(function() x:uniform_(2, 1) end, "value error in uniform_", "the lower end 2 is not below the upper end 1")
    says(function() x:uniform_(0, math.huge) end, "value error", "uniform needs finite low <= high; got 0 and inf")
    says(function() x:normal_(0, -1) end, "value error in tensor:normal_", '"std" (the 2nd) must be a number, at least 0; got -1',
        "tensor:normal_(mean=0, std=1)")
    says(function() local _ = cnn.rand { 2, dtype = "int64" } end, "type error",
        "random real numbers need a tensor of a real type; got int64")
    says(function() local _ = cnn.bernoulli(cnn.tensor { 2.0 }) end, "value error in bernoulli",
        "probabilities lie between 0 and 1; some here do not")
end)

check.test("numbers of nothing", function()
    says(function() local _ = cnn.zeros(0):mean() end, "shape error in mean", "the mean of no elements is not a number; got [0]")
    says(function() local _ = cnn.zeros(0):max() end, "value error in max", "an empty tensor has no max; got [0]")
    says(function() local _ = cnn.ones(1):var() end, "shape error in var",
        "var with correction 1 needs at least 2 elements; [1] gives 1", "fix: correction = 0")
    says(function() local _ = cnn.ones(3):long():mean() end, "type error in mean", "mean needs real numbers; x is int64",
        "fix: x:float()")
end)

check.test("weights given to functions", function()
    local image = cnn.ones(1, 2, 4, 4)
    local function conv(weight, text, options)
        says(function() local _ = F.conv2d { image, weight, groups = options } end, "shape error in conv2d", text)
    end
    conv(cnn.ones(3, 3), "conv2d needs weight [K, C, R, S] (filters, channels, height, width); got [3, 3]")
    conv(cnn.ones(0, 2, 3, 3), "conv2d needs a weight with sizes of at least 1; got [0, 2, 3, 3]")
    conv(cnn.ones(3, 1, 3, 3), "conv2d needs filters in 2 groups of one size; 3 (weight is [3, 1, 3, 3]) is not a multiple of 2", 2)
    says(function() local _ = F.linear(x, cnn.ones(3)) end, "shape error in linear", "linear needs weight [out, in]; got [3]")
    says(function() local _ = F.linear(x, cnn.ones(4, 3), cnn.ones(3)) end, "shape error in linear",
        "linear needs bias [4] (weight is [4, 3]); got [3]")
    says(function() local _ = F.batch_norm { cnn.ones(2, 3), weight = cnn.ones(1, 3), training = true } end,
        "shape error in batch_norm", "batch_norm needs weight [C], one value per channel; got [1, 3]")
    says(function() local _ = F.batch_norm { cnn.ones(3), training = true } end, "shape error in batch_norm",
        "batch_norm needs input [N, C], [N, C, L] or [N, C, H, W]; got [3]")
    says(function() local _ = F.batch_norm(cnn.ones(2, 3), cnn.ones(3)) end, "value error in batch_norm",
        "without training=true the running statistics are used, but running_mean or running_var is missing",
        "fix: F.batch_norm{x, training=true}")
end)

check.test("what tensors refuse", function()
    local w = cnn.ones(3):requires_grad_()
    says(function() (w * 2):view(3):add_(1) end, "value error in add",
        "a view cannot be changed in place while gradients are recorded",
        "fix: the form without the underscore, or x:clone() first")
    says(function() F.batch_norm { x, cnn.zeros(3):requires_grad_(), cnn.ones(3) }:sum():backward() end, "value error in backward",
        "batch_norm has no gradient for its running statistics")
    says(function() nn.init.kaiming_normal_(nn.Linear(2, 2)) end, "type error in nn.init.kaiming_normal_",
        '"tensor" (the 1st) must be a tensor; got Linear(in_features=2, out_features=2, bias=True)',
        'nn.init.kaiming_normal_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu")',
        "fix: a layer's weight is a tensor: nn.init.kaiming_normal_(layer.weight)")
    says(function() local _ = cnn.tensor(1.0):matmul(x) end, "shape error in matmul", "a scalar has no matrix product", "fix: x * y")
    says(function() local _ = cnn.ones(2, 3, 4):matmul(cnn.ones(5, 4, 2)) end, "shape error in matmul",
        "the leading sizes of [2, 3, 4] and [5, 4, 2] do not fit")
    says(function() cnn.ones(1):expand(3):fill_(2) end, "value error",
        "an expanded tensor cannot be written: several elements share one place", "fix: x:clone() first")
    says(function() cnn.ones(1):expand(3):add_(2) end, "value error in add",
        "an expanded tensor cannot be changed in place: several elements share one place", "fix: x:clone() first")
    says(function() (w * 2):requires_grad_(false) end, "value error",
        "only leaves can be switched off: this tensor was computed by mul", "fix: x:detach() gives the numbers outside the graph")
    says(function() w.grad = cnn.ones(2) end, "shape error", "a gradient has its tensor's shape, [3]; got [2]")
    says(function() w.grad = cnn.ones(3):double() end, "type error", "a gradient has its tensor's type, float32; got float64")
    says(function() w.grad = w end, "value error", "a tensor cannot be its own gradient")
    says(function() w.requires_grad = 1 end, "type error in requires_grad", "requires_grad is true or false; got 1")
    says(function() (w * 2):backward(cnn.ones(2)) end, "shape error in backward",
        "the gradient must have the result's shape, [3]; got [2]")
    says(function() (w * 2):backward(cnn.ones(3):double()) end, "type error in backward",
        "the gradient must have the result's type, float32; got float64")
    says(function() local _ = cnn.tensor { { 1, 2 }, { 3 } } end, "shape error in tensor",
        "lists at nesting 2 differ in length: the first has 2, another 1")
    local nested = 1
    for _ = 1, 9 do nested = { nested } end
    says(function() local _ = cnn.tensor(nested) end, "shape error in tensor",
        "tables are nested deeper than the 8 dimensions a tensor may have")
    says(function() core.cpu("avx1024") end, "value error",
        'no instruction-set level is called "avx1024"; there are reference, baseline, avx2, avx512')
end)

check.test("what is saved, loaded and looped over", function()
    local path = check.temp(".safetensors")
    says(function() cnn.save(path, x) end, "type error in cnn.save", "a file holds named tensors; got one without a name",
        ("fix: cnn.save(%q, {x = tensor})"):format(path))
    says(function() cnn.save(path, nn.Linear(2, 2)) end, "type error in cnn.save",
        "a file holds named tensors; got a module or optimiser itself", ("fix: cnn.save(%q, net:state_dict())"):format(path))
    says(function() cnn.save(path, { ["__metadata__"] = x }) end, "value error",
        ("cannot save %s: a tensor cannot be called __metadata__"):format(path))
    says(function() cnn.save(path, 5) end, "type error in cnn.save", "a file holds a table of tensors; got 5")
    says(function() cnn.save(path, { x = print }) end, "type error in cnn.save",
        "a file holds tensors, numbers, strings, booleans and tables; value.x is a function")
    says(function() nn.Linear(2, 2):load_state_dict("net.safetensors") end, "type error in nn.Module.load_state_dict",
        '"state" (the 1st) must be a table; got the string "net.safetensors"', "nn.Module.load_state_dict(state, strict=true)",
        'fix: net:load_state_dict(cnn.load("net.safetensors"))')
    local line = "data.DataLoader(dataset, batch_size=1, shuffle=false, num_workers=0, drop_last=false, collate_fn=nil, "
        .. "prefetch_factor=2, sampler=nil, generator=nil, persistent_workers=false, pin_memory=false)"
    says(function() data.DataLoader { { 1, 2 }, batch_size = 2 } end, "type error in data.DataLoader",
        '"dataset" (the 1st) must be a data set, which answers #d and d:get(i); got the table {1, 2}', line,
        'fix: data.TensorDataset(x, y), or a class of your own: nn.class("Mine", data.Dataset)')
    says(function() data.DataLoader { x, batch_size = 2 } end, "type error in data.DataLoader",
        '"dataset" (the 1st) must be a data set, which answers #d and d:get(i); got a tensor [2, 3] float32', line,
        "fix: data.TensorDataset(x, y)")
    says(function() optim.SGD { "x", lr = 1 } end, "type error in optim", 'params must be a list of tensors; got the string "x"',
        "fix: net:parameters()")
    says(function() optim.SGD { nn.Linear(2, 2):parameters(), lr = 1, nesterov = true } end, "value error in optim.SGD",
        "nesterov needs momentum above 0 and dampening 0", "fix: momentum=0.9, nesterov=true")
    local group = { params = nn.Linear(2, 2):parameters() }
    says(function() optim.SGD { { group, { lr = 1 } }, lr = 1 } end, "type error in optim", "group 2 has no params",
        "fix: {params = …, lr = …}")
end)
