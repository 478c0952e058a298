-- SPDX-License-Identifier: MIT
-- transforms.Pad: a border around an image.
local Transform = require "cnn.transforms.transform"
local class = require "cnn.nn.class"
local signature = require "cnn.signature"
local support = require "cnn.transforms.support"

local Pad = class.make("Pad", Transform)

Pad.init = signature {
    name = "transforms.Pad", self = true,
    { "padding", "int|list", doc = "pixels on all sides, {left and right, top and bottom}, or {left, top, right, bottom}" },
    { "fill", "number|list", default = 0, doc = "colour of the border in the image's own numbers, also one per channel" },
    { "padding_mode", "string", default = "constant", choices = support.modes,
        doc = "fill, the edge repeated, or the image mirrored at its edge, without the edge itself or with it" },
    returns = "transform: [C, H, W] → [C, H + top + bottom, W + left + right]",
    doc = [[Puts a border around images.]],
    example = [[print(transforms.Pad(2)(cnn.ones(3, 28, 28)):size())]],
    see = { "transforms.RandomCrop", "nn.ZeroPad2d" },
    call = function(self, padding, fill, mode)
        self.padding, self.padding_mode = support.border("Pad", padding), mode
        self.fill = support.numbers("Pad", "fill", fill)
    end,
}

function Pad:_steps() return { support.step("pad", self.padding, support.mode(self.padding_mode), self.fill) } end

function Pad:__tostring()
    return ("Pad(padding=%s, fill=%s, padding_mode=%s)"):format(support.text(self.padding), support.text(self.fill),
        self.padding_mode)
end

return Pad
