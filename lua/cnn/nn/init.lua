-- SPDX-License-Identifier: MIT
-- nn: layers, containers, losses, and the class mechanism to write one's own.
--
-- One file per layer, each returning its class. `cnn.nn.initialisers` is what users see as nn.init.
local class = require "cnn.nn.class"
local errors = require "cnn.errors"
local signature = require "cnn.signature"
local Module = require "cnn.nn.module"
local walk = require "cnn.nn.module_walk"
require "cnn.nn.module_state"
require "cnn.nn.module_hooks"

errors.set_module_call(Module.__call)

signature.define("module", "a module", function(value)
    if walk.is_module(value) then return value end
end)

local nn = {
    Module = Module,
    Parameter = require "cnn.nn.parameter",
    Sequential = require "cnn.nn.sequential",
    ModuleList = require "cnn.nn.module_list",
    Conv2d = require "cnn.nn.conv2d",
    BatchNorm1d = require "cnn.nn.batch_norm1d",
    BatchNorm2d = require "cnn.nn.batch_norm2d",
    Dropout = require "cnn.nn.dropout",
    Dropout2d = require "cnn.nn.dropout2d",
    ReLU = require "cnn.nn.relu",
    LeakyReLU = require "cnn.nn.leaky_relu",
    GELU = require "cnn.nn.gelu",
    SiLU = require "cnn.nn.silu",
    Sigmoid = require "cnn.nn.sigmoid",
    Tanh = require "cnn.nn.tanh",
    Softmax = require "cnn.nn.softmax",
    LogSoftmax = require "cnn.nn.log_softmax",
    Linear = require "cnn.nn.linear",
    MaxPool2d = require "cnn.nn.max_pool2d",
    AvgPool2d = require "cnn.nn.avg_pool2d",
    AdaptiveAvgPool2d = require "cnn.nn.adaptive_avg_pool2d",
    ZeroPad2d = require "cnn.nn.zero_pad2d",
    ReflectionPad2d = require "cnn.nn.reflection_pad2d",
    CircularPad2d = require "cnn.nn.circular_pad2d",
    Flatten = require "cnn.nn.flatten",
    Identity = require "cnn.nn.identity",
    CrossEntropyLoss = require "cnn.nn.cross_entropy_loss",
    NLLLoss = require "cnn.nn.nll_loss",
    MSELoss = require "cnn.nn.mse_loss",
    L1Loss = require "cnn.nn.l1_loss",
    BCEWithLogitsLoss = require "cnn.nn.bce_with_logits_loss",
    Conv1d = require "cnn.nn.conv1d",
    ConvTranspose2d = require "cnn.nn.conv_transpose2d",
    LayerNorm = require "cnn.nn.layer_norm",
    GroupNorm = require "cnn.nn.group_norm",
    InstanceNorm2d = require "cnn.nn.instance_norm2d",
    ELU = require "cnn.nn.elu",
    SELU = require "cnn.nn.selu",
    ReLU6 = require "cnn.nn.relu6",
    Hardtanh = require "cnn.nn.hardtanh",
    Hardsigmoid = require "cnn.nn.hardsigmoid",
    Hardswish = require "cnn.nn.hardswish",
    Softplus = require "cnn.nn.softplus",
    Softsign = require "cnn.nn.softsign",
    LogSigmoid = require "cnn.nn.log_sigmoid",
    Mish = require "cnn.nn.mish",
    PReLU = require "cnn.nn.prelu",
    MaxPool1d = require "cnn.nn.max_pool1d",
    AvgPool1d = require "cnn.nn.avg_pool1d",
    AdaptiveMaxPool2d = require "cnn.nn.adaptive_max_pool2d",
    Upsample = require "cnn.nn.upsample",
    PixelShuffle = require "cnn.nn.pixel_shuffle",
    ConstantPad2d = require "cnn.nn.constant_pad2d",
    ReplicationPad2d = require "cnn.nn.replication_pad2d",
    Unflatten = require "cnn.nn.unflatten",
    ModuleDict = require "cnn.nn.module_dict",
    ParameterList = require "cnn.nn.parameter_list",
    SmoothL1Loss = require "cnn.nn.smooth_l1_loss",
    HuberLoss = require "cnn.nn.huber_loss",
    BCELoss = require "cnn.nn.bce_loss",
    KLDivLoss = require "cnn.nn.kl_div_loss",
    CosineSimilarity = require "cnn.nn.cosine_similarity",
    PairwiseDistance = require "cnn.nn.pairwise_distance",
    functional = require "cnn.nn.functional",
    init = require "cnn.nn.initialisers",
    utils = require "cnn.nn.utils",
}

nn.class = signature {
    name = "nn.class",
    { "name", "string", doc = "what instances print as" },
    { "parent", "table", optional = true, doc = "the class to build on; nn.Module if not given" },
    returns = "class",
    doc = [[Makes a class of modules. `function Net:init(…)` is its constructor, `function Net:forward(x)` what net(x) does.
Modules and parameters that init assigns to fields of self are found by parameters(), state_dict() and print.
A class that builds on another calls the parent's constructor as Parent.init(self, …); Net.super is the parent.]],
    example = [[
local Net = nn.class("Net")
function Net:init(classes) self.fc = nn.Linear(784, classes) end
function Net:forward(x) return self.fc(cnn.flatten(x, 2)) end
local net = Net(10)
print(net, net(cnn.randn(128, 1, 28, 28)):size())]],
    see = { "nn.is", "nn.Module.parameters" },
    call = function(name, parent)
        if parent and not class.is_class(parent) then
            errors.raise {
                kind = "type", op = "nn.class",
                text = ("the parent of %s must be a class; got %s"):format(name, signature.describe(parent)),
                fix = class.of(parent) and ("nn.class(%q, %s)"):format(name, class.of(parent).__name) or nil,
            }
        end
        return class.make(name, parent or Module)
    end,
}

nn.is = signature {
    name = "nn.is",
    { "value", "any", optional = true },
    { "class", "any", doc = "a class, or its name" },
    returns = "bool",
    doc = [[Whether a value is a module of a class, or of a class that builds on it.]],
    example = [[print(nn.is(nn.ReLU(), nn.ReLU), nn.is(nn.ReLU(), "Module"), nn.is(3, nn.ReLU))]],
    see = { "nn.class", "nn.Module.modules" },
    call = function(value, cls)
        if type(cls) ~= "string" and not class.is_class(cls) then
            errors.raise {
                kind = "type", op = "nn.is",
                text = ("nn.is compares with a class or its name; got %s"):format(signature.describe(cls)),
                fix = "nn.is(m, nn.Conv2d)",
            }
        end
        return class.is(value, cls)
    end,
}

return nn
