-- SPDX-License-Identifier: MIT
-- transforms.RandomVerticalFlip: now and then an image mirrored, top to bottom.
local Transform = require "cnn.transforms.transform"
local class = require "cnn.nn.class"
local repr = require "cnn.nn.repr"
local signature = require "cnn.signature"

local RandomVerticalFlip = class.make("RandomVerticalFlip", Transform)

RandomVerticalFlip.init = signature {
    name = "transforms.RandomVerticalFlip", self = true,
    { "p", "number", default = 0.5, min = 0, max = 1, doc = "probability that an image is mirrored" },
    returns = "transform: [C, H, W] → [C, H, W]",
    doc = [[Mirrors each image with a probability, top to bottom.]],
    example = [[print(transforms.RandomVerticalFlip { p = 1 }(cnn.arange(4):view(1, 2, 2)))]],
    see = { "transforms.RandomCrop", "transforms.RandomHorizontalFlip" },
    call = function(self, p) self.p = p end,
}

function RandomVerticalFlip:_steps() return { { "flip_vertical", self.p } } end

function RandomVerticalFlip:__tostring() return ("RandomVerticalFlip(p=%s)"):format(repr.number(self.p)) end

return RandomVerticalFlip
