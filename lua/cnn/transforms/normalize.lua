-- SPDX-License-Identifier: MIT
-- transforms.Normalize: to mean 0 and deviation 1, channel by channel.
local Transform = require "cnn.transforms.transform"
local class = require "cnn.nn.class"
local signature = require "cnn.signature"
local support = require "cnn.transforms.support"

local Normalize = class.make("Normalize", Transform)

Normalize.init = signature {
    name = "transforms.Normalize", self = true,
    { "mean", "number|list", of = "number", doc = "of each channel, or one for all" },
    { "std", "number|list", of = "number", doc = "deviation of each channel, or one for all" },
    returns = "transform: float32 [C, H, W] → (x - mean) / std",
    doc = [[Subtracts a mean from each channel and divides by a deviation, so that a network sees numbers around 0.
The values are those of the data after ToTensor, which goes before it.]],
    example = [[
local t = transforms.Compose { transforms.ToTensor(), transforms.Normalize { { 0.5, 0.4, 0.3 }, { 0.2, 0.2, 0.1 } } }
print(t(cnn.randint(0, 255, { 3, 8, 8 }):to("uint8")):mean())]],
    see = { "transforms.ToTensor", "transforms.Compose" },
    call = function(self, mean, std)
        self.mean, self.std = support.numbers("Normalize", "mean", mean), support.numbers("Normalize", "std", std)
        if #self.mean ~= #self.std then
            support.fail("Normalize", ("mean and std need as many numbers; got %d and %d"):format(#self.mean, #self.std))
        end
        for i, deviation in ipairs(self.std) do
            if not (deviation > 0) then
                support.fail("Normalize", ("std is above 0; number %d is %s"):format(i, support.text(deviation)))
            end
        end
    end,
}

function Normalize:_steps() return { support.step("normalize", self.mean, self.std) } end

function Normalize:__tostring()
    return ("Normalize(mean=%s, std=%s)"):format(support.text(self.mean), support.text(self.std))
end

return Normalize
