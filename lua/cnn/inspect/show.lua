-- SPDX-License-Identifier: MIT
-- cnn.show: an image tensor as a picture in the terminal: pixels or symbols by libchafa, else half blocks in colours,
-- else letters, which are also what goes into a pipe.
--
-- The tensor becomes a picture {width, height, 0xrrggbb …} of at most LARGEST a side before its numbers are made Lua
-- numbers, so that a photograph is shown as fast as a digit. Nothing is changed: not the tensor, not the graph.
local core = require "cnn.core"
local errors = require "cnn.errors"
local picture = require "cnn.plt.picture"
local signature = require "cnn.signature"
local values = require "cnn.plt.values"

local LARGEST = 512 -- pixels a side
local MOST = 64     -- pictures of a batch

-- ---- from tensors to pictures ----------------------------------------------------------------------------------------

-- [N, C, H, W] with C of 1 or 3, whatever came: channels of other numbers are pictures of their own.
local function as_batch(x)
    local shape = x.shape
    local fits = #shape >= 2 and #shape <= 4 and core.numel(x) > 0
    local n, c = 1, 1
    if #shape == 4 then n, c = shape[1], shape[2] elseif #shape == 3 then c = shape[1] end
    if fits and c ~= 1 and c ~= 3 and n == 1 then n, c = c, 1 end
    if not fits or c ~= 1 and c ~= 3 then
        errors.raise { kind = "shape", op = "cnn.show",
            text = ("an image is [H, W], [1, H, W] or [3, H, W], a batch [N, 1 or 3, H, W], channels of one image [C, H, W]; got %s")
                :format(tostring(shape)),
            fix = #shape == 4 and shape[4] <= 3 and "x:permute(1, 4, 2, 3), where channels are last"
                or #shape == 4 and "cnn.show(x[1]), for the channels of the first" or nil }
    end
    return core.reshape(x, { n, c, shape[#shape - 1], shape[#shape] })
end

-- At most LARGEST rows and columns, every so-many-th of them.
local function thinned(x)
    for dim = 3, 4 do
        local size = x.shape[dim]
        local step = (size + LARGEST - 1) // LARGEST
        if step > 1 then
            local places = {}
            for i = 1, size, step do places[#places + 1] = i end
            x = x:index_select(dim, require("cnn").tensor(places))
        end
    end
    return x
end

local function number_text(v) return ("%.4g"):format(v) end

-- Brings numbers to 0 … 1, and says so where that is not what they were.
local function scaled(x)
    if x.dtype == "uint8" then return core.div(core.cast(x, "float32"), 255) end
    if x.dtype ~= "float64" then x = core.cast(x, "float32") end
    local low, high, finite = values.range(values.numbers(x))
    local words = finite < core.numel(x) and ("%d of the numbers are NaN or infinite"):format(core.numel(x) - finite) or nil
    if finite == 0 then return core.full("float32", x.shape, 0), words end
    if low >= 0 and high <= 1 then return x, words end
    local said = ("normalised: %s … %s became black … white"):format(number_text(low), number_text(high))
    return core.div(core.sub(x, low), high > low and high - low or 1), words and said .. "; " .. words or said
end

-- Pictures side by side, as many as fit `wide` pixels, a dark line between them.
local function tiled(list, wide)
    local w, h = list[1].width, list[1].height
    if #list == 1 then return list[1] end
    local columns = math.max(1, math.min(#list, (wide + 1) // (w + 1), math.ceil(math.sqrt(2 * #list))))
    local rows = (#list + columns - 1) // columns
    local all = { width = columns * (w + 1) - 1, height = rows * (h + 1) - 1 }
    for i = 1, all.width * all.height do all[i] = 0x303030 end
    for n, p in ipairs(list) do
        local left, top = (n - 1) % columns * (w + 1), (n - 1) // columns * (h + 1)
        for y = 0, h - 1 do table.move(p, y * w + 1, y * w + w, (top + y) * all.width + left + 1, all) end
    end
    return all
end

-- ---- showing ---------------------------------------------------------------------------------------------------------

-- Symbols stand for few pixels: small pictures are enlarged, but not to the whole terminal.
local function by_library(p, wide, lines)
    local columns = math.min(wide, math.max(24, 2 * p.width))
    return picture.rgb(p, columns, math.max(4, math.min(lines - 2, columns * p.height // (2 * p.width) + 1)))
end

local function text_of(list)
    local columns, lines = core.output_terminal()
    local wide, colors = columns or 80, columns and picture.colors() or "plain"
    if columns and picture.available() and (picture.pixels() or colors ~= "plain") then
        return by_library(tiled(list, picture.pixels() and LARGEST or wide), wide, lines)
    end
    return picture.letters(tiled(list, colors == "plain" and wide // 2 or wide), wide, colors)
end

local function show(x)
    local batch = as_batch(core.detach(x))
    local count = batch.shape[1]
    if count > MOST then batch = core.slice(batch, 1, 0, MOST) end
    local numbers, words = scaled(thinned(batch))
    local list = {}
    for i = 1, math.min(count, MOST) do
        list[i] = values.picture("cnn.show", core.select(numbers, 1, i - 1), "gray", 0, 1)
    end
    io.write(text_of(list))
    if count > MOST then io.write(("the first %d of %d\n"):format(MOST, count)) end
    if words then io.write(words, "\n") end
    io.flush()
end

return {
    show = signature {
        name = "cnn.show",
        { "x", "tensor", doc = "[H, W], [1, H, W], [3, H, W] (red, green, blue), a batch of these, or channels [C, H, W]" },
        doc = [[Shows an image tensor as a picture in the terminal: by libchafa where it was found (sixel, kitty, iTerm2 or
symbols, whatever the terminal can), else in half blocks or letters; in a pipe as letters. Bytes are taken as 0 … 255, other
numbers as 0 (black) … 1 (white); numbers outside are normalised from the least to the largest, which a line below says.
A batch, or channels that are not colours (what a layer made of an image), are shown side by side, up to 64.]],
        example = [[
cnn.show(cnn.linspace(0, 1, 64):view(8, 8))
cnn.show(nn.Conv2d(1, 4, 3).weight:view(4, 3, 3))]],
        see = { "plt.imshow", "plt.imgrid" },
        call = show,
    },
}
