-- SPDX-License-Identifier: MIT
-- Files that are missing, cut off, damaged, foreign or hostile: the file, the byte, and what is wrong there.
local check = require "check"
local cnn = require "cnn"
local core = require "cnn.core"
local says = require "helpers.says"
local nn, data, datasets = cnn.nn, cnn.data, cnn.datasets

local path = check.temp()

-- The text of the message that reading `text` as a file gives; it names the file. `fix`: its mend.
local function refused(read, text, wanted, fix)
    check.write(path, text)
    says(function() read(path) end, "file error", "^" .. path:gsub("%p", "%%%0") .. "[ ,:] ?" .. wanted:gsub("%p", "%%%0") .. "$",
        fix and "fix: " .. fix)
end

local function safetensors(header, bytes) return string.pack("<s8", header) .. (bytes or "") end

local function tensors(text, wanted, fix) refused(cnn.load, text, wanted, fix) end

local function tensor(entry, bytes, wanted) tensors(safetensors('{"a":{' .. entry .. "}}", bytes), wanted) end

check.test("safetensors: missing, short, foreign", function()
    says(function() cnn.load("/no/such.safetensors") end, "file error",
        "cannot read /no/such.safetensors: No such file or directory")
    says(function() cnn.load("/tmp") end, "file error", "cannot read /tmp: it is a folder")
    tensors("", "has 0 bytes: too few for a safetensors file")
    local convert = 'in Python: safetensors.torch.save_file(torch.load("x.pt"), "x.safetensors")'
    tensors("PK\3\4\x14\0\0\0\0\0", "is a zip archive (PyTorch's .pt?), not a safetensors file", convert)
    tensors("\x80\2}q\0.xxxxxxxx", "is a Python pickle (an old PyTorch .pt?), not a safetensors file", convert)
    tensors("<!DOCTYPE html>", "is a web page: the server had no such file, not a safetensors file")
    tensors("\x93NUMPY\1\0v\0", "is a NumPy array, not a safetensors file")
    tensors("\x1f\x8b\8\0\0\0\0\0\0\3", "is a gzipped file: unpack it first, not a safetensors file")
    tensors("12345678", "byte 0: a header of 4050765991979987505 bytes is announced, but the file has 8 bytes: "
        .. "it is truncated, or no safetensors file")
    local name = ("n"):rep(0x280 - #'{"":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}') -- its length begins with 0x80 0x02
    check.write(path, safetensors(('{"%s":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'):format(name), "\0\0\0\0"))
    check.equal(cnn.load(path)[name], cnn.zeros(1))
end)

check.test("safetensors: truncated, overlapping, out of range", function()
    local entry = '"dtype":"F32","shape":[2],"data_offsets":'
    tensor(entry .. "[0,8]", "1234", "byte 13: tensor 'a' ends at byte 8 of the data, but the file holds 4: is it truncated?")
    tensor(entry .. "[0,8]", "12345678zzz", "byte 70: 3 bytes follow the last tensor and belong to nobody")
    tensor(entry .. "[0,8000]", "12345678", "byte 13: tensor 'a' needs 8 bytes for its dtype and shape, but data_offsets give 8000")
    tensor(entry .. "[8,0]", "12345678", "byte 13: tensor 'a' ends before it begins")
    local b = '{"a":{' .. entry .. '[0,8]},"b":{' .. entry
    tensors(safetensors(b .. "[4,12]}}", ("x"):rep(12)),
        "byte 66: tensor 'b' begins at byte 4 of the data, before another one's end at 8: they overlap")
    tensors(safetensors(b .. "[12,20]}}", ("x"):rep(20)),
        "byte 66: tensor 'b' begins at byte 12 of the data, but the one before it ends at 8: a gap belongs to nobody")
    tensors(safetensors('{"a":{' .. entry .. '[0,8]},"a":{' .. entry .. "[8,16]}}", ("x"):rep(16)), "byte 66: tensor 'a' is there twice")
end)

check.test("safetensors: numbers that overflow, deep JSON, what is no JSON", function()
    tensors(string.pack("<I8", 1 << 63) .. "{}", "byte 0: a header of 9223372036854775808 bytes is announced, but the file has 10 "
        .. "bytes: it is truncated, or no safetensors file")
    tensor('"dtype":"F32","shape":[2],"data_offsets":[0,9223372036854775808]', "", "byte 76: a number above 2^63 - 1")
    tensor('"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,8]', "", "byte 55: a number above 2^63 - 1")
    tensor('"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]', "",
        "byte 13: tensor 'a' has a shape with more elements than any memory holds")
    tensor('"dtype":"F32","shape":[-2],"data_offsets":[0,8]', "", "byte 37: expected a whole number from 0, found '-'")
    tensor('"dtype":"F32","shape":[1.5],"data_offsets":[0,8]', "", "byte 38: expected a whole number from 0, found '.'")
    tensor('"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]', "", "byte 53: a shape of more than 8 dimensions")
    tensor('"dtype":"F8","shape":[1],"data_offsets":[0,4]', "",
        "byte 26: the dtype 'F8' is not one that can be read: F32 F64 F16 BF16 I64 I32 I16 I8 U32 U16 U8 BOOL")
    tensor('"dtype":"F32","shape":[2]', "", "byte 13: tensor 'a' lacks one of dtype, shape, data_offsets")
    tensors(safetensors('{"a":' .. ("["):rep(100000)), "byte 13: expected '{', found '['")
    tensors(safetensors('{"a":' .. ('{"b":'):rep(100000)), "byte 17: an unknown key 'b'")
    tensors(safetensors "hello", "byte 8: expected '{', found 'h'")
end)

local function idx(text, wanted, fix) refused(core.read_idx, text, wanted, fix) end

check.test("IDX files: truncated, damaged, foreign, hostile", function()
    says(function() core.read_idx("/no/such") end, "file error", "cannot read /no/such: No such file or directory")
    local again = "fetch the file again"
    idx("", "has 0 bytes: too few for an IDX file")
    idx("<html>404", "is no IDX file: it begins with the bytes 3c 68 74 6d (a web page: the server had no such file), "
        .. "images or labels with 00 00 08", again)
    idx("label,1x1\n5,0\n", "is no IDX file: it begins with the bytes 6c 61 62 65 (text), images or labels with 00 00 08")
    idx("\x89PNG\r\n", "is no IDX file: it begins with the bytes 89 50 4e 47 (a PNG picture), images or labels with 00 00 08")
    idx("PK\3\4....", "is no IDX file: it begins with the bytes 50 4b 03 04 (a zip archive: unpack it first), "
        .. "images or labels with 00 00 08")
    idx("\1\2\3\4", "is no IDX file: it begins with the bytes 01 02 03 04, images or labels with 00 00 08")
    idx("\0\0\x0d\1\0\0\0\1abcd", "is an IDX file of type 0d: only unsigned bytes (08) are read")
    idx("\0\0\8\9", "announces 9 dimensions: 1 to 8 are read")
    idx("\0\0\8\3\0\0\0\1", "is truncated: it ends inside its header")
    idx("\0\0\8\1\0\0\0\4ab", "is truncated: its header announces [4], 4 bytes of data; there are 2", again)
    idx("\0\0\8\1\0\0\0\1abc", "is longer than its header says: [1], 1 bytes of data")
    idx("\0\0\8\3\x7f\xff\xff\xff\x7f\xff\xff\xff\x7f\xff\xff\xff", "its header announces more elements than any memory holds")
    idx("\x1f\x8b\8\0\0\0\0\0\0\3abcdefg", "is damaged: invalid stored block lengths", again)
end)

check.test("empty data sets, samples that are not there", function()
    local none = data.TensorDataset(cnn.zeros(0, 3))
    for _, shuffle in ipairs { false, true } do
        says(function() for _ in data.DataLoader { none, shuffle = shuffle } do check.fail("a batch of nothing") end end,
            "value error in data.DataLoader", "the data set is empty: it has no samples to make a batch of",
            "fix: look at what made it: the folder, the split, the filter")
    end
    local digits = datasets.Digits { train = false }
    says(function() local _ = digits[0] end, "value error in Digits.get", "samples count from 1; got 0")
    says(function() local _, _ = digits:get(#digits + 1) end, "value error in Digits.get",
        "sample 10001 is not among the 10000 of the data set")
    says(function() data.random_split(none, { 1, 1 }) end, "value error in data.random_split",
        "the lengths must add up to the 0 samples of the data set; they give 2")
end)

check.test("a data set of one's own: which sample", function()
    local Mine = nn.class("Mine", data.Dataset)
    function Mine:__len() return 4 end
    function Mine:get(i)
        local x = cnn.ones(2):view(i == 3 and 3 or 2) -- the line
        return x, i
    end
    local function epoch() for _ in data.DataLoader { Mine(), batch_size = 2 } do end end
    local e = says(epoch, "shape error in view", "sample 3: [2] has 2 elements; [3] needs 3")
    check.equal(e.sample, 3)
    check.match(tostring(e), "the line")
    local Short = nn.class("Short", data.Dataset)
    says(function() data.DataLoader { Short() } end, "value error in Short", "Short has no length: a data set answers #d and d:get(i)",
        "fix: function Short:__len() return n end")
    function Short:__len() return 4 end
    says(function() for _ in data.DataLoader { Short() } do end end, "value error in Short",
        "sample 1: Short has no get: a data set answers #d and d:get(i)", "fix: function Short:get(i) return x, y end")
    function Short:get() end
    says(function() for _ in data.DataLoader { Short() } do end end, "value error in data.DataLoader",
        "sample 1 of the data set is nothing", "fix: function Data:get(i) return x, y end")
    local Uneven = nn.class("Uneven", data.Dataset)
    function Uneven:__len() return 4 end
    function Uneven:get(i) return cnn.ones(i) end
    says(function() for _ in data.DataLoader { Uneven(), batch_size = 2 } do end end, "shape error in data.DataLoader",
        "the samples of a batch need one size and type; value 1 is float32 [1] in the batch's first sample, float32 [2] in its sample 2",
        "fix: crop or resize the samples to one size, or give a collate_fn")
end)
