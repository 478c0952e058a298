-- SPDX-License-Identifier: MIT
-- Writes the well-formed inputs that fuzzing begins with: cnnsh tests/fuzz/seeds.lua [folder, by default tests/fuzz/corpus].
--
-- Only the readers of files need them; for the other targets every sequence of bytes is a program.
local root = (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/corpus"
local folder = arg[1] or root

local function put(target, name, data)
    os.execute(("mkdir -p '%s/%s'"):format(folder, target))
    local file = assert(io.open(("%s/%s/seed-%s"):format(folder, target, name), "wb"))
    assert(file:write(data))
    assert(file:close())
end

-- ---- IDX: three bytes of tests/fuzz/idx.c, then the content --------------------------------------------------------------

local function idx(...)
    local sizes, numel = { ... }, 1
    local header = string.pack(">BBBB", 0, 0, 8, #sizes)
    for _, size in ipairs(sizes) do
        header = header .. string.pack(">I4", size)
        numel = numel * size
    end
    local data = {}
    for i = 1, numel do data[i] = string.char((i * 7) % 256) end
    return header .. table.concat(data)
end

local PLAIN, GZIPPED = "\0\0\0", "\5\0\0"
put("idx", "labels", PLAIN .. idx(9))
put("idx", "images", PLAIN .. idx(2, 3, 4))
put("idx", "labels-gz", GZIPPED .. idx(30))
put("idx", "images-gz", GZIPPED .. idx(3, 8, 8))
put("idx", "eight-dimensions", PLAIN .. idx(1, 2, 1, 2, 1, 2, 1, 1))
put("idx", "empty", PLAIN .. idx(0))
put("idx", "no-rows", GZIPPED .. idx(0, 28, 28))
put("idx", "stored", "\1\0\0" .. idx(5))
put("idx", "cut", PLAIN:gsub("^.", "\16") .. idx(5))
put("idx", "cut-gz", "\21\0\0" .. idx(50))
put("idx", "floats", PLAIN .. "\0\0\13\1" .. string.pack(">I4f", 1, 1.5))
put("idx", "announces-much", PLAIN .. "\0\0\8\2" .. string.pack(">I4I4", 0xffffffff, 0xffffffff))
put("idx", "announces-much-gz", GZIPPED .. "\0\0\8\1" .. string.pack(">I4", 0x7fffffff) .. "abc")

-- ---- safetensors: 1, then the header, a zero byte and the data (tests/fuzz/safetensors.c) ---------------------------------

local function entry(name, dtype, shape, first, last)
    return ('"%s":{"dtype":"%s","shape":[%s],"data_offsets":[%d,%d]}'):format(name, dtype, shape, first, last)
end

local function archive(name, header, bytes)
    put("safetensors", name, "\1{" .. header .. "}\0" .. ("\1\2\128\63"):rep(bytes // 4) .. ("\1"):rep(bytes % 4))
end

archive("nothing", "", 0)
archive("metadata", [["__metadata__":{"format":"pt","a key":"\u00e9\n\ud83d\ude00\\"}]], 0)
for dtype, bytes in pairs { F32 = 4, F64 = 8, F16 = 2, BF16 = 2, I64 = 8, I32 = 4, I16 = 2, I8 = 1, U8 = 1, U16 = 2, U32 = 4, BOOL = 1 } do
    archive(dtype, entry("a." .. dtype, dtype, "2,3", 0, 6 * bytes), 6 * bytes)
end
archive("two", entry("w", "F32", "3", 0, 12) .. "," .. entry("b", "U8", "", 12, 13), 13)
archive("empty-tensor", entry("e", "F32", "0,4", 0, 0), 0)
archive("backwards", entry("b", "I64", "1", 8, 16) .. "," .. entry("a", "F64", "1", 0, 8), 16)
archive("blanks", " " .. entry("x", "F32", " 1 , 1 ", 0, 4) .. "\n\t ", 4)
archive("overlap", entry("a", "U8", "4", 0, 4) .. "," .. entry("b", "U8", "4", 2, 6), 6)
archive("huge", entry("a", "U8", "9223372036854775807", 0, 9223372036854775807), 4)
archive("deep", ('"a":['):rep(1) .. ("["):rep(300), 0)
put("safetensors", "as-it-is", "\0" .. string.pack("<I8", 56) .. "{" .. entry("a", "U8", "2", 0, 2) .. (" "):rep(2) .. "}" .. "\7\8")
put("safetensors", "length-of-all-ones", "\0" .. string.pack("<I8", -1) .. "{}")

-- ---- pictures: the mode, then the file --------------------------------------------------------------------------------

local function read(path)
    local file = assert(io.open(path, "rb"))
    local text = file:read("a")
    file:close()
    return text
end

local cnn = require "cnn"
cnn.manual_seed(1)
for channels = 1, 4 do
    local picture = (cnn.rand(channels, 3, 4) * 255):to("uint8")
    for _, ending in ipairs { "png", "jpg" } do
        local path = os.tmpname() .. "." .. ending
        if pcall(cnn.io.write_image, path, picture) then
            put("pictures", ending .. channels, string.char(ending == "png" and 130 or channels - 1) .. read(path))
            os.remove(path)
        end
    end
end

local function chunk(name, data) return string.pack(">I4", #data) .. name .. data .. "\0\0\0\0" end
local function png(width, height, depth, colour, interlace, ...)
    return "\130\137PNG\r\n\26\n" .. chunk("IHDR", string.pack(">I4I4BBBBB", width, height, depth, colour, 0, 0, interlace)) ..
        table.concat { ... } .. chunk("IEND", "")
end
local stored = "\120\1\1\5\0\250\255\0\1\2\3\4\0\0\0\0" -- five bytes, not compressed
put("pictures", "palette", png(4, 1, 8, 3, 0, chunk("PLTE", ("\1\2\3"):rep(5)), chunk("tRNS", "\0\100"), chunk("IDAT", stored)))
put("pictures", "interlaced", png(2, 1, 16, 0, 1, chunk("gAMA", string.pack(">I4", 100000)), chunk("IDAT", stored)))
put("pictures", "huge", png(0x7fffffff, 0x7fffffff, 8, 2, 0, chunk("IDAT", stored)))
put("pictures", "no-pixels", png(0, 5, 8, 2, 0, chunk("IDAT", stored)))
put("pictures", "gif", "\0GIF89a")

-- ---- archives: 1, then a tar file whose checksums are made by the target ------------------------------------------------

local function member(name, data, kind, link, size)
    local head = ("%s%07o\0%07o\0%07o\0%011o\0%011o\0        %s%s"):format(name .. ("\0"):rep(100 - #name), 420, 0, 0, size or #data,
        0, kind or "0", (link or "") .. ("\0"):rep(100 - #(link or ""))) .. "ustar\00000"
    return head .. ("\0"):rep(512 - #head) .. data .. ("\0"):rep(-#data % 512)
end

local function tar(name, ...) put("archives", name, "\1" .. table.concat { ... } .. ("\0"):rep(1024)) end
tar("file", member("a.txt", "hello"))
tar("folder", member("d/", "", "5"), member("d/a", "1"), member("d/e/b", ("x"):rep(600)))
tar("climbs", member("d/../../a", "hello"))
tar("absolute", member("/tmp/cnn-fuzz-a", "hello"))
tar("link", member("a", "", "2", "/etc"), member("a/passwd", "hello"))
tar("hard-link", member("a", "", "1", "../b"))
tar("dots", member(".", "hello"), member("./", "", "5"), member("..", "", "5"))
tar("twice", member("a", "1"), member("a", "2"), member("a/b", "3"))
tar("long-name", member("@LongLink", "b/" .. ("c"):rep(120), "L"), member("x", "hello"))
tar("pax", member("p", "18 path=../outside\n", "x"), member("x", "hello"))
tar("sparse", member("s", "hello", "S"))
tar("lies", member("a", "hello", "0", "", 8589934591))
tar("device", member("a", "", "3"))
put("archives", "nothing", "\1" .. ("\0"):rep(1024))
