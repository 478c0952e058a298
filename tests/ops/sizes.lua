-- SPDX-License-Identifier: MIT
-- Layers at awkward sizes, where vector code begins and ends: PyTorch's numbers and gradients.
local op = require "helpers.op"
local F = require("cnn").nn.functional

op.golden("sizes", function(t, case)
    local call = {}
    for name, value in pairs(case.options) do call[name] = value end
    for _, name in ipairs(case.inputs) do call[name] = t[name] end
    return F[case.f](call)
end)
