-- SPDX-License-Identifier: MIT
-- cnn.shapes and cnn.summary: what every layer of a network makes of its input, and what that costs.
local core = require "cnn.core"
local follow = require "cnn.inspect.follow"
local formula = require "cnn.inspect.formula"
local signature = require "cnn.signature"
local words = require "cnn.inspect.words"

local sizes_text, thousands, bytes_text = words.sizes_text, words.thousands, words.bytes_text

-- ---- rows ----------------------------------------------------------------------------------------------------------

local function pair_text(pair)
    if type(pair) ~= "table" then return "" end
    return ("%d×%d"):format(pair[1], pair[2])
end

-- What is worth a line: layers, and modules whose forward computes something between its layers.
local function is_shown(call)
    return call.calls == 0 or not call.finished or call.multiply_adds > 0 or call.bytes > 0 or call.parameters > 0
end

local function row_of(call, whole)
    local inside = call.calls > 0
    return {
        name = call.path == "" and "(the network)" or call.path, class = call.class, input = call.input, output = call.output,
        kernel = inside and "" or pair_text(call.module.kernel_size), parameters = call.parameters, trained = call.trained,
        shared = call.shared, multiply_adds = call.multiply_adds, bytes = call.bytes, inside = inside,
        formula = inside and (whole and "" or "besides its layers")
            or formula.of(call.module, call.class, call.input, call.output),
    }
end

local function totals(list, net)
    local seen = {}
    list.parameters, list.trained, list.multiply_adds, list.bytes = 0, 0, 0, 0
    for _, p in ipairs(net:parameters()) do
        if not seen[p] then
            seen[p] = true
            list.parameters = list.parameters + core.numel(p)
            if p.requires_grad then list.trained = list.trained + core.numel(p) end
        end
    end
    for _, row in ipairs(list) do
        list.multiply_adds, list.bytes = list.multiply_adds + row.multiply_adds, list.bytes + row.bytes
    end
end

local Shapes = { __name = "shapes" }
Shapes.__index = Shapes

-- Rows in the order in which the calls began.
local function shapes_of(name, net, sizes)
    words.check_module(name, net)
    local inputs = words.inputs_of(name, sizes)
    local calls, err = follow.calls(net, inputs)
    local list = setmetatable({ net = getmetatable(net).__name, error = err }, Shapes)
    list.input = sizes_text(table.move(inputs[1].shape, 1, #inputs[1].shape, 1, {}))
    for _, call in ipairs(calls) do
        if not call.finished then -- where it stopped: the innermost module that had begun
            list.failed = call.path == "" and "the network's forward" or call.path
            call.multiply_adds, call.bytes = 0, 0
        elseif is_shown(call) then
            list[#list + 1] = row_of(call, call.path == "")
        end
    end
    totals(list, net)
    return list
end

-- ---- as a table ----------------------------------------------------------------------------------------------------

local columns = {
    { "layer", function(row) return row.name end },
    { "type", function(row) return row.class end },
    { "input", function(row) return sizes_text(row.input) end },
    { "output", function(row) return sizes_text(row.output) end },
    { "kernel", function(row) return row.kernel end },
    { "parameters", function(row)
        return row.shared and row.parameters == 0 and "shared" or row.parameters == 0 and "" or thousands(row.parameters)
    end, right = true },
    { "multiply-adds", function(row) return row.multiply_adds == 0 and "" or thousands(row.multiply_adds) end, right = true },
    { "memory", function(row) return row.bytes == 0 and "" or bytes_text(row.bytes) end, right = true },
    { "size", function(row) return row.formula end },
}

local function footer(list)
    local lines = {}
    local frozen = list.parameters - list.trained
    lines[1] = ("parameters     %s%s"):format(thousands(list.parameters),
        frozen > 0 and (", of which %s are not trained"):format(thousands(frozen)) or "")
    lines[2] = ("multiply-adds  %s for an input %s"):format(thousands(list.multiply_adds), list.input)
    lines[3] = ("memory         %s of results, %s of parameters"):format(bytes_text(list.bytes), bytes_text(4 * list.parameters))
    if list.error then
        lines = { ("It stops in %s:"):format(list.failed or "the network"), tostring(list.error) }
    end
    return lines
end

--- The table as text, without the columns in `without` (a set of headings).
local function as_text(list, without)
    local shown = {}
    for _, column in ipairs(columns) do
        if not without[column[1]] then shown[#shown + 1] = column end
    end
    return words.table_text(shown, list)
end

local BRIEF = { kernel = true, parameters = true, ["multiply-adds"] = true, memory = true }

function Shapes:__tostring()
    local text = as_text(self, BRIEF)
    return self.error and text .. "\n" .. table.concat(footer(self), "\n") or text
end

-- ---- what users call -----------------------------------------------------------------------------------------------

local shapes = signature {
    name = "cnn.shapes",
    { "net", "module", doc = "the network" }, { "...", "any", doc = words.sizes_doc },
    returns = "list of rows {name, class, input, output, kernel, parameters, multiply_adds, bytes, formula, …}, and totals",
    doc = [[What every layer makes of its input, by shape inference alone: nothing is computed or allocated, no random number
drawn, no statistic moved, whatever the sizes. The network is followed in evaluation mode. Where shapes do not fit, the
list ends there, and its fields error and failed say why and in which layer.]],
    example = [[
local list = cnn.shapes(nn.Sequential(nn.Conv2d(3, 8, 5), nn.Flatten()), 3, 32, 32)
print(list)
print(#list, list.parameters, list.multiply_adds)]],
    see = { "cnn.summary" },
    call = function(net, ...) return shapes_of("cnn.shapes", net, { ... }) end,
}

local summary = signature {
    name = "cnn.summary",
    { "net", "module", doc = "the network" }, { "...", "any", doc = words.sizes_doc },
    doc = [[Prints a line per layer: name, type, sizes of input and output, kernel, parameters, multiply-adds, memory of its
results, and the size formula with its numbers filled in; then the totals. By shape inference alone, as cnn.shapes.
A multiply-add is one product that is added to a sum, in a convolution or a matrix product; other layers have none to speak
of. Memory is what the results of the forward pass take (views and in-place layers: nothing); training keeps most of it.
Parameters used twice are counted once. Where shapes do not fit, the table ends with the layer and the error.]],
    example = [[cnn.summary(nn.Sequential(nn.Conv2d { 1, 32, 7 }, nn.ReLU(), nn.Flatten(), nn.Linear(32 * 22 * 22, 10)), 1, 28, 28)]],
    see = { "cnn.shapes" },
    call = function(net, ...)
        local list = shapes_of("cnn.summary", net, { ... })
        print(as_text(list, {}))
        for _, line in ipairs(footer(list)) do print(line) end
    end,
}

return { shapes = shapes, summary = summary }
