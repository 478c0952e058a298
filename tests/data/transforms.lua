-- SPDX-License-Identifier: MIT
-- Transforms of images: torchvision's values, random ones by what they may and must do, alone and in a loader.
local check = require "check"
local cnn = require "cnn"
local core = require "cnn.core"
local ImageDataset = require "cnn.datasets.image_dataset"
local data, T = cnn.data, cnn.transforms

local golden = core.load(check.root .. "/tests/golden/transforms.safetensors")

local function bytes(...) return core.cast(core.integers_(core.empty("int64", { ... }), 0, 255), "uint8") end

local calls = {
    ["to_tensor"] = T.ToTensor(),
    ["normalize"] = T.Compose { T.ToTensor(), T.Normalize { { 0.4914, 0.4822, 0.4465 }, { 0.2470, 0.2435, 0.2616 } } },
}
for _, kind in ipairs { "bytes", "floats" } do
    for _, mode in ipairs { "constant", "edge", "reflect", "symmetric" } do
        calls["pad " .. mode .. " " .. kind] = T.Pad { { 1, 2, 3, 4 }, padding_mode = mode }
    end
    calls["pad fill " .. kind] = T.Pad { { 2, 1 }, fill = kind == "bytes" and { 9, 8, 7 } or { 9, 8 } }
    for _, size in ipairs { { 3, 4 }, { 4, 3 }, { 2, 2 }, { 5, 7 }, { 8, 9 }, { 9, 4 }, { 6, 10 } } do
        calls[("center_crop %d %d %s"):format(size[1], size[2], kind)] = T.CenterCrop(size)
    end
    calls["hflip " .. kind] = T.RandomHorizontalFlip { p = 1 }
    calls["vflip " .. kind] = T.RandomVerticalFlip(1)
end

check.test("every case of the file is tried, and gives torchvision's values to the bit", function()
    local count = 0
    for name, x in pairs(golden) do
        local case = name:match("^(.*)%.in$")
        if case then
            check.that(calls[case], "no call for the case " .. case)
            local y = calls[case](x)
            check.that(y.dtype == golden[case .. ".out"].dtype, case)
            local ok, e = pcall(check.equal, y, golden[case .. ".out"])
            if not ok then check.fail("%s: %s", case, e) end
            check.that(core.is_contiguous(y), case .. " is not row-major")
            count = count + 1
        end
    end
    local named = 0
    for _ in pairs(calls) do named = named + 1 end
    check.equal(count, named)
end)

check.test("images without channels, in other types and other layouts", function()
    local grey = bytes(6, 4)
    check.equal(T.Pad(1)(grey).shape, core.empty("uint8", { 8, 6 }).shape)
    check.equal(T.Compose { T.CenterCrop(2), T.ToTensor() }(grey), T.ToTensor()(core.slice(core.slice(grey, 1, 2, 2), 2, 1, 2)))
    local long = cnn.arange(24):view(2, 3, 4)
    check.equal(T.RandomHorizontalFlip { p = 1 }(long):totable()[1][1], { 3, 2, 1, 0 })
    check.equal(T.Pad { 1, fill = -7 }(long)[1][1][1]:item(), -7)
    local turned = core.permute(bytes(5, 4, 3), { 3, 1, 2 }) -- channels last in memory
    check.equal(T.CenterCrop { { 2, 2 } }(turned), T.CenterCrop { { 2, 2 } }(core.contiguous(turned)))
    check.equal(T.Pad(1)(core.empty("float32", { 3, 0, 0 })), cnn.zeros(3, 2, 2))
end)

