-- SPDX-License-Identifier: MIT
-- transforms.RandomGrayscale: now and then an image without its colours.
local Transform = require "cnn.transforms.transform"
local class = require "cnn.nn.class"
local repr = require "cnn.nn.repr"
local signature = require "cnn.signature"

local RandomGrayscale = class.make("RandomGrayscale", Transform)

RandomGrayscale.init = signature {
    name = "transforms.RandomGrayscale", self = true,
    { "p", "number", default = 0.1, min = 0, max = 1, doc = "probability that an image becomes grey" },
    returns = "transform: [C, H, W] → [C, H, W]",
    doc = [[Makes each image grey with a probability; it keeps its number of channels. Takes uint8 and float32.]],
    example = [[print(transforms.RandomGrayscale { p = 0.2 }(cnn.rand(3, 8, 8)):size())]],
    see = { "transforms.Grayscale", "transforms.ColorJitter" },
    call = function(self, p) self.p = p end,
}

function RandomGrayscale:_steps() return { { "random_grayscale", self.p } } end

function RandomGrayscale:__tostring() return ("RandomGrayscale(p=%s)"):format(repr.number(self.p)) end

return RandomGrayscale
