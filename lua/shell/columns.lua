-- SPDX-License-Identifier: MIT
-- How many columns of a terminal a text takes: what is set below it counts them.
--
-- Chinese, Japanese and Korean characters and most emoji take two, combining marks none; bytes that are no UTF-8 one each.
-- The blocks are Unicode's of East Asian Width W and F, rounded to whole blocks.

local WIDE = { { 0x1100, 0x115f }, { 0x2e80, 0xa4cf }, { 0xac00, 0xd7a3 }, { 0xf900, 0xfaff }, { 0xfe30, 0xfe6f },
    { 0xff00, 0xff60 }, { 0xffe0, 0xffe6 }, { 0x1f300, 0x1faff }, { 0x20000, 0x3fffd } }
local NONE = { { 0x300, 0x36f }, { 0x200b, 0x200f }, { 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f } }

local function is_in(blocks, code)
    for _, block in ipairs(blocks) do
        if code >= block[1] and code <= block[2] then return true end
    end
    return false
end

--- The columns of a text without control characters.
return function(text)
    local count = utf8.len(text)
    if not count or count == #text then return #text end
    for _, code in utf8.codes(text) do
        if is_in(WIDE, code) then count = count + 1 elseif is_in(NONE, code) then count = count - 1 end
    end
    return count
end
