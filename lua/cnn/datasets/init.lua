-- SPDX-License-Identifier: MIT
-- datasets: what there is to learn from.
return {
    MNIST = require "cnn.datasets.mnist",
    Digits = require "cnn.datasets.digits",
}
