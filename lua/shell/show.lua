-- SPDX-License-Identifier: MIT
-- Values as the prompt prints them.
--
-- What has a __tostring (tensors, modules, errors) speaks for itself; other tables are printed with their keys sorted,
-- on one line if it fits and indented otherwise. Only raw access is used on tables, so that looking at a value runs no
-- code of the user's but __tostring. Depth, items and lengths are limited: a table of a million entries prints at once.
local MAX_DEPTH = 4
local MAX_ITEMS = 40     -- shown per table
local MAX_SORTED = 10000 -- keys looked at before sorting
local MAX_STRING = 1000  -- bytes of a string inside a table
local MAX_LINES = 12     -- of a value inside a table

local M = {}

-- ---- single values ---------------------------------------------------------------------------------------------------

local ESCAPES = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ['"'] = '\\"', ["\\"] = "\\\\" }

local function quoted(s)
    local cut = #s > MAX_STRING
    if cut then s = s:sub(1, (utf8.offset(s, 0, MAX_STRING) or MAX_STRING + 1) - 1) end
    s = s:gsub('[%c"\\]', function(c) return ESCAPES[c] or ("\\%03d"):format(c:byte()) end)
    return '"' .. s .. '"' .. (cut and "…" or "")
end

local function speaks(v)
    local mt = debug.getmetatable(v)
    return type(mt) == "table" and (rawget(mt, "__tostring") or type(v) == "userdata" and rawget(mt, "__name")) and true
end

-- tostring that can't fail, except by Ctrl-C. Whether C prints the sign of a nan says nothing.
function M.text(v)
    if type(v) == "number" and v ~= v then return "nan" end
    local ok, s = pcall(tostring, v)
    if ok then return s end
    local errors = package.loaded["cnn.errors"]
    if errors and errors.is(s, "interrupted") then error(s, 0) end
    return ("<%s: error in its __tostring: %s>"):format(type(v), type(s) == "string" and s or type(s))
end

local function is_tensor(v)
    local core = package.loaded["cnn.core"]
    return type(v) == "userdata" and core and core.is_tensor(v)
end

-- A tensor among other values: its kind, and the number when there is just one.
local function tensor_line(x)
    local text = M.text(x)
    if not text:find("\n", 1, true) and #text <= 60 then return text end
    return ("tensor %s %s"):format(x.dtype, tostring(x.shape))
end

