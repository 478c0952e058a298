-- SPDX-License-Identifier: MIT
-- A loader's place in an epoch: what is loaded goes on with the next batch, the same bits as the unbroken run, and reads
-- nothing of what came before.
local check = require "check"
local core = require "cnn.core"
local cnn = require "cnn"
local nn, data, transforms = cnn.nn, cnn.data, cnn.transforms

local images = cnn.randint(0, 255, { 23, 1, 8, 8 }):to("uint8")
local labels = cnn.arange(23):long() + 1

local Slow = nn.class("Slow", data.Dataset)

function Slow:init(n) self.n, self.read = n, {} end

function Slow:__len() return self.n end

function Slow:get(i)
    self.read[#self.read + 1] = i
    return images[i]:float() * (1 + cnn.rand(1)), i -- it draws from the global generator, too
end

local augmented = transforms.Compose { transforms.RandomCrop { 8, padding = 2 }, transforms.RandomHorizontalFlip(), transforms.ToTensor() }

local Images = nn.class("Images", data.Dataset)

function Images:__len() return 23 end

function Images:get(i) return augmented(images[i]), i end

function Images:_fast() return { { images, table.unpack(augmented:_steps()) }, { labels } } end

local sampler_calls = 0
local kinds = {
    ["in order"] = function(w) return { data.TensorDataset(images, labels), batch_size = 4, num_workers = w } end,
    shuffled = function(w) return { data.TensorDataset(images, labels), batch_size = 4, shuffle = true, num_workers = w } end,
    ["without the rest"] = function(w)
        return { data.TensorDataset(images, labels), batch_size = 5, shuffle = true, drop_last = true, num_workers = w }
    end,
    ["random transforms"] = function(w) return { Images(), batch_size = 4, shuffle = true, num_workers = w } end,
    ["a part of the set"] = function(w)
        return { data.Subset(data.TensorDataset(images, labels), cnn.arange(11):long() * 2 + 1), batch_size = 3, shuffle = true,
            num_workers = w }
    end,
    ["a set in Lua"] = function() return { Slow(23), batch_size = 4, shuffle = true } end,
    ["a list as sampler"] = function(w)
        return { data.TensorDataset(images, labels), batch_size = 2, sampler = { 5, 4, 3, 9, 9, 1, 2 }, num_workers = w }
    end,
    ["a function as sampler"] = function(w)
        return { data.TensorDataset(images, labels), batch_size = 2, num_workers = w, sampler = function()
            sampler_calls = sampler_calls + 1
            local list = {}
            for i = 1, 9 do list[i] = math.random(23) end
            return list
        end }
    end,
    ["a generator of its own"] = function(w)
        return { Images(), batch_size = 4, shuffle = true, generator = 77, num_workers = w }
    end,
}

local function bits(x, y) return { x:clone(), core.is_tensor(y) and y:clone() or y } end

-- Batches of `epochs` epochs; after each batch `visit(number of the batch in all)`. A network draws numbers in between.
local function run(loader, epochs, visit)
    local list = {}
    for _ = 1, epochs do
        for x, y in loader do
            list[#list + 1] = bits(x, y)
            list[#list][3] = cnn.rand(1):item()
            if visit then visit(#list) end
        end
    end
    return list
end

-- A checkpoint as a file would hold it.
local function through_a_file(value)
    local path = check.temp()
    cnn.save(path, value)
    return cnn.load(path)
end

local function same(got, want, from)
    for i, batch in ipairs(got) do
        local other = want[from + i]
        check.equal(batch[1], other[1], "images of batch " .. i)
        check.equal(batch[2], other[2], "labels of batch " .. i)
        check.equal(batch[3], other[3], "numbers behind batch " .. i)
    end
end

for name, make in pairs(kinds) do
    check.test("goes on behind any batch: " .. name, function()
        local states = {}
        local loader = data.DataLoader(make(0))
        math.randomseed(5)
        local want = run(loader, 2, function(i)
            states[i] = { loader = loader:state_dict(), generator = cnn.get_rng_state() }
        end)
        local per_epoch = #want // 2
        for at = 1, per_epoch do
            for workers = 0, 3, 3 do
                local state = through_a_file(states[at])
                local resumed = data.DataLoader(make(workers))
                resumed:load_state_dict(state.loader)
                check.equal(resumed:state_dict().epoch.batch, states[at].loader.epoch.batch)
                cnn.manual_seed(workers) -- as a new process would have begun
                cnn.set_rng_state(state.generator)
                local calls = sampler_calls
                local got = run(resumed, 1)
                check.equal(#got, per_epoch - at)
                check.equal(sampler_calls, calls) -- nobody is asked again for an order that is known
                same(got, want, at)
                -- later epochs too; a function that draws from Lua's generator is not ours to set back
                if name ~= "a function as sampler" then same(run(resumed, 1), want, per_epoch) end
            end
        end
    end)
end

check.test("what came before is not read", function()
    local set = Slow(23)
    local loader = data.DataLoader { set, batch_size = 4, shuffle = true }
    local state
    for i in loader:enumerate() do
        if i == 4 then state = loader:state_dict() break end
    end
    local read = set.read
    set.read = {}
    loader = data.DataLoader { set, batch_size = 4, shuffle = true }
    loader:load_state_dict(state)
    for _ in loader do end
    check.equal(#read + #set.read, 23)
    local seen = {}
    for _, list in ipairs { read, set.read } do for _, i in ipairs(list) do seen[#seen + 1] = i end end
    table.sort(seen)
    for i = 1, 23 do check.equal(seen[i], i) end
end)

check.test("enumerate counts on; behind the last batch nothing is left; between epochs the next one is new", function()
    local d = data.TensorDataset(cnn.arange(10))
    local loader = data.DataLoader { d, batch_size = 2, shuffle = true }
    local states = {}
    for i in loader:enumerate() do states[i] = loader:state_dict() end
    check.equal(loader:state_dict().epoch, nil)
    local numbers = {}
    loader:load_state_dict(states[3])
    for i in loader:enumerate() do numbers[#numbers + 1] = i end
    check.equal(numbers, { 4, 5 })
    loader:load_state_dict(states[5])
    local count = 0
    for _ in loader do count = count + 1 end
    check.equal(count, 0)
    for _ in loader do count = count + 1 end
    check.equal(count, 5)
    loader:load_state_dict(states[2])
    loader:load_state_dict(loader:state_dict()) -- before a loop it is where it was set to
    check.equal(loader:state_dict(), states[2])
    for _ in loader do count = count + 1 end
    check.equal(count, 8)
end)

check.test("a state of another loader is refused by name", function()
    local function loader(n, options)
        options[1] = data.TensorDataset(cnn.arange(n))
        return data.DataLoader(options)
    end
    local one = loader(10, { batch_size = 2, shuffle = true })
    for _ in one do break end
    local state = one:state_dict()
    check.fails(function() loader(12, { batch_size = 2, shuffle = true }):load_state_dict(state) end, "another loader",
        "the number of samples is 10 in the state and 12 here")
    check.fails(function() loader(10, { batch_size = 4 }):load_state_dict(state) end, "batch_size is 2 in the state and 4 here",
        "shuffle is true in the state and false here")
    check.fails(function() loader(10, { batch_size = 2, shuffle = true, generator = 1 }):load_state_dict(state) end, "generator of its own")
    state.epoch.batch = 6
    check.fails(function() one:load_state_dict(state) end, "an epoch of 5 batches cannot go on behind batch 6")
    state.epoch.batch = -1
    check.fails(function() one:load_state_dict(state) end, "whole numbers")
    state.epoch = 3
    check.fails(function() one:load_state_dict(state) end, "whole numbers")
    check.fails(function() one:load_state_dict {} end, "another loader")
    check.fails(function()
        core.loader({ { cnn.ones(4) } }, nil, { batch_size = 2, start = 3 })
    end, "an epoch of 2 batches cannot go on behind batch 3")
end)
