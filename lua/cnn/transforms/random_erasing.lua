-- SPDX-License-Identifier: MIT
-- transforms.RandomErasing: now and then an image with a rectangle covered.
local Transform = require "cnn.transforms.transform"
local class = require "cnn.nn.class"
local repr = require "cnn.nn.repr"
local signature = require "cnn.signature"
local support = require "cnn.transforms.support"

local RandomErasing = class.make("RandomErasing", Transform)

RandomErasing.init = signature {
    name = "transforms.RandomErasing", self = true,
    { "p", "number", default = 0.5, min = 0, max = 1, doc = "probability that a rectangle is covered" },
    { "scale", "list", default = { 0.02, 0.33 }, of = "number", doc = "least and greatest part of the image's area" },
    { "ratio", "list", default = { 0.3, 3.3 }, of = "number", doc = "least and greatest height / width of the rectangle" },
    { "value", "number|list", default = 0, of = "number", doc = "what it is covered with, also one number per channel" },
    returns = "transform: [C, H, W] → [C, H, W]",
    doc = [[Covers a rectangle of random size, shape and place of each image with a probability, so that a network learns to do
without (Zhong et al. 2017). Takes uint8 and float32, so it may stand before or after ToTensor.]],
    example = [[print(transforms.RandomErasing { p = 1 }(cnn.ones(1, 8, 8)):sum():item() < 64)]],
    see = { "transforms.RandomCrop", "nn.Dropout2d" },
    call = function(self, p, scale, ratio, value)
        self.p, self.value = p, support.numbers("RandomErasing", "value", value)
        self.scale = support.range("RandomErasing", "scale", scale, 1)
        self.ratio = support.range("RandomErasing", "ratio", ratio)
    end,
}

function RandomErasing:_steps()
    return { support.step("random_erasing", self.p, self.scale, self.ratio, self.value) }
end

function RandomErasing:__tostring()
    return ("RandomErasing(p=%s, scale=%s, ratio=%s, value=%s)"):format(repr.number(self.p), support.text(self.scale),
        support.text(self.ratio), support.text(self.value))
end

return RandomErasing
