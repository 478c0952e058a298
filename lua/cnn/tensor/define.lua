-- SPDX-License-Identifier: MIT
-- How tensor methods are defined: `define.method{"sum", {…}, doc = …, call = …}` makes x:sum(…), and with `form = true`
-- the function cnn.sum(input, …) from the same description.
local core = require "cnn.core"
local signature = require "cnn.signature"

local define = { functions = {} } -- functions: what becomes fields of cnn

--- pairs, in the order of the keys: descriptions are made in the same order every time.
function define.sorted(list)
    local keys = {}
    for key in pairs(list) do keys[#keys + 1] = key end
    table.sort(keys)
    local i = 0
    return function()
        i = i + 1
        return keys[i], list[keys[i]]
    end
end

--- Defines a function of cnn: define.func{"zeros", {"size", "sizes"}, …}.
function define.func(spec)
    local name = table.remove(spec, 1)
    spec.name = "cnn." .. name
    local f = signature(spec)
    define.functions[name] = f
    return f
end

-- The same description with the receiver as first parameter.
local function function_form(name, spec)
    local form = { name, { "input", "tensor" } }
    for i = 1, #spec do form[i + 2] = spec[i] end
    for _, key in ipairs { "returns", "doc", "shape", "example", "see", "call" } do form[key] = spec[key] end
    define.func(form)
end

--- Defines a method. The first entry is its name; `form` adds the function of cnn.
function define.method(spec)
    local name = table.remove(spec, 1)
    if spec.form then function_form(name, spec) end
    spec.name, spec.self = "tensor:" .. name, "tensor"
    local f = signature(spec)
    core.methods[name] = f
    return f
end

return define