check.test("RandomCrop takes every place, each as often", function()
    local image = cnn.arange(36):view(1, 6, 6)
    local crop, seen = T.RandomCrop { { 4, 5 } }, {}
    for _ = 1, 600 do
        local y = crop(image)
        local first = math.tointeger(y[1][1][1]:item())
        check.equal(y, core.slice(core.slice(image, 2, first // 6, 4), 3, first % 6, 5))
        seen[first] = (seen[first] or 0) + 1
    end
    for i = 0, 2 do
        for j = 0, 1 do
            local n = seen[6 * i + j]
            check.that(n > 60 and n < 145, ("place %d, %d: %d of 600"):format(i, j, n))
        end
    end
end)

check.test("padding comes before the crop, and pad_if_needed on both sides", function()
    local image = cnn.ones(1, 2, 2)
    local sums = {}
    for _ = 1, 300 do sums[math.tointeger(T.RandomCrop { 2, padding = 1 }(image):sum():item())] = true end
    check.equal(sums, { [1] = true, [2] = true, [4] = true })
    local sides = {}
    for _ = 1, 100 do
        local y = T.RandomCrop { { 2, 4 }, pad_if_needed = true, fill = 5 }(image)
        check.equal(y.shape, cnn.zeros(1, 2, 4).shape)
        check.equal(y:sum():item(), 24.0)
        sides[y[1][1]:totable()[1] == 5 and y[1][1]:totable()[2] == 5 and "right" or "other"] = true
    end
    check.equal(sides, { right = true, other = true })
    check.equal(T.RandomCrop { 2, padding = 1, padding_mode = "edge" }(image), image)
    check.equal(T.RandomCrop { 3, pad_if_needed = true, padding_mode = "symmetric" }(image), cnn.ones(1, 3, 3))
end)

check.test("flips happen with their probability", function()
    local image, count = cnn.arange(2):view(1, 1, 2), 0
    for _ = 1, 500 do count = count + T.RandomHorizontalFlip { p = 0.3 }(image)[1][1][1]:item() end
    check.that(count > 105 and count < 200, ("%d of 500"):format(count))
    check.equal(T.RandomVerticalFlip { p = 0 }(image), image)
end)

-- ---- in a loader ---------------------------------------------------------------------------------------------------

local Images = cnn.nn.class("Images", ImageDataset)

function Images:init(x, transform)
    self.data, self.transform, self.classes = x, transform, {}
    self.targets = core.full("int64", { x.shape[1] }, 1)
end

local function lab()
    return T.RandomCrop { 32, padding = 4 }, T.RandomHorizontalFlip(), T.ToTensor(),
        T.Normalize { { 0.49, 0.48, 0.44 }, { 0.25, 0.24, 0.26 } }
end

local function batches(dataset, workers, options)
    cnn.manual_seed(5)
    local list = {}
    options = options or {}
    options[1], options.num_workers = dataset, workers
    options.batch_size = options.batch_size or 16
    if options.shuffle == nil then options.shuffle = true end
    for x in data.DataLoader(options) do list[#list + 1] = x end
    return cnn.cat(list, 1)
end

check.test("augmented batches are the same at any number of workers, and lie channels-last", function()
    local d = Images(bytes(70, 3, 32, 32), T.Compose { lab() })
    local want = batches(d, 0)
    check.equal(want.shape, cnn.zeros(70, 3, 32, 32).shape)
    for _, workers in ipairs { 1, 2, 5 } do check.equal(batches(d, workers), want) end
    for x in data.DataLoader { d, batch_size = 4 } do
        check.equal(core.stride(x), { 3072, 1, 96, 3 })
        break
    end
end)

check.test("the same batches at every level of the processor", function()
    local d, before = Images(bytes(20, 3, 32, 32), T.Compose { lab() }), core.cpu()
    local want = batches(d, 0)
    for _, level in ipairs { "reference", "baseline", "avx2", "avx512" } do
        if pcall(core.cpu, level) then check.equal(batches(d, 1), want) end
    end
    core.cpu(before)
end)

check.test("a transform in Lua changes who makes the samples, not what they are", function()
    local x, a, b, c, e = bytes(40, 3, 32, 32), lab()
    local same = function(image) return image end
    local want = batches(Images(x, T.Compose { a, b, c, e }), 2)
    for _, list in ipairs { { same, a, b, c, e }, { a, same, b, c, e }, { a, b, c, e, same }, { a, T.Compose { b, same, c }, e } } do
        check.equal(batches(Images(x, T.Compose(list)), 2), want)
    end
    local by_hand = Images(x, function(image) return e(c(b(a(image)))) end)
    check.equal(batches(by_hand, 0), want)
end)

check.test("two epochs are augmented differently, the same seed alike", function()
    local d = Images(bytes(16, 3, 32, 32), T.Compose { lab() })
    local loader = data.DataLoader { d, batch_size = 16 }
    cnn.manual_seed(3)
    local first, second = loader(), loader()
    check.that(not pcall(check.equal, first, second), "two epochs are the same")
    cnn.manual_seed(3)
    check.equal(loader(), first)
    local image = d.data[1]
    cnn.manual_seed(3)
    local crop = T.RandomCrop { 32, padding = 4 }
    local once, twice = crop(image), crop(image)
    check.that(not pcall(check.equal, once, twice), "two calls by hand are the same")
    cnn.manual_seed(3)
    check.equal(crop(image), once)
end)

check.test("a sample that fails in Lua leaves no stream behind", function()
    local crop = T.RandomCrop { 8 }
    local loader = data.DataLoader { Images(bytes(4, 3, 9, 9), T.Compose { function() error("mine") end, crop }) }
    check.fails(function() loader() end, "mine")
    cnn.manual_seed(1)
    local a = crop(cnn.arange(81):view(1, 9, 9))
    local different
    for _ = 1, 20 do different = different or not pcall(check.equal, crop(cnn.arange(81):view(1, 9, 9)), a) end
    check.that(different, "calls by hand draw from the sample's stream")
end)

-- ---- wrong calls -----------------------------------------------------------------------------------------------------

check.test("wrong arguments get their sentences where they are given", function()
    check.fails(function() T.RandomCrop { 0 } end, "size", "at least 1")
    check.fails(function() T.RandomCrop { 32, padding = -1 } end, "padding is a number of pixels", "got -1")
    check.fails(function() T.RandomCrop { 32, padding = { 1, 2, 3 } } end, "(1, 2, 3)")
    check.fails(function() T.RandomCrop { 32, padding_mode = "mirror" } end, "padding_mode", "symmetric")
    check.fails(function() T.RandomHorizontalFlip { p = 1.5 } end, "p", "from 0 to 1", "1.5")
    check.fails(function() T.RandomVerticalFlip { -0.1 } end, "from 0 to 1")
    check.fails(function() T.RandomHorizontalFlip { 0 / 0 } end, "from 0 to 1")
    check.fails(function() T.Normalize { { 0.5, 0.5 }, { 0.2 } } end, "as many numbers", "2 and 1")
    check.fails(function() T.Normalize(0.5, 0) end, "std is above 0", "number 1 is 0")
    check.fails(function() T.Normalize { { 0 / 0 }, { 1 } } end, "mean is a number")
    check.fails(function() T.Normalize { {}, {} } end, "mean is a number")
    check.fails(function() T.Normalize { { 0.5, "x" }, { 1, 1 } } end, "mean")
    check.fails(function() T.CenterCrop() end, "size")
    check.fails(function() T.Pad { 1, fill = 1 / 0 } end, "fill is a number")
end)

check.test("images that do not fit get their sentences", function()
    local colour, grey = bytes(3, 8, 8), bytes(1, 8, 8)
    check.fails(function() T.RandomCrop { 9 }(colour) end, "RandomCrop of 9 x 9", "images of 8 x 8", "pad_if_needed")
    check.fails(function() T.Normalize { { 0, 0, 0 }, { 1, 1, 1 } }(grey) end, "Normalize takes float32", "ToTensor")
    local normalize = T.Compose { T.ToTensor(), T.Normalize { { 0, 0, 0 }, { 1, 1, 1 } } }
    check.fails(function() normalize(grey) end, "3 means", "1 channel")
    check.equal(T.Normalize(0, 2)(cnn.ones(3, 2, 2)):sum():item(), 6.0)
    check.fails(function() T.Pad { 1, fill = { 1, 2 } }(colour) end, "fill has 2 numbers", "3 channels")
    check.fails(function() T.Pad { 1, fill = 256 }(colour) end, "fill", "0 to 255", "256")
    check.fails(function() T.Pad { 8, padding_mode = "reflect" }(colour) end, "border of 8", "at least 9", "has 8")
    check.fails(function() T.Pad { 9, padding_mode = "symmetric" }(colour) end, "at least 9")
    check.fails(function() T.RandomCrop { 17, pad_if_needed = true, padding_mode = "reflect" }(colour) end, "at least 10")
    check.fails(function() T.CenterCrop(3)(cnn.ones(5)) end, "CenterCrop takes images", "[5]")
    check.fails(function() T.RandomHorizontalFlip()("x") end, "image as a tensor", "a string")
    check.fails(function() data.DataLoader { Images(bytes(4, 1, 8, 8), normalize), num_workers = 2 }() end, "3 means")
    check.fails(function() data.DataLoader { Images(bytes(4, 3, 8, 8), T.RandomCrop(9)) }() end, "9 x 9", "8 x 8")
end)

check.test("more steps than the threads take in one go are done in Lua", function()
    local many, x = {}, bytes(6, 3, 8, 8)
    for i = 1, 17 do many[i] = T.RandomHorizontalFlip { p = 1 } end
    check.equal(batches(Images(x, T.Compose(many)), 2), batches(Images(x, many[1]), 2))
end)
