-- SPDX-License-Identifier: MIT
-- transforms.ColorJitter: brightness, contrast, saturation and hue changed at random.
local Transform = require "cnn.transforms.transform"
local class = require "cnn.nn.class"
local signature = require "cnn.signature"
local support = require "cnn.transforms.support"

local ColorJitter = class.make("ColorJitter", Transform)

-- From what users give, a spread around the middle or {least, greatest}, to the two ends.
local function range(what, value, middle, least, greatest)
    local low, high
    if type(value) == "table" then
        low, high = value[1], value[2]
        if #value ~= 2 or low > high then
            support.fail("ColorJitter", ("%s is a number or {least, greatest}; got %s"):format(what, support.text(value)))
        end
    elseif not (value >= 0) then
        support.fail("ColorJitter", ("%s is a spread of at least 0; got %s"):format(what, support.text(value)))
    else
        low, high = middle - value, middle + value
        if middle == 1 then low = math.max(low, 0) end
    end
    if not (low >= least and high <= greatest) then
        support.fail("ColorJitter", ("%s lies between %s and %s; got %s"):format(what, support.text(least),
            greatest == math.huge and "any number" or support.text(greatest), support.text(value)))
    end
    return { low, high }
end

ColorJitter.init = signature {
    name = "transforms.ColorJitter", self = true,
    { "brightness", "number|list", default = 0, of = "number",
        doc = "spread of the factor around 1, or {least, greatest} factor" },
    { "contrast", "number|list", default = 0, of = "number", doc = "likewise" },
    { "saturation", "number|list", default = 0, of = "number", doc = "likewise" },
    { "hue", "number|list", default = 0, of = "number",
        doc = "spread of the turn around the colour circle, at most 0.5, or {least, greatest} from -0.5 to 0.5" },
    returns = "transform: [C, H, W] → [C, H, W]",
    doc = [[Changes brightness, contrast, saturation and hue of each image, in a random order and by random amounts.
Takes uint8, and float32 from 0 to 1, with 1 or 3 channels.]],
    example = [[print(transforms.ColorJitter { brightness = 0.2, hue = { -0.1, 0.1 } }(cnn.rand(3, 8, 8)):size())]],
    see = { "transforms.Grayscale", "transforms.RandomHorizontalFlip" },
    call = function(self, brightness, contrast, saturation, hue)
        self.brightness = range("brightness", brightness, 1, 0, math.huge)
        self.contrast = range("contrast", contrast, 1, 0, math.huge)
        self.saturation = range("saturation", saturation, 1, 0, math.huge)
        self.hue = range("hue", hue, 0, -0.5, 0.5)
    end,
}

function ColorJitter:_steps()
    return { support.step("color_jitter", self.brightness, self.contrast, self.saturation, self.hue) }
end

function ColorJitter:__tostring()
    return ("ColorJitter(brightness=%s, contrast=%s, saturation=%s, hue=%s)"):format(support.text(self.brightness),
        support.text(self.contrast), support.text(self.saturation), support.text(self.hue))
end

return ColorJitter
