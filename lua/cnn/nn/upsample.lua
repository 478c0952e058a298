-- SPDX-License-Identifier: MIT
-- nn.Upsample: images made larger.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local repr = require "cnn.nn.repr"
local signature = require "cnn.signature"

local Upsample = class.make("Upsample", Module)

Upsample.init = signature {
    name = "nn.Upsample", self = true,
    { "size", "size2", optional = true, min = 1, max = 65536, doc = "of the result" },
    { "scale_factor", "number|list", optional = true, doc = "how many times larger, instead of the size" },
    { "mode", "string", default = "nearest", choices = { "nearest", "bilinear" } },
    { "align_corners", "bool", default = false, doc = "bilinear: the corners' centres stay where they are" },
    returns = "module: [N, C, H, W] → [N, C, P, Q]",
    doc = [[Makes images larger (or smaller): of the nearest pixels, or blended from the four around.]],
    shape = [[P = size, or floor(H * scale_factor); Q likewise from W]],
    example = [[print(nn.Upsample { scale_factor = 2 }(cnn.randn(1, 3, 8, 8)):size())]],
    see = { "nn.functional.interpolate", "nn.ConvTranspose2d" },
    call = function(self, size, scale_factor, mode, align_corners)
        self.size, self.scale_factor, self.mode, self.align_corners = size, scale_factor, mode, align_corners
    end,
}

function Upsample:forward(x)
    return functional.interpolate(x, self.size, self.scale_factor, self.mode, self.align_corners)
end

-- A number, or those of a list; what does not fit there is told by forward.
local function text(value, number)
    if type(value) ~= "table" then return number(value) end
    local parts = {}
    for i = 1, #value do parts[i] = type(value[i]) == "number" and number(value[i]) or signature.describe(value[i]) end
    return "(" .. table.concat(parts, ", ") .. ")"
end

function Upsample:extra_repr()
    local what = self.scale_factor and "scale_factor=" .. text(self.scale_factor,
        function(x) return repr.number(x + 0.0) end)
        or "size=" .. (self.size and repr.size(self.size) or "None")
    return ("%s, mode='%s'"):format(what, self.mode)
end

return Upsample
