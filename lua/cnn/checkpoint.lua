-- SPDX-License-Identifier: MIT
-- How a nested table lies in a safetensors file, and back.
--
-- Each tensor gets the name of its place, the keys joined with "/" ("model/fc.weight", "optimizer/state/1/exp_avg"), so that
-- any reader of safetensors finds it. Everything else is JSON in the metadata, under "cnn.tree": the table itself, with null
-- where a tensor is. What JSON cannot say is said with keys that begin with "#":
--
--     "#3": …                the integer key 3 (where the table is no list)
--     "##x": …               the string key "#x"
--     {"#number": "inf"}     also "-inf", "nan"
--     {"#bytes": "00ff"}     a string that is not UTF-8
--
-- Integers stay integers and floats the same floats, to the last bit. Reading makes tables, numbers, strings, booleans and
-- tensors, and nothing else: no code runs.
local class = require "cnn.nn.class"
local core = require "cnn.core"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local checkpoint = { KEY = "cnn.tree" }

local MAX_DEPTH = 100

local function fail(kind, text, ...) errors.raise { kind = kind, op = "cnn.save", text = text:format(...) } end

-- ---- writing -----------------------------------------------------------------------------------------------------------

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\" }

local function quoted(text)
    return '"' .. text:gsub('[%z\1-\31"\\]', function(c) return ESCAPES[c] or ("\\u%04x"):format(c:byte()) end) .. '"'
end

