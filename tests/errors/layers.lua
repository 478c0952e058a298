-- SPDX-License-Identifier: MIT
-- The rarer layers, transforms and settings: what each says about sizes and values that do not fit.
local check = require "check"
local cnn = require "cnn"
local says = require "helpers.says"
local nn, F, optim, data, transforms = cnn.nn, cnn.nn.functional, cnn.optim, cnn.data, cnn.transforms

local x, img = cnn.ones(2, 3), cnn.rand(2, 3, 8, 8)

check.test("activations", function()
    says(function() local _ = F.hardtanh(x, 1, -1) end, "value error in hardtanh", "min_val is at most max_val; got 1 and -1")
    says(function() local _ = F.softplus(x, 0) end, "value error in softplus", "beta is a divisor; it can't be 0")
    says(function() local _ = nn.PReLU(5)(img) end, "shape error in prelu",
        "one slope, or one for each of 3 channels (the input is [2, 3, 8, 8]); got [5]")
end)

check.test("normalisations", function()
    says(function() local _ = nn.LayerNorm(4)(x) end, "shape error in layer_norm",
        "normalises the last dimensions [4], which an input of [2, 3] does not end in")
    says(function() local _ = F.group_norm(img, 2) end, "shape error in group_norm",
        "2 groups do not divide the 3 channels of [2, 3, 8, 8]")
    says(function() local _ = nn.GroupNorm(2, 3) end, "value error in nn.GroupNorm",
        "num_groups must divide num_channels; got 2 groups of 3 channels")
    says(function() local _ = nn.GroupNorm(2, 4)(img) end, "shape error in group_norm",
        "GroupNorm(2, 4) needs [N, 4, …]; got [2, 3, 8, 8]")
    says(function() local _ = nn.InstanceNorm2d(4)(img) end, "shape error in instance_norm",
        "InstanceNorm2d(4) needs images [N, 4, H, W]; got [2, 3, 8, 8]")
    says(function() local _ = F.instance_norm(cnn.ones(1, 3, 1, 1)) end, "shape error in instance_norm",
        "needs more than one value per channel of an image; got [1, 3, 1, 1]")
    says(function() local _ = F.instance_norm { img, use_input_stats = false } end, "value error in instance_norm",
        "without the input's statistics, running_mean and running_var are needed")
end)

check.test("losses", function()
    says(function() local _ = F.huber_loss { x, x, delta = 0 } end, "value error in huber_loss", "delta is above 0; got 0")
    says(function() local _ = F.binary_cross_entropy(x * 2, x) end, "value error in binary_cross_entropy",
        "inputs are probabilities, from 0 (no) to 1 (yes); some here are outside, or no numbers",
        "fix: nn.BCEWithLogitsLoss() for a network without a sigmoid at its end")
    says(function() local _ = F.binary_cross_entropy(x:long(), x) end, "type error in binary_cross_entropy",
        "the probabilities come first, real numbers as the network gives them; got int64", "fix: criterion(net(x), y)")
end)

