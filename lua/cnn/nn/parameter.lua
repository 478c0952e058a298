-- SPDX-License-Identifier: MIT
-- nn.Parameter: a tensor that a module trains. It is an ordinary tensor with a mark that nn.Module looks at.
local core = require "cnn.core"
local signature = require "cnn.signature"

return signature {
    name = "nn.Parameter",
    { "tensor", "tensor", doc = "of a real type; its memory is shared, not copied" },
    { "requires_grad", "bool", default = true },
    returns = "tensor",
    doc = [[A tensor that counts as a parameter: assigned to a field of a module, it is found by parameters() and trained.]],
    example = [[
local Scale = nn.class("Scale")
function Scale:init() self.factor = nn.Parameter(cnn.ones(1)) end
function Scale:forward(x) return x * self.factor end
print(#Scale():parameters())]],
    see = { "nn.Module.parameters", "nn.class" },
    call = function(tensor, requires_grad)
        local parameter = core.detach(tensor)
        core.set_parameter(parameter, true)
        core.set_requires_grad(parameter, requires_grad)
        return parameter
    end,
}
