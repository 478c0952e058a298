-- SPDX-License-Identifier: MIT
-- What CIFAR-10 and CIFAR-100 share: a folder of files of records (core/records.h), unpacked from one archive that is
-- found beside it or fetched. cifar10.lua and cifar100.lua describe one each.
local ImageDataset = require "cnn.datasets.image_dataset"
local class = require "cnn.nn.class"
local core = require "cnn.core"
local download = require "cnn.datasets.download"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local Cifar = class.make("Cifar", ImageDataset)

local IMAGE = { 3, 32, 32 }
local UNPACKED = 1 << 28 -- bytes, more than either archive holds

local function fail(self, text, fix)
    errors.raise { kind = "file", op = "datasets." .. self.__name, text = text, fix = fix }
end

local function size_of(path)
    local file = io.open(path, "rb")
    local size = file and file:seek("end")
    if file then file:close() end
    return size
end

-- ---- finding and fetching ------------------------------------------------------------------------------------------

-- The folder, below the root or the root itself, that has the first file of the split; and that file's name.
local function find(self, root, files)
    for _, folder in ipairs { root .. "/" .. self._folder, root } do
        if size_of(folder .. "/" .. files[1].name) then return folder end
    end
end

-- What is wrong with the files of a split in a folder, or nil.
local function problem(self, folder, files)
    local record = #self._labels + IMAGE[1] * IMAGE[2] * IMAGE[3]
    for _, file in ipairs(files) do
        local path = folder .. "/" .. file.name
        local size = size_of(path)
        if not size then return ("there is no %s"):format(path) end
        if size ~= file.records * record then
            return ("%s has %d bytes instead of %d"):format(path, size, file.records * record)
        end
    end
end

-- The archive in the root, fetched if it is not there or not the published one.
local function archive_of(self, root)
    local archive = self._archive
    local path = root .. "/" .. archive.name
    if size_of(path) then
        local wrong = download.problem(path, archive)
        if not wrong then return path end
        download.note("%s is damaged: %s; fetching it again", path, wrong)
    end
    local urls = download.urls(archive.name, self._mirrors, "")
    local file = {
        op = "datasets." .. self.__name, folder = root, urls = urls,
        advice = ("\n%s needs this file in %s, or what is in it in %s/%s"):format(self.__name, root, root, self._folder),
    }
    return download.fetch(setmetatable(file, { __index = archive }))
end

-- What is wrong with the files of both splits; nil if nothing is, false if nothing is there.
local function look(self, root)
    local wrong
    for _, split in ipairs { "train", "test" } do
        local files = self._files[split]
        local folder = find(self, root, files)
        if not folder then return false end
        wrong = wrong or problem(self, folder, files)
    end
    return wrong
end

local function fetch(self, root)
    local wrong = look(self, root)
    if wrong == nil then return end
    if wrong then download.note("%s; taking it from the archive again", wrong) end
    local path = archive_of(self, root)
    download.note("unpacking %s", path)
    core.unpack(path, root, UNPACKED)
    wrong = look(self, root)
    if wrong ~= nil then
        fail(self, ("%s does not hold what it should: %s"):format(path, wrong or ("there is no " .. self._folder)))
    end
end

local function fail_missing(self, root, files)
    local text = ("there is no %s in %s/%s or %s"):format(files[1].name, root, self._folder, root)
    if size_of(root .. "/" .. self._archive.name) then
        text = text .. ("; there is %s, which download=true unpacks"):format(self._archive.name)
    end
    fail(self, text, ("datasets.%s { %q, download = true }"):format(self.__name, root))
end

-- ---- loading -------------------------------------------------------------------------------------------------------

local function load(self, root, train, transform, target_transform, fetching)
    root = root or os.getenv("CNN_DATA") or "."
    if root ~= "/" then root = root:gsub("/+$", "") end
    if root == "" then root = "." end
    local files = self._files[train and "train" or "test"]
    if fetching then fetch(self, root) end
    local folder, paths = find(self, root, files) or fail_missing(self, root, files), {}
    for i, file in ipairs(files) do paths[i] = folder .. "/" .. file.name end
    self.root, self.train, self.transform, self.target_transform = root, train, transform, target_transform
    local labels
    self.data, labels = core.read_records(paths, self._labels, IMAGE)
    self.targets = core.contiguous(core.select(labels, 2, #self._labels - 1)) -- the finest is the last
    self:_name_classes(self._classes)
end

--- Makes a data set's class from its description: name, folder and archive (name, bytes, sha256), mirrors (beginnings of
--- addresses), files (train and test: lists of {name, records}), labels (classes of each label byte), classes (names for
--- the last), and doc, example, see of its signature.
function Cifar.define(set)
    local Set = class.make(set.name, Cifar)
    Set._folder, Set._archive, Set._mirrors, Set._files = set.folder, set.archive, set.mirrors, set.files
    Set._labels, Set._classes = set.labels, set.classes
    Set.init = signature {
        name = "datasets." .. set.name, self = true,
        { "root", "string", optional = true, doc = "folder of the data; by default the environment variable CNN_DATA, or ./" },
        { "train", "bool", default = true, doc = "the 50,000 training images, else the 10,000 test images" },
        { "transform", "function", optional = true, doc = "applied to each image, such as transforms.ToTensor()" },
        { "target_transform", "function", optional = true, doc = "applied to each label, in Lua, one by one" },
        { "download", "bool", default = false, doc = "fetch and unpack files that are missing or damaged" },
        returns = "data set: image uint8 [3, 32, 32] (or what transform makes of it), label from 1",
        doc = set.doc, example = set.example, see = set.see, call = load,
    }
    return Set
end

return Cifar
