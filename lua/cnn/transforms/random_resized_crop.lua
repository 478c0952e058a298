-- SPDX-License-Identifier: MIT
-- transforms.RandomResizedCrop: a random part of an image, made the wanted size.
local Transform = require "cnn.transforms.transform"
local class = require "cnn.nn.class"
local repr = require "cnn.nn.repr"
local signature = require "cnn.signature"
local support = require "cnn.transforms.support"

local RandomResizedCrop = class.make("RandomResizedCrop", Transform)

RandomResizedCrop.init = signature {
    name = "transforms.RandomResizedCrop", self = true,
    { "size", "size2", min = 1, max = 65535, doc = "{height, width} of the result, or one number for both" },
    { "scale", "list", default = { 0.08, 1 }, of = "number", doc = "least and greatest part of the image's area" },
    { "ratio", "list", default = { 3 / 4, 4 / 3 }, of = "number", doc = "least and greatest width / height of the part" },
    { "antialias", "bool", default = true, doc = "average over all pixels that become one" },
    returns = "transform: [C, H, W] → [C, height, width]",
    doc = [[Cuts a part of random size, shape and place out of each image and makes it the wanted size (bilinear): the usual
augmentation of photographs. Takes uint8 and float32.]],
    example = [[print(transforms.RandomResizedCrop(24)(cnn.rand(3, 40, 60)):size())]],
    see = { "transforms.Resize", "transforms.RandomCrop", "datasets.ImageFolder" },
    call = function(self, size, scale, ratio, antialias)
        self.size, self.antialias = size, antialias
        self.scale = support.range("RandomResizedCrop", "scale", scale, 1)
        self.ratio = support.range("RandomResizedCrop", "ratio", ratio)
    end,
}

function RandomResizedCrop:_steps()
    return { support.step("random_resized_crop", self.size, self.scale, self.ratio, self.antialias and 1 or 0) }
end

function RandomResizedCrop:__tostring()
    return ("RandomResizedCrop(size=%s, scale=%s, ratio=%s, antialias=%s)"):format(repr.pair(self.size),
        support.text(self.scale), support.text(self.ratio), repr.bool(self.antialias))
end

return RandomResizedCrop
