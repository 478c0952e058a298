-- SPDX-License-Identifier: MIT
-- cnn.explain: what one layer, or a whole network, makes of an input: formulas with their numbers, in words.
--
-- The layer is called on hollow tensors (follow.lua), so the sizes and the multiply-adds are those of the layer itself;
-- the sentences here only say how they come about. One function per kind of layer adds its lines; what every layer
-- has (sizes, parameters) is added for all.
local algorithms = require "cnn.inspect.algorithms"
local follow = require "cnn.inspect.follow"
local formula = require "cnn.inspect.formula"
local receptive = require "cnn.inspect.receptive"
local signature = require "cnn.signature"
local walk_text = require "cnn.inspect.walk_text"
local window = require "cnn.inspect.window"
local words = require "cnn.inspect.words"

local thousands, sizes_text = words.thousands, words.sizes_text

local Explanation = { __name = "explanation" }
Explanation.__index = Explanation

function Explanation:__tostring() return self.text end

-- ---- sides ---------------------------------------------------------------------------------------------------------

local function side_names(axes) return #axes == 1 and { "length" } or { "height", "width" } end
local function unit_names(axes) return #axes == 1 and { "places" } or { "rows", "columns" } end

local function span(axis, o, unit)
    local first, last = window.seen(axis, o)
    if not first then return "no " .. unit end
    local inside_first, inside_last = math.max(first, 1), math.min(last, axis.input)
    local padding = math.max(0, inside_first - first) + math.max(0, last - inside_last)
    local text = inside_first > inside_last and "no " .. unit
        or inside_first == inside_last and ("%s %d"):format(unit:sub(1, -2), inside_first)
        or ("%s %d–%d"):format(unit, inside_first, inside_last)
    return padding > 0 and ("%s and %d of padding"):format(text, padding) or text
end

local function spans(axes, last)
    local parts = {}
    for i, axis in ipairs(axes) do parts[i] = span(axis, last and axis.output or 1, unit_names(axes)[i]) end
    return table.concat(parts, ", ")
end

local function add_sizes(add, axes)
    local names, texts = side_names(axes), {}
    for i, axis in ipairs(axes) do texts[i] = window.formula(axis) end
    if texts[1] == texts[2] then
        add("height and width", texts[1])
    else
        for i, text in ipairs(texts) do add(names[i], text) end
    end
end

local function has_outputs(axes)
    for _, axis in ipairs(axes) do
        if axis.output == 0 or axis.input == 0 then return false end
    end
    return true
end

local function add_seen(add, axes, result)
    if not has_outputs(axes) then return end
    result.first, result.last = {}, {}
    for i, axis in ipairs(axes) do
        result.first[i], result.last[i] = { window.seen(axis, 1) }, { window.seen(axis, axis.output) }
    end
    add("first output", "sees " .. spans(axes, false))
    add("last output", "sees " .. spans(axes, true))
end

