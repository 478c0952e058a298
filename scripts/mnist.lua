-- SPDX-License-Identifier: MIT
-- Trains the lab's convolutional network on handwritten digits, then measures it on images it has never seen.
--
--   ./cnnsh scripts/mnist.lua --data DIR    MNIST, from the folder that holds it; with --download, fetched into it first
--   ./cnnsh scripts/mnist.lua               Digits, the set that comes with the program
local cnn = require "cnn"
local nn, optim, data, datasets, transforms = cnn.nn, cnn.optim, cnn.data, cnn.datasets, cnn.transforms
local options = require "cnn.options"

local o = options.parse(arg, {
    about = "Trains the lab's convolutional network on handwritten digits.",
    { "data", "DIR", "folder of MNIST", default = os.getenv("CNN_DATA") },
    { "download", nil, "fetch what is missing of MNIST into that folder" },
    { "dataset", "NAME", "what to learn", choices = { "mnist", "digits" } },
    { "epochs", "N", "passes over the training images", default = 20, min = 1 },
    { "batch-size", "N", "images per step", default = 128, min = 1 },
    { "lr", "X", "learning rate", default = 0.01, min = 0 },
    { "momentum", "X", "how much of the last step goes into the next", default = 0.9, min = 0, max = 1 },
    { "device", "NAME", "where to compute", default = os.getenv("CNN_DEVICE") or "cpu" },
    { "workers", "N", "threads that prepare batches", default = 2, min = 0 },
    { "seed", "S", "of everything random", default = 1 },
    { "save", "FILE", "write the network here after every epoch", output = true },
})

-- ---- data ----------------------------------------------------------------------------------------------------------

local name = o.dataset or (o.data and "mnist" or "digits")
if name == "mnist" and not o.data then options.fail("MNIST is read from a folder: --data DIR") end

local function load_images(train)
    if name == "digits" then return datasets.Digits { train = train, transform = transforms.ToTensor() } end
    return datasets.MNIST { o.data, train = train, transform = transforms.ToTensor(), download = o.download }
end

cnn.manual_seed(o.seed)
local images, test_images = load_images(true), load_images(false)
local train_images, val_images = data.random_split(images, { #images - #images // 6, #images // 6 })

local function loader(set, shuffle)
    return data.DataLoader { set, batch_size = o.batch_size, shuffle = shuffle, num_workers = o.workers }
end
local train_loader, val_loader, test_loader = loader(train_images, true), loader(val_images), loader(test_images)

-- ---- network -------------------------------------------------------------------------------------------------------

local Net = nn.class("Net")

function Net:init()
    -- 1 channel in, 32 out, 7x7 filters: 28x28 images become 22x22
    self.layer1 = nn.Sequential(nn.Conv2d(1, 32, 7), nn.BatchNorm2d(32), nn.ReLU())
    -- 32 channels in, 64 out, 7x7 filters: 22x22 becomes 16x16
    self.layer2 = nn.Sequential(nn.Conv2d(32, 64, 7), nn.BatchNorm2d(64), nn.ReLU())
    self.fc = nn.Linear(64 * 16 * 16, 10)
end

function Net:forward(x)
    local out = self.layer1(x)
    out = self.layer2(out)
    out = cnn.flatten(out, 2)
    return self.fc(out)
end

local net = Net():to(o.device)
local optimizer = optim.SGD { net:parameters(), lr = o.lr, momentum = o.momentum }
local criterion = nn.CrossEntropyLoss()

-- The last fifth of the steps is ten times smaller: what the noise of single batches moved about settles.
local steps = o.epochs * #train_loader
local scheduler = optim.lr_scheduler.MultiStepLR { optimizer, milestones = { steps * 4 // 5 }, gamma = 0.1 }

-- ---- training ------------------------------------------------------------------------------------------------------

local function train(epoch)
    net:train()
    local total, step = 0, 0
    local bar = cnn.progress { train_loader, label = "epoch " .. epoch, total = #train_images, unit = "images", keep = false }
    for x, y in bar do
        local out = net(x:to(o.device))
        local loss = criterion(out, y:to(o.device))
        optimizer:zero_grad()
        loss:backward()
        optimizer:step()
        scheduler:step()

        local value = loss:item()
        step = step + 1
        if value ~= value or value == math.huge then
            options.fail("the loss became %s in epoch %d, step %d: try a smaller --lr",
                value ~= value and "NaN" or "infinite", epoch, step)
        end
        total = total + value
        bar:show(("loss %.4f"):format(value))
    end
    return total / step, bar:rate()
end

local function accuracy(batches, set, label)
    net:eval()
    local correct = 0
    cnn.no_grad(function()
        for x, y in cnn.progress { batches, label = label, total = #set, unit = "images", keep = false } do
            local out = net(x:to(o.device))
            correct = correct + out:argmax(2):eq(y:to(o.device)):sum():item()
        end
    end)
    return 100 * correct / #set
end

print(("%s: %d images to learn, %d to validate, %d to test"):format(name, #train_images, #val_images, #test_images))
for epoch = 1, o.epochs do
    local loss, rate = train(epoch)
    local validated = accuracy(val_loader, val_images, "validating")
    print(("epoch %2d/%d  loss %.4f  validation accuracy %.2f %%  %.0f images/s"):format(
        epoch, o.epochs, loss, validated, rate))
    if o.save then cnn.save(o.save, net:state_dict()) end
end
print(("test accuracy: %.2f %%"):format(accuracy(test_loader, test_images, "testing")))
