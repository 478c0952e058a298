-- SPDX-License-Identifier: MIT
-- nn.functional.one_hot: labels as rows of 0 with a single 1. Labels count from 1, as everywhere.
local core = require "cnn.core"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local function fail(kind, text, fix)
    errors.raise { kind = kind, op = "one_hot", text = text, fix = fix }
end

-- How many classes there are: as many as given, or as the largest label says. Refuses labels outside.
local function count_classes(labels, given)
    if core.numel(labels) == 0 then
        return given or fail("value", "no labels, so no number of classes: num_classes is needed")
    end
    local flat = core.reshape(labels, { -1 })
    local low, low_at = core.extreme(flat, 1, false, false)
    local high, high_at = core.extreme(flat, 1, true, false)
    local smallest, largest = core.item(low), core.item(high)
    if smallest < 1 then
        fail("value", ("labels count from 1; number %d of them is %d"):format(core.item(low_at), smallest),
            smallest == 0 and "labels + 1 (labels that come from Python count from 0)" or nil)
    end
    if given and largest > given then
        fail("value", ("labels count from 1 to %d; number %d of them is %d"):format(given, core.item(high_at), largest),
            ("num_classes=%d"):format(largest))
    end
    return given or largest
end

local one_hot = signature {
    name = "nn.functional.one_hot",
    { "labels", "tensor", doc = "int64, from 1" },
    { "num_classes", "int", min = 1, optional = true, doc = "the largest label if not given" },
    returns = "int64 tensor [.., num_classes]",
    doc = [[A row for each label: 1 at the label's place, 0 elsewhere.]],
    shape = [[[..] -> [.., num_classes] ]],
    example = [[print(nn.functional.one_hot(cnn.tensor { 1, 3 }, 3))]],
    see = { "nn.functional.cross_entropy" },
    call = function(labels, num_classes)
        if labels.dtype ~= "int64" then
            fail("type", ("labels are int64; got %s"):format(labels.dtype), "labels:long()")
        end
        local count = count_classes(labels, num_classes)
        local size = table.move(labels.shape, 1, core.dim(labels), 1, {})
        size[#size + 1] = 1
        return core.cast(core.eq(core.reshape(labels, size), core.range("int64", 1, 1, count)), "int64")
    end,
}

return { one_hot = one_hot }
