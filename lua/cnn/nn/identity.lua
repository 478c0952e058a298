-- SPDX-License-Identifier: MIT
-- nn.Identity: gives back what comes in; for a place in a network that may be empty.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local signature = require "cnn.signature"

local Identity = class.make("Identity", Module)

Identity.init = signature {
    name = "nn.Identity", self = true,
    { "...", "any" },
    returns = "module: x → x",
    doc = [[A module that gives back what comes in. Arguments are ignored, so that it can stand in for any layer.]],
    example = [[print(nn.Identity()(cnn.ones(3)))]],
    see = { "nn.Sequential" },
    call = function() end,
}

function Identity:forward(x) return x end

return Identity
