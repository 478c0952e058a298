-- SPDX-License-Identifier: MIT
-- CIFAR-10 and CIFAR-100 from records made here; the archives they come in, hostile and broken ones too; the real files
-- where CNN_DATA has them.
local check = require "check"
local cnn = require "cnn"
local core = require "cnn.core"
local server = require "helpers.server"
local tar = require "helpers.tar"
local datasets, transforms, data = cnn.datasets, cnn.transforms, cnn.data

local function folder()
    local path = check.temp()
    os.remove(path)
    core.make_folder(path)
    return path
end

local function exists(path)
    local file = io.open(path, "rb")
    if file then file:close() end
    return file ~= nil
end

-- An image whose bytes depend on its number, red, green and blue being told apart.
local function image(n)
    local planes = {}
    for c = 0, 2 do
        local bytes = {}
        for i = 1, 1024 do bytes[i] = string.char((n + 50 * c + i) % 256) end
        planes[c + 1] = table.concat(bytes)
    end
    return table.concat(planes)
end

local function records(first, ...)
    local parts = {}
    for i, label in ipairs { ... } do parts[i] = string.char(label) .. image(first + i) end
    return table.concat(parts)
end

local BATCHES = {}
for i = 1, 5 do BATCHES["data_batch_" .. i .. ".bin"] = records(10 * i, 2 * i - 2, 2 * i - 1) end
BATCHES["test_batch.bin"] = records(90, 9, 0, 5)

local function root_with(files, below)
    local root = folder()
    core.make_folder(root .. (below or ""))
    for name, text in pairs(files) do check.write(root .. (below or "") .. "/" .. name, text) end
    return root
end

