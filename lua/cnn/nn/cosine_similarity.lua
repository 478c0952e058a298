-- SPDX-License-Identifier: MIT
-- nn.CosineSimilarity: the cosine of the angle between two vectors.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local signature = require "cnn.signature"

local CosineSimilarity = class.make("CosineSimilarity", Module)

CosineSimilarity.init = signature {
    name = "nn.CosineSimilarity", self = true,
    { "dim", "dim", default = 2, doc = "along which the vectors lie" },
    { "eps", "number", default = 1e-8, min = 0, doc = "lengths below this count as this" },
    returns = "module: two tensors → one without that dimension",
    doc = [[The cosine of the angle between two vectors: 1 for one direction, 0 for right angles, -1 for opposite ones.]],
    example = [[print(nn.CosineSimilarity()(cnn.tensor { { 1.0, 0.0 } }, cnn.tensor { { 1.0, 1.0 } }))]],
    see = { "nn.functional.cosine_similarity", "nn.PairwiseDistance" },
    call = function(self, dim, eps) self.dim, self.eps = dim, eps end,
}

function CosineSimilarity:forward(x1, x2) return functional.cosine_similarity(x1, x2, self.dim, self.eps) end

return CosineSimilarity
