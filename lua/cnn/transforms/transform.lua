-- SPDX-License-Identifier: MIT
-- What transforms share: a description of themselves as steps, which core/sample.c runs, in a loader's threads over many
-- samples or here over one. `_steps()` returns a list of {name, numbers…}, or nil where Lua code is needed.
local class = require "cnn.nn.class"
local core = require "cnn.core"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local Transform = class.make("Transform")

function Transform:_steps() return nil end

--- One sample through the steps: exactly what a loader would make of it.
function Transform:__call(x)
    if not core.is_tensor(x) then
        errors.raise { kind = "type", op = tostring(self), text = "it takes an image as a tensor; got " .. signature.describe(x) }
    end
    local rows = core.reshape(x, { 1, table.unpack(x.shape) })
    local seed = core.get(core.integers_(core.empty("int64", { 1 }), 0, math.maxinteger), 1)
    local loader <close> = core.loader({ { rows, table.unpack(self:_steps()) } }, nil, { batch_size = 1, seed = seed })
    return core.select(core.loader_next(loader), 1, 0)
end

return Transform
