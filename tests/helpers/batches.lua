-- SPDX-License-Identifier: MIT
-- Batches that Python makes as well (Generator in tests/golden/generate.py): x -> 1664525 x + 1013904223 mod 2^32, of which
-- the top byte is used; noise with a bright bar whose row tells the class. Labels count from 1.
local core = require "cnn.core"

return function(seed)
    local state = seed
    local function byte()
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        return state >> 24
    end
    -- images [n, channels, size, size] of the given type in 0 … 1, labels [n]
    return function(n, channels, size, classes, dtype)
        local pixels, labels = {}, {}
        for i = 1, n do
            labels[i] = byte() % classes + 1
            for _ = 1, channels do
                for row = 0, size - 1 do
                    local lit = row * classes // size == labels[i] - 1 and 127 or 0
                    for _ = 1, size do pixels[#pixels + 1] = byte() // 2 + lit end
                end
            end
        end
        local images = core.from(pixels, dtype or "float32"):reshape(n, channels, size, size) / 255
        return images, core.from(labels, "int64")
    end
end
