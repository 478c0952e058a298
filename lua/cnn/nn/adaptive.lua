-- SPDX-License-Identifier: MIT
-- Adaptive pooling: windows that give the output a wanted size.
--
-- Output p of P, from 0, covers the positions floor(p * H / P) to ceil((p + 1) * H / P) - 1, so windows may overlap and
-- differ in length. Where P divides H they are ordinary pooling windows. Elsewhere each window is sliced out and
-- reduced, rows and columns one after the other: all columns of a window have the same height, so that the mean of
-- the means is the mean. Maxima are maxima of maxima anyway.
local core = require "cnn.core"
local errors = require "cnn.errors"
local reals = require "cnn.reals"
local functions = require("cnn.tensor.define").functions
local signature = require "cnn.signature"

local adaptive = {}

local function size_or_keep(value, param)
    if value == nil or value == false then return false end
    local number = math.type(value) and math.tointeger(value)
    return number and number >= param.min and number <= param.max and number or nil
end

local text = "an integer or a pair {h, w} (false keeps a size; Lua does not see a nil at the end of a list)"
signature.define("output_size2", text, function(value, param)
    if type(value) == "number" then
        local number = size_or_keep(value, param)
        return number and { number, number } or nil
    end
    if type(value) ~= "table" or value[2] == nil then return nil end
    for key in next, value do
        if key ~= 1 and key ~= 2 then return nil end
    end
    local h, w = size_or_keep(value[1], param), size_or_keep(value[2], param)
    if h == nil or w == nil then return nil end
    return { h, w }
end)

-- Means or maxima of the windows along one dimension.
local function along(x, dim, size, wanted, reduce)
    local windows = {}
    for p = 0, wanted - 1 do
        local first = p * size // wanted
        local last = ((p + 1) * size + wanted - 1) // wanted
        windows[p + 1] = reduce(core.slice(x, dim, first, last - first), dim)
    end
    return #windows == 1 and windows[1] or functions.cat(windows, dim)
end

local function check(op, x)
    local shape = core.is_tensor(x) and x.shape
    if not shape or #shape ~= 4 or shape[3] == 0 or shape[4] == 0 then
        errors.raise {
            kind = "shape", op = op,
            text = ("%s needs images [N, C, H, W] with H and W of at least 1; got %s"):format(op,
                shape and tostring(shape) or signature.describe(x)),
        }
    end
    if not reals[x.dtype] then
        errors.raise { kind = "type", op = op, text = ("%s needs real numbers; got %s"):format(op, x.dtype),
            fix = "x:float()" }
    end
end

-- pool(x, r, s) makes ordinary windows where they fit, reduce(x, dim) what is left.
local function pooled(x, output_size, pool, reduce)
    local h, w = x.shape[3], x.shape[4]
    local p, q = output_size[1] or h, output_size[2] or w
    local r = h % p == 0 and h // p or 1
    local s = w % q == 0 and w // q or 1
    if r > 1 or s > 1 then x = pool(x, r, s) end
    if h % p ~= 0 then x = along(x, 3, h, p, reduce) end
    if w % q ~= 0 then x = along(x, 4, w, q, reduce) end
    return x
end

--- The images x brought to {h, w} by means; false keeps a size.
function adaptive.average(x, output_size)
    check("adaptive_avg_pool2d", x)
    return pooled(x, output_size,
        function(images, r, s) return core.avg_pool2d(images, r, s, r, s, 0, 0, false, true, 0) end,
        function(part, dim) return core.mean(part, { dim }, true) end)
end

--- The same by maxima.
function adaptive.largest(x, output_size)
    check("adaptive_max_pool2d", x)
    return pooled(x, output_size,
        function(images, r, s) return (core.max_pool2d(images, r, s, r, s, 0, 0, 1, 1, false)) end,
        function(part, dim) return (core.extreme(part, dim, true, true)) end)
end

return adaptive
