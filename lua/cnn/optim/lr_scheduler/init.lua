-- SPDX-License-Identifier: MIT
-- optim.lr_scheduler: learning rates that change with time.
local by_factor = require "cnn.optim.lr_scheduler.by_factor"
local by_function = require "cnn.optim.lr_scheduler.by_function"
local cosine = require "cnn.optim.lr_scheduler.cosine"
local combined = require "cnn.optim.lr_scheduler.combined"

return {
    LRScheduler = require "cnn.optim.lr_scheduler.scheduler",
    StepLR = by_factor.StepLR,
    MultiStepLR = by_factor.MultiStepLR,
    ConstantLR = by_factor.ConstantLR,
    LinearLR = by_factor.LinearLR,
    ExponentialLR = by_factor.ExponentialLR,
    PolynomialLR = by_factor.PolynomialLR,
    LambdaLR = by_function.LambdaLR,
    MultiplicativeLR = by_function.MultiplicativeLR,
    CosineAnnealingLR = cosine.CosineAnnealingLR,
    CosineAnnealingWarmRestarts = cosine.CosineAnnealingWarmRestarts,
    OneCycleLR = require "cnn.optim.lr_scheduler.one_cycle",
    ReduceLROnPlateau = require "cnn.optim.lr_scheduler.plateau",
    SequentialLR = combined.SequentialLR,
    ChainedScheduler = combined.ChainedScheduler,
}
