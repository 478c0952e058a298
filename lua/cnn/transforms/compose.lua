-- SPDX-License-Identifier: MIT
-- transforms.Compose: several transforms, one after another.
local Transform = require "cnn.transforms.transform"
local class = require "cnn.nn.class"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local Compose = class.make("Compose", Transform)

local function is_callable(value)
    local meta = getmetatable(value)
    return type(value) == "function" or type(meta) == "table" and meta.__call ~= nil and not class.is_class(value)
end

Compose.init = signature {
    name = "transforms.Compose", self = true,
    { "...", "any", doc = "transforms, or functions of an image" },
    returns = "transform",
    doc = [[Applies transforms one after another. The threads of a loader do it without Lua, several steps in one pass over the
image. With a Lua function among them, samples are made one by one in the loop's own thread, which num_workers cannot
help: thousands of images a second instead of hundreds of thousands. Random numbers are the same either way.]],
    example = [[
print(transforms.Compose { transforms.RandomCrop { 32, padding = 4 }, transforms.RandomHorizontalFlip(),
    transforms.ToTensor(), transforms.Normalize { { 0.49, 0.48, 0.45 }, { 0.25, 0.24, 0.26 } } })]],
    see = { "transforms.ToTensor", "transforms.Normalize", "data.DataLoader" },
    call = function(self, ...)
        self.transforms = { ... }
        if #self.transforms == 1 and type((...)) == "table" and getmetatable((...)) == nil then self.transforms = ... end
        for i, transform in ipairs(self.transforms) do
            if not is_callable(transform) then
                errors.raise {
                    kind = "type", op = "transforms.Compose",
                    text = ("it takes transforms or functions; number %d is %s"):format(i, signature.describe(transform)),
                    fix = ("transforms.Compose { transforms.%s() }"):format(
                        class.is_class(transform) and transform.__name or "ToTensor"),
                }
            end
        end
    end,
}

local MOST = 16 -- steps that core/sample.h has room for

--- All steps in turn, or nil if one of the transforms is Lua code, or where there are too many for one go.
function Compose:_steps()
    local steps = {}
    for _, transform in ipairs(self.transforms) do
        local own = type(transform) == "table" and transform._steps and transform:_steps()
        if not own then return nil end
        table.move(own, 1, #own, #steps + 1, steps)
    end
    return #steps <= MOST and steps or nil
end

function Compose:__call(x)
    if self:_steps() then return Transform.__call(self, x) end
    for _, transform in ipairs(self.transforms) do x = transform(x) end
    return x
end

function Compose:__tostring()
    local parts = {}
    for i, transform in ipairs(self.transforms) do parts[i] = tostring(transform) end
    return ("Compose(%s)"):format(table.concat(parts, ", "))
end

return Compose
