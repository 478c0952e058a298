-- SPDX-License-Identifier: MIT
-- Pictures in files: what torchvision.io makes of them, what is written, and what files that are none get to hear.
local check = require "check"
local cnn = require "cnn"
local core = require "cnn.core"
local io_ = cnn.io

local golden = core.load(check.root .. "/tests/golden/pictures.safetensors")

local function bytes_of(name)
    local bytes, x = {}, golden[name .. ".file"]
    for i = 1, x.shape[1] do bytes[i] = string.char(core.get(x, i)) end
    return table.concat(bytes)
end

local function file_of(name, change)
    local text = bytes_of(name)
    return check.write(check.temp("." .. name), change and change(text) or text)
end

-- What a system lacks is skipped, and said.
local function need(name)
    local ok, e = pcall(io_.read_image, file_of(name))
    if not ok and tostring(e):find("pictures need") then check.skip(tostring(e)) end
end

local function far(a, b)
    check.equal(a.shape, b.shape)
    return (a:to("float32") - b:to("float32")):abs():max():item()
end

for _, kind in ipairs { "png", "jpg" } do
    check.test("torchvision's pixels, in every mode: " .. kind, function()
        need("grey." .. kind)
        local count = 0
        for key, want in pairs(golden) do
            local name, mode = key:match("^(.*%." .. kind .. ")/(.*)$")
            if name then
                local got = io_.read_image { file_of(name), mode = mode }
                check.that(got.dtype == "uint8", key)
                -- colours to grey, and inks to colours, are rounded otherwise; two versions of a JPEG decoder may differ by one
                local rounded = kind == "jpg" and (name == "cmyk.jpg" and 3 or 1) or mode:find("^GRAY") and 1 or 0
                local apart = far(got, want)
                check.that(apart <= rounded, ("%s: %g apart"):format(key, apart))
                count = count + 1
            end
        end
        check.that(count >= 9, count .. " pictures")
    end)
end

check.test("what is written is read again", function()
    need("rgb.png")
    local path = check.temp(".png")
    for channels = 1, 4 do
        local x = (cnn.rand(channels, 9, 14) * 255):to("uint8")
        io_.write_image(path, x)
        check.equal(io_.read_image(path), x)
    end
    local grey = (cnn.rand(3, 4) * 255):to("uint8")
    io_.write_image(path, core.permute(grey, { 2, 1 }))
    check.equal(io_.read_image(path)[1], core.contiguous(core.permute(grey, { 2, 1 })))
end)

check.test("a JPEG comes back nearly as it was, the nearer the higher its quality", function()
    need("rgb.jpg")
    local x, apart = io_.read_image(file_of("rgb.jpg")), {}
    for i, quality in ipairs { 10, 60, 100 } do
        local path = check.temp(".JPEG")
        io_.write_image { path, x, quality = quality }
        local y = io_.read_image(path)
        apart[i] = (x:to("float32") - y:to("float32")):abs():mean():item()
    end
    check.that(apart[1] > apart[2] and apart[2] > apart[3] and apart[3] < 4, table.concat(apart, " "))
    local grey = io_.read_image(file_of("grey.jpg"))
    local path = check.temp(".jpg")
    io_.write_image(path, grey)
    check.that(far(io_.read_image(path), grey) < 12, "grey")
end)

check.test("sixteen bits become eight", function()
    need("deep.png")
    check.equal(io_.read_image(file_of("deep.png")).shape, cnn.zeros(1, 5, 4).shape)
end)

check.test("pictures that are none, or too large, get their sentences", function()
    need("rgb.png")
    local function refused(path, ...) check.fails(function() io_.read_image(path) end, path, ...) end
    refused(file_of("wide.png"), "50000 pixels wide and 1 high", "at most 32768")
    refused(file_of("rgb.png", function(s) return s:sub(1, 40) end), "damaged or cut short")
    refused(file_of("rgb.png", function(s) return s:sub(1, -20) end), "damaged or cut short")
    refused(file_of("rgb.png", function(s) return s:sub(1, 10) end), "damaged or cut short")
    -- a header of 0 x 0, with its checksum made right by hand
    refused(file_of("rgb.png", function(s)
        return s:sub(1, 16) .. ("\0"):rep(8) .. s:sub(25, 29) .. "\xe8\x87\x9c\x4a" .. s:sub(34)
    end), "damaged or cut short")
    refused(check.write(check.temp(".png"), ""), "it is empty")
    refused(check.write(check.temp(".png"), "GIF89a\1\2\3"), "is no PNG or JPEG", "a GIF")
    refused(check.write(check.temp(".jpg"), "<html>no such page</html>"), "no PNG or JPEG", "a page")
    refused(check.write(check.temp(".jpg"), "RIFF....WEBPVP8 "), "a WebP")
    refused("/nowhere/x.png", "No such file")
    refused(check.root, "")
    check.fails(function() io_.read_image { file_of("rgb.png"), mode = "BGR" } end, "mode", "RGB_ALPHA")
end)

check.test("JPEGs that are cut short or damaged get their sentences", function()
    need("rgb.jpg")
    local function refused(path, ...) check.fails(function() io_.read_image(path) end, path, ...) end
    refused(file_of("wide.jpg"), "50000 pixels wide")
    refused(file_of("rgb.jpg", function(s) return s:sub(1, -100) end), "damaged or cut short")
    refused(file_of("rgb.jpg", function(s) return s:sub(1, 100) end), "damaged or cut short")
    refused(file_of("rgb.jpg", function(s) return s:sub(1, 3) end), "damaged or cut short")
end)

check.test("every file with a byte changed is read, or gets a sentence", function()
    need("rgb.png")
    local path = check.temp()
    for _, name in ipairs { "rgb.png", "palette.png", "progressive.jpg" } do
        local text = bytes_of(name)
        for _ = 1, 150 do
            local at = math.random(3, #text)
            check.write(path, text:sub(1, at - 1) .. string.char(math.random(0, 255)) .. text:sub(at + 1))
            local ok, e = pcall(io_.read_image, path)
            if not ok then check.that(type(e) == "table" and (e.kind == "file error" or e.kind == "shape error"), tostring(e)) end
        end
    end
end)

check.test("what cannot be written gets its sentence", function()
    local x = cnn.zeros(3, 4, 4):to("uint8")
    check.fails(function() io_.write_image("x.gif", x) end, ".png, .jpg or .jpeg", "x.gif")
    check.fails(function() io_.write_image("x.png", cnn.zeros(3, 4, 4)) end, "uint8", "float32", "mul(255)")
    check.fails(function() io_.write_image("x.png", cnn.zeros(5, 4, 4):to("uint8")) end, "1 to 4 channels", "[5, 4, 4]")
    check.fails(function() io_.write_image { "x.jpg", x, quality = 101 } end, "quality", "101")
    need("rgb.png")
    local in_a_file = check.write(check.temp(), "no folder") .. "/x.png"
    check.fails(function() io_.write_image(in_a_file, x) end, in_a_file)
    check.fails(function() io_.write_image("x.png", cnn.zeros(3, 0, 4):to("uint8")) end, "no pixels")
    need("rgb.jpg")
    check.fails(function() io_.write_image("x.jpg", cnn.zeros(4, 2, 2):to("uint8")) end, "1 or 3 channels")
end)