-- What speaks for itself in many lines, such as a network, is cut in the middle.
local function cut_lines(text)
    local list = {}
    for line in text:gmatch("[^\n]+") do list[#list + 1] = line end
    if #list <= MAX_LINES then return text end
    local kept = MAX_LINES // 2
    local hidden = ("  … (%d lines)"):format(#list - 2 * kept)
    return ("%s\n%s\n%s"):format(table.concat(list, "\n", 1, kept), hidden, table.concat(list, "\n", #list - kept + 1))
end

-- A value inside a table; tables without a __tostring are left to the caller.
local function item(v, indent)
    if type(v) == "string" then return quoted(v) end
    if is_tensor(v) then return tensor_line(v) end
    return (cut_lines(M.text(v)):gsub("\n", "\n" .. indent))
end

-- ---- tables ------------------------------------------------------------------------------------------------------------

local RANK = { number = 1, string = 2, boolean = 3 }

local function before(a, b)
    local ra, rb = RANK[type(a)] or 4, RANK[type(b)] or 4
    if ra ~= rb then return ra < rb end
    if ra <= 2 then return a < b end
    return M.text(a) < M.text(b)
end

-- The keys behind the list part, sorted, and how many there are in all.
local function other_keys(t, length)
    local keys, count = {}, 0
    for k in next, t do
        if not (math.type(k) == "integer" and k >= 1 and k <= length) then
            count = count + 1
            if count <= MAX_SORTED then keys[count] = k end
        end
    end
    table.sort(keys, before)
    return keys, count
end

local KEYWORD = {}
for word in ("and break do else elseif end false for function goto if in local nil not or repeat return then true until while")
    :gmatch("%a+") do KEYWORD[word] = true end

local function key_text(k)
    if type(k) == "string" then
        if k:find("^[%a_][%w_]*$") and not KEYWORD[k] then return k end
        return "[" .. quoted(k) .. "]"
    end
    return "[" .. item(k, "") .. "]"
end

local show_table

local function show_inner(v, state, depth, path)
    if type(v) ~= "table" or speaks(v) then return item(v, ("  "):rep(depth)) end
    if state.seen[v] then return "<" .. state.seen[v] .. ">" end
    if next(v) == nil then return "{}" end
    if depth >= MAX_DEPTH then return "{…}" end
    return show_table(v, state, depth, path)
end

local function entries(t, state, depth, path)
    local list, length = {}, rawlen(t)
    for i = 1, math.min(length, MAX_ITEMS) do
        list[i] = show_inner(rawget(t, i), state, depth + 1, ("%s[%d]"):format(path, i))
    end
    local keys, count = other_keys(t, length)
    local room = MAX_ITEMS - #list
    for i = 1, math.min(#keys, room) do
        local key = key_text(keys[i])
        local inner = path .. (key:sub(1, 1) == "[" and key or "." .. key)
        list[#list + 1] = key .. " = " .. show_inner(rawget(t, keys[i]), state, depth + 1, inner)
    end
    local hidden = length + count - #list
    if hidden > 0 then list[#list + 1] = ("… (%d more)"):format(hidden) end
    return list
end

function show_table(t, state, depth, path)
    state.seen[t] = path
    local list = entries(t, state, depth, path)
    state.seen[t] = nil -- only what contains itself is a cycle; what appears twice is printed twice
    local line = "{" .. table.concat(list, ", ") .. "}"
    local indent = ("  "):rep(depth)
    if #line + #indent <= state.width and not line:find("\n", 1, true) then return line end
    local inner = "\n" .. indent .. "  "
    return "{" .. inner .. table.concat(list, "," .. inner) .. "\n" .. indent .. "}"
end

-- ---- what the prompt calls ---------------------------------------------------------------------------------------------

local function is_module(v)
    local class, module = package.loaded["cnn.nn.class"], package.loaded["cnn.nn.module"]
    return class and module and type(v) == "table" and class.is(v, module)
end

-- A tensor or a module as the terminal shows it; nil for others, and where there is no terminal.
local function large(v, colour)
    local core = package.loaded["cnn.core"]
    local tensor = is_tensor(v)
    if not tensor and not is_module(v) then return nil end
    local columns, lines = core.output_terminal()
    if not columns then return nil end
    local show_large = require "shell.show_large"
    if not tensor then return show_large.module(v, M.text(v), columns, lines, colour) end
    local ok, text = pcall(show_large.tensor, v, columns, lines, colour)
    return ok and text or nil -- one that was freed says so itself
end

-- One value; `width` is the terminal's. Strings stand for themselves here and are quoted only inside tables. A `view` is
-- given for what the prompt shows on its own: tensors and modules fit the terminal then, and view.colourful asks for colours.
function M.value(v, width, view)
    local colour = view and view.colourful and require "shell.colour"
    if type(v) == "number" or type(v) == "boolean" or v == nil then
        local text = M.text(v)
        return not colour and text or text:find("^%-?[ni]%a") and v ~= nil and colour.numbers(text) or colour.source(text)
    end
    if type(v) ~= "table" or speaks(v) then return view and large(v, colour) or M.text(v) end
    if next(v) == nil then return "{}" end
    local text = show_table(v, { seen = {}, width = width or 80 }, 0, "self")
    return colour and colour.source(text) or text
end

-- The results of a statement, a packed list: on one line, as print does, unless one of them needs several.
function M.results(values, width, view)
    local texts, several = {}, false
    for i = 1, values.n do
        texts[i] = M.value(values[i], width, view)
        several = several or texts[i]:find("\n", 1, true)
    end
    return table.concat(texts, several and "\n" or "\t")
end

return M
