-- SPDX-License-Identifier: MIT
-- cnn.io: pictures in files, as torchvision.io has them.
local core = require "cnn.core"
local signature = require "cnn.signature"

local io = {}

local modes = { "UNCHANGED", "GRAY", "GRAY_ALPHA", "RGB", "RGB_ALPHA" }

io.read_image = signature {
    name = "cnn.io.read_image",
    { "path", "string", doc = "a PNG or JPEG; what it is is seen from its content" },
    { "mode", "string", default = "UNCHANGED", choices = modes, doc = "which channels to make of it" },
    returns = "uint8 [C, H, W]",
    doc = [[Reads a picture. PNG's 16 bits become 8 and palettes colours; CMYK becomes RGB. Needs libpng or libjpeg-turbo.]],
    example = [[
local path = os.tmpname() .. ".png"
if pcall(cnn.io.write_image, path, cnn.zeros(3, 8, 8):to("uint8")) then print(cnn.io.read_image(path):size()) end
os.remove(path)]],
    see = { "cnn.io.write_image", "datasets.ImageFolder" },
    call = core.read_image,
}

io.write_image = signature {
    name = "cnn.io.write_image",
    { "path", "string", doc = "ends in .png, .jpg or .jpeg, which decides the format" },
    { "image", "tensor", doc = "uint8 [H, W] or [C, H, W]: grey, RGB; in a PNG also with alpha" },
    { "quality", "int", default = 75, min = 1, max = 100, doc = "of a JPEG" },
    doc = [[Writes a picture, whole or not at all.]],
    example = [[
local image = (cnn.rand(3, 16, 16) * 255):to("uint8")
local path = os.tmpname() .. ".png"
print(pcall(cnn.io.write_image, path, image))
os.remove(path)]],
    see = { "cnn.io.read_image" },
    call = core.write_image,
}

return io