local function hex(text)
    return (text:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local function string_text(text)
    if utf8.len(text) then return quoted(text) end
    return '{"#bytes":"' .. hex(text) .. '"}'
end

local function number_text(x)
    if math.type(x) == "integer" then return ("%d"):format(x) end
    if x ~= x then return '{"#number":"nan"}' end
    if x == math.huge then return '{"#number":"inf"}' end
    if x == -math.huge then return '{"#number":"-inf"}' end
    local text = ("%.17g"):format(x):gsub(",", ".") -- some locales have a comma
    return text:find("[.e]") and text or text .. ".0"
end

-- The keys in a fixed order: a list's, or integers going up, then strings; a state_dict's own order. Also whether it is a list.
local function keys_of(value, where)
    local meta = getmetatable(value)
    local keys, list = {}, true
    for key in pairs(value) do
        local kind = math.type(key) or type(key)
        if kind ~= "string" and kind ~= "integer" then
            fail("type", "keys are strings or whole numbers; %s has the key %s", where, signature.describe(key))
        end
        if kind == "string" and not utf8.len(key) then fail("value", "a key of %s is not UTF-8", where) end
        keys[#keys + 1] = key
        list = list and kind == "integer"
    end
    if not (meta and meta.__pairs) then
        table.sort(keys, function(a, b)
            if type(a) ~= type(b) then return type(a) == "number" end
            return a < b
        end)
    end
    return keys, list and #keys > 0 and keys[1] == 1 and keys[#keys] == #keys
end

local function key_text(key)
    if type(key) == "number" then return ('"#%d"'):format(key) end
    return quoted(key:sub(1, 1) == "#" and "#" .. key or key)
end

-- What cannot be saved, with what to save instead.
local function refuse(value, where)
    local made_by = class.of(value)
    if made_by then
        errors.raise { kind = "type", op = "cnn.save",
            text = ("a file holds tensors, numbers, strings, booleans and tables; %s is the object %s"):format(where, made_by.__name),
            fix = made_by.state_dict and where:match("([^.]*)$") .. " = x:state_dict()" or nil }
    end
    fail("type", "a file holds tensors, numbers, strings, booleans and tables; %s is a %s", where, type(value))
end

local write

local function write_table(out, value, where)
    if class.of(value) then refuse(value, where) end
    if out.open[value] then fail("value", "the value contains itself: %s is the same table as %s", where, out.open[value]) end
    if out.depth == MAX_DEPTH then fail("value", "the value is nested deeper than %d levels", MAX_DEPTH) end
    out.open[value], out.depth = where, out.depth + 1
    local keys, list = keys_of(value, where)
    local outer, parts = out.name, {}
    for i, key in ipairs(keys) do
        out.name = (outer and outer .. "/" or "") .. key
        local text = write(out, value[key], where .. (type(key) == "number" and "[" .. key .. "]" or "." .. key))
        parts[i] = list and text or key_text(key) .. ":" .. text
    end
    out.open[value], out.depth, out.name = nil, out.depth - 1, outer
    local text = table.concat(parts, ",")
    return list and "[" .. text .. "]" or "{" .. text .. "}"
end

local function write_tensor(out, tensor, where)
    local name = out.name
    if out.tensors[name] then
        fail("value", "%s and another tensor would both be called %q in the file", where, name)
    end
    out.tensors[name], out.names[#out.names + 1] = tensor, name
    return "null"
end

function write(out, value, where)
    if core.is_tensor(value) then return write_tensor(out, value, where) end
    local kind = type(value)
    if kind == "table" then return write_table(out, value, where) end
    if kind == "number" then return number_text(value) end
    if kind == "string" then return string_text(value) end
    if kind == "boolean" then return tostring(value) end
    return refuse(value, where)
end

-- A table of tensors under strings needs no tree: the file is as PyTorch's own.
local function is_plain(value)
    for key, item in pairs(value) do
        if type(key) ~= "string" or not core.is_tensor(item) then return false end
    end
    return true
end

--- A table as what core.save takes: name → tensor, the names in order, the JSON text or nil.
function checkpoint.pack(value, path)
    local out = { tensors = {}, names = {}, open = {}, depth = 0 }
    if core.is_tensor(value) then
        errors.raise { kind = "type", op = "cnn.save", text = "a file holds named tensors; got one without a name",
            fix = ("cnn.save(%q, {x = tensor})"):format(path) }
    end
    if type(value) ~= "table" then fail("type", "a file holds a table of tensors; got %s", signature.describe(value)) end
    if type(value.state_dict) == "function" then
        errors.raise { kind = "type", op = "cnn.save", text = "a file holds named tensors; got a module or optimiser itself",
            fix = ("cnn.save(%q, net:state_dict())"):format(path) }
    end
    local text = write_table(out, value, "value")
    return out.tensors, out.names, not is_plain(value) and text or nil
end

-- ---- reading -----------------------------------------------------------------------------------------------------------

local function damaged(path, text, ...) errors.raise { kind = "file", op = "cnn.load", text = path .. ": " .. text:format(...) } end

local NUMBERS = { inf = math.huge, ["-inf"] = -math.huge, nan = 0 / 0 }

-- {"#number": …}, {"#bytes": …}: the value, else nil.
local function special(path, raw)
    local number, bytes = raw["#number"], raw["#bytes"]
    if number == nil and bytes == nil then return nil end
    local value
    if number ~= nil then
        value = NUMBERS[number]
    elseif type(bytes) == "string" and #bytes % 2 == 0 and not bytes:find("[^0-9a-f]") then
        value = bytes:gsub("..", function(pair) return string.char(tonumber(pair, 16)) end)
    end
    if value == nil or next(raw, next(raw)) ~= nil then damaged(path, "its settings have a number or a string that cannot be read") end
    return value
end

local function key_of(path, key)
    if type(key) == "number" or key:sub(1, 1) ~= "#" then return key end
    if key:sub(2, 2) == "#" then return key:sub(2) end
    local number = math.tointeger(tonumber(key:match("^#(%-?%d+)$")))
    return number or damaged(path, "its settings have the key %q, which cannot be read", key)
end

local function build(from, raw, name)
    if raw == core.null then
        local tensor = from.tensors[name]
        if not tensor then damaged(from.path, "its settings speak of a tensor %q, which is not there", tostring(name)) end
        from.used = from.used + (from.seen[name] and 0 or 1)
        from.seen[name] = true
        return tensor
    end
    if type(raw) ~= "table" then return raw end
    local value = special(from.path, raw)
    if value ~= nil then return value end
    value = {}
    for key, item in pairs(raw) do
        local own = key_of(from.path, key)
        if value[own] ~= nil then damaged(from.path, "its settings have the key %s twice", tostring(own)) end
        value[own] = build(from, item, (name and name .. "/" or "") .. own)
    end
    return value
end

--- The table that was packed: from name → tensor and the JSON text.
function checkpoint.unpack(path, tensors, text)
    local raw = core.json(text, path .. ", metadata " .. checkpoint.KEY)
    if type(raw) ~= "table" or special(path, raw) ~= nil then damaged(path, "its settings are no table") end
    local from = { path = path, tensors = tensors, used = 0, seen = {} }
    local value = build(from, raw)
    for name in pairs(tensors) do
        if not from.seen[name] then damaged(path, "it holds a tensor %q that its settings do not speak of", name) end
    end
    return value
end

return checkpoint
