-- SPDX-License-Identifier: MIT
-- transforms.ToTensor: from stored bytes to what a network takes.
local Transform = require "cnn.transforms.transform"
local class = require "cnn.nn.class"
local signature = require "cnn.signature"

local ToTensor = class.make("ToTensor", Transform)

ToTensor.init = signature {
    name = "transforms.ToTensor", self = true,
    returns = "transform: uint8 [H, W] or [C, H, W] → float32 [C, H, W] from 0 to 1",
    doc = [[Turns an image of bytes into float32, divided by 255; an image without channels gets one.
Images that are not bytes keep their values. Stored images have their channels first, so nothing is turned round.]],
    example = [[
local image = cnn.tensor { { 0, 51 }, { 102, 255 } }:to("uint8")
print(transforms.ToTensor()(image))]],
    see = { "transforms.Compose", "datasets.MNIST" },
    call = function() end,
}

function ToTensor:_steps() return { { "to_tensor" } } end

function ToTensor:__tostring() return "ToTensor()" end

return ToTensor
