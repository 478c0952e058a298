-- SPDX-License-Identifier: MIT
-- cnn.receptive_field: which part of the input a number in the middle of a network depends on.
--
-- Along each side of the images, output o of a layer depends on the positions start + (o - 1)·step … + size - 1 of the
-- input (padding included, so start may be below 1). A window of reach r = dilation·(kernel−1) + 1 makes of these
-- size + (r−1)·step, and step·stride. What makes images larger makes steps smaller; windows that follow still see whole
-- steps of before, `unit`, which `receptive.size` rounds up to.
--
-- Layers are met in the order of their calls, by hollow tensors (follow.lua), and a layer's input is known as the very
-- tensor that another layer gave, or the network's own input. A tensor that a network's forward made between its layers
-- (a sum, a relu) is taken to depend on all that was there with as many rows and columns; where nothing fits, or the
-- forward multiplies and adds by itself, the field is not known from there on.
local follow = require "cnn.inspect.follow"
local signature = require "cnn.signature"
local window = require "cnn.inspect.window"
local words = require "cnn.inspect.words"

local receptive = {}

-- ---- one side ------------------------------------------------------------------------------------------------------

local step = {}

-- The side f with another start, size and step.
local function moved(f, start, size, by)
    return { start = start, size = size, step = by, base = f.base, unit = f.unit }
end

-- Steps become smaller by a factor.
local function finer(f, start, size, factor)
    local g = moved(f, start, size, f.step / factor)
    if factor > 1 and not f.unit then g.base, g.unit = size, f.step end
    return g
end

function step.window(f, a)
    return moved(f, f.start - a.before * f.step, f.size + (window.reach(a) - 1) * f.step, f.step * a.stride)
end

function step.transposed(f, a) -- at most so many inputs meet in one output
    local meet = (window.reach(a) + a.stride - 1) // a.stride
    return finer(f, f.start - (meet - 1) * f.step, f.size + (meet - 1) * f.step, a.stride)
end

function step.adaptive(f, a)
    local longest = 0
    for o = 1, a.output do
        local first, last = window.seen(a, o)
        longest = math.max(longest, last - first + 1)
    end
    return finer(f, f.start, f.size + (longest - 1) * f.step, math.max(1, a.output) / a.input)
end

function step.grown(f, a) return moved(f, f.start - a.before * f.step, f.size, f.step) end

function step.scaled(f, a) return finer(f, f.start, f.size + (a.mixed and f.step or 0), a.factor) end

-- All `count` places together, as whatever looks at the whole image does.
local function whole(f, count) return moved(f, f.start, f.size + (count - 1) * f.step, f.step) end

--- How many places of the input a side f sees, at most.
function receptive.size(f)
    local size = f.unit and f.base + f.unit * math.ceil((f.size - f.base) / f.unit - 1e-9) or f.size
    return math.tointeger(size) or size
end

-- ---- fields: {sides = {height, width}, sizes = {h, w}}, sizes being those of the tensor ---------------------------------

