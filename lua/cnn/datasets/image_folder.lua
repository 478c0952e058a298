-- SPDX-License-Identifier: MIT
-- datasets.ImageFolder: pictures in files, a folder for each class, in the order that torchvision gives them.
local ImageDataset = require "cnn.datasets.image_dataset"
local class = require "cnn.nn.class"
local core = require "cnn.core"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local ImageFolder = class.make("ImageFolder", ImageDataset)

local endings = { png = true, jpg = true, jpeg = true }

local function fail(text, fix)
    errors.raise { kind = "file", op = "datasets.ImageFolder", text = text, fix = fix }
end

-- The pictures, the label of each, and how many there are of each class.
local function pictures(root, files, label_of, classes)
    local paths, labels, count = {}, {}, {}
    for i = 1, #classes do count[i] = 0 end
    for _, file in ipairs(files) do
        local label = label_of[file:match("^([^/]+)/")]
        if label and endings[(file:match("%.(%w+)$") or ""):lower()] then
            paths[#paths + 1], labels[#labels + 1] = root .. "/" .. file, label
            count[label] = count[label] + 1
        end
    end
    return paths, labels, count
end

local function check_classes(root, classes, count)
    if #classes == 0 then
        fail(("%s has no folders in it: each class needs one, with its pictures"):format(root), root .. "/cat/1.png")
    end
    local empty = {}
    for i, n in ipairs(count) do
        if n == 0 then empty[#empty + 1] = classes[i] end
    end
    if #empty > 0 then
        fail(("%s has no .png, .jpg or .jpeg in its folder%s %s"):format(root, #empty > 1 and "s" or "",
            table.concat(empty, ", ", 1, math.min(#empty, 10))))
    end
end

ImageFolder.init = signature {
    name = "datasets.ImageFolder", self = true,
    { "root", "string", doc = "a folder with a folder for each class" },
    { "transform", "function", optional = true, doc = "applied to each picture, such as transforms.Resize { { 64, 64 } }" },
    { "target_transform", "function", optional = true, doc = "applied to each label" },
    returns = "data set: picture uint8 [3, H, W] (or what transform makes of it), label 1 … #classes",
    doc = [[Pictures (.png, .jpg, .jpeg) in root/CLASS/…, all read as RGB. Classes are the folders' names in order: label 1 is
the first, d.classes[label] the name, d.class_to_idx[name] the label, d.samples[i] the path and label of a sample.
A loader's threads decode them; what differs in size needs a Resize or a crop among the transforms.]],
    example = [[
local found, d = pcall(datasets.ImageFolder, { "pets", transform = transforms.Resize { { 64, 64 } } })
print(found and #d or "no pictures here")]],
    see = { "cnn.io.read_image", "transforms.Resize", "data.DataLoader" },
    call = function(self, root, transform, target_transform)
        if root ~= "/" then root = root:gsub("/+$", "") end
        local files, classes = core.folder_files(root)
        local label_of = {}
        for i, name in ipairs(classes) do label_of[name] = i end
        local paths, labels, count = pictures(root, files, label_of, classes)
        check_classes(root, classes, count)
        self.root, self.transform, self.target_transform = root, transform, target_transform
        self.classes, self.class_to_idx = classes, label_of
        self._paths, self.targets, self.samples = paths, core.from(labels, "int64"), {}
        for i, path in ipairs(paths) do self.samples[i] = { path, labels[i] } end
    end,
}

function ImageFolder:__len() return #self._paths end

function ImageFolder:_image(i) return core.read_image(self._paths[i], "RGB") end
function ImageFolder:_images() return self._paths end

function ImageFolder:__tostring()
    local transform = type(self.transform) == "function" and "a function" or tostring(self.transform or "none")
    return ("Dataset ImageFolder: %d pictures in %s, %d classes, transform %s"):format(#self, self.root, #self.classes,
        transform)
end

return ImageFolder
