-- SPDX-License-Identifier: MIT
-- data.DataLoader: batches of a data set, again and again.
--
--     for x, y in loader do … end
--
-- calls loader(nil, x) with the first value of the last batch: nil begins an epoch; a batch finds its epoch in a table with
-- weak keys. So loops over one loader may nest, and one that is left by break, an error or a dropped coroutine becomes
-- garbage, which stops its threads.
-- Data sets of tensors are read by the threads of core/loader.c; those written in Lua sample by sample, here.
local class = require "cnn.nn.class"
local collate = require "cnn.data.collate"
local core = require "cnn.core"
local errors = require "cnn.errors"
local signature = require "cnn.signature"
local Transform = require "cnn.transforms.transform"

local DataLoader = class.make("DataLoader")

local function fail(kind, text, fix)
    errors.raise { kind = kind, op = "data.DataLoader", text = text, fix = fix }
end

-- Numbers of samples as an int64 tensor; whoever reads them checks that there are such samples.
local function numbers_of(value)
    if type(value) == "table" and getmetatable(value) == nil then
        for i = 1, #value do
            if math.type(value[i]) ~= "integer" then
                fail("type", ("a sampler gives numbers of samples; number %d is %s"):format(i, signature.describe(value[i])))
            end
        end
        return #value > 0 and core.from(value, "int64") or core.empty("int64", { 0 })
    end
    if core.is_tensor(value) and value.dtype == "int64" and #value.shape == 1 then return value end
    fail("type", ("a sampler gives a list of numbers, or int64 with one dimension; got %s"):format(
        core.is_tensor(value) and ("%s %s"):format(value.dtype, value.shape) or signature.describe(value)))
end

