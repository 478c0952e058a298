-- SPDX-License-Identifier: MIT
-- Tensors and modules at a terminal: as wide as it is, no longer than fits on it, with a last line that says what they are.
--
-- `print` and scripts keep PyTorch's format of 80 columns; this is only how the prompt shows results. A tensor that does
-- not fit is cut in the middle of its rows and of the dimensions around them, as far as is needed; its numbers line up as
-- PyTorch's do. Only what is shown is read, except to count what is not finite in what is hidden.
local M = {}

local SPARE = 4            -- lines of the terminal that the rest of the screen needs
local COUNTED = 4e6        -- elements that are looked through for nan and inf
local SHORTEST = 8         -- lines that are shown however low the terminal is

local function lines_of(text) return select(2, text:gsub("\n", "\n")) + 1 end

-- ---- tensors -----------------------------------------------------------------------------------------------------------

-- What fills the width: the number of elements at each end of a row. A new number may be wider than those seen before.
local function fitted_rows(format, x, view, columns)
    view.inner = 3
    local text, width = format.head(x, x.shape, view)
    local frame = format.indent + 2 * #x.shape + #")" + #" ..., " - #", " -- all of a row but its numbers
    for _ = 1, 4 do
        local inner = math.max(1, (columns - frame) // (width + 2) // 2)
        if inner == view.inner then break end
        view.inner = inner
        text, width = format.head(x, x.shape, view)
    end
    return text
end

local function cut(format, x, columns, lines)
    local text
    for outer = 3, 1, -1 do
        text = fitted_rows(format, x, { columns = columns, outer = outer, aligned = true }, columns)
        if lines_of(text) <= lines then break end
    end
    return text
end

-- Without gradients and without a trace: a look changes nothing.
local function hidden_remark(core, x)
    if core.numel(x) > COUNTED or not x.dtype:find("^float") or x.device == "meta" then return nil end
    local ok, count = pcall(function()
        return core.item(core.sum(core.cast(core.methods.isfinite(core.detach(x)):eq(false), "int64"), nil, false))
    end)
    return ok and count > 0 and ("%d not finite"):format(count) or nil
end

-- On a narrow terminal it is two.
local function joined(parts, columns)
    local text, used = parts[1], #parts[1]
    for i = 2, #parts do
        local fits = used + 2 + #parts[i] <= columns
        text = text .. (fits and ", " or ",\n") .. parts[i]
        used = fits and used + 2 + #parts[i] or #parts[i]
    end
    return text
end

local function last_line(core, x, was_cut, columns)
    local parts = { ("%s %s %s"):format(tostring(x.shape), x.dtype, x.device) }
    if was_cut then parts[#parts + 1] = hidden_remark(core, x) end
    if x.grad_fn then
        parts[#parts + 1] = "grad_fn=<" .. x.grad_fn .. ">"
    elseif x.requires_grad then
        parts[#parts + 1] = "requires_grad=true"
    end
    return joined(parts, columns)
end

--- The text of a tensor for a terminal of so many columns and lines; `colour` is the module or nil.
function M.tensor(x, columns, lines, colour)
    local core, format = require "cnn.core", require "cnn.format"
    lines = math.max(lines - SPARE, SHORTEST)
    local text
    if core.numel(x) <= format.threshold then text = format.head(x, x.shape, { columns = columns - 1, aligned = true }) end
    local was_cut = not text or lines_of(text) > lines
    if was_cut then text = cut(format, x, columns - 1, lines) end
    text = text .. ")"
    local about = last_line(core, x, was_cut, columns)
    local one_line = not (text .. about):find("\n", 1, true) and #text + #about + 2 <= columns
    if colour then text, about = colour.numbers(text), colour.faint(about) end
    if core.is_parameter(x) then text = "Parameter containing:\n" .. text end
    return text .. (one_line and "  " or "\n") .. about
end

-- ---- modules -----------------------------------------------------------------------------------------------------------

local function shortened(line, columns)
    local length = utf8.len(line) or #line
    if length <= columns or not utf8.len(line) then return line end
    local left = (columns - 1) // 2
    return line:sub(1, utf8.offset(line, left + 1) - 1) .. "…" .. line:sub(utf8.offset(line, length - (columns - 1 - left) + 1))
end

-- 11173962 → 11,173,962
local function grouped(n)
    local text, count = tostring(n), 1
    while count > 0 do text, count = text:gsub("^(%d+)(%d%d%d)", "%1,%2") end
    return text
end

-- Parameters of a module, each once; nil where its own code fails.
local function about_module(core, module, columns)
    local ok, text = pcall(function()
        local count, kinds, seen = 0, {}, {}
        for _, p in ipairs(module:parameters()) do
            count = count + core.numel(p)
            local kind = p.dtype .. " " .. p.device
            if not seen[kind] then seen[kind], kinds[#kinds + 1] = true, kind end
        end
        table.sort(kinds)
        local numbers = grouped(count) .. (count == 1 and " parameter" or " parameters")
        return joined({ numbers .. (kinds[1] and " " .. table.concat(kinds, " and ") or ""),
            module.training and "training" or "evaluating" }, columns)
    end)
    return ok and text or nil
end

--- The same for a module whose __tostring is `text`: long lines and long lists of layers are cut in the middle.
function M.module(module, text, columns, lines, colour)
    local core = require "cnn.core"
    local list = {}
    for line in text:gmatch("[^\n]+") do list[#list + 1] = shortened(line, columns) end
    lines = math.max(lines - SPARE, SHORTEST)
    if #list > lines then
        local kept = (lines - 1) // 2
        local hidden = ("  … (%d lines: print shows all)"):format(#list - 2 * kept)
        list = { table.concat(list, "\n", 1, kept), hidden, table.concat(list, "\n", #list - kept + 1) }
    end
    local about = about_module(core, module, columns)
    if about then list[#list + 1] = colour and colour.faint(about) or about end
    return table.concat(list, "\n")
end

return M
