-- SPDX-License-Identifier: MIT
-- Padding with what is at the border: F.pad and the layers that pad.
--
-- One dimension after the other gets its two sides, made of slices of the tensor, so the gradients add up by
-- themselves. What a negative width cuts off is cut last: the sides are copies of the whole tensor's.
local core = require "cnn.core"
local errors = require "cnn.errors"
local functions = require("cnn.tensor.define").functions
local signature = require "cnn.signature"

local border = {}

local side = {}

-- The edge itself, `width` times.
function side.replicate(x, dim, size, width, behind)
    local sizes = {}
    for i = 1, #x.shape do sizes[i] = -1 end
    sizes[dim] = width
    return core.expand(core.slice(x, dim, behind and size - 1 or 0, 1), sizes)
end

-- The positions next to the edge, mirrored.
function side.reflect(x, dim, size, width, behind)
    local parts = {}
    for i = 1, width do
        parts[i] = core.slice(x, dim, behind and size - 1 - i or width + 1 - i, 1)
    end
    return #parts == 1 and parts[1] or functions.cat(parts, dim)
end

-- What stands at the other end.
function side.circular(x, dim, size, width, behind)
    return core.slice(x, dim, behind and 0 or size - width, width)
end

local rules = {
    reflect = "reflect needs widths below the size, because the edge is not repeated",
    replicate = "replicate needs an edge to repeat",
    circular = "circular goes around once at most: widths up to the size",
}

local function check(x, dim, size, width, mode)
    if mode == "reflect" and width < size or mode == "replicate" and size > 0 or mode == "circular" and width <= size then
        return
    end
    local text = rules[mode]
    errors.raise {
        kind = "shape", op = "pad",
        text = ("%s; dimension %d of %s can't get %d more"):format(text, dim, tostring(x.shape), width),
        fix = mode == "reflect" and size > 0 and 'mode="replicate"' or nil,
    }
end

-- x with the sides of one dimension; widths below 1 add nothing.
local function widen(x, dim, before, after, mode)
    local size, parts = x.shape[dim], { x }
    for _, width in ipairs { before, after } do
        if width > 0 then check(x, dim, size, width, mode) end
    end
    if before > 0 then table.insert(parts, 1, side[mode](x, dim, size, before, false)) end
    if after > 0 then parts[#parts + 1] = side[mode](x, dim, size, after, true) end
    return #parts == 1 and x or functions.cat(parts, dim)
end

local function check_value(mode, value)
    if value == 0 then return end
    errors.raise {
        kind = "value", op = "pad",
        text = ('mode "%s" takes no value, because it fills in the tensor\'s own; got %s'):format(mode, value),
    }
end

--- F.pad: `pad` holds pairs (before, after), the last dimension first.
function border.pad(x, pad, mode, value)
    local ndim = core.is_tensor(x) and #x.shape or 0
    if mode == "constant" or #pad % 2 ~= 0 or #pad > 2 * ndim then return core.pad(x, pad, value) end
    check_value(mode, value)
    local cut, cuts = {}, false
    for i = 1, #pad do
        cut[i] = math.min(pad[i], 0)
        cuts = cuts or cut[i] < 0
    end
    if cuts and mode == "circular" then x = core.pad(x, cut, 0) end -- what is cut off is not gone around
    for i = 1, #pad, 2 do
        x = widen(x, ndim - i // 2, pad[i], pad[i + 1], mode)
    end
    return cuts and mode ~= "circular" and core.pad(x, cut, 0) or x
end

-- The padding argument of the layers becomes four widths.
signature.define("sides", "an integer or {left, right, top, bottom}", function(value)
    local width = math.type(value) and math.tointeger(value)
    if width then return { width, width, width, width } end
    if type(value) ~= "table" or #value ~= 4 then return nil end
    local sides = {}
    for key, entry in next, value do
        local number = math.type(entry) and math.tointeger(entry)
        if not number or math.type(key) ~= "integer" then return nil end
        sides[key] = number
    end
    return sides
end)

function border.repr(padding)
    return ("(%d, %d, %d, %d)"):format(padding[1], padding[2], padding[3], padding[4])
end

return border
