-- SPDX-License-Identifier: MIT
-- transforms.RandomRotation: images turned by a random angle.
local Transform = require "cnn.transforms.transform"
local class = require "cnn.nn.class"
local signature = require "cnn.signature"
local support = require "cnn.transforms.support"

local RandomRotation = class.make("RandomRotation", Transform)

RandomRotation.init = signature {
    name = "transforms.RandomRotation", self = true,
    { "degrees", "number|list", of = "number", doc = "the largest angle either way, or {least, greatest}" },
    { "interpolation", "string", default = "nearest", choices = { "nearest", "bilinear" } },
    { "fill", "number|list", default = 0, doc = "colour of the corners in the image's own numbers, also one per channel" },
    returns = "transform: [C, H, W] → [C, H, W]",
    doc = [[Turns each image around its middle by a random angle, counter-clockwise where it is positive. The size stays, so
corners are lost and new ones filled.]],
    example = [[print(transforms.RandomRotation { 15, interpolation = "bilinear" }(cnn.rand(3, 32, 32)):size())]],
    see = { "transforms.RandomHorizontalFlip" },
    call = function(self, degrees, interpolation, fill)
        local angles = type(degrees) == "table" and degrees or { -degrees, degrees }
        if #angles ~= 2 or not (angles[1] <= angles[2]) or angles[1] == -math.huge or angles[2] == math.huge then
            support.fail("RandomRotation", "degrees is a number of at least 0 or {least, greatest}; got " .. support.text(degrees))
        end
        self.degrees, self.interpolation = angles, interpolation
        self.fill = support.numbers("RandomRotation", "fill", fill)
    end,
}

function RandomRotation:_steps()
    return { support.step("rotation", self.degrees, self.interpolation == "bilinear" and 1 or 0, self.fill) }
end

function RandomRotation:__tostring()
    return ("RandomRotation(degrees=%s, interpolation=%s, fill=%s)"):format(support.text(self.degrees), self.interpolation,
        support.text(self.fill))
end

return RandomRotation
