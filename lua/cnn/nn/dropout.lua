-- SPDX-License-Identifier: MIT
-- nn.Dropout: sets single elements to zero at random while training.
local Module = require "cnn.nn.module"
local class = require "cnn.nn.class"
local functional = require "cnn.nn.functional"
local hints = require "cnn.hints"
local repr = require "cnn.nn.repr"
local signature = require "cnn.signature"

local Dropout = class.make("Dropout", Module)

Dropout.init = signature {
    name = "nn.Dropout", self = true,
    { "p", "number", default = 0.5, min = 0, max = 1, doc = "probability that a element becomes zero" },
    { "inplace", "bool", default = false, doc = "overwrite the input" },
    returns = "module: any size → the same size",
    doc = [[In training, sets single elements to zero with probability p and multiplies the rest by 1/(1-p).
In evaluation (eval()) it changes nothing.]],
    example = [[print(nn.Dropout(0.5)(cnn.ones(1, 4, 2, 2)))]],
    see = { "nn.functional.dropout", "nn.Module.eval" },
    call = function(self, p, inplace) self.p, self.inplace = p, inplace end,
}

function Dropout:forward(x)
    if self.training and hints.on then hints.trains(self) end
    return functional.dropout(x, self.p, self.training, self.inplace)
end

function Dropout:extra_repr() return ("p=%s, inplace=%s"):format(repr.number(self.p), repr.bool(self.inplace)) end

return Dropout
