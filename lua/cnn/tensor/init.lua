-- SPDX-License-Identifier: MIT
-- Tensors as users see them: fills core.methods, and returns the functions that become fields of cnn.
local core = require "cnn.core"
local errors = require "cnn.errors"
local left_out = require "cnn.left_out"
local match = require "cnn.signature.match"
local define = require "cnn.tensor.define"

for _, part in ipairs { "shape", "arithmetic", "reduce", "convert", "create", "join", "choose", "select", "sort", "scan",
    "index", "rearrange", "numbers", "context", "finite" } do
    require("cnn.tensor." .. part)
end

-- Is a tensor the `self` of the function that reads the field? Then it stands in a module's place.
local function is_lost_self()
    local name, value = debug.getlocal(4, 1) -- above this function, `missing` and the metamethod in C
    return name == "self" and core.is_tensor(value)
end

-- A name that is neither a method nor a property: most likely a slip of the pen.
local function missing(_, name)
    if type(name) == "string" then left_out.complain("tensor:" .. name) end
    local names = {}
    for known in pairs(core.methods) do names[#names + 1] = known end
    for known in pairs(core.properties) do names[#names + 1] = known end
    table.sort(names)
    local meant = match.nearest(name, names)
    errors.raise { kind = "type", text = ('a tensor has no method or field "%s"%s'):format(name,
        meant and (" (did you mean %s?)"):format(meant) or ""),
        fix = is_lost_self() and "self is the tensor here: function Net:forward(x), and net(x) or net:forward(x)" or nil }
end
setmetatable(core.methods, { __index = missing })

return define.functions
