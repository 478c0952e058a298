-- SPDX-License-Identifier: MIT
-- Loops over loaders with many workers, for the thread sanitizer (make test-tsan): whole epochs, loops that are left,
-- nested and interrupted ones, computing while threads make the next batches. The batches must be those of no worker.
local cnn = require "cnn"
local core = require "cnn.core"
local data, datasets, transforms = cnn.data, cnn.datasets, cnn.transforms

local digits = datasets.Digits { train = false, transform = transforms.ToTensor() }
local part = data.Subset(digits, cnn.arange(1, 601))

local function loader(workers)
    return data.DataLoader { part, batch_size = 32, shuffle = true, num_workers = workers, prefetch_factor = 3 }
end

-- A number for all batches of an epoch; the sums keep the main thread busy with the batch while others are made.
local function epoch(workers)
    cnn.manual_seed(3)
    local total, count = 0, 0
    for x, y in loader(workers) do
        total = total + (x * y:float():view(-1, 1, 1, 1)):sum():item()
        count = count + 1
    end
    assert(count == 19)
    return total
end

local expected = epoch(0)
for _, workers in ipairs { 1, 2, 4, 7 } do assert(epoch(workers) == expected, "other batches with " .. workers .. " workers") end

-- left in the middle: the collector stops the threads, whenever it comes
for k = 1, 12 do
    for _ in loader(4) do if k % 3 == 0 then break end break end
    if k % 4 == 0 then collectgarbage() end
end
pcall(function() for _ in loader(3) do error "left by an error" end end)
collectgarbage()

-- nested, over one loader
local both, pairs_seen = loader(2), 0
for _ in both do
    for _ in both do pairs_seen = pairs_seen + 1 if pairs_seen % 5 == 0 then break end end
    if pairs_seen >= 20 then break end
end

-- columns without steps, closed by hand
local bad = core.loader({ { core.full("uint8", { 6, 2, 2 }, 1) } }, core.permutation_(core.full("int64", { 6 }, 1)),
    { batch_size = 4, workers = 2 })
while core.loader_next(bad) do end
core.loader_close(bad)