check.test("sequences are spoken of as sequences", function()
    local sequence = cnn.ones(2, 3, 8)
    local function conv(f, ...) says(f, "shape error in conv1d", ...) end
    conv(function() local _ = nn.Conv1d(4, 4, 3)(sequence) end,
        "conv1d needs input with 4 channels (weight is [4, 4, 3]); got [2, 3, 8]", "fix: nn.Conv1d(3, 4, …)")
    conv(function() local _ = nn.Conv1d { 3, 4, 9, dilation = 2, padding = 1 }(sequence) end,
        "conv1d needs an input that the kernel of 17 places fits into; [2, 3, 8] with padding 1 is 10 long",
        "fix: padding=5 or a smaller kernel")
    conv(function() local _ = F.conv1d(img, cnn.ones(4, 3, 3)) end,
        "conv1d needs sequences [N, C, L]; got [2, 3, 8, 8]", "fix: conv2d")
    conv(function() local _ = F.conv1d(sequence, cnn.ones(4, 3)) end, "the weight must be [K, C/groups, S]; got [4, 3]")
    check.equal(nn.Conv1d { 3, 4, 9, dilation = 2, padding = 5 }(sequence).shape, nn.Conv1d(3, 4, 7)(sequence).shape)
    check.equal(#nn.Conv1d { 3, 4, 9, padding = "same" }(sequence).shape, 3)
end)

check.test("images made larger or smaller", function()
    says(function() local _ = nn.ConvTranspose2d { 3, 4, 3, output_padding = 2 }(img) end, "value error in conv_transpose2d",
        "output_padding must be smaller than stride or dilation; got 2 for 1 and 1")
    says(function() local _ = nn.ConvTranspose2d(4, 4, 3)(img) end, "shape error in conv_transpose2d",
        "the weight is for 4 channels; got 3 in [2, 3, 8, 8]")
    says(function() local _ = F.pixel_shuffle(img, 2) end, "shape error in pixel_shuffle",
        "needs [.., C, H, W] with C divided by 4; got [2, 3, 8, 8]")
    says(function() local _ = F.interpolate(img) end, "value error in interpolate",
        "either a size or a scale_factor, please; got both or none", "fix: nn.functional.interpolate { x, scale_factor = 2 }")
    says(function() local _ = F.interpolate { x, scale_factor = 2 } end, "shape error in interpolate",
        "needs images [N, C, H, W] of real numbers; got [2, 3] of float32")
    says(function() local _ = F.pad { img, { 9, 9, 0, 0 }, mode = "reflect" } end, "shape error in pad",
        "reflect needs widths below the size, because the edge is not repeated; dimension 4 of [2, 3, 8, 8] can't get 9 more",
        'fix: mode="replicate"')
    says(function() local _ = F.pad { img, { 1, 1 }, mode = "reflect", value = 1 } end, "value error in pad",
        'mode "reflect" takes no value, because it fills in the tensor\'s own; got 1')
    says(function() local _ = F.pad(x, { 1 }) end, "value error in pad",
        "pad needs pairs (before, after), the last dimension first, for at most the 2 dimensions of [2, 3]; got [1]",
        "fix: F.pad(x, {left, right, top, bottom})")
    says(function() local _ = F.conv2d(cnn.ones(1, 1, 0, 4), cnn.ones(3, 1, 3, 3)) end, "shape error in conv2d",
        "conv2d needs at least one channel, row and column; got [1, 1, 0, 4]")
end)

check.test("transforms: a class for an object, images that do not fit", function()
    says(function() cnn.datasets.Digits { transform = transforms.ToTensor } end, "type error in datasets.Digits",
        '"transform" must be a function; got class ToTensor', "^datasets%.Digits%(",
        "fix: ToTensor(), which makes an object of the class")
    says(function() transforms.Compose { transforms.ToTensor } end, "type error in transforms.Compose",
        "it takes transforms or functions; number 1 is class ToTensor", "fix: transforms.Compose { transforms.ToTensor() }")
    says(function() transforms.RandomCrop() end, "type error in transforms.RandomCrop",
        '"size" is missing: an integer or a pair {h, w} from 1 to 65535', "^transforms%.RandomCrop%(size, ")
    says(function() local _ = transforms.RandomCrop(40)(cnn.rand(1, 28, 28)) end, "shape error",
        "RandomCrop of 40 x 40 does not fit into images of 28 x 28",
        "fix: padding= or pad_if_needed=true of RandomCrop, or Resize before it")
    says(function() local _ = transforms.Normalize({ 0.5 }, { 0.5 })(cnn.zeros(28, 28):to("uint8")) end, "type error",
        "Normalize takes float32 images; these are uint8",
        "fix: transforms.Compose { transforms.ToTensor(), transforms.Normalize { … } }")
    says(function() transforms.Normalize({ 0.5 }, { 0 }) end, "value error in transforms.Normalize", "std is above 0; number 1 is 0")
    says(function() for _ in data.DataLoader { data.TensorDataset(x), sampler = { 3 } } do end end, "value error",
        "sample 3 is not among the 2 of the data set")
end)

check.test("optimisers and summaries", function()
    local net = nn.Linear(1, 1)
    says(function() optim.Adam { net:parameters(), betas = { 1, 0.9 } } end, "value error in optim.Adam",
        "betas[1] must be a number from 0 on, below 1; got 1")
    net.weight.grad = cnn.full({ 1, 1 }, 0 / 0)
    says(function() nn.utils.clip_grad_norm_ { net:parameters(), 1, error_if_nonfinite = true } end,
        "value error in nn.utils.clip_grad_norm_", "the gradients' norm is NaN, so they cannot be shortened",
        "fix: a smaller learning rate, or look for the NaN in the loss")
    says(function() local _ = nn.CrossEntropyLoss { weight = cnn.ones(3) }(cnn.randn(2, 4), cnn.tensor { 1, 2 }) end,
        "shape error in cross_entropy", "weight is one number per class, [4] (the input is [2, 4]); got [3]")
    says(function() local _ = transforms.Normalize({ 1, 1, 1 }, { 1, 1, 1 })(cnn.rand(1, 28, 28)) end, "shape error",
        "Normalize has 3 means, but the images have 1 channel",
        "fix: transforms.Normalize(0.5, 0.5) for grey images, or transforms.Grayscale(3) before it")
    says(function() net.train = true end, "value error", "self.train = … would hide the method train that every module has",
        "fix: self.train_ = …")
    says(function() cnn.summary(net, "a") end, "type error in cnn.summary",
        'the sizes of the input are numbers, or a list with the batch in front; got the string "a"',
        "fix: cnn.summary(net, 3, 32, 32)  or  cnn.summary(net, {128, 3, 32, 32})")
end)

check.test("settings of the environment", function()
    local function setting(value, text)
        local r = check.run("env " .. value .. " " .. arg[-1] .. " -e 'cnn.ones(1)'")
        check.equal(r.code, 1)
        check.match(r.err, "cnnsh: value error at (command line):1   cnn.ones(1)\n  " .. text .. "\n")
    end
    setting("CNN_MEMORY=abc", 'CNN_MEMORY is a size such as 8G or 512M; got "abc"')
    setting("CNN_NUM_THREADS=0", 'CNN_NUM_THREADS is a number of threads, 1 … 1024; got "0"')
    setting("CNN_CONV=foo",
        'no algorithm for convolutions is called "foo"; there are auto, direct, winograd, fft, reference')
    setting("CNN_CPU=foo", 'no instruction-set level is called "foo"; there are reference, baseline, avx2, avx512')
end)
