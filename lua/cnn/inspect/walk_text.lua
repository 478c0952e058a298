-- SPDX-License-Identifier: MIT
-- A kernel's walk along one side of an image, drawn: a line per output with a mark under each input that it looks at.
--
--     input     p  1  2  3  4  5  p
--     output 1  ■  ■  ■
--     output 2        ■  ■  ■
local window = require "cnn.inspect.window"

local walk_text = {}

local LONGEST = 20 -- places that fit a line of a narrow terminal
local LINES = 10

local function line(name, cells) return (("  %-10s%s"):format(name, table.concat(cells)):gsub("%s+$", "")) end

-- The marks of output o on the places from `first` to `last`.
local function marks(axis, o, first, last)
    local cells = {}
    local from, to = window.seen(axis, o)
    for place = first, last do
        cells[#cells + 1] = window.touches(axis, o, place) and "■  "
            or from and place > from and place < to and "·  " or "   "
    end
    return cells
end

--- The drawing as a list of lines; nil where it would be too large.
function walk_text.lines(axis)
    local first, last = 1, axis.input
    if axis.kind == "window" then
        first, last = 1 - axis.before, math.max(axis.input + axis.after, (select(2, window.seen(axis, axis.output))))
    end
    if last - first + 1 > LONGEST or axis.output == 0 then return nil end
    local heads, lines = {}, {}
    for place = first, last do
        heads[#heads + 1] = ("%-3s"):format((place < 1 or place > axis.input) and "p" or place)
    end
    lines[1] = line("input", heads)
    for o = 1, axis.output do
        if o < LINES or o == axis.output then
            lines[#lines + 1] = line("output " .. o, marks(axis, o, first, last))
        elseif o == LINES then
            lines[#lines + 1] = "  …"
        end
    end
    return lines
end

return walk_text
