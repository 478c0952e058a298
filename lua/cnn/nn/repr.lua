-- SPDX-License-Identifier: MIT
-- Values as they stand in a module's printed form, which is PyTorch's to the letter: True, (5, 5), 1e-05.
local repr = {}

function repr.bool(value) return value and "True" or "False" end

--- The shortest decimal that reads back as the same number; floats show that they are floats ("1.0").
function repr.number(value)
    if math.type(value) == "integer" then return tostring(value) end
    for digits = 1, 17 do
        local text = ("%%.%dg"):format(digits):format(value)
        if tonumber(text) == value then
            local exponent = tonumber(text:match("e([-+]%d+)$"))
            if exponent and exponent > 0 and exponent < 16 then text = ("%.0f"):format(value) end
            return text:find("[.ein]") and text or text .. ".0"
        end
    end
    return tostring(value) -- inf and nan
end

--- {5, 5} as "(5, 5)".
function repr.pair(pair) return ("(%d, %d)"):format(pair[1], pair[2]) end

--- {5, 5} as "5", {5, 3} as "(5, 3)": for the layers that print a size as it was given.
function repr.size(pair)
    if pair[1] == pair[2] then return tostring(pair[1]) end
    return repr.pair(pair)
end

return repr
