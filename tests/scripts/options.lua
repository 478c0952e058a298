-- SPDX-License-Identifier: MIT
-- The options of scripts.
local check = require "check"
local options = require "cnn.options"

local spec = {
    about = "Counts.",
    { "data", "DIR", "a folder" },
    { "epochs", "N", "how often", default = 20, min = 1, max = 100 },
    { "lr", "X", "how far", default = 0.5, min = 0 },
    { "batch-size", "N", "how many", default = 8 },
    { "dataset", "NAME", "which", choices = { "mnist", "digits" } },
    { "save", "FILE", "where to", output = true },
    { "quiet", nil, "say less" },
}

local function fails(arguments, ...)
    local values, why = options.read(arguments, spec)
    check.that(values == nil, "accepted")
    check.match(why, ...)
end

check.test("values, defaults, both spellings", function()
    local o = options.read({}, spec)
    check.equal({ o.epochs, o.lr, o.batch_size, o.quiet, o.data }, { 20, 0.5, 8, false, nil })
    o = options.read({ "--epochs", "3", "--lr=1e-2", "--batch-size=4", "--quiet", "--data", "--x", "--dataset", "digits" }, spec)
    check.equal({ o.epochs, o.lr, o.batch_size, o.quiet, o.data, o.dataset }, { 3, 0.01, 4, true, "--x", "digits" })
    check.equal(math.type(o.epochs), "integer")
    check.equal(options.read({ "--epochs", "1", "--help" }, spec), "help")
end)

check.test("mistakes get their sentence", function()
    fails({ "--epoch", "3" }, "there is no option --epoch", "did you mean --epochs?")
    fails({ "epochs" }, '"epochs" is no option')
    fails({ "--epochs" }, "--epochs needs a value")
    fails({ "--epochs", "many" }, "whole number", "many")
    fails({ "--epochs", "2.5" }, "whole number")
    fails({ "--epochs", "0" }, "at least 1")
    fails({ "--epochs", "101" }, "at most 100")
    fails({ "--lr", "nan" }, "number")
    fails({ "--dataset", "cifar" }, "mnist, digits", "cifar")
    fails({ "--quiet=yes" }, "no value")
end)

check.test("an output is tried at once, and leaves nothing behind", function()
    local path = check.temp(".out")
    check.equal(options.read({ "--save", path }, spec).save, path)
    check.that(not io.open(path, "r"))
    check.write(path, "kept")
    check.equal(options.read({ "--save", path }, spec).save, path)
    check.equal(check.read(path), "kept")
    fails({ "--save", "/no/such/folder/file" }, "can't write /no/such/folder/file", "No such file")
    fails({ "--save", "/tmp" }, "can't write /tmp")
end)

check.test("help lists everything", function()
    local text = options.help(spec, "count.lua")
    check.match(text, "usage: count.lua [options]", "Counts.", "--epochs N      how often (20)", "mnist, digits", "--help")
end)
