-- SPDX-License-Identifier: MIT
-- Pictures in a terminal: by libchafa where cnnsh was built with it (sixel, kitty, iTerm2 or symbols, whatever the
-- terminal can), else by half blocks in colours, else by letters from dark to light.
local picture = {}

local chafa
local function library()
    if chafa == nil then
        local ok, module = pcall(require, "cnn.chafa")
        chafa = ok and module or false
    end
    return chafa
end

--- Was libchafa found when cnnsh was built, and is it here now?
function picture.available() return library() and true or false end

--- Can it show pixels in this terminal? Symbols are good for photographs, not for lines and letters.
function picture.pixels() return library() and library().pixels() end

--- The text that shows a PNG (its bytes) in at most that many columns and rows.
function picture.png(bytes, columns, rows) return library().png(bytes, columns, rows) end

--- The text that shows a picture {width, height, 0xrrggbb …} in at most that many columns and rows.
function picture.rgb(source, columns, rows)
    local lines = {}
    for y = 0, source.height - 1 do
        local bytes = {}
        for x = 1, source.width do bytes[x] = string.pack(">I3", source[y * source.width + x]) end
        lines[y + 1] = table.concat(bytes)
    end
    return library().rgb(table.concat(lines), source.width, source.height, columns, rows)
end

local function says_utf8()
    for _, name in ipairs { "LC_ALL", "LC_CTYPE", "LANG" } do
        local value = os.getenv(name)
        if value and value ~= "" then return value:lower():find("utf%-?8") ~= nil end
    end
    return false
end

--- What the terminal can do with letters: "true" colours, "256" or "plain".
function picture.colors()
    local term, colorterm = os.getenv("TERM") or "", os.getenv("COLORTERM") or ""
    if (os.getenv("NO_COLOR") or "") ~= "" or term == "dumb" or term == "" or not says_utf8() then return "plain" end
    if colorterm == "truecolor" or colorterm == "24bit" then return "true" end
    return term:find("256", 1, true) and "256" or "plain"
end

-- The nearest of the 6x6x6 colours of a terminal with 256.
local function cube(color)
    local function level(v) return (v * 5 + 127) // 255 end
    return 16 + 36 * level(color >> 16) + 6 * level(color >> 8 & 255) + level(color & 255)
end

local function escape(style, ground, color)
    if style == "true" then
        return ("\27[%d;2;%d;%d;%dm"):format(ground, color >> 16, color >> 8 & 255, color & 255)
    end
    return ("\27[%d;5;%dm"):format(ground, cube(color))
end

local RAMP = " .:-=+*#%@"

local function letter(color)
    local light = (299 * (color >> 16) + 587 * (color >> 8 & 255) + 114 * (color & 255)) // 1000
    local i = light * #RAMP // 256 + 1
    return RAMP:sub(i, i)
end

-- Every `step`-th pixel, so that the picture fits.
local function sampled(source, columns)
    local step = math.max(1, (source.width + columns - 1) // columns)
    local result = { width = (source.width + step - 1) // step, height = (source.height + step - 1) // step }
    for y = 0, result.height - 1 do
        for x = 0, result.width - 1 do
            result[y * result.width + x + 1] = source[y * step * source.width + x * step + 1]
        end
    end
    return result
end

--- A picture {width, height, 0xrrggbb …} as lines of text.
function picture.letters(source, columns, style)
    local p = sampled(source, style == "plain" and columns // 2 or columns)
    local lines = {}
    for y = 0, p.height - 1, style == "plain" and 1 or 2 do
        local cells = {}
        for x = 1, p.width do
            local top, bottom = p[y * p.width + x], p[(y + 1) * p.width + x]
            if style == "plain" then cells[x] = letter(top):rep(2)
            else cells[x] = escape(style, 38, top) .. (bottom and escape(style, 48, bottom) or "\27[49m") .. "▀" end
        end
        lines[#lines + 1] = table.concat(cells) .. (style == "plain" and "" or "\27[0m")
    end
    return table.concat(lines, "\n") .. "\n"
end

return picture
