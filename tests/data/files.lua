-- SPDX-License-Identifier: MIT
-- Files of tensors from Lua: what goes out comes back, and what is wrong is said.
local check = require "check"
local cnn = require "cnn"
local core = require "cnn.core"

check.test("every type, size and layout comes back", function()
    local path = check.temp(".safetensors")
    local tensors = {
        float = cnn.randn(2, 3), double = cnn.randn(3):to("float64"), long = core.from { -1, 2 ^ 53 | 0 },
        byte = core.full("uint8", { 4 }, 200), flag = core.from { true, false }, scalar = core.full("float32", {}, 3),
        nothing = core.empty("float32", { 0, 3 }), image = core.channels_last(cnn.randn(2, 3, 4, 5)),
        turned = core.permute(cnn.randn(3, 4), { 2, 1 }), ["é \"quoted\"\n"] = cnn.randn(1),
    }
    core.save(path, tensors, { format = "pt", empty = "" })
    local back, metadata, names = core.load(path)
    for name, x in pairs(tensors) do check.equal(back[name], x, name) end
    for name in pairs(back) do check.that(tensors[name], name) end
    check.equal(metadata, { format = "pt", empty = "" })
    check.equal(#names, 10)
    check.equal(names[1], "byte") -- sorted where no order is given
    core.save(path, { a = tensors.float, b = tensors.byte }, nil, { "b", "a" })
    check.equal(select(3, core.load(path)), { "b", "a" })
end)

check.test("an old file stays when the new one cannot be written", function()
    local path = check.temp()
    check.write(path, "old")
    check.fails(function() core.save(path, { x = 5 }) end, "\"x\" is 5")
    check.fails(function() core.save(path, { cnn.ones(1) }) end, "strings as names")
    check.fails(function() core.save(path, { x = cnn.ones(1) }, { a = 1 }) end, "metadata")
    check.fails(function() core.save(path, { ["\xff"] = cnn.ones(1) }) end, "UTF-8")
    check.fails(function() core.save(path, { x = cnn.ones(1) }, nil, { "y" }) end, "\"y\"")
    check.fails(function() core.save(path, { x = cnn.ones(1) }, nil, {}) end, "order")
    check.equal(check.read(path), "old")
end)

check.test("places that cannot be written get their sentences", function()
    local x = { x = cnn.ones(1) }
    check.fails(function() core.save("/no/such/folder/x", x) end, "there is no folder /no/such/folder", "mkdir -p")
    check.fails(function() core.save("/tmp", x) end, "it is a folder")
    check.fails(function() core.save("", x) end, "empty name")
    check.fails(function() core.save("a\0b", x) end, "zero byte")
    check.fails(function() core.save(5, x) end, "must be a string")
    check.fails(function() core.save("/dev/full", x) end, "No space left")
end)

check.test("files that are none get their sentences", function()
    local path = check.temp()
    check.fails(function() core.load(path .. "-none") end, "No such file")
    check.fails(function() core.load("/tmp") end, "folder")
    check.fails(function() core.load("/dev/null") end, "no regular file")
    check.write(path, "PK\3\4 a zip archive")
    check.fails(function() core.load(path) end, "zip archive", "safetensors.torch")
    check.write(path, string.pack("<I8", 2 ^ 62 | 0) .. "{}")
    check.fails(function() core.load(path) end, path, "byte 0", "truncated")
    local header = '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
    check.write(path, string.pack("<s8", header) .. "1234")
    check.fails(function() core.load(path) end, "tensor 'a'", "is it truncated")
    check.write(path, string.pack("<s8", header) .. "12345678")
    check.equal(core.load(path).a.shape[1], 2)
end)

check.test("cnn.save and cnn.load keep a network's order", function()
    local path = check.temp()
    local net = cnn.nn.Sequential(cnn.nn.Conv2d(1, 2, 3), cnn.nn.BatchNorm2d(2))
    cnn.save(path, net:state_dict(), { note = "a test" })
    local _, _, names = core.load(path)
    local want = {}
    for name in pairs(net:state_dict()) do want[#want + 1] = name end
    check.equal(names, want)
    local other = cnn.nn.Sequential(cnn.nn.Conv2d(1, 2, 3), cnn.nn.BatchNorm2d(2))
    other:load_state_dict(cnn.load(path))
    check.equal(other[1].weight, net[1].weight)
    check.equal(select("#", cnn.load(path)), 1)
    check.equal(select(2, cnn.load { path, metadata = true }), { note = "a test" })
end)
