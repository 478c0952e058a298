-- SPDX-License-Identifier: MIT
-- datasets.MNIST: 70,000 handwritten digits from the four files that Y. LeCun published, gzipped or not.
local ImageDataset = require "cnn.datasets.image_dataset"
local class = require "cnn.nn.class"
local core = require "cnn.core"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local MNIST = class.make("MNIST", ImageDataset)

local folders = { "/MNIST/raw", "/raw", "" } -- below the root: where torchvision puts them, and what else is common
local source = "https://ossci-datasets.s3.amazonaws.com/mnist"

local function fail(text, fix)
    errors.raise { kind = "file", op = "datasets.MNIST", text = text, fix = fix }
end

-- A file that is there but cannot be opened counts as there: reading it will tell why it cannot.
local function exists(path)
    local file, _, code = io.open(path, "rb")
    if file then file:close() end
    return file ~= nil or code ~= 2 and code ~= 20 -- ENOENT, ENOTDIR
end

local function fail_missing(root, name, download)
    local looked = {}
    for i, folder in ipairs(folders) do looked[i] = root .. folder end
    fail(("%sno %s, gzipped or plain, in %s\n"
        .. "  MNIST is train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte"):format(
            download and "downloading is not built in, and there is " or "there is ", name, table.concat(looked, ", ")),
        ("mkdir -p %s/MNIST/raw && cd %s/MNIST/raw && for f in train-images-idx3 train-labels-idx1 t10k-images-idx3 "
            .. "t10k-labels-idx1; do curl -O %s/$f-ubyte.gz; done"):format(root, root, source))
end

local function find(root, name, download)
    for _, folder in ipairs(folders) do
        for _, ending in ipairs { "", ".gz" } do
            local path = root .. folder .. "/" .. name .. ending
            if exists(path) then return path end
        end
    end
    fail_missing(root, name, download)
end

local function read_images(path)
    local images = core.read_idx(path)
    local shape = images.shape
    if #shape ~= 3 or shape[2] ~= 28 or shape[3] ~= 28 then
        fail(("%s holds no images of 28 x 28: its sizes are %s, MNIST's are [N, 28, 28]"):format(path, shape))
    end
    return images
end

local function read_labels(path, count, images_path)
    local labels = core.read_idx(path)
    if #labels.shape ~= 1 then
        fail(("%s holds no labels: its sizes are %s, MNIST's are [N]"):format(path, labels.shape))
    end
    if labels.shape[1] ~= count then
        fail(("%s holds %d labels, but %s has %d images"):format(path, labels.shape[1], images_path, count))
    end
    labels = core.cast(labels, "int64")
    local largest = count > 0 and core.item((core.extreme(labels, 1, true, false))) or 0
    if largest > 9 then fail(("%s holds the label %d; MNIST's are 0 to 9"):format(path, largest)) end
    return core.add(labels, core.full("int64", {}, 1)) -- 1 … 10, as everything in Lua
end

MNIST.init = signature {
    name = "datasets.MNIST", self = true,
    { "root", "string", optional = true, doc = "folder of the data; by default the environment variable CNN_DATA, or ./" },
    { "train", "bool", default = true, doc = "the 60,000 training images, else the 10,000 test images" },
    { "transform", "function", optional = true, doc = "applied to each image, such as transforms.ToTensor()" },
    { "download", "bool", default = false, doc = "accepted; downloading is not built in" },
    returns = "data set: image uint8 [28, 28] (or what transform makes of it), label 1 … 10",
    doc = [[The MNIST data set of handwritten digits, from files in root/MNIST/raw, root/raw or root itself.
Label 1 is the digit 0, label 10 the digit 9: d.classes[label] is the name.]],
    example = [[
local found, d = pcall(datasets.MNIST, { "./", train = false, transform = transforms.ToTensor() })
print(found and #d or "no MNIST here")]],
    see = { "datasets.Digits", "data.DataLoader", "transforms.ToTensor" },
    call = function(self, root, train, transform, download)
        root = root or os.getenv("CNN_DATA") or "."
        if root ~= "/" then root = root:gsub("/+$", "") end
        if root == "" then root = "." end
        local name = train and "train" or "t10k"
        local images = find(root, name .. "-images-idx3-ubyte", download)
        local labels = find(root, name .. "-labels-idx1-ubyte", download)
        self.root, self.train, self.transform = root, train, transform
        self.data = read_images(images)
        self.targets = read_labels(labels, self.data.shape[1], images)
        self.classes = { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9" }
    end,
}

return MNIST
