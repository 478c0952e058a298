-- SPDX-License-Identifier: MIT
-- transforms.RandomCrop: a piece of an image from a random place.
local Transform = require "cnn.transforms.transform"
local class = require "cnn.nn.class"
local repr = require "cnn.nn.repr"
local signature = require "cnn.signature"
local support = require "cnn.transforms.support"

local RandomCrop = class.make("RandomCrop", Transform)

RandomCrop.init = signature {
    name = "transforms.RandomCrop", self = true,
    { "size", "size2", min = 1, max = 65535, doc = "{height, width}, or one number for both" },
    { "padding", "int|list", optional = true, doc = "a border that is added before, as in Pad" },
    { "pad_if_needed", "bool", default = false, doc = "give images that are too small a border that is wide enough" },
    { "fill", "number|list", default = 0, doc = "colour of the border in the image's own numbers, also one per channel" },
    { "padding_mode", "string", default = "constant", choices = support.modes, doc = "kind of border, as in Pad" },
    returns = "transform: [C, H, W] → [C, height, width]",
    doc = [[Cuts a piece out of each image, every place being as likely. With padding the image may be shifted out of the
piece: RandomCrop { 32, padding = 4 } is the usual one for images of 32 x 32.]],
    example = [[print(transforms.RandomCrop { 32, padding = 4 }(cnn.rand(3, 32, 32)):size())]],
    see = { "transforms.CenterCrop", "transforms.Pad", "transforms.RandomHorizontalFlip" },
    call = function(self, size, padding, pad_if_needed, fill, mode)
        self.size, self.pad_if_needed, self.padding_mode = size, pad_if_needed, mode
        self.padding = padding and support.border("RandomCrop", padding)
        self.fill = support.numbers("RandomCrop", "fill", fill)
    end,
}

function RandomCrop:_steps()
    local mode = support.mode(self.padding_mode)
    local crop = support.step("random_crop", self.size, self.pad_if_needed and 1 or 0, mode, self.fill)
    if not self.padding then return { crop } end
    return { support.step("pad", self.padding, mode, self.fill), crop }
end

function RandomCrop:__tostring()
    return ("RandomCrop(size=%s%s)"):format(repr.pair(self.size),
        self.padding and ", padding=" .. support.text(self.padding) or "")
end

return RandomCrop
