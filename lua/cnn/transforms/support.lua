-- SPDX-License-Identifier: MIT
-- What several transforms check and print alike: sizes, borders, colours.
local errors = require "cnn.errors"
local signature = require "cnn.signature"
local repr = require "cnn.nn.repr"

local support = {}

support.CHANNELS = 20 -- as many as a step has room for

function support.fail(name, text, fix)
    errors.raise { kind = "value", op = "transforms." .. name, text = text, fix = fix }
end

support.modes = { "constant", "edge", "reflect", "symmetric" }

--- The number of a padding mode in core/transforms/geometry.c.
function support.mode(name)
    for i, mode in ipairs(support.modes) do
        if mode == name then return i - 1 end
    end
end

--- Left, top, right, bottom from an integer, {left and right, top and bottom}, or all four.
function support.border(name, value)
    local list = type(value) == "table" and value or { value }
    local ok = #list == 1 or #list == 2 or #list == 4
    for i = 1, #list do
        local n = math.tointeger(list[i])
        ok = ok and n ~= nil and n >= 0
    end
    if not ok then
        support.fail(name, "padding is a number of pixels, at least 0, {left and right, top and bottom} or "
            .. "{left, top, right, bottom}; got " .. support.text(value), "transforms." .. name .. " { …, padding = 4 }")
    end
    local a, b = list[1], list[2] or list[1]
    return { a, b, list[3] or a, list[4] or b }
end

local function is_number(value) return type(value) == "number" and value == value and math.abs(value) ~= math.huge end

--- A number, or a list of numbers, one per channel, as a list.
function support.numbers(name, what, value)
    local list = type(value) == "table" and value or { value }
    local ok = #list >= 1
    for i = 1, #list do ok = ok and is_number(list[i]) end
    if not ok then
        support.fail(name, ("%s is a number, or a list of one per channel; got %s"):format(what, support.text(value)))
    end
    if #list > support.CHANNELS then
        support.fail(name, ("%s has %d numbers; images have at most %d channels here"):format(what, #list, support.CHANNELS))
    end
    return list
end

--- {least, greatest}, both above 0; 1 at most where that is the limit.
function support.range(name, what, value, limit)
    if #value == 2 and value[1] > 0 and value[1] <= value[2] and value[2] <= (limit or 1e6) then return value end
    support.fail(name, ("%s is {least, greatest}, above 0%s; got %s"):format(what, limit and " and at most " .. limit or "",
        support.text(value)))
end

--- A value as it stands in messages and printed transforms.
function support.text(value)
    if type(value) ~= "table" then return type(value) == "number" and repr.number(value) or signature.describe(value) end
    local parts = {}
    for i = 1, #value do -- of numbers; what else is in it came by mistake
        parts[i] = type(value[i]) == "table" and signature.describe(value[i]) or support.text(value[i])
    end
    return "(" .. table.concat(parts, ", ") .. ")"
end

--- A step from a name and lists and numbers.
function support.step(name, ...)
    local step = { name }
    for i = 1, select("#", ...) do
        local value = select(i, ...)
        if type(value) == "table" then
            table.move(value, 1, #value, #step + 1, step)
        else
            step[#step + 1] = value
        end
    end
    return step
end

return support
