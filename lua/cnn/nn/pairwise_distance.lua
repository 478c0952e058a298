-- SPDX-License-Identifier: MIT
-- nn.PairwiseDistance: the distance of two vectors.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local PairwiseDistance = class.make("PairwiseDistance", Module)

PairwiseDistance.init = signature {
    name = "nn.PairwiseDistance", self = true,
    { "p", "number", default = 2, doc = "which length: see tensor:norm" },
    { "eps", "number", default = 1e-6, doc = "added to the difference" },
    { "keepdim", "bool", default = false },
    returns = "module: two tensors [.., D] → [..]",
    doc = [[The length of the difference of two vectors, along the last dimension.]],
    example = [[print(nn.PairwiseDistance()(cnn.zeros(1, 2), cnn.tensor { { 3.0, 4.0 } }))]],
    see = { "nn.functional.pairwise_distance", "nn.CosineSimilarity" },
    call = function(self, p, eps, keepdim) self.norm, self.eps, self.keepdim = p, eps, keepdim end,
}

function PairwiseDistance:forward(x1, x2)
    return functional.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
end

return PairwiseDistance
