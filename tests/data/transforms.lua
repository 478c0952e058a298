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
    for _, size in ipairs { { 4, 4 }, { 3, 5 }, { 9, 6 }, { 11, 13 }, { 5, 7 }, { 7, 3 }, { 1, 2 }, { 6, 7 }, { 5, 9 } } do
        local which = ("%d %d %s"):format(size[1], size[2], kind)
        calls["resize " .. which] = T.Resize { size }
        calls["resize plain " .. which] = T.Resize { size, antialias = false }
        calls["resize nearest " .. which] = T.Resize { size, interpolation = "nearest" }
    end
    for _, size in ipairs { 3, 5, 12 } do
        calls[("resize short %d %s"):format(size, kind)] = T.Resize(size)
        calls[("resize tall %d %s"):format(size, kind)] = T.Resize(size)
    end
    calls["resize max " .. kind] = T.Resize { 6, max_size = 7 }
    for _, angle in ipairs { 17.0, -33.0, 90.0, 123.0, 180.0 } do
        local degrees = { angle, angle }
        calls[("rotate nearest %s %s"):format(angle, kind)] = T.RandomRotation { degrees }
        calls[("rotate bilinear %s %s"):format(angle, kind)] = T.RandomRotation { degrees, interpolation = "bilinear", fill = 3 }
    end
    calls["rotate fill " .. kind] = T.RandomRotation { { 40, 40 }, fill = kind == "bytes" and { 7, 8, 9 } or { 7, 8 } }
    calls["hflip " .. kind] = T.RandomHorizontalFlip { p = 1 }
    calls["vflip " .. kind] = T.RandomVerticalFlip(1)
end

calls["resize much"] = T.Resize { { 6, 5 } }
for _, kind in ipairs { "bytes", "floats", "grey" } do
    for _, factor in ipairs { 0.0, 0.4, 1.7 } do
        for _, change in ipairs { "brightness", "contrast", "saturation" } do
            calls[("%s %s %s"):format(change, factor, kind)] = T.ColorJitter { [change] = { factor, factor } }
        end
    end
    for _, turn in ipairs { -0.5, -0.2, 0.1, 0.45 } do
        calls[("hue %s %s"):format(turn, kind)] = T.ColorJitter { hue = { turn, turn } }
    end
    for _, channels in ipairs { 1, 3 } do calls[("grey %d %s"):format(channels, kind)] = T.Grayscale(channels) end
end

-- How far from torchvision's values: where floats are added up, their last digits; where such a sum is cut off to a byte,
-- which may fall on either side of it, one.
local function tolerance(case, dtype)
    if case:find("^resize nearest") or not (case:find("^resize") or case:find("^contrast") or case:find("^hue")
        or case:find("^rotate bilinear") or case:find("^grey") or case:find("^saturation") or case:find("^brightness")) then return 0 end
    if dtype == "float32" then return 2e-6 end
    return case:find("^hue") and 1 or 0
end

local function near(a, b, limit)
    if limit == 0 then return check.equal(a, b) end
    check.equal(a.shape, b.shape)
    local worst = (a:to("float32") - b:to("float32")):abs():max():item()
    if not (worst <= limit) then check.fail("%g apart", worst) end
end

