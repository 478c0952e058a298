-- SPDX-License-Identifier: MIT
-- Where the outputs of a layer look, along each dimension of its images: one description per kind of layer, which the
-- formulas, the explanations and the receptive fields all read.
--
-- An axis is {input, output, kind, …}. kind "window": kernel, stride, before, after (padding), dilation, ceil; output o
-- (from 1) looks at positions o's start, + dilation, …. "transposed": the same numbers the other way round, and extra
-- (output_padding). "adaptive": windows that follow from the two sizes. "grown": before and after. "scaled": factor;
-- "mixed" if outputs mix two neighbours. Positions count from 1, those of padding lie below 1 or above the input.
local window = {}

local function each(value, i) return type(value) == "table" and value[i] or value end

-- Padding before and after: numbers, pairs, "valid" or "same", whose odd zero comes behind.
local function padding_of(m, i, kernel, dilation)
    local padding = m.padding or 0
    if padding == "valid" then return 0, 0 end
    if padding ~= "same" then return each(padding, i), each(padding, i) end
    local total = dilation * (kernel - 1)
    return total // 2, total - total // 2
end

local function sliding(m, i, axis)
    axis.kind, axis.kernel, axis.stride = "window", each(m.kernel_size, i), each(m.stride, i)
    axis.dilation, axis.ceil = each(m.dilation, i) or 1, m.ceil_mode
    axis.before, axis.after = padding_of(m, i, axis.kernel, axis.dilation)
end

local kinds = {
    Conv1d = sliding, Conv2d = sliding, MaxPool1d = sliding, MaxPool2d = sliding, AvgPool1d = sliding, AvgPool2d = sliding,
}

function kinds.ConvTranspose2d(m, i, axis)
    sliding(m, i, axis)
    axis.kind, axis.extra = "transposed", each(m.output_padding, i)
end

function kinds.AdaptiveAvgPool2d(_, _, axis) axis.kind = "adaptive" end
kinds.AdaptiveMaxPool2d = kinds.AdaptiveAvgPool2d

function kinds.ZeroPad2d(m, i, axis)
    axis.kind, axis.before, axis.after = "grown", m.padding[i == 1 and 3 or 1], m.padding[i == 1 and 4 or 2]
end
for _, name in ipairs { "ConstantPad2d", "ReflectionPad2d", "ReplicationPad2d", "CircularPad2d" } do
    kinds[name] = kinds.ZeroPad2d
end

function kinds.Upsample(m, _, axis)
    axis.kind, axis.factor, axis.mixed = "scaled", axis.output / axis.input, m.mode ~= "nearest"
end

function kinds.PixelShuffle(m, _, axis) axis.kind, axis.factor = "scaled", m.upscale_factor end

--- The axes of one call of a module: one for each size behind the channels. nil where the layer looks at no windows.
function window.axes(module, class_name, input, output)
    local describe = kinds[class_name]
    if not describe or not input or not output or #input ~= #output or #input < 3 then return nil end
    local axes = {}
    for i = 1, #input - 2 do
        axes[i] = { input = input[i + 2], output = output[i + 2] }
        describe(module, i, axes[i])
    end
    return axes
end

--- The first and last position that output o looks at (both from 1; padding included). nil: at none.
function window.seen(axis, o)
    if axis.kind == "window" then
        local first = (o - 1) * axis.stride - axis.before + 1
        return first, first + axis.dilation * (axis.kernel - 1)
    elseif axis.kind == "adaptive" then
        return (o - 1) * axis.input // axis.output + 1, (o * axis.input + axis.output - 1) // axis.output
    elseif axis.kind == "transposed" then
        local first, last
        for k = axis.kernel - 1, 0, -1 do -- input i writes to (i - 1) * stride + k * dilation - before + 1
            local place = o - 1 + axis.before - k * axis.dilation
            if place >= 0 and place % axis.stride == 0 and place // axis.stride < axis.input then
                local i = place // axis.stride + 1
                first, last = first or i, i
            end
        end
        return first, last
    end
end

--- Does output o look at that position?
function window.touches(axis, o, position)
    local first, last = window.seen(axis, o)
    if not first or position < first or position > last then return false end
    if axis.kind == "window" then return (position - first) % axis.dilation == 0 end
    if axis.kind ~= "transposed" then return true end
    local k = o - 1 + axis.before - (position - 1) * axis.stride
    return k % axis.dilation == 0 and k >= 0 and k // axis.dilation < axis.kernel
end

--- Reaches of a window: the length from its first to its last place.
function window.reach(axis) return axis.dilation * (axis.kernel - 1) + 1 end

-- ---- formulas ------------------------------------------------------------------------------------------------------

local texts = {}

--- floor((size + 2·padding − dilation·(kernel−1) − 1)/stride + 1) with numbers; `output` is what it gives.
function texts.window(a)
    if a.before ~= a.after then
        return ("floor((%d + %d + %d − %d·(%d−1) − 1)/%d + 1) = %d"):format(a.input, a.before, a.after, a.dilation, a.kernel,
            a.stride, a.output)
    end
    local fewer = ""
    if a.ceil then -- a last window that would begin in the padding is left out
        local all = (a.input + 2 * a.before - window.reach(a) + a.stride - 1) // a.stride + 1
        if all > a.output then fewer = (" − %d"):format(all - a.output) end
    end
    return ("%s((%d + 2·%d − %d·(%d−1) − 1)/%d + 1)%s = %d"):format(a.ceil and "ceil" or "floor", a.input, a.before,
        a.dilation, a.kernel, a.stride, fewer, a.output)
end

function texts.transposed(a)
    return ("(%d − 1)·%d − 2·%d + %d·(%d−1) + %d + 1 = %d"):format(a.input, a.stride, a.before, a.dilation, a.kernel, a.extra,
        a.output)
end

function texts.adaptive(a)
    local least, most = a.input, 0
    for o = 1, a.output do
        local first, last = window.seen(a, o)
        least, most = math.min(least, last - first + 1), math.max(most, last - first + 1)
    end
    return ("%d → %d, windows of %s"):format(a.input, a.output, least == most and ("%d"):format(least)
        or ("%d to %d"):format(least, most))
end

function texts.grown(a) return ("%d + %d + %d = %d"):format(a.input, a.before, a.after, a.output) end

function texts.scaled(a)
    local whole = math.tointeger(a.factor)
    return whole and ("%d·%d = %d"):format(a.input, whole, a.output) or ("%d → %d"):format(a.input, a.output)
end

--- The size of an axis, with the numbers put in.
function window.formula(axis) return texts[axis.kind](axis) end

return window
