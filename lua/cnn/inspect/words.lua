-- SPDX-License-Identifier: MIT
-- What the functions that look at networks share: the sizes that users give, as hollow tensors, and how sizes, numbers
-- and bytes are written.
local core = require "cnn.core"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local words = {}

words.sizes_doc = "of one sample: 3, 32, 32; or a list with the batch in front, or a tensor, per input: {128, 3, 32, 32}"

function words.sizes_text(sizes) return sizes and "[" .. table.concat(sizes, ", ") .. "]" or "?" end

local function bad_sizes(name, got)
    errors.raise { kind = "type", op = name,
        text = ("the sizes of the input are numbers, or a list with the batch in front; got %s"):format(got),
        fix = ("%s(net, 3, 32, 32)  or  %s(net, {128, 3, 32, 32})"):format(name, name) }
end

local function check_list(name, list)
    for _, size in ipairs(list) do
        if math.type(size) ~= "integer" or size < 0 then bad_sizes(name, signature.describe(size)) end
    end
    return list
end

--- Hollow inputs: from numbers (one sample, without the batch), from lists or tensors (with it).
function words.inputs_of(name, sizes)
    local inputs = {}
    if type(sizes[1]) == "number" then
        inputs[1] = core.hollow("float32", { 1, table.unpack(check_list(name, sizes)) })
        return inputs
    end
    for i, given in ipairs(sizes) do
        if core.is_tensor(given) then inputs[i] = core.hollow(given.dtype, given.shape)
        elseif type(given) == "table" then inputs[i] = core.hollow("float32", check_list(name, given))
        else bad_sizes(name, signature.describe(given)) end
    end
    if #inputs == 0 then bad_sizes(name, "none") end
    return inputs
end

--- Complains unless `net` is a module.
function words.check_module(name, net)
    if type(net) == "table" and type(net.named_modules) == "function" and rawget(net, "_order") then return end
    errors.raise { kind = "type", op = name, text = "a network is wanted first; got " .. signature.describe(net) }
end

--- 1727962 → "1,727,962"
function words.thousands(n)
    local text = ("%d"):format(n)
    while true do
        local more, changed = text:gsub("^(%-?%d+)(%d%d%d)", "%1,%2")
        if changed == 0 then return more end
        text = more
    end
end

function words.bytes_text(n)
    if n < 1024 then return ("%d B"):format(n) end
    for _, unit in ipairs { "KiB", "MiB", "GiB" } do
        n = n / 1024
        if n < 1024 or unit == "GiB" then return ("%.1f %s"):format(n, unit) end
    end
end

local function cell_width(text) return utf8.len(text) or #text end

local function padded(text, width, right)
    local space = (" "):rep(width - cell_width(text))
    return right and space .. text or text .. space
end

--- A table as text. Each column is {heading, function(row) → text, right = bool}.
function words.table_text(columns, rows)
    local cells, widths, heads = {}, {}, {}
    for i, column in ipairs(columns) do
        heads[i], widths[i] = column[1], cell_width(column[1])
        for r, row in ipairs(rows) do
            cells[r] = cells[r] or {}
            cells[r][i] = column[2](row)
            widths[i] = math.max(widths[i], cell_width(cells[r][i]))
        end
    end
    local width, lines = 2 * (#columns - 1), {}
    for _, w in ipairs(widths) do width = width + w end
    local function add(texts)
        local parts = {}
        for i, column in ipairs(columns) do parts[i] = padded(texts[i], widths[i], column.right) end
        lines[#lines + 1] = (table.concat(parts, "  "):gsub("%s+$", ""))
    end
    local rule = ("─"):rep(width)
    add(heads)
    lines[#lines + 1] = rule
    for r = 1, #rows do add(cells[r]) end
    lines[#lines + 1] = rule
    return table.concat(lines, "\n")
end

return words
