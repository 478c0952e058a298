-- SPDX-License-Identifier: MIT
-- Data sets in MNIST's format: four IDX files, gzipped or not, of 28 x 28 images and labels 0 to 9, found below a root
-- or fetched. mnist.lua, fashion_mnist.lua and kmnist.lua describe one each.
local ImageDataset = require "cnn.datasets.image_dataset"
local class = require "cnn.nn.class"
local core = require "cnn.core"
local download = require "cnn.datasets.download"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local IdxImages = class.make("IdxImages", ImageDataset)

local NAMES = { "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte" }

local function fail(self, text, fix)
    errors.raise { kind = "file", op = "datasets." .. self.__name, text = text, fix = fix }
end

-- ---- finding -------------------------------------------------------------------------------------------------------

-- A file that is there but cannot be opened counts as there: reading it will tell why it cannot.
local function exists(path)
    local file, _, code = io.open(path, "rb")
    if file then file:close() end
    return file ~= nil or code ~= 2 and code ~= 20 -- ENOENT, ENOTDIR
end

local function find(self, root, name)
    for _, folder in ipairs(self._folders) do
        for _, ending in ipairs { "", ".gz" } do
            local path = root .. folder .. "/" .. name .. ending
            if exists(path) then return path end
        end
    end
end

local function fail_missing(self, root, name)
    local looked = {}
    for i, folder in ipairs(self._folders) do looked[i] = root .. folder end
    fail(self, ("there is no %s, gzipped or plain, in %s\n  %s is %s"):format(name, table.concat(looked, ", "), self.__name,
        table.concat(NAMES, " ")), ("datasets.%s { %q, download = true }"):format(self.__name, root))
end

-- ---- fetching ------------------------------------------------------------------------------------------------------

-- What is wrong with a file that is there, or nil. A file that somebody has packed anew has another digest than the
-- published one: its content counts then, by the digest where that is known, else by its form and gzip's own checksum.
local function problem(path, file)
    if path:find("%.gz$") and not download.problem(path, file) then return nil end
    if file.content then
        local ok, got = pcall(core.digest, path, "sha256", true)
        if ok and got == file.content then return nil end
        return ok and ("the SHA-256 of its content is %s, the right one %s"):format(got, file.content) or got.text
    end
    local ok, images = pcall(core.read_idx, path)
    if not ok then return images.text end
end

local function addresses(self, name) return download.urls(name, self._mirrors, self.__name .. "/") end

-- For the error of a download: all that is missing, in words, and as curl takes it.
local function advice(self, root, missing)
    local folder, lines, names = root .. self._folders[1], {}, {}
    for i, name in ipairs(missing) do
        names[i] = name .. ".gz"
        lines[i] = "  " .. addresses(self, names[i])[1]
    end
    return ("\n%s needs these files in %s:\n%s"):format(self.__name, folder, table.concat(lines, "\n")),
        addresses(self, #names == 1 and names[1] or ("{%s}"):format(table.concat(names, ",")))[1]
end

-- All four files, as torchvision does; those of the split that is wanted are also looked into. Returns name → path.
local function fetch_all(self, root, split)
    local paths, missing = {}, {}
    for _, name in ipairs(NAMES) do
        local path = find(self, root, name)
        local wrong = path and name:find(split, 1, true) == 1 and problem(path, self._files[name])
        if wrong then download.note("%s is damaged: %s; fetching it again", path, wrong) end
        if path and not wrong then paths[name] = path else missing[#missing + 1] = name end
        if wrong and not path:find("%.gz$") then paths[name .. " damaged"] = path end
    end
    local text, by_hand = advice(self, root, missing)
    for _, name in ipairs(missing) do
        local file = setmetatable({
            op = "datasets." .. self.__name, name = name .. ".gz", folder = root .. self._folders[1], advice = text,
            by_hand = by_hand, urls = addresses(self, name .. ".gz"),
        }, { __index = self._files[name] })
        paths[name] = download.fetch(file)
        local plain = paths[name .. " damaged"] -- it would be found first
        if plain then os.rename(plain, plain .. ".damaged") end
    end
    return paths
end

-- ---- reading -------------------------------------------------------------------------------------------------------

local function read_images(self, path)
    local images = core.read_idx(path)
    local shape = images.shape
    if #shape ~= 3 or shape[2] ~= 28 or shape[3] ~= 28 then
        fail(self, ("%s holds no images of 28 x 28: its sizes are %s, %s's are [N, 28, 28]"):format(path, shape, self.__name))
    end
    return images
end

local function read_labels(self, path, count, images_path)
    local labels = core.read_idx(path)
    if #labels.shape ~= 1 then
        fail(self, ("%s holds no labels: its sizes are %s, %s's are [N]"):format(path, labels.shape, self.__name))
    end
    if labels.shape[1] ~= count then
        fail(self, ("%s holds %d labels, but %s has %d images"):format(path, labels.shape[1], images_path, count))
    end
    labels = core.cast(labels, "int64")
    local largest = count > 0 and core.item((core.extreme(labels, 1, true, false))) or 0
    if largest > 9 then
        fail(self, ("%s holds the label %d; %s's are 0 to 9"):format(path, largest, self.__name))
    end
    return core.add(labels, core.full("int64", {}, 1)) -- 1 … 10, as everything in Lua
end

local function load(self, root, train, transform, target_transform, fetch)
    root = root or os.getenv("CNN_DATA") or "."
    if root ~= "/" then root = root:gsub("/+$", "") end
    if root == "" then root = "." end
    local split = train and "train" or "t10k"
    local paths = fetch and fetch_all(self, root, split) or {}
    local function path_of(name) return paths[name] or find(self, root, name) or fail_missing(self, root, name) end
    local images, labels = path_of(split .. "-images-idx3-ubyte"), path_of(split .. "-labels-idx1-ubyte")
    self.root, self.train, self.transform, self.target_transform = root, train, transform, target_transform
    self.data = read_images(self, images)
    self.targets = read_labels(self, labels, self.data.shape[1], images)
    self:_name_classes(self._classes)
end

--- Makes a data set's class from its description: name, folders (below the root, the first is where downloads go),
--- mirrors (beginnings of addresses), files (name → bytes and sha256 of NAME.gz, content: the sha256 of what it holds),
--- classes, and doc, example, see of its signature.
function IdxImages.define(set)
    local Set = class.make(set.name, IdxImages)
    Set._folders, Set._mirrors, Set._files, Set._classes = set.folders, set.mirrors, set.files, set.classes
    Set.init = signature {
        name = "datasets." .. set.name, self = true,
        { "root", "string", optional = true, doc = "folder of the data; by default the environment variable CNN_DATA, or ./" },
        { "train", "bool", default = true, doc = "the 60,000 training images, else the 10,000 test images" },
        { "transform", "function", optional = true, doc = "applied to each image, such as transforms.ToTensor()" },
        { "target_transform", "function", optional = true, doc = "applied to each label, in Lua, one by one" },
        { "download", "bool", default = false, doc = "fetch files that are missing or damaged" },
        returns = "data set: image uint8 [28, 28] (or what transform makes of it), label 1 … 10",
        doc = set.doc, example = set.example, see = set.see, call = load,
    }
    return Set
end

return IdxImages
