-- SPDX-License-Identifier: MIT
-- What transforms share: a description of themselves as steps, which core/pipeline.c runs, in a loader's threads over many
-- samples or here over one. `_steps()` returns a list of {name, numbers…}, or nil where Lua code is needed.
--
-- Random numbers come from a stream of the sample's own. A loader that makes samples in Lua names the stream before it
-- asks for one, so transforms draw what they would draw in its threads; called by hand, each call has a stream of its own
-- from the global generator.
local class = require "cnn.nn.class"
local core = require "cnn.core"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local Transform = class.make("Transform")

function Transform:_steps() return nil end

local stream -- {seed, number, drawn} of the sample that a loader is making, or nil

-- Forgets the stream, and names the sample in an error of ours that passes by.
local leave = setmetatable({}, { __close = function(self, err)
    stream = nil
    if type(err) == "table" and err.kind and err.text and not err.sample then
        err.sample = self.sample
        err.text = ("sample %d: %s"):format(self.sample, err.text)
    end
end })

--- Names the stream for transforms, of sample i, until the result is closed: local done <close> = Transform.enter(…)
function Transform.enter(seed, number, i)
    stream = { seed, number, 0 }
    leave.sample = i
    return leave
end

local function fresh_stream()
    return { core.get(core.integers_(core.empty("int64", { 1 }), 0, math.maxinteger), 1), 0, 0 }
end

--- One sample through the steps: exactly what a loader would make of it.
function Transform:__call(x)
    if not core.is_tensor(x) then
        errors.raise {
            kind = "type", op = "transforms." .. self.__name, text = "it takes an image as a tensor; got " .. signature.describe(x),
        }
    end
    local from = stream or fresh_stream()
    local y
    y, from[3] = core.transform(x, self:_steps(), from[1], from[2], from[3])
    return y
end

return Transform
