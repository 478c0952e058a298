-- SPDX-License-Identifier: MIT
-- transforms.RandomHorizontalFlip: now and then an image mirrored, left to right.
local Transform = require "cnn.transforms.transform"
local class = require "cnn.nn.class"
local repr = require "cnn.nn.repr"
local signature = require "cnn.signature"

local RandomHorizontalFlip = class.make("RandomHorizontalFlip", Transform)

RandomHorizontalFlip.init = signature {
    name = "transforms.RandomHorizontalFlip", self = true,
    { "p", "number", default = 0.5, min = 0, max = 1, doc = "probability that an image is mirrored" },
    returns = "transform: [C, H, W] → [C, H, W]",
    doc = [[Mirrors each image with a probability, left to right.]],
    example = [[print(transforms.RandomHorizontalFlip { p = 1 }(cnn.arange(4):view(1, 2, 2)))]],
    see = { "transforms.RandomCrop", "transforms.RandomVerticalFlip" },
    call = function(self, p) self.p = p end,
}

function RandomHorizontalFlip:_steps() return { { "flip_horizontal", self.p } } end

function RandomHorizontalFlip:__tostring() return ("RandomHorizontalFlip(p=%s)"):format(repr.number(self.p)) end

return RandomHorizontalFlip
