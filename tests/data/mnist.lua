-- SPDX-License-Identifier: MIT
-- MNIST from folders of all kinds (made here, a few images each), the real files where CNN_DATA has them, and Digits.
local check = require "check"
local cnn = require "cnn"
local core = require "cnn.core"
local datasets, transforms, data = cnn.datasets, cnn.transforms, cnn.data

local function images(n, side)
    local bytes = {}
    for i = 1, n * side * side do bytes[i] = string.char(i % 256) end
    return string.pack(">I4I4I4I4", 0x803, n, side, side) .. table.concat(bytes)
end

local function labels(...)
    return string.pack(">I4I4", 0x801, select("#", ...)) .. string.char(...)
end

-- A root with these files below `folder`.
local function root(folder, files)
    local path = check.temp()
    os.remove(path)
    os.execute("mkdir -p " .. path .. folder)
    for name, text in pairs(files) do check.write(path .. folder .. "/" .. name, text) end
    return path
end

local function both(image_bytes, label_bytes)
    return {
        ["t10k-images-idx3-ubyte"] = image_bytes or images(3, 28), ["t10k-labels-idx1-ubyte"] = label_bytes or labels(7, 0, 9),
    }
end

check.test("files are found below the root", function()
    for _, folder in ipairs { "", "/raw", "/MNIST/raw" } do
        local d = datasets.MNIST { root(folder, both()), train = false }
        check.equal(#d, 3)
        check.equal(d.targets:totable(), { 8, 1, 10 })
        check.equal(d.classes[d.targets[3]:item()], "9")
        local x, y = d:get(2)
        check.equal(x.dtype, "uint8")
        check.equal(x.shape, cnn.zeros(28, 28).shape)
        check.equal(core.get(x, 1), (784 + 1) % 256)
        check.equal(y, 1)
    end
    local path = root("/raw", both())
    os.execute("gzip " .. path .. "/raw/*")
    check.equal(#datasets.MNIST { path .. "/", train = false }, 3)
    check.match(tostring(datasets.MNIST { path, train = false }), "MNIST: 3 images [28, 28]", "test split")
end)

check.test("a transform applies to samples and batches alike", function()
    local d = datasets.MNIST { root("", both()), train = false, transform = transforms.ToTensor() }
    local x = d:get(1)
    check.equal(x.dtype, "float32")
    check.equal(x.shape, cnn.zeros(1, 28, 28).shape)
    check.close(core.get(x, 2), 2 / 255, { rtol = 1e-7 })
    for batch, y in data.DataLoader { d, batch_size = 3, num_workers = 1 } do
        check.equal(batch[1], x)
        check.equal(y:totable(), { 8, 1, 10 })
    end
end)

check.test("what is missing or wrong is said", function()
    local function fails(files, ...)
        local path = root("", files)
        return check.fails(function() datasets.MNIST { path, train = false } end, path, ...)
    end
    fails({}, "t10k-images-idx3-ubyte", "/MNIST/raw", "/raw", "train-labels-idx1-ubyte", "download = true")
    fails({ ["t10k-images-idx3-ubyte"] = images(3, 28) }, "no t10k-labels-idx1-ubyte")
    fails(both(images(3, 28):sub(1, -2)), "truncated", "[3, 28, 28]")
    fails(both(images(3, 28) .. "x"), "longer")
    fails(both("<html>not found</html>"), "no IDX file")
    fails(both(images(3, 27)), "[3, 27, 27]", "28 x 28")
    fails(both(labels(1, 2, 3)), "no images of 28 x 28")
    fails(both(nil, labels(1, 2)), "2 labels", "3 images")
    fails(both(nil, labels(1, 2, 10)), "label 10")
    fails(both(nil, images(3, 1)), "no labels")
    fails(both(string.pack(">I4I4I4I4", 0x803, 2 ^ 31 - 1 | 0, 2 ^ 31 - 1 | 0, 2 ^ 31 - 1 | 0)), "any memory")
    check.fails(function() datasets.MNIST { 5 } end, "root")
    check.fails(function() datasets.MNIST { "/", transform = 5 } end, "transform")
end)

check.test("the real MNIST", function()
    local folder = os.getenv("CNN_DATA") or "/tmp/cnn-data"
    local ok, d = pcall(datasets.MNIST, { folder, train = true })
    if not ok then check.skip("no MNIST in " .. folder) end
    check.equal(#d, 60000)
    check.equal(core.get(d.targets, 1), 6) -- the first image is a 5
    check.equal(core.item(core.sum(core.cast(d.data, "int64"), {}, false)), 1567298545)
    check.equal(#datasets.MNIST { folder, train = false }, 10000)
end)

check.test("Digits is the same every time, and balanced", function()
    local d = datasets.Digits { train = false }
    check.equal(#d, 10000)
    check.equal(#d.classes, 10)
    local images_again, labels_again = core.digits("test", 501, 100)
    check.equal(core.slice(d.data, 1, 500, 100), images_again)
    check.equal(core.slice(d.targets, 1, 500, 100), labels_again)
    local count = {}
    for _, label in ipairs(d.targets:totable()) do count[label] = (count[label] or 0) + 1 end
    for label = 1, 10 do check.equal(count[label], 1000) end
    local threads = core.threads()
    core.threads(1)
    check.equal(core.digits("test", 1, 200), (core.slice(d.data, 1, 0, 200)))
    core.threads(threads)
    check.fails(function() core.digits("test", 10000, 2) end, "1 to 10000")
    check.fails(function() core.digits("validation") end, "validation")
    check.fails(function() core.digits("train", 0, 1) end, "count from 1")
end)

check.test("transforms say what they take", function()
    local to_tensor = transforms.ToTensor()
    check.equal(to_tensor(core.full("uint8", { 2, 3, 4 }, 255)).shape, cnn.zeros(2, 3, 4).shape)
    check.equal(to_tensor(core.full("float32", { 3, 4 }, 2)):sum():item(), 24.0)
    check.fails(function() to_tensor(core.full("uint8", { 3 }, 1)) end, "[H, W]", "[3]")
    check.fails(function() transforms.Compose { 5 } end, "number 1 is 5")
    check.fails(function() to_tensor("0.png") end, "type error", "an image as a tensor", "0.png")
    local compose = transforms.Compose { to_tensor, function(x) return x * 2 end }
    check.equal(compose(core.full("uint8", { 1, 1 }, 255)):item(), 2.0)
    local d = datasets.Digits { train = false, transform = compose }
    for x in data.DataLoader { data.Subset(d, { 1, 2 }), batch_size = 2 } do
        check.equal(x.shape, cnn.zeros(2, 1, 28, 28).shape)
    end
    check.match(tostring(transforms.Compose { to_tensor }), "Compose(ToTensor())")
end)