-- Places at the end that no window reaches, since the stride does not come out even.
local function add_unseen(add, axes)
    local parts = {}
    for i, axis in ipairs(axes) do
        local _, last = window.seen(axis, axis.output)
        local left = axis.output > 0 and axis.input - last or 0
        local unit = unit_names(axes)[i]
        if left > 0 then parts[#parts + 1] = left == 1 and unit:sub(1, -2) or ("%d %s"):format(left, unit) end
    end
    if #parts > 0 then add("not seen", "the last " .. table.concat(parts, " and ")) end
end

local function pair_text(list)
    return list[1] == (list[2] or list[1]) and ("%d"):format(list[1]) or ("{%s}"):format(table.concat(list, ", "))
end

-- Which padding keeps the size, or comes closest with a stride.
local function add_same(add, axes, result)
    local need, even, strided, kept = {}, true, false, true
    for i, a in ipairs(axes) do
        local total = window.reach(a) - 1
        need[i], even, strided, kept = total // 2, even and total % 2 == 0, strided or a.stride > 1, kept and a.input == a.output
    end
    if kept then return add("keeps the size", "as it is") end
    if strided then
        local sizes = {}
        for i, a in ipairs(axes) do sizes[i] = (a.input + 2 * need[i] - window.reach(a)) // a.stride + 1 end
        return add("keeps the size", ("no padding with a stride above 1; padding=%s gives %s"):format(pair_text(need),
            table.concat(sizes, "×")))
    end
    result.same_padding = even and need or "same"
    add("keeps the size", even and "padding=" .. pair_text(need)
        or 'padding="same", which puts one zero more behind than before')
end

local function add_walk(lines, axes)
    local names, drawn = side_names(axes), {}
    for i, axis in ipairs(axes) do
        local walk = has_outputs(axes) and walk_text.lines(axis)
        local text = walk and table.concat(walk, "\n")
        if text and text ~= drawn[1] then
            drawn[#drawn + 1] = text
            local along = #axes == 2 and axes[1].input == axes[2].input and "one side" or "the " .. names[i]
            lines[#lines + 1] = ""
            lines[#lines + 1] = ("along %s%s:"):format(along, text:find(" p", 1, true) and " (p: padding)" or "")
            lines[#lines + 1] = text
        end
    end
end

-- ---- kinds of layers -----------------------------------------------------------------------------------------------

local function product(list) return table.concat(list, "·") end

local function kernel_list(m) return type(m.kernel_size) == "table" and m.kernel_size or { m.kernel_size } end

local function add_parameters(add, call, text)
    add("parameters", call.parameters == 0 and "none"
        or ("%s%s"):format(text and text .. " = " or "", thousands(call.parameters)))
end

local function add_multiply_adds(add, call, text)
    if call.multiply_adds > 0 then
        add("multiply-adds", ("%s%s"):format(text and text .. " = " or "", thousands(call.multiply_adds)))
    end
end

local function add_algorithms(add, call, result)
    result.algorithms = algorithms.of(call)
    for _, a in ipairs(result.algorithms) do add(a.pass, ("%s: %s"):format(a.algorithm, a.why)) end
end

local kinds = {}

local function convolution(call, add, axes, result)
    local m, transposed = call.module, axes[1].kind == "transposed"
    local per_group = (transposed and m.out_channels or m.in_channels) // m.groups
    local how = m.groups > 1 and (", in %d groups that do not see each other"):format(m.groups)
        or transposed and ": every input paints a filter into each"
        or per_group > 1 and ": one per filter, which looks at all " .. per_group or ": one per filter"
    add_sizes(add, axes)
    add("channels", ("%d → %d%s"):format(m.in_channels, m.out_channels, how))
    add_seen(add, axes, result)
    if not transposed then
        add_unseen(add, axes)
        add_same(add, axes, result)
    end
    local kernel = product(kernel_list(m))
    add_parameters(add, call, ("%d·%d·%s%s"):format(transposed and m.in_channels or m.out_channels, per_group, kernel,
        m.bias and (" + %d"):format(m.out_channels) or ""))
    add_multiply_adds(add, call, ("%s · %d·%s"):format(product(transposed and call.input or call.output), per_group, kernel))
    add_algorithms(add, call, result)
end
kinds.Conv1d, kinds.Conv2d, kinds.ConvTranspose2d = convolution, convolution, convolution

local function pooling(call, add, axes, result)
    add_sizes(add, axes)
    add("channels", ("%d, each by itself"):format(call.input[2]))
    if axes[1].kind == "window" then
        add("each output", ("the %s of %s numbers"):format(call.class:find("Max") and "largest" or "mean",
            product(#axes == 2 and #kernel_list(call.module) == 1 and { call.module.kernel_size, call.module.kernel_size }
                or kernel_list(call.module))))
    end
    add_seen(add, axes, result)
    if axes[1].kind == "window" then add_unseen(add, axes) end
    add_parameters(add, call)
end
for _, name in ipairs { "MaxPool1d", "MaxPool2d", "AvgPool1d", "AvgPool2d", "AdaptiveAvgPool2d", "AdaptiveMaxPool2d" } do
    kinds[name] = pooling
end

function kinds.Linear(call, add)
    local m = call.module
    add("each output", ("the sum of %d products%s"):format(m.in_features, m.bias and ", and a bias" or ""))
    local rows = table.move(call.input, 1, #call.input - 1, 1, {})
    if #rows ~= 1 then add("rows", product(rows) .. ", each by itself") end
    add_parameters(add, call, ("%d·%d%s"):format(m.out_features, m.in_features,
        m.bias and (" + %d"):format(m.out_features) or ""))
    add_multiply_adds(add, call, ("%s · %d"):format(product(call.output), m.in_features))
end

local function batch_norm(call, add)
    local m = call.module
    local numbers = { call.input[1], table.unpack(call.input, 3) }
    add("size", "is kept")
    add("each channel", ("(x − mean) / √(var + %g)%s"):format(m.eps, m.affine and "·weight + bias" or ""))
    add("in training", ("mean and variance of %s numbers; the running ones move %s"):format(product(numbers),
        m.momentum and ("%g of the way"):format(m.momentum) or "to the mean of all batches"))
    add("in evaluation", m.track_running_stats and "the running mean and variance" or "mean and variance of the batch, too")
    add_parameters(add, call, m.affine and ("2·%d"):format(m.num_features))
end
kinds.BatchNorm1d, kinds.BatchNorm2d = batch_norm, batch_norm

function kinds.Flatten(call, add)
    local text = formula.of(call.module, "Flatten", call.input, call.output)
    add("size", text ~= "" and text or "is kept")
    if #call.input == 4 and #call.output == 2 then
        local _, h, w = table.unpack(call.input, 2)
        add("order", ("channel c, row h, column w goes to place (c−1)·%d + (h−1)·%d + w"):format(h * w, w))
    end
    add_parameters(add, call)
end

local function dropout(call, add)
    local m, keep = call.module, 1 - call.module.p
    local what = call.class == "Dropout2d" and "channel" or "number"
    add("size", "is kept")
    add("in training", ("each %s becomes 0 with probability %g%s"):format(what, m.p,
        keep > 0 and (", the others are multiplied by 1/(1 − %g) = %.4g"):format(m.p, 1 / keep) or ""))
    add("in evaluation", "nothing happens")
    add_parameters(add, call)
end
kinds.Dropout, kinds.Dropout2d = dropout, dropout

local function other(call, add, axes)
    local text = formula.of(call.module, call.class, call.input, call.output)
    if axes then add_sizes(add, axes) elseif text ~= "" then add("size", text) elseif
        sizes_text(call.input) == sizes_text(call.output) then add("size", "is kept") end
    add_parameters(add, call)
    add_multiply_adds(add, call)
end

-- ---- one layer, and networks ------------------------------------------------------------------------------------------

local function heading(call) return { tostring(call.module), sizes_text(call.input) .. " → " .. sizes_text(call.output) } end

local function layer_text(call, result)
    local lines = heading(call)
    local function add(name, text) lines[#lines + 1] = ("  %-16s  %s"):format(name, text) end
    local axes = window.axes(call.module, call.class, call.input, call.output)
    if kinds[call.class] then kinds[call.class](call, add, axes, result) else other(call, add, axes) end
    if axes and (axes[1].kind == "window" or axes[1].kind == "transposed") then add_walk(lines, axes) end
    return table.concat(lines, "\n")
end

local columns = {
    { "layer", function(call) return call.path == "" and "(the network)" or call.path end },
    { "type", function(call) return call.class end },
    { "output", function(call) return sizes_text(call.output) end },
    { "sees", function(call) return receptive.text(call.field) end, right = true },
    { "parameters", function(call) return call.parameters == 0 and "" or thousands(call.parameters) end, right = true },
    { "multiply-adds", function(call) return call.multiply_adds == 0 and "" or thousands(call.multiply_adds) end, right = true },
    { "size", function(call) return formula.of(call.module, call.class, call.input, call.output) end },
}

local function network_text(calls, result)
    local rows = {}
    for _, call in ipairs(calls) do
        if call.calls == 0 or call.multiply_adds > 0 or call.parameters > 0 then rows[#rows + 1] = call end
    end
    return ("%s: %s → %s\n%s\n%s parameters, %s multiply-adds; \"sees\" is how much of the input one output depends on"):format(
        calls[1].class, sizes_text(calls[1].input), sizes_text(calls[1].output), words.table_text(columns, rows),
        thousands(result.parameters), thousands(result.multiply_adds))
end

local function explain(net, ...)
    words.check_module("cnn.explain", net)
    local inputs = words.inputs_of("cnn.explain", { ... })
    local calls, err = follow.calls(net, inputs)
    if err then error(err, 0) end
    receptive.add(calls, inputs[1])
    local outer = calls[1]
    local result = setmetatable({ class = outer.class, input = outer.input, output = outer.output, parameters = 0,
        multiply_adds = outer.total_multiply_adds }, Explanation)
    for _, call in ipairs(calls) do result.parameters = result.parameters + call.parameters end
    result.formula = formula.of(outer.module, outer.class, outer.input, outer.output)
    result.receptive_field = outer.field and {}
    for i, side in ipairs(outer.field and outer.field.sides or {}) do result.receptive_field[i] = receptive.size(side) end
    result.text = outer.calls == 0 and layer_text(outer, result) or network_text(calls, result)
    return result
end

return {
    explain = signature {
        name = "cnn.explain",
        { "layer", "module", doc = "a layer, or a network" }, { "...", "any", doc = words.sizes_doc },
        returns = "an explanation, which prints as text: {output, formula, parameters, multiply_adds, receptive_field, first, last, "
            .. "same_padding, algorithms, text}",
        doc = [[Says how a layer comes to the size of its output: the formula with the numbers put in, what the first and the
last output look at, what padding would keep the size, parameters and multiply-adds with their formulas, which algorithm a
convolution's passes run and what each would cost one thread, by estimate (`algorithms`: {pass, algorithm, why}), and, where it is
small enough, a drawing of the kernel's walk along the image. For a network, a line per layer with its size, formula and
receptive field. By shape inference alone: nothing is computed or drawn at random, and the layer stays as it is.]],
        example = [[
print(cnn.explain(nn.Conv2d(3, 10, 5), { 1, 3, 32, 32 }))
print(cnn.explain(nn.MaxPool2d(2), 16, 7, 7))
print(cnn.explain(nn.Conv2d(3, 10, 5), 3, 32, 32).formula)]],
        see = { "cnn.solve", "cnn.shapes", "cnn.receptive_field", "cnn.conv_algorithm" },
        call = explain,
    },
}
