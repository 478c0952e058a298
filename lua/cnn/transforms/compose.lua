-- SPDX-License-Identifier: MIT
-- transforms.Compose: several transforms, one after another.
local Transform = require "cnn.transforms.transform"
local class = require "cnn.nn.class"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local Compose = class.make("Compose", Transform)

local function is_callable(value)
    local meta = getmetatable(value)
    return type(value) == "function" or type(meta) == "table" and meta.__call ~= nil
end

Compose.init = signature {
    name = "transforms.Compose", self = true,
    { "...", "any", doc = "transforms, or functions of an image" },
    returns = "transform",
    doc = [[Applies transforms one after another. With a Lua function among them, samples are made one by one in Lua.]],
    example = [[print(transforms.Compose { transforms.ToTensor() })]],
    see = { "transforms.ToTensor" },
    call = function(self, ...)
        self.transforms = { ... }
        if #self.transforms == 1 and type((...)) == "table" and getmetatable((...)) == nil then self.transforms = ... end
        for i, transform in ipairs(self.transforms) do
            if not is_callable(transform) then
                errors.raise {
                    kind = "type", op = "transforms.Compose",
                    text = ("it takes transforms or functions; number %d is %s"):format(i, signature.describe(transform)),
                    fix = "transforms.Compose { transforms.ToTensor() }",
                }
            end
        end
    end,
}

--- All steps in turn, or nil if one of the transforms is Lua code.
function Compose:_steps()
    local steps = {}
    for _, transform in ipairs(self.transforms) do
        local own = type(transform) == "table" and transform._steps and transform:_steps()
        if not own then return nil end
        table.move(own, 1, #own, #steps + 1, steps)
    end
    return steps
end

function Compose:__call(x)
    for _, transform in ipairs(self.transforms) do x = transform(x) end
    return x
end

function Compose:__tostring()
    local parts = {}
    for i, transform in ipairs(self.transforms) do parts[i] = tostring(transform) end
    return ("Compose(%s)"):format(table.concat(parts, ", "))
end

return Compose
