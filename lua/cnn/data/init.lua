-- SPDX-License-Identifier: MIT
-- data: data sets and the loaders that make batches of them.
return {
    Dataset = require "cnn.data.dataset",
    TensorDataset = require "cnn.data.tensor_dataset",
    Subset = require "cnn.data.subset",
    random_split = require "cnn.data.random_split",
    DataLoader = require "cnn.data.dataloader",
}
