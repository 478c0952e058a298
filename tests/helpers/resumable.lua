-- SPDX-License-Identifier: MIT
-- A training that can be killed at any moment and goes on from its checkpoint: cnnsh resumable.lua CHECKPOINT RESULT EPOCHS
-- WORKERS. Everything that has a state takes part: convolution, batch norm, dropout, Adam, a schedule per batch, shuffling,
-- random transforms. RESULT appears when the last epoch is done, with weights, optimiser and the sum of all losses.
local ImageDataset = require "cnn.datasets.image_dataset"
local core = require "cnn.core"
local cnn = require "cnn"
local nn, optim, data, transforms = cnn.nn, cnn.optim, cnn.data, cnn.transforms

local path, result, epochs, workers = arg[1], arg[2], tonumber(arg[3]), math.tointeger(arg[4])

cnn.manual_seed(11)
local Some = nn.class("Some", ImageDataset) -- the first of datasets.Digits: all 60,000 would take a second to draw

function Some:init()
    self.data, self.targets = core.digits("train", 1, 160)
    self.transform = transforms.Compose { transforms.RandomCrop { 28, padding = 2 }, transforms.ToTensor() }
end

local loader = data.DataLoader { Some(), batch_size = 16, shuffle = true, num_workers = workers }

local net = nn.Sequential(nn.Conv2d { 1, 4, 5, stride = 2 }, nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
    nn.Dropout(0.2), nn.Linear(4 * 6 * 6, 10))
local optimizer = optim.Adam { net:parameters(), lr = 0.01 }
local scheduler = optim.lr_scheduler.OneCycleLR { optimizer, max_lr = 0.02, epochs = epochs, steps_per_epoch = #loader }
local epoch, total = 1, 0

local file = io.open(path)
if file then
    file:close()
    local state = cnn.load(path)
    net:load_state_dict(state.model)
    optimizer:load_state_dict(state.optimizer)
    scheduler:load_state_dict(state.scheduler)
    loader:load_state_dict(state.loader)
    epoch, total = state.epoch, state.total
    cnn.set_rng_state(state.generator)
end

local function everything()
    return { model = net:state_dict(), optimizer = optimizer:state_dict(), scheduler = scheduler:state_dict(),
        loader = loader:state_dict(), generator = cnn.get_rng_state(), epoch = epoch, total = total }
end

while epoch <= epochs do
    for x, y in loader do
        local loss = nn.functional.cross_entropy(net(x), y)
        optimizer:zero_grad()
        loss:backward()
        nn.utils.clip_grad_norm_(net:parameters(), 5)
        optimizer:step()
        scheduler:step()
        total = total + loss:item()
        cnn.save { path, everything(), keep_previous = true }
    end
    epoch = epoch + 1
end
local final = everything()
final.loader = nil
cnn.save(result, final)