DataLoader.init = signature {
    name = "data.DataLoader", self = true,
    { "dataset", "dataset" },
    { "batch_size", "int", default = 1, min = 1, doc = "samples in a batch" },
    { "shuffle", "bool", default = false, doc = "a new random order in every epoch, from the global generator" },
    { "num_workers", "int", default = 0, min = 0, max = 256, doc = "threads that make batches ahead of time" },
    { "drop_last", "bool", default = false, doc = "leave out a last batch that is not full" },
    { "collate_fn", "function", optional = true, doc = "makes a batch from a list of samples, each a list of values" },
    { "prefetch_factor", "int", default = 2, min = 1, max = 1024, doc = "batches that each worker keeps ready" },
    { "sampler", "list|tensor|function", optional = true,
        doc = "numbers of the samples of an epoch, from 1, in their order; or a function that each epoch asks for them" },
    { "generator", "int", optional = true,
        doc = "seed of a generator of the loader's own for order and transforms; else the global one is used" },
    { "persistent_workers", "bool", default = false, doc = "accepted: threads cost too little to be kept between epochs" },
    { "pin_memory", "bool", default = false, doc = "accepted: batches are in the memory where networks are" },
    returns = "loader: for x, y in loader do … end",
    doc = [[Goes through a data set in batches. Each loop over the loader is a fresh epoch; #loader is its number of batches.
Batches are the same at any number of workers. Data sets in tensors are read by threads; for those written in Lua
(anything with #d and d:get(i)) samples are made one after another in the loop's own thread.]],
    example = [[
local d = data.TensorDataset(cnn.randn(10, 3), cnn.randint(1, 5, { 10 }))
for x, y in data.DataLoader { d, batch_size = 4, shuffle = true } do print(x:size(), y) end]],
    see = { "data.TensorDataset", "data.random_split", "data.DataLoader.enumerate" },
    call = function(self, dataset, batch_size, shuffle, num_workers, drop_last, collate_fn, prefetch_factor, sampler,
        generator)
        local n = #dataset
        if math.type(n) ~= "integer" or n < 0 then
            fail("value", ("the length of a data set is a whole number; got %s"):format(signature.describe(n)))
        end
        if n == 0 then
            fail("value", "the data set is empty: it has no samples to make a batch of",
                "look at what made it: the folder, the split, the filter")
        end
        self.dataset, self.batch_size, self.shuffle = dataset, batch_size, shuffle
        self.num_workers, self.drop_last, self.prefetch_factor = num_workers, drop_last, prefetch_factor
        self.collate_fn = collate_fn
        if sampler and shuffle then
            fail("value", "sampler and shuffle both say in which order samples come", "one of them")
        end
        if core.is_tensor(sampler) or type(sampler) == "table" and getmetatable(sampler) == nil then
            sampler = numbers_of(sampler)
        end
        self.sampler = sampler
        self._generator = generator and { generator, 0 }
        self._epochs = setmetatable({}, { __mode = "k" })
    end,
}

-- What the sampler gives as an int64 tensor.
function DataLoader:_sample()
    if core.is_tensor(self.sampler) then return self.sampler end
    return numbers_of(self.sampler())
end

-- A function is asked when its answer is needed first, and no more than once for an epoch.
function DataLoader:__len()
    local samples = #self.dataset
    if self.sampler then
        self._sampled = self._sampled or self:_sample()
        samples = self._sampled.shape[1]
    end
    local batches = samples / self.batch_size
    return self.drop_last and math.floor(batches) or math.ceil(batches)
end

function DataLoader:__tostring()
    return ("DataLoader(%d samples in %d batches, batch_size=%d, shuffle=%s, num_workers=%d)"):format(
        #self.dataset, #self, self.batch_size, self.shuffle, self.num_workers)
end

-- What must be the same where an epoch goes on.
local SETTINGS = { "batch_size", "shuffle", "drop_last" }

-- ---- epochs --------------------------------------------------------------------------------------------------------

local function random_seed()
    return core.get(core.integers_(core.empty("int64", { 1 }), 0, math.maxinteger), 1)
end

-- A loader of threads over the rows of tensors.
local function fast_epoch(self, columns, rows, order, seed, start)
    local handle = core.loader(columns, order, {
        batch_size = self.batch_size, drop_last = self.drop_last, workers = self.num_workers,
        prefetch = self.prefetch_factor, seed = seed, start = start, channels_last = true,
    }, rows)
    return { handle = handle, next = function() return core.loader_next(handle) end }
end

-- Sample i, for place `number` (from 0) of the epoch: its transforms draw from the stream that threads would give it.
local function sample(dataset, i, seed, number)
    local done <close> = Transform.enter(seed, number, i)
    if dataset.get then return { dataset:get(i) } end
    local value = dataset[i]
    if type(value) == "table" and getmetatable(value) == nil then return value end
    return { value }
end

-- Samples one by one, in this thread: the data set is Lua.
local function slow_epoch(self, order, seed, start)
    local dataset, batch, make = self.dataset, start, self.collate_fn or collate
    local n = #dataset
    local count = order and order.shape[1] or n
    local batches = count / self.batch_size
    batches = self.drop_last and math.floor(batches) or math.ceil(batches)
    return { next = function()
        if batch == batches then return nil end
        core.safe_point()
        local samples = {}
        for place = batch * self.batch_size + 1, math.min((batch + 1) * self.batch_size, count) do
            local i = order and core.get(order, place) or place
            if i < 1 or i > n then fail("value", ("sample %d is not among the %d of the data set"):format(i, n)) end
            samples[#samples + 1] = sample(dataset, i, seed, place - 1)
            if #samples[#samples] == 0 then
                fail("value", ("sample %d of the data set is nothing"):format(i), "function Data:get(i) return x, y end")
            end
        end
        batch = batch + 1
        return make(samples)
    end }
end

-- The seed of the samples' streams, and the order of the samples: nil for one after the other.
local function draw(self)
    local seed = random_seed()
    if self.sampler then
        local order = self._sampled or self:_sample()
        self._sampled = nil
        return seed, order
    end
    return seed, self.shuffle and core.permutation_(core.empty("int64", { #self.dataset })) or nil
end

-- With a generator of its own, the loader leaves the global one as it was.
local function draw_own(self)
    local own = self._generator
    if not own then return draw(self) end
    local seed, offset = core.generator()
    core.set_generator(own[1], own[2])
    local ok, first, order = pcall(draw, self)
    own[1], own[2] = core.generator()
    core.set_generator(seed, offset)
    if not ok then error(first, 0) end
    return first, order
end

-- The same seed and order as at the beginning of the epoch that goes on; no generator moves.
local function draw_again(self, place)
    local seed, offset = core.generator()
    core.set_generator(place.seed, place.offset)
    local ok, first, order = pcall(place.order and random_seed or draw, self)
    core.set_generator(seed, offset)
    if not ok then error(first, 0) end
    return first, place.order or order
end

-- An epoch, and its place: where its generator was before it began, batches handed out, the order a function gave.
local function begin(self)
    local place, seed, order = self._resume, nil, nil
    self._resume = nil
    if place then
        seed, order = draw_again(self, place)
    else
        place = { batch = 0 }
        if self._generator then
            place.seed, place.offset = self._generator[1], self._generator[2]
        else
            place.seed, place.offset = core.generator()
        end
        seed, order = draw_own(self)
        if self.sampler and not core.is_tensor(self.sampler) then place.order = order end
    end
    local columns, rows
    if self.dataset._fast and not self.collate_fn then columns, rows = self.dataset:_fast() end
    local epoch = columns and fast_epoch(self, columns, rows, order, seed, place.batch) or slow_epoch(self, order, seed, place.batch)
    epoch.place = place
    return epoch
end

-- Counts the batch that is about to be handed out; at the end of the epoch there is no place to go on from.
local function count(self, epoch, ...)
    if ... == nil then
        if self._place == epoch.place then self._place = nil end
    else
        epoch.place.batch = epoch.place.batch + 1
        self._place = epoch.place
    end
    return ...
end

-- Notes the epoch under the batch that is about to be handed out.
local function hand_out(self, epoch, ...)
    local first = ...
    if first == nil then
        if epoch.handle then core.loader_close(epoch.handle) end
        return nil
    end
    if type(first) ~= "table" and type(first) ~= "userdata" then
        fail("type", ("the first value of a batch must be a tensor or a table; collate_fn gave %s"):format(
            signature.describe(first)))
    end
    self._epochs[first] = epoch
    return ...
end

function DataLoader:__call(_, last)
    local epoch
    if last == nil then
        epoch = begin(self)
    else
        epoch = self._epochs[last]
        if not epoch then fail("value", "this is no batch of the loader", "for x, y in loader do … end") end
        self._epochs[last] = nil
    end
    return hand_out(self, epoch, count(self, epoch, epoch.next()))
end

local function counted(i, ...)
    if ... == nil then return nil end
    return i, ...
end

DataLoader.enumerate = signature {
    name = "data.DataLoader.enumerate", self = true,
    returns = "for i, x, y in loader:enumerate() do … end",
    doc = [[One epoch with the number of each batch, from 1.]],
    example = [[
local loader = data.DataLoader { data.TensorDataset(cnn.randn(10, 2)), batch_size = 4 }
for i, x in loader:enumerate() do print(i, x) end]],
    see = { "data.DataLoader" },
    call = function(self)
        local epoch = begin(self)
        return function(_, i) return counted(i + 1, count(self, epoch, epoch.next())) end, nil, epoch.place.batch, epoch.handle
    end,
}

-- ---- going on --------------------------------------------------------------------------------------------------------

DataLoader.state_dict = signature {
    name = "data.DataLoader.state_dict", self = true,
    returns = "table of numbers, for cnn.save",
    doc = [[Where the loader is: how many batches of the epoch it has handed out last, and where that epoch's random order
came from. A loop that was left by break counts as still going on.]],
    example = [[
local loader = data.DataLoader { data.TensorDataset(cnn.arange(10)), batch_size = 2, shuffle = true }
for i, x in loader:enumerate() do
    if i == 3 then print(loader:state_dict().epoch.batch) end
end]],
    see = { "data.DataLoader.load_state_dict", "cnn.save" },
    call = function(self)
        local state, place = { samples = #self.dataset }, self._place
        for _, name in ipairs(SETTINGS) do state[name] = self[name] end
        if self._generator then state.generator = { self._generator[1], self._generator[2] } end
        if self._sampled and not core.is_tensor(self.sampler) then state.sampled = self._sampled end
        if place then
            state.epoch = { batch = place.batch, seed = place.seed, offset = place.offset, order = place.order }
        end
        return state
    end,
}

-- What differs between the loader that the state is of and this one.
local function check_settings(self, state)
    local differ = {}
    local function compare(name, there, here)
        if there ~= here then
            differ[#differ + 1] = ("%s is %s in the state and %s here"):format(name, tostring(there), tostring(here))
        end
    end
    compare("the number of samples", state.samples, #self.dataset)
    for _, name in ipairs(SETTINGS) do compare(name, state[name], self[name]) end
    compare("a generator of its own", state.generator ~= nil, self._generator ~= nil)
    if #differ > 0 then fail("value", "the state is of another loader: " .. table.concat(differ, ", ")) end
end

local function is_count(value) return math.type(value) == "integer" and value >= 0 end

local function check_place(self, place)
    if place == nil then return end
    local order = type(place) == "table" and place.order
    local fine = type(place) == "table" and is_count(place.batch) and math.type(place.seed) == "integer"
        and math.type(place.offset) == "integer" and (not order or core.is_tensor(order) and order.dtype == "int64")
    if not fine then fail("value", "the state's epoch needs whole numbers batch, seed and offset") end
    if (not self.sampler or core.is_tensor(self.sampler)) and place.batch > #self then
        fail("value", ("an epoch of %d batches cannot go on behind batch %d"):format(#self, place.batch))
    end
end

DataLoader.load_state_dict = signature {
    name = "data.DataLoader.load_state_dict", self = true,
    { "state", "table", doc = "from state_dict of a loader over the same data with the same settings" },
    doc = [[Lets the next loop go on behind the batch at which the state was taken: the same order and the same random
transforms, without reading what came before. The loops after it are new epochs; for the same numbers as in the run that
the state is of, set the generator too (cnn.set_rng_state). The number of workers may be another.]],
    example = [[
local function loader() return data.DataLoader { data.TensorDataset(cnn.arange(10)), batch_size = 2, shuffle = true } end
local one, two, state = loader(), loader(), nil
for i, x in one:enumerate() do
    if i == 3 then state = one:state_dict() elseif i > 3 then print(x) end
end
two:load_state_dict(state)
for x in two do print(x) end]],
    see = { "data.DataLoader.state_dict", "cnn.set_rng_state", "cnn.load" },
    call = function(self, state)
        check_settings(self, state)
        check_place(self, state.epoch)
        local place = state.epoch
        self._resume = place and { batch = place.batch, seed = place.seed, offset = place.offset, order = place.order }
        self._place = self._resume
        self._sampled = state.sampled
        if state.generator then self._generator = { state.generator[1], state.generator[2] } end
    end,
}

return DataLoader
