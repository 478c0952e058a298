-- SPDX-License-Identifier: MIT
-- Which algorithm each pass of a convolutional layer would run, and why: asked of the core, which chooses by the sizes.
local core = require "cnn.core"
local padding_of = require "cnn.nn.padding"

local algorithms = {}

local PASSES = { "forward", "input gradient", "weight gradient" }

local function choices(input, weight, stride, pad_h, pad_w, dilation, groups)
    local answers = table.pack(core.conv_choices(input, weight, stride[1], stride[2], pad_h, pad_w, dilation[1],
        dilation[2], groups))
    local list = {}
    for i, pass in ipairs(PASSES) do list[i] = { pass = pass, algorithm = answers[2 * i - 1], why = answers[2 * i] } end
    return list
end

local of = {}

function of.Conv2d(m, call)
    local input, pad_h, pad_w = padding_of.apply(call.input_value, m.padding, m.kernel_size[1], m.kernel_size[2], m.dilation)
    return choices(input, m.weight, m.stride, pad_h, pad_w, m.dilation, m.groups)
end

-- A sequence is an image of one row.
function of.Conv1d(m, call)
    local wanted = type(m.padding) == "number" and { 0, m.padding } or m.padding
    local n, c, length = table.unpack(call.input)
    local k, per_group, taps = table.unpack(m.weight.shape)
    local image, weight = core.hollow("float32", { n, c, 1, length }), core.hollow("float32", { k, per_group, 1, taps })
    local input, pad_h, pad_w = padding_of.apply(image, wanted, 1, taps, { 1, m.dilation })
    return choices(input, weight, { 1, m.stride }, pad_h, pad_w, { 1, m.dilation }, m.groups)
end

-- The gradient of a convolution from its output to its input: these two change places.
function of.ConvTranspose2d(m, call)
    local list = choices(call.output_value, m.weight, m.stride, m.padding[1], m.padding[2], m.dilation, m.groups)
    list[1], list[2] = list[2], list[1]
    for i, pass in ipairs(PASSES) do list[i].pass = pass end
    return list
end

--- For a noted call (follow.lua) of a convolution, what forward and the two gradients run: a list of {pass, algorithm,
--- why}. Nil for other layers.
function algorithms.of(call)
    local kind = of[call.class]
    return kind and kind(call.module, call)
end

return algorithms
