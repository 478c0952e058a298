-- SPDX-License-Identifier: MIT
-- Size formulas with the numbers filled in: "floor((32 + 2·0 − 1·(5−1) − 1)/1 + 1) = 28".
--
-- One function per kind of layer; `sizes` are those of its input. A layer that is not listed keeps the size or has no
-- formula that would help.
local formula = {}

local function window(size, kernel, stride, padding, dilation, ceil_mode, out)
    return ("%s((%d + 2·%d − %d·(%d−1) − 1)/%d + 1) = %d"):format(
        ceil_mode and "ceil" or "floor", size, padding, dilation, kernel, stride, out)
end

-- Height and width, once where they go the same way.
local function both(m, input, output, padding)
    local kernel, stride, dilation = m.kernel_size, m.stride, m.dilation or { 1, 1 }
    if #input ~= 4 or #output ~= 4 then return "" end
    if type(padding) == "string" then return padding == "same" and "padding=same keeps the size" or "" end
    local rows = window(input[3], kernel[1], stride[1], padding[1], dilation[1], m.ceil_mode, output[3])
    local columns = window(input[4], kernel[2], stride[2], padding[2], dilation[2], m.ceil_mode, output[4])
    return rows == columns and rows or rows .. ", " .. columns
end

local kinds = {}

function kinds.Conv2d(m, input, output)
    return both(m, input, output, m.padding == "valid" and { 0, 0 } or m.padding)
end

function kinds.MaxPool2d(m, input, output) return both(m, input, output, m.padding) end

kinds.AvgPool2d = kinds.MaxPool2d

function kinds.Flatten(m, input, output)
    if #input == #output then return "" end
    local first = m.start_dim < 0 and m.start_dim + #input + 1 or m.start_dim
    local last = m.end_dim < 0 and m.end_dim + #input + 1 or m.end_dim
    return ("%s = %d"):format(table.concat(input, "·", first, last), output[first])
end

function kinds.Linear(_, input, output) return ("last size %d → %d"):format(input[#input], output[#output]) end

--- The formula for one call of a module; "" where there is none. Sizes are lists; either may be nil.
function formula.of(module, class_name, input, output)
    local make = kinds[class_name]
    return make and input and output and make(module, input, output) or ""
end

return formula
