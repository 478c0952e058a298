-- SPDX-License-Identifier: MIT
-- What optimisers ask of the options in a group, and the memories that begin with zeros.
local core = require "cnn.core"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local checks = {}

local function fail(self, text, ...)
    errors.raise { kind = "value", op = "optim." .. getmetatable(self).__name, text = text:format(...) }
end

--- Each of the options named must be a number, at least 0.
function checks.at_least_zero(self, group, ...)
    for _, name in ipairs { ... } do
        local value = group[name]
        if type(value) ~= "number" or not (value >= 0) then
            fail(self, "%s must be a number, at least 0; got %s", name, signature.describe(value))
        end
    end
end

--- Adam's two factors: from 0 on, below 1.
function checks.betas(self, group)
    local betas = group.betas
    if type(betas) ~= "table" or #betas ~= 2 then
        fail(self, "betas are two numbers, as in {0.9, 0.999}; got %s", signature.describe(betas))
    end
    for i = 1, 2 do
        if type(betas[i]) ~= "number" or not (betas[i] >= 0 and betas[i] < 1) then
            fail(self, "betas[%d] must be a number from 0 on, below 1; got %s", i, signature.describe(betas[i]))
        end
    end
    group.betas = { betas[1], betas[2] } -- its own: schedulers move the first
end

--- What the state remembers under that name about p; zeros of p's type and size at first.
function checks.zeros(state, name, p)
    local memory = state[name]
    if not memory then
        memory = core.full(p.dtype, p.shape, 0)
        state[name] = memory
    end
    return memory
end

return checks
