-- SPDX-License-Identifier: MIT
-- How large is what a convolution gives? The lab's exercises, with the arithmetic spelled out.
local cnn = require "cnn"
local nn = cnn.nn

-- Prints the rule for height and width, with the numbers of a layer put in.
local function explain(layer, x)
    local sizes = { x:size(3), x:size(4) }
    local names = { "height", "width " }
    for d = 1, 2 do
        local size, kernel = sizes[d], layer.kernel_size[d]
        local padding, stride = layer.padding[d], layer.stride[d]
        print(("  %s  (size + 2*padding - kernel) / stride + 1 = (%d + 2*%d - %d) / %d + 1 = %d"):format(
            names[d], size, padding, kernel, stride, (size + 2 * padding - kernel) // stride + 1))
    end
end

local function try(title, x, layer)
    local y = layer(x)
    print(title)
    print("  " .. tostring(layer))
    print("  " .. tostring(x:size()) .. " → " .. tostring(y:size()))
    if nn.is(layer, nn.Conv2d) then explain(layer, x) end
    print()
    return y
end

-- One image of 3 channels (red, green, blue), 32 high and 32 wide. The first dimension counts images.
local x = cnn.randn(1, 3, 32, 32)

try("One 5x5 filter: it fits in 28 places along each side, and gives one channel.", x, nn.Conv2d(3, 1, 5))

try("Ten 5x5 filters, padded with 2 zeros on each side: the size stays, and there are ten channels.", x,
    nn.Conv2d { 3, 10, kernel_size = 5, stride = 1, padding = 2 })

try("Stride 2 visits every other place: half the size.", x, nn.Conv2d { 3, 16, 3, stride = 2, padding = 1 })

try("A filter that is no square, 3 high and 7 wide, with padding to match.", x,
    nn.Conv2d { 3, 8, kernel_size = { 3, 7 }, padding = { 1, 3 } })

-- Batch norm and dropout change numbers, not sizes.
local normed = try("Batch norm keeps the size.", x * 100 + 7, nn.BatchNorm2d(3))
print(("  each channel now has mean %.4f and deviation %.4f\n"):format(
    normed[{ {}, 1 }]:mean():item(), normed[{ {}, 1 }]:std():item()))
try("Dropout keeps the size, too: it sets whole channels to zero.", normed, nn.Dropout2d(0.5))
