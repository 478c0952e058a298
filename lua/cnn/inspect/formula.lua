-- SPDX-License-Identifier: MIT
-- Size formulas with the numbers filled in: "floor((32 + 2·0 − 1·(5−1) − 1)/1 + 1) = 28".
--
-- Windows along images have theirs from window.lua. A layer that is not listed keeps the size or has no formula that
-- would help.
local window = require "cnn.inspect.window"

local formula = {}

local kinds = {}

function kinds.Flatten(m, input, output)
    if #input == #output then return "" end
    local first = m.start_dim < 0 and m.start_dim + #input + 1 or m.start_dim
    local last = m.end_dim < 0 and m.end_dim + #input + 1 or m.end_dim
    return ("%s = %d"):format(table.concat(input, "·", first, last), output[first])
end

function kinds.Linear(_, input, output) return ("last size %d → %d"):format(input[#input], output[#output]) end

--- The formula for one call of a module; "" where there is none. Sizes are lists; either may be nil.
function formula.of(module, class_name, input, output)
    if not (input and output) then return "" end
    if kinds[class_name] then return kinds[class_name](module, input, output) end
    local axes = window.axes(module, class_name, input, output)
    if not axes then return "" end
    if module.padding == "same" then return "padding=same keeps the size" end
    local lines = {}
    for i, axis in ipairs(axes) do
        local text = window.formula(axis)
        if text ~= lines[1] then lines[i] = text end -- height and width, once where they go the same way
    end
    return table.concat(lines, ", ")
end

return formula