check.test("records become images [3, 32, 32] and labels from 1", function()
    for _, below in ipairs { "", "/cifar-10-batches-bin" } do
        local d = datasets.CIFAR10 { root_with(BATCHES, below) }
        check.equal({ #d, #d.classes, d.data.dtype, d.targets.dtype }, { 10, 10, "uint8", "int64" })
        check.equal(d.targets:totable(), { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 })
        check.equal({ d.classes[1], d.classes[4], d.classes[10] }, { "airplane", "cat", "truck" })
        local x, y = d:get(3) -- the first of the second file
        check.equal(x.shape, cnn.zeros(3, 32, 32).shape)
        check.equal(y, 3)
        for c = 0, 2 do check.equal(core.get(x, 1024 * c + 34), (21 + 50 * c + 34) % 256) end
    end
    local d = datasets.CIFAR10 { root_with(BATCHES), train = false }
    check.equal(d.targets:totable(), { 10, 1, 6 })
    check.equal({ d.class_to_idx.airplane, d.class_to_idx.cat, d.class_to_idx.lion }, { 1, 4, nil })
    check.match(tostring(d), "CIFAR10: 3 images [3, 32, 32], 10 classes, test split")
end)

check.test("loaders read it in their threads, through the transforms", function()
    local d = datasets.CIFAR10 { root_with(BATCHES), transform = transforms.Compose { transforms.ToTensor() } }
    check.that(d:_fast(), "the loader would go through Lua")
    for x, y in data.DataLoader { d, batch_size = 10, num_workers = 2 } do
        check.equal(x.shape, cnn.zeros(10, 3, 32, 32).shape)
        check.equal(x[3], (d:get(3)))
        check.close(core.get(x[1], 2), 13 / 255, { rtol = 1e-6 })
        check.equal(y:totable(), d.targets:totable())
    end
    d = datasets.CIFAR10 { root_with(BATCHES), train = false, target_transform = function(label) return 11 - label end }
    check.equal({ select(2, d:get(1)) }, { 1 })
    for _, y in data.DataLoader { d, batch_size = 3 } do check.equal(y:totable(), { 1, 10, 5 }) end
end)

check.test("CIFAR-100 has two labels in a record, and the second counts", function()
    local function fine(n, coarse, label) return string.char(coarse, label) .. image(n) end
    local d = datasets.CIFAR100 { root_with { ["train.bin"] = fine(1, 19, 0) .. fine(2, 3, 99) } }
    check.equal(d.targets:totable(), { 1, 100 })
    check.equal({ #d.classes, d.classes[1], d.classes[100] }, { 100, "apple", "worm" })
    check.equal(core.get(d:get(2), 1), 3)
    check.fails(function() datasets.CIFAR100 { root_with { ["train.bin"] = fine(1, 20, 0) } } end, "label 20", "0 to 19")
    check.fails(function() datasets.CIFAR100 { root_with { ["train.bin"] = fine(1, 0, 100) } } end, "label 100", "0 to 99")
end)

check.test("what is missing or wrong is said", function()
    local function fails(name, text, ...)
        local files = {}
        for key, value in pairs(BATCHES) do files[key] = value end
        files[name] = text
        check.fails(function() datasets.CIFAR10 { root_with(files) } end, name, ...)
    end
    fails("data_batch_2.bin", BATCHES["data_batch_2.bin"]:sub(1, -2), "has 6145 bytes", "records of 3073", "[3, 32, 32]")
    fails("data_batch_5.bin", "", "has 0 bytes")
    fails("data_batch_4.bin", records(1, 3, 10), "record 2 has the label 10", "0 to 9")
    fails("data_batch_4.bin", records(1, 255), "record 1 has the label 255")
    local root = root_with({})
    check.fails(function() datasets.CIFAR10 { root } end, "no data_batch_1.bin in " .. root, "cifar-10-batches-bin", "download = true")
    check.write(root .. "/cifar-10-binary.tar.gz", "x")
    check.fails(function() datasets.CIFAR10 { root } end, "there is cifar-10-binary.tar.gz, which download=true unpacks")
    os.remove(root .. "/cifar-10-binary.tar.gz")
    core.make_folder(root .. "/data_batch_1.bin")
    check.fails(function() core.read_records({ root .. "/data_batch_1.bin" }, { 10 }, { 3, 32, 32 }) end, "folder")
    check.fails(function() core.read_records({}, { 10 }, { 3 }) end, "1 to 10000 files")
    check.fails(function() core.read_records({ root }, {}, { 3 }) end, "labels")
    check.fails(function() core.read_records({ root }, { 300 }, { 3 }) end, "1 to 256 classes")
    check.fails(function() core.read_records({ 5 }, { 10 }, { 3 }) end, "must be a string")
end)

-- ---- archives ------------------------------------------------------------------------------------------------------

local LIMIT = 1 << 20

check.test("an archive is unpacked, files whole and over old ones", function()
    local path = folder() .. "/new"
    local archive = tar.write { { name = "a/", type = "5" }, { name = "a/one", data = "1" },
        { name = "./a/b/two", data = ("2"):rep(100000) }, { name = "three", data = "" } }
    check.equal(core.unpack(archive, path, LIMIT), 3)
    check.equal({ check.read(path .. "/a/one"), #check.read(path .. "/a/b/two"), check.read(path .. "/three") }, { "1", 100000, "" })
    check.write(path .. "/a/one", "old")
    core.unpack(archive, path, LIMIT)
    check.equal(check.read(path .. "/a/one"), "1")
    os.execute("gzip -dc " .. archive .. " >" .. path .. "/plain.tar") -- not gzipped
    check.equal(core.unpack(path .. "/plain.tar", path, LIMIT), 3)
end)

-- Refused with these texts, and nothing was written, the good file at the beginning neither.
local function refused(entry, ...)
    local path = folder()
    local archive = tar.write { { name = "good", data = "good" }, entry }
    check.fails(function() core.unpack(archive, path .. "/in", LIMIT) end, "file error in unpack", archive, ...)
    check.that(not exists(path .. "/in/good"), "something was written")
    check.that(not exists(path .. "/out"), "something was written outside")
end

check.test("archives that would write elsewhere are refused", function()
    refused({ name = "../out", data = "x" }, "its entry ../out climbs out of the folder")
    refused({ name = "a/../../out", data = "x" }, "climbs out")
    refused({ name = "a/..", type = "5" }, "climbs out")
    refused({ name = "/tmp/out", data = "x" }, "/tmp/out wants to be written outside")
    refused({ name = "link", type = "2", link = "/etc" }, "its entry link is a link")
    refused({ name = "link", type = "1", link = "good" }, "is a link")
    refused({ name = "device", type = "3" }, "device or a pipe")
    refused({ name = "pipe", type = "6" }, "device or a pipe")
    refused({ name = "", data = "x" }, "name")
    -- two dots in a name are no way up
    core.unpack(tar.write { { name = "a..b/..c", data = "x" } }, folder(), LIMIT)
end)

check.test("archives that are too big, cut or damaged are refused", function()
    refused({ name = "big", data = ("\0"):rep(LIMIT) }, "more than the " .. LIMIT .. " bytes")
    refused({ name = "lie", size = 8 ^ 11 - 1 | 0 }, "more than the")
    local path = folder()
    local archive = tar.write { { name = "a", data = check.read(check.cnnsh):sub(1, 50000) } }
    local bytes = check.read(archive)
    local function fails(text, ...)
        check.write(archive, text)
        check.fails(function() core.unpack(archive, path .. "/in", LIMIT) end, archive, ...)
        check.that(not exists(path .. "/in"), "something was written")
    end
    fails(bytes:sub(1, #bytes // 2), "truncated")
    fails(bytes:sub(1, -5), "truncated")
    fails(bytes:sub(1, -9) .. "\0\0\0\0" .. bytes:sub(-4), "damaged")
    fails(bytes:sub(1, 100) .. ("\255"):rep(50) .. bytes:sub(151), "damaged")
    fails("<html>not an archive</html>", "no good archive")
    fails("", "no good archive")
    fails(tar.pack { { name = "a", data = "x", size = 5000 } }:sub(1, 1024), "no good archive")
    fails(tar.pack {}, "empty")
    check.fails(function() core.unpack("/no/such", path, LIMIT) end, "No such file")
    check.write(path .. "/in", "")
    check.write(archive, bytes)
    check.fails(function() core.unpack(archive, path .. "/in", LIMIT) end, "/in is a file")
end)

-- ---- downloads -----------------------------------------------------------------------------------------------------

-- While f runs, CIFAR10 is BATCHES, in an archive that a server has.
local function small(f)
    if not core.fetch_ready() then check.skip("libcurl is not here") end
    local entries, Set, real = { { name = "cifar-10-batches-bin/", type = "5" } }, datasets.CIFAR10, {}
    for name, text in pairs(BATCHES) do entries[#entries + 1] = { name = "cifar-10-batches-bin/" .. name, data = text } end
    local archive = tar.write(entries)
    local bytes = check.read(archive)
    local s, address = server.start(function(request, connection) server.serve(request, connection, bytes) end)
    local fake = {
        _archive = { name = "cifar-10-binary.tar.gz", bytes = #bytes, sha256 = core.digest(archive, "sha256"), pause = 0.01 },
        _mirrors = { address }, _files = { train = {}, test = { { name = "test_batch.bin", records = 3 } } },
    }
    for i = 1, 5 do fake._files.train[i] = { name = ("data_batch_%d.bin"):format(i), records = 2 } end
    for key, value in pairs(fake) do real[key], Set[key] = Set[key], value end
    local ok, e = pcall(f, archive)
    for key, value in pairs(real) do Set[key] = value end
    s:close()
    if not ok then error(e, 0) end
end

check.test("CIFAR-10 is fetched and unpacked, once; damage is mended", function()
    small(function(archive)
        local root = folder()
        local d, text = server.quietly(datasets.CIFAR10, { root, download = true })
        check.equal(d.targets:totable(), { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 })
        check.match(text, "fetching http://127.0.0.1", "unpacking " .. root .. "/cifar-10-binary.tar.gz")
        d, text = server.quietly(datasets.CIFAR10, { root, train = false, download = true })
        check.equal({ #d, text }, { 3, "" })
        check.write(root .. "/cifar-10-batches-bin/data_batch_3.bin", "cut")
        check.fails(function() datasets.CIFAR10 { root } end, "data_batch_3.bin has 3 bytes")
        d, text = server.quietly(datasets.CIFAR10, { root, download = true })
        check.equal(#d, 10)
        check.match(text, "data_batch_3.bin has 3 bytes instead of 6146; taking it from the archive again")
        check.that(not text:find("fetching http"), "the archive that is there was fetched again")
        check.write(root .. "/cifar-10-binary.tar.gz", "damaged")
        os.remove(root .. "/cifar-10-batches-bin/data_batch_1.bin")
        d, text = server.quietly(datasets.CIFAR10, { root, download = true })
        check.equal(#d, 10)
        check.match(text, "cifar-10-binary.tar.gz is damaged", "fetching it again")
        -- put there by hand
        root = folder()
        check.write(root .. "/cifar-10-binary.tar.gz", check.read(archive))
        d, text = server.quietly(datasets.CIFAR10, { root, download = true })
        check.equal(#d, 10)
        check.that(not text:find("fetching http"))
    end)
end)

check.test("the real CIFAR-10", function()
    local root = os.getenv("CNN_DATA") or "/tmp/cnn-data"
    local ok, d = pcall(datasets.CIFAR10, { root, train = false })
    if not ok then check.skip("no CIFAR-10 in " .. root) end
    check.equal(#d, 10000)
    local count = {}
    for _, label in ipairs(d.targets:totable()) do count[label] = (count[label] or 0) + 1 end
    for label = 1, 10 do check.equal(count[label], 1000) end
end)
