-- SPDX-License-Identifier: MIT
-- transforms: what happens to an image between the data set and the network.
return {
    Compose = require "cnn.transforms.compose",
    ToTensor = require "cnn.transforms.to_tensor",
    Normalize = require "cnn.transforms.normalize",
    Pad = require "cnn.transforms.pad",
    RandomCrop = require "cnn.transforms.random_crop",
    Resize = require "cnn.transforms.resize",
    RandomResizedCrop = require "cnn.transforms.random_resized_crop",
    CenterCrop = require "cnn.transforms.center_crop",
    RandomHorizontalFlip = require "cnn.transforms.random_horizontal_flip",
    RandomVerticalFlip = require "cnn.transforms.random_vertical_flip",
    RandomRotation = require "cnn.transforms.random_rotation",
    ColorJitter = require "cnn.transforms.color_jitter",
    Grayscale = require "cnn.transforms.grayscale",
    RandomGrayscale = require "cnn.transforms.random_grayscale",
    RandomErasing = require "cnn.transforms.random_erasing",
    Lambda = require "cnn.transforms.lambda",
}
