-- SPDX-License-Identifier: MIT
-- What scripts/mnist.lua says when it can't do what it is asked for; all of it within a second or two.
local check = require "check"

local function mnist(arguments)
    return check.run(("env -u CNN_DATA %s %s/scripts/mnist.lua %s"):format(check.cnnsh, check.root, arguments))
end

local function fails(arguments, ...)
    local r = mnist(arguments)
    check.equal(r.code, 1, arguments)
    check.match(r.err, ...)
    return r
end

check.test("--help is a help", function()
    local r = mnist("--help")
    check.equal({ r.code, r.err }, { 0, "" })
    check.match(r.out, "usage: mnist.lua", "--epochs N", "(20)")
end)

check.test("wrong options and places", function()
    fails("--epoch 3", "did you mean --epochs?")
    fails("--dataset mnist", "--data DIR")
    fails("--save /no/such/folder/net", "can't write /no/such/folder/net")
    fails("--data /no/such/folder", "/no/such/folder")
    fails("--dataset digits --device tpu", "device", "tpu")
end)

check.test("a loss that is no number stops the training", function()
    local r = fails("--dataset digits --lr 1e30 --epochs 1", "the loss became", "epoch 1, step", "smaller --lr")
    check.that(not r.out:find("accuracy"))
end)
