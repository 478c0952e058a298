-- SPDX-License-Identifier: MIT
-- transforms.CenterCrop: the middle of an image.
local Transform = require "cnn.transforms.transform"
local class = require "cnn.nn.class"
local repr = require "cnn.nn.repr"
local signature = require "cnn.signature"
local support = require "cnn.transforms.support"

local CenterCrop = class.make("CenterCrop", Transform)

CenterCrop.init = signature {
    name = "transforms.CenterCrop", self = true,
    { "size", "size2", min = 1, max = 65535, doc = "{height, width}, or one number for both" },
    returns = "transform: [C, H, W] → [C, height, width]",
    doc = [[Cuts the middle out of each image. A side that is too short gets a border of zeros.]],
    example = [[print(transforms.CenterCrop(24)(cnn.rand(3, 32, 32)):size())]],
    see = { "transforms.RandomCrop", "transforms.Resize" },
    call = function(self, size) self.size = size end,
}

function CenterCrop:_steps() return { support.step("center_crop", self.size) } end

function CenterCrop:__tostring() return ("CenterCrop(size=%s)"):format(repr.pair(self.size)) end

return CenterCrop