local function sides_of(shape)
    if not shape or #shape < 3 then return {} end
    return table.move(shape, 3, #shape, 1, {})
end

local function same_list(a, b)
    if #a ~= #b then return false end
    for i = 1, #a do
        if a[i] ~= b[i] then return false end
    end
    return true
end

local function union(a, b)
    if not a then return b end
    local sides = {}
    for i, f in ipairs(a.sides) do
        local g = b.sides[i]
        local start = math.min(f.start, g.start)
        local size = math.max(f.start + f.size, g.start + g.size) - start
        sides[i] = { start = start, size = size, step = math.max(f.step, g.step), base = f.base or g.base, unit = f.unit or g.unit }
    end
    return { sides = sides, sizes = a.sizes }
end

-- The field with rows and columns folded away.
local function folded(field)
    local sides = {}
    for i, f in ipairs(field.sides) do sides[i] = whole(f, field.sizes[i] or 1) end
    return { sides = sides, sizes = {} }
end

-- What one layer's output depends on, given its input's field.
local function through(field, call)
    if not field or not call.output then return nil end
    local axes = window.axes(call.module, call.class, call.input, call.output)
    local sizes, sides = sides_of(call.output), {}
    if not axes then -- a flatten, or what else folds rows and columns away; else place by place
        return same_list(sizes, field.sizes) and field or #sizes == 0 and folded(field) or nil
    end
    for i, f in ipairs(field.sides) do sides[i] = step[axes[i].kind](f, axes[i]) end
    return { sides = sides, sizes = sizes }
end

-- All fields of the scope (a list) whose tensors have these rows and columns; all there are, where there are none.
local function guess(scope, shape)
    local sizes, found = sides_of(shape), nil
    for _, field in ipairs(scope) do
        if #sizes == 0 then field = folded(field) end
        if same_list(field.sizes, sizes) and (not found or #found.sides == #field.sides) then found = union(found, field) end
    end
    return found
end

-- Follows call i and what runs inside it; returns the index of the call after it. Results get `field`.
local function visit(calls, i, known, outer)
    local call = calls[i]
    local input = known[call.input_value]
    if input == nil then input = guess(outer, call.input) end
    if call.calls == 0 then
        call.field = call.finished and through(input, call) or nil
        i = i + 1
    else
        local scope = { input or nil }
        known[call.input_value] = input
        i = i + 1
        while calls[i] and calls[i].depth > call.depth do i = visit(calls, i, known, scope) end
        local own = call.multiply_adds ~= 0 -- its forward computes what nobody here can see
        call.field = known[call.output_value] or not own and guess(scope, call.output) or nil
    end
    if call.output_value ~= nil then known[call.output_value] = call.field or false end
    outer[#outer + 1] = call.field
    return i
end

--- Adds `field` to each of the calls of follow.calls.
function receptive.add(calls, input)
    local shape = input.shape
    local sizes, sides = sides_of(shape), {}
    for i = 1, #sizes do sides[i] = { start = 1, size = 1, step = 1 } end
    local field = { sides = sides, sizes = sizes }
    local known, scope, i = { [input] = field }, { field }, 1
    while calls[i] do i = visit(calls, i, known, scope) end
end

-- ---- words ---------------------------------------------------------------------------------------------------------

local function number(n) return math.tointeger(n) and ("%d"):format(n) or ("%.3g"):format(n) end

-- The numbers of a field's sides as a list; nil where the field is not known.
local function list_of(field, get)
    local list = {}
    for i, f in ipairs(field and field.sides or {}) do list[i] = get(f) end
    return field and list or nil
end

local function step_of(f) return math.tointeger(f.step) or f.step end
local function start_of(f) return math.floor(f.start) end

local function joined(list)
    if not list then return "?" end
    for i, n in ipairs(list) do list[i] = number(n) end
    return table.concat(list, "×")
end

--- "5×5", or "?".
function receptive.text(field) return joined(list_of(field, receptive.size)) end

--- "2×2", or "?".
function receptive.step_text(field) return joined(list_of(field, step_of)) end

local Fields = { __name = "receptive fields" }
Fields.__index = Fields

local columns = {
    { "layer", function(row) return row.name end }, { "type", function(row) return row.class end },
    { "output", function(row) return words.sizes_text(row.output) end },
    { "sees", function(row) return row.text end, right = true }, { "step", function(row) return row.step_text end, right = true },
}

function Fields:__tostring() return words.table_text(columns, self) end

receptive.receptive_field = signature {
    name = "cnn.receptive_field",
    { "net", "module", doc = "the network" }, { "...", "any", doc = words.sizes_doc },
    returns = "list of rows {name, class, output, size, step, start}, the last three {height, width}; and size, the last row's",
    doc = [[How large a part of the input each layer's outputs depend on, by shape inference alone: nothing is computed.
size is how many rows and columns of the input one output sees, step how far apart the windows of neighbours are, start where
the first one begins (below 1: in the padding). The edge of the image cuts windows off: 99 × 99 of an image of 32 × 32 is all of
it. What the statistics of normalisations see is not counted, nor the channels. Sums and other things that a forward does
between its layers are taken to work place by place; where rows and columns change there, or it multiplies by itself, size is
nil from there on, and prints as "?".]],
    shape = [[size = size + dilation·(kernel − 1)·step;  step = step·stride;  start = start − padding·step]],
    example = [[
local net = nn.Sequential(nn.Conv2d(1, 8, 5), nn.MaxPool2d(2), nn.Conv2d(8, 8, 3))
print(cnn.receptive_field(net, 1, 28, 28))
print(cnn.receptive_field(net, 1, 28, 28).size[1])]],
    see = { "cnn.explain", "cnn.shapes" },
    call = function(net, ...)
        words.check_module("cnn.receptive_field", net)
        local inputs = words.inputs_of("cnn.receptive_field", { ... })
        local calls, err = follow.calls(net, inputs)
        if err then error(err, 0) end
        receptive.add(calls, inputs[1])
        local list = setmetatable({}, Fields)
        for _, call in ipairs(calls) do
            if call.calls == 0 then
                list[#list + 1] = { name = call.path == "" and "(the layer)" or call.path, class = call.class,
                    output = call.output, size = list_of(call.field, receptive.size), step = list_of(call.field, step_of),
                    start = list_of(call.field, start_of), text = receptive.text(call.field),
                    step_text = receptive.step_text(call.field) }
            end
        end
        list.size = list_of(calls[1] and calls[1].field, receptive.size)
        return list
    end,
}

return receptive