check.test("every case of the file is tried, and gives torchvision's values", function()
    local count, wrong = 0, {}
    for name, x in pairs(golden) do
        local case = name:match("^(.*)%.in$")
        if case then
            check.that(calls[case], "no call for the case " .. case)
            local y = calls[case](x)
            check.that(y.dtype == golden[case .. ".out"].dtype, case)
            local ok, e = pcall(near, y, golden[case .. ".out"], tolerance(case, y.dtype))
            if not ok then wrong[#wrong + 1] = ("%s: %s"):format(case, e) end
            check.that(core.is_contiguous(y), case .. " is not row-major")
            count = count + 1
        end
    end
    if #wrong > 0 then check.fail("%s", table.concat(wrong, "\n")) end
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

check.test("jitter and rotation draw from their ranges", function()
    local image, grey, low, high = cnn.full({ 3, 2, 2 }, 0.5), cnn.full({ 1, 2, 2 }, 0.5), 1, 0
    for _ = 1, 200 do
        local x = T.ColorJitter { brightness = 0.4 }(grey)[1][1][1]:item()
        low, high = math.min(low, x), math.max(high, x)
    end
    check.that(low >= 0.3 - 1e-6 and low < 0.33 and high > 0.67 and high <= 0.7 + 1e-6, ("%g … %g"):format(low, high))
    check.equal(T.ColorJitter()(image), image)
    local left, right = 0, 0
    local corner = cnn.zeros(1, 9, 9)
    corner[{ 1, 1, 5 }] = 1 -- the middle of the upper edge
    for _ = 1, 100 do
        local y = T.RandomRotation(60)(corner)
        left, right = left + y[{ 1, {}, { 1, 4 } }]:sum():item(), right + y[{ 1, {}, { 6, 9 } }]:sum():item()
    end
    check.that(left > 20 and right > 20, ("%g left, %g right"):format(left, right))
    check.equal(T.RandomRotation(0)(corner), corner)
    check.equal(T.RandomRotation { { 90, 90 } }(corner)[{ 1, 5, 1 }]:item(), 1.0) -- counter-clockwise
end)

check.test("RandomErasing covers one rectangle, RandomGrayscale takes the colours, now and then", function()
    local image, erased, grey = cnn.ones(3, 12, 15), 0, 0
    for _ = 1, 200 do
        local y = T.RandomErasing { scale = { 0.1, 0.2 }, value = { 0, 5, 1 } }(image)
        local covered = core.sum(y[2]:eq(5):to("int64"), nil, false):item()
        check.equal(y[3], image[3])
        check.equal(core.sum(y[1]:eq(0):to("int64"), nil, false):item(), covered)
        if covered > 0 then
            erased = erased + 1
            check.that(covered >= 180 * 0.1 - 8 and covered <= 180 * 0.2 + 8, covered .. " pixels")
            local rows, columns = y[2]:eq(5):to("float32"):amax(2):sum():item(), y[2]:eq(5):to("float32"):amax(1):sum():item()
            check.equal(rows * columns, covered + 0.0)
        end
        local colour = bytes(3, 2, 2)
        local z = T.RandomGrayscale { p = 0.5 }(colour)
        local turned = pcall(check.equal, z, T.Grayscale(3)(colour))
        grey = grey + (turned and 1 or 0)
        if not turned then check.equal(z, colour) end
    end
    check.that(erased > 70 and erased < 130 and grey > 70 and grey < 130, ("%d erased, %d grey"):format(erased, grey))
    check.equal(T.RandomErasing { p = 0 }(image), image)
    check.equal(T.RandomErasing { p = 1 }(cnn.ones(3, 1, 1)), cnn.ones(3, 1, 1))
    check.fails(function() T.RandomErasing { p = 2 } end, "p", "from 0 to 1")
    check.fails(function() T.RandomErasing { scale = { 0.5, 0.1 } } end, "scale", "(0.5, 0.1)")
    check.fails(function() T.RandomErasing { value = "random" } end, "value")
    check.fails(function() T.RandomErasing { p = 1, value = { 1, 2 } }(image) end, "2 numbers", "3 channels")
    check.fails(function() T.RandomGrayscale { 2 } end, "from 0 to 1")
end)

check.test("RandomResizedCrop takes parts of the wanted area and shape", function()
    local image = bytes(3, 8, 8)
    check.equal(T.RandomResizedCrop { { 5, 6 }, scale = { 1, 1 }, ratio = { 1, 1 } }(image), T.Resize { { 5, 6 } }(image))
    local numbers, seen, count = cnn.arange(64):float():view(1, 8, 8), {}, 0
    local quarter = T.RandomResizedCrop { 4, scale = { 0.25, 0.25 }, ratio = { 1, 1 } }
    for _ = 1, 400 do -- a part of 4 x 4 stays as it is
        local y = quarter(numbers)
        local first = math.tointeger(y[1][1][1]:item())
        check.equal(y, core.slice(core.slice(numbers, 2, first // 8, 4), 3, first % 8, 4))
        if not seen[first] then seen[first], count = true, count + 1 end
    end
    check.equal(count, 25)
    local wide = T.RandomResizedCrop { { 4, 4 }, scale = { 1, 1 }, ratio = { 2, 2 } } -- cannot be: the middle
    check.equal(wide(numbers), T.Resize { { 4, 4 } }(core.slice(numbers, 2, 2, 4)))
    local low, high = 1, 0
    for _ = 1, 200 do -- the mean of a part tells how far it is from the whole
        local y = T.RandomResizedCrop { 2, scale = { 0.05, 1 } }(cnn.ones(1, 20, 30))
        low, high = math.min(low, y:min():item()), math.max(high, y:max():item())
    end
    check.that(low > 1 - 1e-6 and high < 1 + 1e-6, "weights do not add up to 1")
end)

check.test("jitter leaves numbers alone that are none", function()
    local odd = core.from { { { 0 / 0, 1 / 0 } }, { { 0.5, -1 } }, { { 2, 0.1 } } }
    T.ColorJitter { brightness = 0.5, contrast = 0.5, saturation = 0.5, hue = 0.5 }(odd)
    T.Resize { { 3, 5 } }(odd)
    T.RandomRotation { 50, interpolation = "bilinear" }(odd)
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
    local same = T.Lambda(function(image) return image end)
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
    local endless = { 1 }
    endless[2] = endless
    check.fails(function() T.RandomCrop { 32, padding = endless } end, "(1, the table {1, {…}})")
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
    check.fails(function() T.Resize { 0 } end, "size", "at least 1")
    check.fails(function() T.Resize { { 1, 2, 3 } } end, "one number or {height, width}", "(1, 2, 3)")
    check.fails(function() T.Resize { 8, max_size = 4 } end, "max_size 4 is below size 8")
    check.fails(function() T.Resize { { 8, 8 }, max_size = 9 } end, "max_size needs size to be one number")
    check.fails(function() T.Resize { 8, interpolation = "bicubic" } end, "interpolation", "nearest")
    check.fails(function() T.ColorJitter { brightness = -1 } end, "brightness is a spread of at least 0", "-1")
    check.fails(function() T.ColorJitter { contrast = { 2, 1 } } end, "contrast is a number or {least, greatest}")
    check.fails(function() T.ColorJitter { contrast = { -1, 1 } } end, "contrast lies between 0")
    check.fails(function() T.ColorJitter { hue = 0.6 } end, "hue lies between -0.5 and 0.5", "0.6")
    check.fails(function() T.ColorJitter { saturation = 0 / 0 } end, "saturation")
    check.fails(function() T.RandomRotation(-5) end, "degrees", "-5")
    check.fails(function() T.RandomRotation { { 1, 2, 3 } } end, "degrees")
    check.fails(function() T.RandomRotation(1 / 0) end, "degrees")
    check.fails(function() T.RandomResizedCrop { 8, scale = { 0.5, 1.5 } } end, "scale", "(0.5, 1.5)")
    check.fails(function() T.RandomResizedCrop { 8, scale = { 0, 1 } } end, "scale", "above 0")
    check.fails(function() T.RandomResizedCrop { 8, ratio = { 2, 1 } } end, "ratio", "(2, 1)")
    check.fails(function() T.RandomResizedCrop { 8, ratio = { 1 } } end, "ratio")
    check.fails(function() T.Grayscale(2) end, "1 or 3", "got 2")
    check.fails(function() T.Lambda(3) end, "function")
    check.fails(function() T.Compose { T.ToTensor(), 3 } end, "number 2 is 3")
end)

check.test("images that do not fit get their sentences", function()
    local colour, grey = bytes(3, 8, 8), bytes(1, 8, 8)
    check.fails(function() T.RandomCrop { 9 }(colour) end, "RandomCrop of 9 x 9", "images of 8 x 8", "pad_if_needed")
    check.fails(function() T.Normalize { { 0, 0, 0 }, { 1, 1, 1 } }(grey) end, "Normalize takes float32", "ToTensor")
    local normalize = T.Compose { T.ToTensor(), T.Normalize { { 0, 0, 0 }, { 1, 1, 1 } } }
    check.fails(function() normalize(grey) end, "3 means", "1 channel", "transforms.Grayscale(3) before it")
    check.equal(T.Normalize(0, 2)(cnn.ones(3, 2, 2)):sum():item(), 6.0)
    check.fails(function() T.Pad { 1, fill = { 1, 2 } }(colour) end, "fill has 2 numbers", "3 channels")
    check.fails(function() T.Pad { 1, fill = 256 }(colour) end, "fill", "0 to 255", "256")
    check.fails(function() T.Pad { 8, padding_mode = "reflect" }(colour) end, "border of 8", "at least 9", "has 8")
    check.fails(function() T.Pad { 9, padding_mode = "symmetric" }(colour) end, "at least 9")
    check.fails(function() T.RandomCrop { 17, pad_if_needed = true, padding_mode = "reflect" }(colour) end, "at least 10")
    check.fails(function() T.Grayscale()(cnn.ones(2, 4, 4)) end, "Grayscale takes images with 1 or 3 channels", "have 2")
    check.fails(function() T.ColorJitter { hue = 0.1 }(cnn.ones(4, 4, 4)) end, "have 4")
    check.fails(function() T.Resize(4)(cnn.arange(16):view(1, 4, 4)) end, "uint8 or float32", "int64")
    check.fails(function() T.RandomResizedCrop(4)(cnn.ones(3, 0, 4)) end, "RandomResizedCrop takes images with pixels")
    check.fails(function() T.Resize(4)(cnn.ones(3, 0, 4)) end, "images with pixels", "0 x 4")
    check.fails(function() T.Resize(65535)(cnn.ones(1, 1, 70000)) end, "1 x 70000")
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
