-- SPDX-License-Identifier: MIT
-- Prints tensors as PyTorch prints them: common width, 4 digits, scientific form where numbers are far apart, three items
-- at each end of what is longer than 1000 elements, lines of 80 columns.
--
-- Only elements that are shown are read, so a large tensor prints at once. Source: the behaviour of PyTorch 2.x, compared
-- with it on random tensors (tests/printing). A `view` of other measures (columns, how many items of rows and of the
-- dimensions around them are shown at each end, aligned or as PyTorch has it) is for a prompt that knows its terminal.
local core = require "cnn.core"
local reals = require "cnn.reals"

local EDGE, THRESHOLD, COLUMNS = 3, 1000, 80
local get, floor, abs, huge = core.get, math.floor, math.abs, math.huge

-- ---- one number --------------------------------------------------------------------------------------------------------

local function plain(value)
    if value ~= value then return "nan" end
    if value == huge then return "inf" elseif value == -huge then return "-inf" end
end

-- Chooses the form for the shown values: a function from value to text, all of one width where they allow it. PyTorch
-- leaves zeros, nan and inf out of the width; with `aligned` they count, so that no line is longer than was reckoned.
local function real_format(values, aligned)
    local low, high, whole = huge, 0, true
    for i = 1, #values do
        local v = abs(values[i])
        if v > 0 and v < huge then
            low, high = v < low and v or low, v > high and v or high
            whole = whole and v == floor(v)
        end
    end
    local pattern, ending = "%.4f", ""
    if high > 0 and (high / low > 1000 or high > 1e8 or not whole and low < 1e-4) then
        pattern = "%.4e"
    elseif whole then
        pattern, ending = "%.0f", "."
    end
    local function text(v) return plain(v) or pattern:format(v) .. ending end
    local width = 1
    for i = 1, #values do
        local v = values[i]
        if aligned or v ~= 0 and v == v and abs(v) < huge then width = math.max(width, #text(v)) end
    end
    return text, width
end

local function formatter(values, is_real, aligned)
    local text, width = tostring, 1
    if is_real then
        text, width = real_format(values, aligned)
    else
        for i = 1, #values do width = math.max(width, #tostring(values[i])) end
    end
    return function(value)
        local shown = text(value)
        return (" "):rep(width - #shown) .. shown
    end, width
end

-- ---- the elements that are shown ---------------------------------------------------------------------------------------

-- Indices along a dimension: all, or the first and last few with false between.
local function shown_indices(size, edge)
    local list = {}
    if edge and size > 2 * edge then
        for i = 1, edge do list[i] = i end
        list[edge + 1] = false
        for i = size - edge + 1, size do list[#list + 1] = i end
    else
        for i = 1, size do list[i] = i end
    end
    return list
end

local function edge_of(view, dim, shape)
    return dim == #shape and view.inner or dim < #shape and view.outer or nil
end

local function collect(x, shape, view)
    local values = {}
    local function walk(dim, position)
        if dim > #shape then
            values[#values + 1] = get(x, position + 1)
            return
        end
        for _, i in ipairs(shown_indices(shape[dim], edge_of(view, dim, shape))) do
            if i then walk(dim + 1, position * shape[dim] + i - 1) end
        end
    end
    walk(1, 0)
    return values
end

local function row(items, indent, width, columns)
    local per_line = math.max(1, (columns - indent) // (width + 2))
    local lines = {}
    for first = 1, #items, per_line do
        lines[#lines + 1] = table.concat(items, ", ", first, math.min(first + per_line - 1, #items))
    end
    return "[" .. table.concat(lines, ",\n" .. (" "):rep(indent + 1)) .. "]"
end

-- The nested brackets; `values` are taken in order.
local function brackets(values, shape, indent, view, show, width)
    local at = 0
    local function walk(dim, column)
        local items = {}
        for n, i in ipairs(shown_indices(shape[dim], edge_of(view, dim, shape))) do
            if not i then
                items[n] = dim == #shape and " ..." or "..."
            elseif dim == #shape then
                at = at + 1
                items[n] = show(values[at])
            else
                items[n] = walk(dim + 1, column + 1)
            end
        end
        if dim == #shape then return row(items, column, width, view.columns) end
        return "[" .. table.concat(items, "," .. ("\n"):rep(#shape - dim) .. (" "):rep(column + 1)) .. "]"
    end
    return walk(1, indent)
end

-- ---- the whole ---------------------------------------------------------------------------------------------------------

local usual = { float32 = true, int64 = true, bool = true } -- types that need not be told

local whole, summary = { columns = COLUMNS }, { columns = COLUMNS, inner = EDGE, outer = EDGE }

local function elements(x, shape, indent, view)
    local dtype = x.dtype
    local values = collect(x, shape, view)
    local show, width = formatter(values, reals[dtype], view.aligned)
    if #shape == 0 then return show(values[1]), width end
    return brackets(values, shape, indent, view, show, width), width
end

local function remarks(x, shape, empty)
    local list = {}
    if x.device == "meta" then list[1] = "device=meta, size=(" .. table.concat(shape, ", ") .. ")"
    elseif empty and #shape ~= 1 then list[1] = "size=(" .. table.concat(shape, ", ") .. ")" end
    if not usual[x.dtype] or empty and x.dtype ~= "float32" then list[#list + 1] = "dtype=" .. x.dtype end
    if x.grad_fn then
        list[#list + 1] = "grad_fn=<" .. x.grad_fn .. ">"
    elseif x.requires_grad then
        list[#list + 1] = "requires_grad=true"
    end
    return list
end

local PREFIX = "tensor("

-- "tensor(…" without what is behind the elements, and the width of an element.
local function head(x, shape, view)
    if x.device == "meta" then return PREFIX .. "...", 3 end
    if core.numel(x) == 0 then return PREFIX .. "[]", 2 end
    local text, width = elements(x, shape, #PREFIX, view)
    return PREFIX .. text, width
end

local function format(x)
    local shape, prefix = x.shape, PREFIX
    local count = core.numel(x)
    local empty, text = count == 0, head(x, shape, count > THRESHOLD and summary or whole)
    local last_line = #text:match("[^\n]*$") + 2
    if not text:find("\n", 1, true) then last_line = #text + 2 end
    local parts = { text }
    for _, remark in ipairs(remarks(x, shape, empty)) do
        if last_line + #remark + 2 > COLUMNS then
            parts[#parts + 1] = ",\n" .. (" "):rep(#prefix) .. remark
            last_line = #prefix + #remark
        else
            parts[#parts + 1] = ", " .. remark
            last_line = last_line + #remark + 2
        end
    end
    text = table.concat(parts) .. ")"
    return core.is_parameter(x) and "Parameter containing:\n" .. text or text
end

return setmetatable({ head = head, indent = #PREFIX, threshold = THRESHOLD },
    { __call = function(_, x) return format(x) end })
