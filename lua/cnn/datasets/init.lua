-- SPDX-License-Identifier: MIT
-- datasets: what there is to learn from.
return {
    MNIST = require "cnn.datasets.mnist",
    FashionMNIST = require "cnn.datasets.fashion_mnist",
    KMNIST = require "cnn.datasets.kmnist",
    Digits = require "cnn.datasets.digits",
}
