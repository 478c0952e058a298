-- SPDX-License-Identifier: MIT
-- transforms.Grayscale: colours to grey.
local Transform = require "cnn.transforms.transform"
local class = require "cnn.nn.class"
local signature = require "cnn.signature"
local support = require "cnn.transforms.support"

local Grayscale = class.make("Grayscale", Transform)

Grayscale.init = signature {
    name = "transforms.Grayscale", self = true,
    { "num_output_channels", "int", default = 1, doc = "1, or 3 channels that are the same" },
    returns = "transform: [1 or 3, H, W] → [num_output_channels, H, W]",
    doc = [[Makes images grey: 0.2989 red + 0.587 green + 0.114 blue. Takes uint8 and float32.]],
    example = [[print(transforms.Grayscale()(cnn.rand(3, 8, 8)):size())]],
    see = { "transforms.ColorJitter" },
    call = function(self, channels)
        if channels ~= 1 and channels ~= 3 then
            support.fail("Grayscale", ("num_output_channels is 1 or 3; got %d"):format(channels))
        end
        self.num_output_channels = channels
    end,
}

function Grayscale:_steps() return { { "grayscale", self.num_output_channels } } end

function Grayscale:__tostring() return ("Grayscale(num_output_channels=%d)"):format(self.num_output_channels) end

return Grayscale
