-- SPDX-License-Identifier: MIT
-- What can be drawn: lists of numbers and tensors become plain lists of numbers; images become rows of colours.
local core = require "cnn.core"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local values = {}

local function is_numbers(value)
    if core.is_tensor(value) then return true end
    if type(value) ~= "table" or getmetatable(value) ~= nil or signature.types.has_names(value) then return false end
    for i = 1, #value do
        local item = value[i]
        if type(item) ~= "number" and not (core.is_tensor(item) and core.numel(item) == 1) then return false end
    end
    return true
end

signature.define("numbers", "a list of numbers or a tensor", function(value) return is_numbers(value) and value or nil end)

local function flatten(nested, list)
    if type(nested) ~= "table" then
        list[#list + 1] = nested == true and 1 or nested == false and 0 or nested
        return list
    end
    for i = 1, #nested do flatten(nested[i], list) end
    return list
end

--- All numbers of a list (losses that were not read by item() among them) or a tensor (in row-major order), as a new list.
function values.numbers(value)
    if core.is_tensor(value) then return flatten(core.totable(value), {}) end
    local list = table.move(value, 1, #value, 1, {})
    for i = 1, #list do
        if core.is_tensor(list[i]) then list[i] = flatten(core.get(list[i], 1), {})[1] end
    end
    return list
end

--- The least and the largest finite number (above `floor`, if given), and how many of them there are.
function values.range(list, floor)
    local low, high, count = math.huge, -math.huge, 0
    floor = floor or -math.huge
    for i = 1, #list do
        local v = list[i]
        if v == v and v > floor and v < math.huge then
            low, high, count = math.min(low, v), math.max(high, v), count + 1
        end
    end
    return low, high, count
end

--- Counts per bin and the edges of the bins, as matplotlib's: bins of equal width, the last one closed.
function values.histogram(list, bins, low, high)
    local least, most, finite = values.range(list)
    if finite < #list then
        errors.raise { kind = "value", op = "plt.hist",
            text = ("%d of the %d values are NaN or infinite: no bin is theirs"):format(#list - finite, #list) }
    end
    if not low then low, high = least, most end
    if #list == 0 and not (low < high) then low, high = 0, 1 end
    if low == high then low, high = low - 0.5, high + 0.5 end
    local counts, edges = {}, {}
    for i = 1, bins do counts[i] = 0 end
    for i = 0, bins do edges[i + 1] = low + (high - low) * i / bins end
    for i = 1, #list do
        local v = list[i]
        if v >= low and v <= high then
            local bin = math.min(bins, math.floor((v - low) / (high - low) * bins) + 1)
            while v < edges[bin] do bin = bin - 1 end -- rounding
            while bin < bins and v >= edges[bin + 1] do bin = bin + 1 end
            counts[bin] = counts[bin] + 1
        end
    end
    return counts, edges
end

-- ---- images --------------------------------------------------------------------------------------------------------

local function not_an_image(op, what)
    errors.raise { kind = "shape", op = op,
        text = ("an image is [H, W], [1, H, W], [3, H, W] or [H, W, 3]; got %s"):format(what) }
end

local maps = { -- colours at equal steps from the least to the largest value, between which it goes straight
    gray = { { 0, 0, 0 }, { 255, 255, 255 } },
    viridis = { { 68, 1, 84 }, { 71, 44, 122 }, { 59, 81, 139 }, { 44, 113, 142 }, { 33, 144, 141 }, { 39, 173, 129 },
        { 92, 200, 99 }, { 170, 220, 50 }, { 253, 231, 37 } },
}
values.maps = { "viridis", "gray" }

local function color_of(map, share)
    local at = math.max(0, math.min(1, share)) * (#map - 1)
    local i = math.min(math.floor(at), #map - 2)
    local a, b, t = map[i + 1], map[i + 2], at - i
    return math.floor(a[1] + (b[1] - a[1]) * t + 0.5), math.floor(a[2] + (b[2] - a[2]) * t + 0.5),
        math.floor(a[3] + (b[3] - a[3]) * t + 0.5)
end

local function byte(v)
    if v ~= v then return 0 end
    return math.floor(math.max(0, math.min(255, v)) + 0.5)
end

local function from_map(rows, map, low, high)
    if not low then low, high = values.range(flatten(rows, {})) end
    local span = high > low and high - low or 1
    local picture = { width = #rows[1], height = #rows }
    for y, row in ipairs(rows) do
        for x = 1, #row do
            local r, g, b = color_of(map, row[x] == row[x] and (row[x] - low) / span or 0)
            picture[(y - 1) * picture.width + x] = r << 16 | g << 8 | b
        end
    end
    return picture
end

local function from_channels(planes, scale)
    local red, green, blue = planes[1], planes[2], planes[3]
    local picture = { width = #red[1], height = #red }
    for y = 1, #red do
        local r, g, b = red[y], green[y], blue[y]
        for x = 1, #r do
            picture[(y - 1) * picture.width + x] = byte(r[x] * scale) << 16 | byte(g[x] * scale) << 8 | byte(b[x] * scale)
        end
    end
    return picture
end

--- A picture {width, height, 0xrrggbb row by row} from an image tensor. Three channels are red, green, blue: bytes, or
--- 0 … 1. One channel is coloured by the map, from low to high (least to largest value, if not given).
function values.picture(op, image, map, low, high)
    local shape = core.is_tensor(image) and image.shape or not_an_image(op, signature.describe(image))
    if #shape == 3 and shape[1] == 1 then
        image = core.select(image, 1, 0)
        shape = image.shape
    end
    if #shape == 3 and shape[1] ~= 3 and shape[3] == 3 then -- as matplotlib has it
        image = core.permute(image, { 3, 1, 2 })
        shape = image.shape
    end
    local is_color = #shape == 3 and shape[1] == 3
    if not is_color and #shape ~= 2 or core.numel(image) == 0 then not_an_image(op, tostring(shape)) end
    local rows = core.totable(image)
    if is_color then return from_channels(rows, image.dtype == "uint8" and 1 or 255) end
    return from_map(rows, maps[map], low, high)
end

return values
