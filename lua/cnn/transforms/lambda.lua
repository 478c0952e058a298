-- SPDX-License-Identifier: MIT
-- transforms.Lambda: a function as a transform.
local Transform = require "cnn.transforms.transform"
local class = require "cnn.nn.class"
local signature = require "cnn.signature"

local Lambda = class.make("Lambda", Transform)

Lambda.init = signature {
    name = "transforms.Lambda", self = true,
    { "lambd", "function", doc = "of an image, returns what comes of it" },
    returns = "transform",
    doc = [[Applies a function of your own to each image; a plain function in a Compose does the same. It is Lua, so the whole
Compose runs image by image in the loop's own thread, and num_workers cannot help: some ten thousand small images a
second, where the loader's threads make hundreds of thousands. What need not change per epoch is better done once,
on the data set's tensors.]],
    example = [[print(transforms.Lambda(function(x) return 1 - x end)(cnn.zeros(1, 2, 2)))]],
    see = { "transforms.Compose", "data.DataLoader" },
    call = function(self, f) self.lambd = f end,
}

function Lambda:__call(x) return self.lambd(x) end

function Lambda:__tostring() return "Lambda()" end

return Lambda
