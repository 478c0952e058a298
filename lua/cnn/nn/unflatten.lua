-- SPDX-License-Identifier: MIT
-- nn.Unflatten: one dimension becomes several.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local core = require "cnn.core"
local signature = require "cnn.signature"

local Unflatten = class.make("Unflatten", Module)

Unflatten.init = signature {
    name = "nn.Unflatten", self = true,
    { "dim", "dim", doc = "which one" },
    { "unflattened_size", "sizes", doc = "instead of that one; one may be -1: what is left" },
    returns = "module",
    doc = [[Makes several dimensions of one: the opposite of nn.Flatten, as decoders need it after a Linear layer.]],
    example = [[print(nn.Unflatten(2, { 64, 7, 7 })(cnn.randn(8, 64 * 49)):size())]],
    see = { "tensor:unflatten", "nn.Flatten" },
    call = function(self, dim, size) self.dim, self.unflattened_size = dim, table.move(size, 1, #size, 1, {}) end,
}

function Unflatten:forward(x) return core.methods.unflatten(x, self.dim, self.unflattened_size) end

function Unflatten:extra_repr()
    local size = self.unflattened_size
    return ("dim=%d, unflattened_size=(%s)"):format(self.dim, #size == 1 and size[1] .. "," or table.concat(size, ", "))
end

return Unflatten
