-- SPDX-License-Identifier: MIT
-- nn.PixelShuffle: images made larger from channels.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local PixelShuffle = class.make("PixelShuffle", Module)

PixelShuffle.init = signature {
    name = "nn.PixelShuffle", self = true,
    { "upscale_factor", "int", min = 1, doc = "r" },
    returns = "module: [N, C*r*r, H, W] → [N, C, H*r, W*r]",
    doc = [[Makes images larger: r*r channels become the r×r pixels of one.]],
    example = [[print(nn.PixelShuffle(2)(cnn.randn(1, 12, 5, 5)):size())]],
    see = { "nn.functional.pixel_shuffle", "nn.Upsample" },
    call = function(self, upscale_factor) self.upscale_factor = upscale_factor end,
}

function PixelShuffle:forward(x) return functional.pixel_shuffle(x, self.upscale_factor) end

function PixelShuffle:extra_repr() return "upscale_factor=" .. self.upscale_factor end

return PixelShuffle
