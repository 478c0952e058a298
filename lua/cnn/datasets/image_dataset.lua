-- SPDX-License-Identifier: MIT
-- What the data sets of images share: images and labels in tensors, names of the classes, a transform.
--
--   data       uint8 [N, H, W] or [N, C, H, W], as stored     targets   int64 [N], 1 … #classes
--   classes    list of names, class_to_idx the way back       transform what get(i) and loaders apply, or nil
--   target_transform   the same for labels
local Dataset = require "cnn.data.dataset"
local class = require "cnn.nn.class"
local core = require "cnn.core"

local ImageDataset = class.make("ImageDataset", Dataset)

function ImageDataset:__len() return self.data.shape[1] end

-- The image of sample i as it is stored, and what core.loader takes as all of them.
function ImageDataset:_image(i) return core.select(self.data, 1, i - 1) end
function ImageDataset:_images() return self.data end

function ImageDataset:get(i)
    i = self:check_index(i)
    local x = self:_image(i)
    if self.transform then x = self.transform(x) end
    local label = core.get(self.targets, i)
    if self.target_transform then label = self.target_transform(label) end
    return x, label
end

local get = ImageDataset.get

-- A transform in Lua leaves nothing for threads to do.
function ImageDataset:_fast()
    local transform, steps = self.transform, {}
    if transform then
        steps = type(transform) == "table" and transform._steps and transform:_steps()
        if not steps then return nil end
    end
    if self.get ~= get or self.target_transform then return nil end
    return { { self:_images(), table.unpack(steps) }, { self.targets } }
end

--- Gives the classes their names, in the order of the labels.
function ImageDataset:_name_classes(names)
    self.classes, self.class_to_idx = {}, {}
    for label, name in ipairs(names) do self.classes[label], self.class_to_idx[name] = name, label end
end

function ImageDataset:__tostring()
    local sizes = { table.unpack(self.data.shape, 2) }
    local transform = type(self.transform) == "function" and "a function" or tostring(self.transform or "none")
    return ("Dataset %s: %d images [%s], %d classes, %s split, transform %s"):format(self.__name, #self,
        table.concat(sizes, ", "), #self.classes, self.train and "training" or "test", transform)
end

return ImageDataset
