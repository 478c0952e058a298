-- SPDX-License-Identifier: MIT
-- nn.functional: convolution and pooling of sequences, as images one pixel high; transposed convolution; adaptive maxima;
-- and ways to make images larger.
local adaptive = require "cnn.nn.adaptive"
local core = require "cnn.core"
local errors = require "cnn.errors"
local padding_of = require "cnn.nn.padding"
local reals = require "cnn.reals"
local signature = require "cnn.signature"

local sliding = {}

-- ---- sequences -------------------------------------------------------------------------------------------------------

-- [N, C, L] as [N, C, 1, L]
local function as_image(op, x)
    if #x.shape == 3 then return core.reshape(x, { x.shape[1], x.shape[2], 1, x.shape[3] }) end
    errors.raise { kind = "shape", op = op, text = ("%s needs sequences [N, C, L]; got %s"):format(op, x.shape),
        fix = #x.shape == 2 and "x:unsqueeze(1)" or #x.shape == 4 and op:gsub("1d", "2d") or nil }
end

local function as_sequence(x) return core.reshape(x, { x.shape[1], x.shape[2], x.shape[4] }) end

-- The sizes of a sequence and its weight, before they become images of which conv2d would speak.
local function check_conv1d(input, weight, padding, dilation, groups)
    local x, w = input.shape, weight.shape
    local function fail(fix, text, ...)
        errors.raise { kind = "shape", op = "conv1d", text = text:format(...), fix = fix }
    end
    if #w ~= 3 then fail(nil, "the weight must be [K, C/groups, S]; got %s", w) end
    if x[2] ~= w[2] * groups then
        fail(groups == 1 and ("nn.Conv1d(%d, %d, …)"):format(x[2], w[1]) or nil,
            "conv1d needs input with %d channels (weight is %s); got %s", w[2] * groups, w, x)
    end
    local reach, pad = dilation * (w[3] - 1) + 1, type(padding) == "number" and padding or 0
    if padding ~= "same" and x[3] + 2 * pad < reach then
        fail(("padding=%d or a smaller kernel"):format((reach - x[3] + 1) // 2),
            "conv1d needs an input that the kernel of %d places fits into; %s with padding %d is %d long", reach, x, pad,
            x[3] + 2 * pad)
    end
end

sliding.conv1d = signature {
    name = "nn.functional.conv1d",
    { "input", "tensor", doc = "[N, C, L]" }, { "weight", "tensor", doc = "[K, C/groups, S]" },
    { "bias", "tensor", optional = true, doc = "[K]" }, { "stride", "int", default = 1, min = 1 },
    { "padding", "int|string", default = 0, min = 0, doc = [[zeros on each side; "same" or "valid"]] },
    { "dilation", "int", default = 1, min = 1 }, { "groups", "int", default = 1, min = 1 },
    returns = "tensor [N, K, Q]",
    doc = [[Convolution of sequences: K filters of C×S numbers walk along them.]],
    shape = [[Q = floor((L + 2*padding - dilation*(S - 1) - 1) / stride) + 1]],
    example = [[print(nn.functional.conv1d(cnn.randn(1, 4, 50), cnn.randn(8, 4, 3)):size())]],
    see = { "nn.Conv1d", "nn.functional.conv2d" },
    call = function(input, weight, bias, stride, padding, dilation, groups)
        local x, w = as_image("conv1d", input), weight.shape
        check_conv1d(input, weight, padding, dilation, groups)
        local wanted = type(padding) == "number" and { 0, padding } or padding
        padding_of.check(wanted, stride, "conv1d")
        local padded, pad_h, pad_w = padding_of.apply(x, wanted, 1, w[3], { 1, dilation })
        return as_sequence(core.conv2d(padded, core.reshape(weight, { w[1], w[2], 1, w[3] }), bias, 1, stride, pad_h,
            pad_w, 1, dilation,
            groups))
    end,
}

sliding.max_pool1d = signature {
    name = "nn.functional.max_pool1d",
    { "input", "tensor", doc = "[N, C, L]" }, { "kernel_size", "int", min = 1 },
    { "stride", "int", optional = true, min = 1, doc = "kernel_size if not given" },
    { "padding", "int", default = 0, min = 0, doc = "places that never win" },
    { "dilation", "int", default = 1, min = 1 },
    { "ceil_mode", "bool", default = false, doc = "keep windows that reach over the edge" },
    returns = "tensor [N, C, Q]", doc = [[The largest value under a window that walks along each channel.]],
    shape = [[Q = floor((L + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1]],
    example = [[print(nn.functional.max_pool1d(cnn.randn(1, 4, 50), 2):size())]],
    see = { "nn.MaxPool1d", "nn.functional.max_pool2d" },
    call = function(input, kernel, stride, padding, dilation, ceil_mode)
        return as_sequence((core.max_pool2d(as_image("max_pool1d", input), 1, kernel, 1, stride or kernel, 0, padding,
            1, dilation,
            ceil_mode)))
    end,
}

sliding.avg_pool1d = signature {
    name = "nn.functional.avg_pool1d",
    { "input", "tensor", doc = "[N, C, L]" }, { "kernel_size", "int", min = 1 },
    { "stride", "int", optional = true, min = 1, doc = "kernel_size if not given" },
    { "padding", "int", default = 0, min = 0 },
    { "ceil_mode", "bool", default = false, doc = "keep windows that reach over the edge" },
    { "count_include_pad", "bool", default = true, doc = "the padding's zeros count as values" },
    returns = "tensor [N, C, Q]", doc = [[The mean under a window that walks along each channel.]],
    shape = [[Q = floor((L + 2*padding - kernel_size) / stride) + 1]],
    example = [[print(nn.functional.avg_pool1d(cnn.randn(1, 4, 50), 2):size())]],
    see = { "nn.AvgPool1d", "nn.functional.avg_pool2d" },
    call = function(input, kernel, stride, padding, ceil_mode, count_include_pad)
        return as_sequence(core.avg_pool2d(as_image("avg_pool1d", input), 1, kernel, 1, stride or kernel, 0, padding,
            ceil_mode,
            count_include_pad, 0))
    end,
}

-- ---- images ----------------------------------------------------------------------------------------------------------

local function check_transposed(input, weight, bias, groups)
    local x, w, text = input.shape, weight.shape, nil
    if #x ~= 4 or #w ~= 4 then
        text = ("needs images [N, C, H, W] and a weight [C, K/groups, R, S]; got %s and %s"):format(x, w)
    elseif x[2] ~= w[1] then
        text = ("the weight is for %d channels; got %d in %s"):format(w[1], x[2], x)
    elseif x[2] % groups ~= 0 then
        text = ("%d groups do not divide %d channels"):format(groups, x[2])
    elseif bias and (core.dim(bias) ~= 1 or bias.shape[1] ~= w[2] * groups) then
        text = ("bias must be [%d]; got %s"):format(w[2] * groups, bias.shape)
    end
    if text then errors.raise { kind = "shape", op = "conv_transpose2d", text = text } end
end

-- The size of an output: what a convolution with these parameters would make the input's size of.
local function transposed_size(size, kernel, stride, padding, extra, dilation)
    if extra >= stride and extra >= dilation then
        errors.raise { kind = "value", op = "conv_transpose2d",
            text = ("output_padding must be smaller than stride or dilation; got %d for %d and %d"):format(extra,
            stride, dilation) }
    end
    local out = (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + extra + 1
    if out < 1 then
        errors.raise { kind = "shape", op = "conv_transpose2d",
            text = ("padding %d leaves nothing of size %d"):format(padding, size) }
    end
    return out
end

sliding.conv_transpose2d = signature {
    name = "nn.functional.conv_transpose2d",
    { "input", "tensor", doc = "[N, C, H, W]" }, { "weight", "tensor", doc = "[C, K/groups, R, S]" },
    { "bias", "tensor", optional = true, doc = "[K]" }, { "stride", "size2", default = 1, min = 1,
    doc = "how far outputs lie apart" },
    { "padding", "size2", default = 0, min = 0, doc = "rows and columns taken away on each side" },
    { "output_padding", "size2", default = 0, min = 0, doc = "rows and columns added at the end" },
    { "groups", "int", default = 1, min = 1 }, { "dilation", "size2", default = 1, min = 1 },
    returns = "tensor [N, K, P, Q]",
    doc = [[Transposed convolution: every pixel of the input paints a filter into the output. It is the gradient of conv2d.]],
    shape = [[P = (H - 1)*stride - 2*padding + dilation*(R - 1) + output_padding + 1, Q likewise from W and S]],
    example = [[
local x, w = cnn.randn(1, 8, 7, 7), cnn.randn(8, 3, 4, 4)
print(nn.functional.conv_transpose2d { x, w, stride = 2, padding = 1 }:size())]],
    see = { "nn.ConvTranspose2d", "nn.functional.conv2d", "nn.functional.interpolate" },
    call = function(input, weight, bias, stride, padding, extra, groups, dilation)
        check_transposed(input, weight, bias, groups)
        local x, w, size = input.shape, weight.shape, {}
        for i = 1, 2 do size[i] = transposed_size(x[i + 2], w[i + 2], stride[i], padding[i], extra[i], dilation[i]) end
        local y = core.conv2d_backward_input(input, weight, stride[1], stride[2], padding[1], padding[2], dilation[1],
            dilation[2], groups,
            size[1], size[2])
        return bias and core.add(y, core.reshape(bias, { 1, w[2] * groups, 1, 1 })) or y
    end,
}

sliding.adaptive_max_pool2d = signature {
    name = "nn.functional.adaptive_max_pool2d",
    { "input", "tensor", doc = "[N, C, H, W]" },
    { "output_size", "output_size2", min = 1, max = 65536,
    doc = "P and Q; false keeps a size, as nil does before another one" },
    returns = "tensor [N, C, P, Q]",
    doc = [[The largest value under windows that are chosen so that the output has the size asked for.]],
    shape = [[the windows of adaptive_avg_pool2d]],
    example = [[print(nn.functional.adaptive_max_pool2d(cnn.randn(1, 64, 10, 9), { 5, 7 }):size())]],
    see = { "nn.AdaptiveMaxPool2d", "nn.functional.adaptive_avg_pool2d" },
    call = function(input, output_size) return adaptive.largest(input, output_size) end,
}

sliding.pixel_shuffle = signature {
    name = "nn.functional.pixel_shuffle",
    { "input", "tensor", doc = "[.., C*r*r, H, W]" }, { "upscale_factor", "int", min = 1, doc = "r" },
    returns = "tensor [.., C, H*r, W*r]",
    doc = [[Makes images larger from channels: r*r channels become the r×r pixels of one.]],
    shape = [[[.., C*r*r, H, W] → [.., C, H*r, W*r] ]],
    example = [[print(nn.functional.pixel_shuffle(cnn.randn(1, 12, 5, 5), 2):size())]], see = { "nn.PixelShuffle" },
    call = function(x, r)
        local shape = x.shape
        local n = #shape
        if n < 3 or shape[n - 2] % (r * r) ~= 0 then
            errors.raise { kind = "shape", op = "pixel_shuffle",
                text = ("needs [.., C, H, W] with C divided by %d; got %s"):format(r * r, shape) }
        end
        local c, h, w = shape[n - 2] // (r * r), shape[n - 1], shape[n]
        local lead = 1
        for i = 1, n - 3 do lead = lead * shape[i] end
        local y = core.permute(core.reshape(x, { lead, c, r, r, h, w }), { 1, 2, 5, 3, 6, 4 })
        local size = table.move(shape, 1, n - 3, 1, {})
        size[n - 2], size[n - 1], size[n] = c, h * r, w * r
        return core.reshape(y, size)
    end,
}

-- ---- interpolation ---------------------------------------------------------------------------------------------------

-- Places from 0 along a dimension, in the order of the list.
local function taken(x, dim, places)
    for i = 1, #places do places[i] = places[i] + 1 end
    return core.index_select(x, core.from(places, "int64"), dim)
end

-- Each output takes the input at floor(i * size / wanted), or at floor(i / factor) where a factor was given.
local function nearest(x, dim, size, wanted, ratio)
    local places = {}
    for i = 0, wanted - 1 do places[i + 1] = math.min(math.floor(i * ratio), size - 1) end
    return taken(x, dim, places)
end

-- Each output lies between two inputs, the nearer one counting more.
local function linear(x, dim, size, wanted, ratio, align)
    local low, high, part, shape = {}, {}, {}, { 1, 1, 1, 1 }
    if align then ratio = wanted > 1 and (size - 1) / (wanted - 1) or 0.0 end
    for i = 0, wanted - 1 do
        local at = align and i * ratio or math.max((i + 0.5) * ratio - 0.5, 0)
        local below = math.min(math.floor(at), size - 1)
        low[i + 1], high[i + 1], part[i + 1] = below, math.min(below + 1, size - 1), at - below
    end
    shape[dim] = wanted
    local weight = core.reshape(core.from(part, x.dtype), shape)
    return core.add(core.mul(taken(x, dim, low), core.sub(1, weight)), core.mul(taken(x, dim, high), weight))
end

local function factors_of(factor)
    if type(factor) == "number" then return { factor, factor } end
    return factor
end

local function check_images(x)
    if #x.shape == 4 and x.shape[3] > 0 and x.shape[4] > 0 and reals[x.dtype] then return end
    errors.raise { kind = #x.shape == 4 and core.numel(x) > 0 and "type" or "shape", op = "interpolate",
        text = ("needs images [N, C, H, W] of real numbers; got %s of %s"):format(x.shape, x.dtype) }
end

sliding.interpolate = signature {
    name = "nn.functional.interpolate",
    { "input", "tensor", doc = "[N, C, H, W]" }, { "size", "size2", optional = true, min = 1, max = 65536,
    doc = "of the result" },
    { "scale_factor", "number|list", optional = true,
    doc = "how many times larger, instead of the size; a number or {h, w}" },
    { "mode", "string", default = "nearest", choices = { "nearest", "bilinear" } },
    { "align_corners", "bool", default = false, doc = "bilinear: the corners' centres stay where they are" },
    returns = "tensor [N, C, P, Q]",
    doc = [[Images of another size: of the nearest pixels, or blended from the four around.]],
    shape = [[P = size, or floor(H * scale_factor); Q likewise from W]],
    example = [[
print(nn.functional.interpolate { cnn.randn(1, 3, 8, 8), scale_factor = 2, mode = "bilinear" }:size())
print(nn.functional.interpolate(cnn.randn(1, 3, 8, 8), { 5, 7 }):size())]],
    see = { "nn.Upsample", "nn.functional.conv_transpose2d" },
    call = function(x, size, factor, mode, align)
        check_images(x)
        if (size == nil) == (factor == nil) then
            errors.raise { kind = "value", op = "interpolate",
                text = "either a size or a scale_factor, please; got both or none",
                fix = "nn.functional.interpolate { x, scale_factor = 2 }" }
        end
        if align and mode ~= "bilinear" then
            errors.raise { kind = "value", op = "interpolate", text = 'align_corners is for mode="bilinear" only' }
        end
        local factors = factor and factors_of(factor)
        for i = 1, 2 do
            local dim, from = i + 2, x.shape[i + 2]
            local scale = factors and factors[i]
            if factors and not (math.type(scale) and scale > 0 and scale * from >= 1 and scale * from <= 65536) then
                errors.raise { kind = "value", op = "interpolate",
                    text = ("the result is 1 to 65536 pixels wide and high; got scale_factor=%s for %s"):format(
                        signature.describe(factor), x.shape) }
            end
            local wanted = size and size[i] or math.floor(scale * from)
            local ratio = scale and 1 / scale or from / wanted
            if mode == "nearest" then x = nearest(x, dim, from, wanted, ratio)
            else x = linear(x, dim, from, wanted, ratio, align) end
        end
        return x
    end,
}

return sliding
