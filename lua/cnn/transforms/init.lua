-- SPDX-License-Identifier: MIT
-- transforms: what happens to an image between the data set and the network.
return {
    ToTensor = require "cnn.transforms.to_tensor",
    Compose = require "cnn.transforms.compose",
}
