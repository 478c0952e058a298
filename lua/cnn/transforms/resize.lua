-- SPDX-License-Identifier: MIT
-- transforms.Resize: images in another size.
local Transform = require "cnn.transforms.transform"
local class = require "cnn.nn.class"
local repr = require "cnn.nn.repr"
local signature = require "cnn.signature"
local support = require "cnn.transforms.support"

local Resize = class.make("Resize", Transform)

Resize.init = signature {
    name = "transforms.Resize", self = true,
    { "size", "int|list", of = "int", min = 1, max = 65535,
        doc = "{height, width}; one number is for the shorter side, and the other follows" },
    { "interpolation", "string", default = "bilinear", choices = { "bilinear", "nearest" } },
    { "max_size", "int", optional = true, min = 1, max = 65535,
        doc = "the longer side at most, where size is one number" },
    { "antialias", "bool", default = true, doc = "bilinear: average over all pixels that become one" },
    returns = "transform: [C, H, W] → [C, height, width]",
    doc = [[Makes images smaller or larger, as torchvision does with tensors. Takes uint8 and float32; nearest takes any type.]],
    example = [[
print(transforms.Resize { { 24, 40 } }(cnn.rand(3, 32, 32)):size())
print(transforms.Resize(16)(cnn.rand(3, 32, 48)):size())]],
    see = { "transforms.CenterCrop", "transforms.RandomCrop" },
    call = function(self, size, interpolation, max_size, antialias)
        if type(size) == "table" and #size == 1 then size = size[1] end
        local pair = type(size) == "table"
        if pair and #size ~= 2 then
            support.fail("Resize", "size is one number or {height, width}; got " .. support.text(size))
        end
        if max_size and pair then
            support.fail("Resize", "max_size needs size to be one number; got " .. support.text(size))
        end
        if max_size and max_size < size then
            support.fail("Resize", ("max_size %d is below size %d"):format(max_size, size))
        end
        self.size, self.interpolation, self.max_size, self.antialias = size, interpolation, max_size, antialias
    end,
}

function Resize:_steps()
    local size = type(self.size) == "table" and self.size or { self.size, 0 }
    if self.interpolation == "nearest" then return { support.step("resize_nearest", size, self.max_size or 0) } end
    return { support.step("resize", size, self.max_size or 0, self.antialias and 1 or 0) }
end

function Resize:__tostring()
    return ("Resize(size=%s, interpolation=%s, antialias=%s)"):format(support.text(self.size), self.interpolation,
        repr.bool(self.antialias))
end

return Resize
