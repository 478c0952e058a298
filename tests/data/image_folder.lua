-- SPDX-License-Identifier: MIT
-- datasets.ImageFolder: classes and order, decoding by hand and in a loader's threads, folders and pictures that are wrong.
local check = require "check"
local cnn = require "cnn"
local core = require "cnn.core"
local data, T = cnn.data, cnn.transforms
local ImageFolder = cnn.datasets.ImageFolder

local function picture(seed, height, width)
    local x = cnn.arange(3 * height * width):view(3, height, width)
    return (x * 7 + seed * 13):to("uint8") -- wraps around at 256
end

-- A folder with these pictures: a list of { path, seed, height, width }.
local function folder(list)
    local root = check.temp()
    os.remove(root)
    for _, p in ipairs(list) do
        os.execute("mkdir -p " .. check.quote(root .. "/" .. p[1]:match("^(.*)/")))
        local ok, e = pcall(cnn.io.write_image, root .. "/" .. p[1], picture(p[2], p[3], p[4]))
        if not ok and tostring(e):find("pictures need") then check.skip(tostring(e)) end
        if not ok then error(e, 0) end
    end
    return root
end

local function pets()
    return folder { { "dog/b.png", 1, 8, 8 }, { "cat/z.PNG", 2, 8, 8 }, { "cat/a.png", 3, 8, 8 }, { "cat-wild/x.png", 4, 8, 8 },
        { "cat/y/k.png", 5, 8, 8 }, { "cat/y-1/k.png", 6, 8, 8 }, { "Ant/1.png", 7, 8, 8 } }
end

check.test("classes and pictures in torchvision's order", function()
    local root = pets()
    check.write(root .. "/cat/notes.txt", "no picture")
    check.write(root .. "/cat/nothing", "")
    local d = ImageFolder(root .. "/")
    check.equal(d.classes, { "Ant", "cat", "cat-wild", "dog" })
    check.equal(d.class_to_idx["cat-wild"], 3)
    check.equal(#d, 7)
    local names = {}
    for i, sample in ipairs(d.samples) do names[i] = sample[1]:sub(#root + 2) .. " " .. sample[2] end
    check.equal(names, { "Ant/1.png 1", "cat/a.png 2", "cat/z.PNG 2", "cat/y/k.png 2", "cat/y-1/k.png 2", "cat-wild/x.png 3",
        "dog/b.png 4" })
    local x, y = d:get(6)
    check.equal(x, picture(4, 8, 8))
    check.equal(y, 3)
    check.match(tostring(d), "7 pictures in", "4 classes")
end)

check.test("a loader's threads read them, with the same bits at any number", function()
    local d = ImageFolder { pets(), transform = T.Compose { T.RandomCrop { 8, padding = 2 }, T.RandomHorizontalFlip(), T.ToTensor() } }
    local function epoch(workers)
        cnn.manual_seed(4)
        local images, labels = {}, {}
        for x, y in data.DataLoader { d, batch_size = 3, shuffle = true, num_workers = workers } do
            images[#images + 1], labels[#labels + 1] = x, y
        end
        return cnn.cat(images, 1), cnn.cat(labels, 1)
    end
    local want, labels = epoch(0)
    check.equal(want.shape, cnn.zeros(7, 3, 8, 8).shape)
    for _, workers in ipairs { 1, 3 } do
        local x, y = epoch(workers)
        check.equal(x, want)
        check.equal(y, labels)
    end
    local steps = d.transform
    d.transform = function(x) return steps(x) end -- in Lua
    check.equal((epoch(0)), want)
    d.transform = nil
    for x in data.DataLoader { data.Subset(d, { 7, 1 }), batch_size = 2, num_workers = 1 } do
        check.equal(x[1], picture(1, 8, 8))
        check.equal(x[2], picture(7, 8, 8))
    end
end)

check.test("pictures of many sizes become one by Resize", function()
    local root = folder { { "a/1.png", 1, 10, 20 }, { "a/2.png", 2, 33, 7 }, { "b/1.png", 3, 9, 9 }, { "b/2.jpg", 4, 30, 30 } }
    local d = ImageFolder { root, transform = T.Compose { T.Resize(12), T.CenterCrop { { 12, 10 } }, T.ToTensor() } }
    for x in data.DataLoader { d, batch_size = 4, num_workers = 2 } do
        check.equal(x.shape, cnn.zeros(4, 3, 12, 10).shape)
        for i = 1, 4 do check.equal(x[i], (d:get(i))) end
    end
    d.transform = T.ToTensor()
    check.fails(function() data.DataLoader { d, batch_size = 4, num_workers = 2 }() end, "sample 2", "a/2.png", "one size",
        "[3, 33, 7]", "[3, 10, 20]", "Resize")
    d.transform = T.RandomCrop(9)
    check.fails(function() data.DataLoader { d, batch_size = 4 }() end, "sample 2: RandomCrop of 9 x 9", "33 x 7")
end)

check.test("a picture that cannot be read reaches the loop with its number and path", function()
    local root = pets()
    check.write(root .. "/cat/y/k.png", "\x89PNG\r\n\x1a\nrubbish")
    check.write(root .. "/dog/b.png", "GIF89a")
    local d = ImageFolder(root)
    for workers = 0, 2 do
        local seen = 0
        check.fails(function()
            for _ in data.DataLoader { d, num_workers = workers } do seen = seen + 1 end
        end, "sample 4", "cat/y/k.png", "damaged or cut short")
        check.equal(seen, 3)
        check.fails(function() data.DataLoader { d, sampler = { 7 }, num_workers = workers }() end, "sample 7", "a GIF")
    end
    os.remove(root .. "/Ant/1.png")
    check.fails(function() d:get(1) end, "Ant/1.png", "No such file")
end)

check.test("folders that are wrong get their sentences", function()
    check.fails(function() ImageFolder("/nowhere") end, "/nowhere cannot be read", "No such file")
    check.fails(function() ImageFolder() end, "root")
    local root = pets()
    check.fails(function() ImageFolder(root .. "/dog") end, "no folders in it", "each class needs one")
    os.execute("mkdir " .. check.quote(root .. "/owl"))
    check.fails(function() ImageFolder(root) end, "no .png, .jpg or .jpeg in its folder owl")
    os.execute(("ln -s . %s/cat/loop && ln -s /nowhere %s/cat/gone.png && rmdir %s/owl"):format(root, root, root))
    check.that(#ImageFolder(root) >= 7, "a link in a circle")
end)
