-- SPDX-License-Identifier: MIT
-- datasets.Digits: the data set that needs no file. core/digits.c draws it.
local ImageDataset = require "cnn.datasets.image_dataset"
local class = require "cnn.nn.class"
local core = require "cnn.core"
local signature = require "cnn.signature"

local Digits = class.make("Digits", ImageDataset)

Digits.init = signature {
    name = "datasets.Digits", self = true,
    { "train", "bool", default = true, doc = "the 60,000 training images, else the 10,000 test images" },
    { "transform", "function", optional = true, doc = "applied to each image, such as transforms.ToTensor()" },
    returns = "data set: image uint8 [28, 28] (or what transform makes of it), label 1 … 10",
    doc = [[Handwritten-like digits, 28 x 28, made by a drawing program: always the same, no file needed.
Label 1 is the digit 0, label 10 the digit 9: d.classes[label] is the name. It has the shape of MNIST but is not MNIST:
strokes of varying slant, size, thickness and place, with noise.]],
    example = [[
local d = datasets.Digits { train = false, transform = transforms.ToTensor() }
local x, y = d:get(1)
print(#d, x:size(), d.classes[y])]],
    see = { "datasets.MNIST", "data.DataLoader" },
    call = function(self, train, transform)
        self.train, self.transform = train, transform
        self.data, self.targets = core.digits(train and "train" or "test")
        self:_name_classes { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9" }
    end,
}

return Digits
