-- SPDX-License-Identifier: MIT
-- optim: how parameters change in a step of training, and how learning rates change with time.
return {
    Optimizer = require "cnn.optim.optimizer",
    SGD = require "cnn.optim.sgd",
    Adam = require "cnn.optim.adam",
    AdamW = require "cnn.optim.adamw",
    RMSprop = require "cnn.optim.rmsprop",
    Adagrad = require "cnn.optim.adagrad",
    lr_scheduler = require "cnn.optim.lr_scheduler",
}
