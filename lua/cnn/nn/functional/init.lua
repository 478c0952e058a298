-- SPDX-License-Identifier: MIT
-- nn.functional: layers as plain functions, for what has no parameters of its own or brings them along.
local functional = {}

for _, part in ipairs { "layers", "pooling", "activation", "dropout", "loss", "distance", "one_hot", "curves", "normal",
    "sliding",
    "similarity" } do
    for name, f in pairs(require("cnn.nn.functional." .. part)) do
        functional[name] = f
    end
end

return functional
