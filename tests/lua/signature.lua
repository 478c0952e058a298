-- SPDX-License-Identifier: MIT
-- Calls by place, by name and mixed; and what a wrong one is told.
local check = require "check"
local signature = require "cnn.signature"
local cnn = require "cnn"

local received
local function record(...) received = table.pack(...) return ... end

-- The last call's arguments, each "nil" or as text; pairs as {h, w}.
local function got()
    local list = {}
    for i = 1, received.n do
        local value = received[i]
        list[i] = type(value) == "table" and "{" .. table.concat(value, ", ") .. "}" or tostring(value)
    end
    return table.concat(list, " ")
end

local conv = signature {
    name = "layer", { "inputs", "int", min = 1 }, { "outputs", "int", min = 1 }, { "kernel_size", "size2", min = 1 },
    { "stride", "size2", default = 1, min = 1 }, { "bias", "bool", default = true }, { "scale", "number", optional = true },
    { "mode", "string", default = "zeros", choices = { "zeros", "reflect" } }, doc = "For the tests.", call = record,
}
local sizes = signature { name = "make", { "size", "sizes", min = 0 }, { "dtype", "dtype", default = "float32" }, call = record }
local last = signature { name = "draw", { "low", "int" }, { "high", "int" }, { "size", "sizes" }, call = record }
local many = signature { name = "chain", { "...", "function" }, call = record }
local sum = signature { name = "x:sum", self = true, { "dim", "dims", optional = true }, { "keepdim", "bool", default = false },
    call = record }

check.test("arguments by place, by name, and mixed", function()
    conv(3, 10, 5)
    check.equal(got(), "3 10 {5, 5} {1, 1} true nil zeros")
    conv { 3, 10, 5 }
    check.equal(got(), "3 10 {5, 5} {1, 1} true nil zeros")
    conv { 3, 10, kernel_size = { 5, 3 }, bias = false, scale = 0.5 }
    check.equal(got(), "3 10 {5, 3} {1, 1} false 0.5 zeros")
    conv(3, 10, 5, { stride = 2, mode = "reflect" })
    check.equal(got(), "3 10 {5, 5} {2, 2} true nil reflect")
    conv { inputs = 3, outputs = 10, kernel_size = 10 / 2 }
    check.equal(got(), "3 10 {5, 5} {1, 1} true nil zeros")
    conv(3, 10, 5, nil, false)
    check.equal(got(), "3 10 {5, 5} {1, 1} false nil zeros")
end)

check.test("sizes one by one, as a list, as a shape, with options behind", function()
    for _, call in ipairs {
        function() sizes(2, 3) end, function() sizes { 2, 3 } end, function() sizes(cnn.zeros(2, 3).shape) end,
        function() sizes { size = { 2, 3 } } end,
    } do
        call()
        check.equal(got(), "{2, 3} float32")
    end
    for _, call in ipairs {
        function() sizes { 2, 3, dtype = "float64" } end, function() sizes(2, 3, { dtype = "double" }) end,
        function() sizes({ 2, 3 }, "float64") end, function() sizes { { 2, 3 }, "float64" } end,
    } do
        call()
        check.equal(got(), "{2, 3} float64")
    end
    sizes {}
    check.equal(got(), "{} float32")
    last(1, 6, 2, 3)
    check.equal(got(), "1 6 {2, 3}")
    last { 1, 6, size = { 4 } }
    check.equal(got(), "1 6 {4}")
end)

check.test("receivers, dimensions, any number of values", function()
    sum("x")
    check.equal(got(), "x nil false")
    sum("x", 2, true)
    check.equal(got(), "x {2} true")
    sum("x", { 1, -1 })
    check.equal(got(), "x {1, -1} false")
    sum("x", { 2, keepdim = true })
    check.equal(got(), "x {2} true")
    many(print, type)
    check.equal(received.n, 2)
    many { print, type }
    check.equal(received.n, 2)
    many()
    check.equal(received.n, 0)
    check.equal(cnn.ones(2, 3).sum { cnn.ones(2, 3), dim = 1 }:totable(), { 2.0, 2.0, 2.0 })
end)

check.test("the same function from the first call on", function()
    local f = signature { name = "twice", { "x", "int" }, call = function(x) return 2 * x end }
    check.equal({ f(1), f(2) }, { 2, 4 })
    check.equal(signature.of(f).name, "twice")
    check.equal(signature.of(print), nil)
    local found
    for name in signature.all() do found = found or name == "twice" end
    check.that(found, "signature.all does not know twice")
    check.equal(signature.line(signature.of(conv)),
        'layer(inputs, outputs, kernel_size, stride=1, bias=true, scale=nil, mode="zeros")')
end)

check.test("mistakes are named, with what came and the signature", function()
    local line = "layer(inputs, outputs, kernel_size, stride=1"
    check.fails(function() conv(3, 10) end, "type error in layer", '"kernel_size" is missing', line)
    check.fails(function() conv { 3, 10, 5, kernal_size = 5 } end, '"kernal_size"', "did you mean kernel_size?", line)
    check.fails(function() conv { 3, 10, 5, paddding = 5 } end, 'no argument "paddding"', line)
    check.fails(function() conv { 3, 10, 5, kernel_size = 5 } end, '"kernel_size" is given twice', line)
    check.fails(function() conv(3, 10, "5") end, '"kernel_size" (the 3rd)', 'got the string "5"', line)
    check.fails(function() conv(3, 10, { 1, 2, 3 }) end, "a pair {h, w}", "{1, 2, 3}")
    check.fails(function() conv(3, 0, 5) end, "value error", '"outputs"', "at least 1; got 0")
    check.fails(function() conv(3, 1.5, 5) end, "an integer", "got 1.5")
    check.fails(function() conv(3, 10, 5, 1, "yes") end, "true or false", 'got the string "yes"')
    check.fails(function() conv(3, 10, 5, 1, true, 1, "none") end, '"zeros", "reflect"', 'got the string "none"')
    check.fails(function() conv(1, 2, 3, 4, true, 6, "zeros", 8) end, "at most 7 arguments; got 8")
    check.fails(function() cnn.ones(2):relu { 1, 2 } end, "takes no arguments; got 2")
    check.fails(function() sizes(2, -1) end, "{2, -1}")
    check.fails(function() sizes { 2, dtyp = "float64" } end, "did you mean dtype?")
    check.fails(function() sizes({ 2 }, "float16") end, "cnn.float32", "float16")
    check.fails(function() sum("x", 0) end, "dimensions count from 1")
    check.fails(function() sum("x", { 1, 0 }) end, "dimensions count from 1")
    check.fails(function() many(print, 1) end, "value 2 must be a function; got 1")
    check.fails(function() cnn.ones(2).sum() end, "call it with a colon", "got nothing")
end)

check.test("objects with a length of their own are no lists of integers", function()
    local dataset = cnn.data.TensorDataset(cnn.zeros(4, 3))
    check.fails(function() cnn.zeros(dataset) end, "type error", "integers, or a list of them")
    check.fails(function() conv(3, 10, dataset) end, "a pair {h, w}")
    check.fails(function() cnn.zeros(2, 3):permute(dataset) end, "integers")
end)
