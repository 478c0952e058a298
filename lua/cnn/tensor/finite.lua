-- SPDX-License-Identifier: MIT
-- cnn.check_finite: stops a training loop where its loss turns into nan or infinity, and says when and where.
--
-- It costs what loss:item() costs: one number is read. Parameters are looked at only after the loss has gone wrong.
local core = require "cnn.core"
local define = require "cnn.tensor.define"
local errors = require "cnn.errors"

local huge = math.huge

local function word(value)
    if value ~= value then return "nan" end
    return value > 0 and "inf" or "-inf"
end

local function is_finite(value) return value == value and value < huge and value > -huge end

-- How many of a tensor's numbers are none.
local function count(x)
    return core.item(core.sum(core.cast(core.methods.isfinite(core.detach(x)):eq(false), "int64"), nil, false))
end

-- Which of the network's parameters, or of their gradients, is the first that is not finite.
local function about(net)
    for _, what in ipairs { "", " (its gradient)" } do
        for name, p in net:named_parameters() do
            local x = p
            if what ~= "" then x = p.grad end
            local wrong = x and count(x) or 0
            if wrong > 0 then
                return ("\n%s%s: %d of its %d numbers are nan or infinite"):format(name, what, wrong, core.numel(x))
            end
        end
    end
    return "\nall parameters and gradients are finite: the batch, or what the loss is computed from, is not"
end

define.func { "check_finite",
    { "loss", "tensor|number" },
    { "epoch", "int", optional = true, doc = "for the message" },
    { "step", "int", optional = true, doc = "for the message" },
    { "net", "module", optional = true, doc = "a network whose parameters are looked at when the loss is not finite" },
    returns = "the loss as a number, as loss:item() gives it",
    doc = [[The loss as a number; an error that tells epoch and step if that is nan or infinite.
Costs no more than loss:item(), in whose place it stands in a training loop: nothing that is trained after a nan is of
use, and the numbers that follow do not say where it began.]],
    example = [[
local net, x, y = nn.Linear(3, 2), cnn.randn(4, 3), cnn.tensor { 1, 2, 2, 1 }
local loss = nn.CrossEntropyLoss()(net(x), y)
local epoch, step = 1, 1
print(cnn.check_finite(loss, epoch, step, net) == loss:item())]],
    see = { "tensor:item", "tensor:isfinite" },
    call = function(loss, epoch, step, net)
        local value = type(loss) == "number" and loss or core.methods.item(loss)
        if type(value) == "boolean" then
            errors.raise { kind = "type", op = "cnn.check_finite", text = "a loss is a number; got " .. tostring(value) }
        end
        if is_finite(value) then return value end
        local when = (epoch and " in epoch " .. epoch or "") .. (step and (epoch and ", step " or " in step ") .. step or "")
        errors.raise {
            kind = "value", op = "cnn.check_finite", epoch = epoch, step = step,
            text = ("the loss is %s%s%s"):format(word(value), when, net and about(net) or ""),
            fix = "a smaller learning rate; or look at the batch: x:isfinite():all(), x:abs():max()",
        }
    end }
