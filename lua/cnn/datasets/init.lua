-- SPDX-License-Identifier: MIT
-- datasets: what there is to learn from.
return {
    MNIST = require "cnn.datasets.mnist",
    FashionMNIST = require "cnn.datasets.fashion_mnist",
    KMNIST = require "cnn.datasets.kmnist",
    CIFAR10 = require "cnn.datasets.cifar10",
    CIFAR100 = require "cnn.datasets.cifar100",
    ImageFolder = require "cnn.datasets.image_folder",
    Digits = require "cnn.datasets.digits",
}
