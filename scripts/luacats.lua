-- SPDX-License-Identifier: MIT
-- Writes editors/luacats/cnn.lua, which tells lua-language-server and its like what the library has; or checks that it is
-- current.
--
--   cnnsh scripts/luacats.lua [--check]
--
-- The file is Lua that defines every public name with an empty body, and describes it in LuaCATS comments, both from the
-- signatures. A function that takes its arguments by name has a class of its options, so that they complete in braces.
local class = require "cnn.nn.class"
local cnn = require "cnn"
local lex = require "shell.lex"
local signature = require "cnn.signature"

local root = (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/.."
local target = root .. "/editors/luacats/cnn.lua"

local HEAD = [[
---@meta cnn
-- Written by scripts/luacats.lua from the descriptions in the sources. Nothing here runs: an editor reads it.

---@alias cnn.dtype "float32"|"float64"|"int64"|"uint8"|"bool"
---@alias cnn.sizes integer|integer[]

---@class cnn.Tensor
---@field shape integer[] the sizes of its dimensions
---@field dtype cnn.dtype
---@field device string
---@field grad cnn.Tensor? filled in by backward()
---@field requires_grad boolean
---@field is_leaf boolean
---@field grad_fn string? the operation that it is the result of
---@field T cnn.Tensor transposed
---@field data cnn.Tensor the same numbers outside of the graph
---@operator add(cnn.Tensor|number): cnn.Tensor
---@operator sub(cnn.Tensor|number): cnn.Tensor
---@operator mul(cnn.Tensor|number): cnn.Tensor
---@operator div(cnn.Tensor|number): cnn.Tensor
---@operator pow(cnn.Tensor|number): cnn.Tensor
---@operator unm: cnn.Tensor
local Tensor = {}

---@class cnn
local cnn = {}
]]

local TAIL = [[

-- Names that need no require at the prompt and in -e.
nn, F, optim, data, datasets, transforms, plt = cnn.nn, cnn.nn.functional, cnn.optim, cnn.data, cnn.datasets, cnn.transforms, cnn.plt

return cnn
]]

-- ---- types ---------------------------------------------------------------------------------------------------------------

local TYPES = {
    int = "integer", dim = "integer", bool = "boolean", tensor = "cnn.Tensor", dtype = "cnn.dtype", sizes = "cnn.sizes",
    dims = "cnn.sizes", size2 = "cnn.sizes", sides = "cnn.sizes", output_size2 = "cnn.sizes", list = "table",
    numbers = "number[]", tensors = "cnn.Tensor[]", module = "nn.Module", dataset = "data.Dataset", optimizer = "optim.Optimizer",
    ["function"] = "function", table = "table", number = "number", string = "string", any = "any",
}

local function type_of(kind)
    return (kind:gsub("[^|]+", function(one) return TYPES[one] or "any" end))
end

local RETURNS = { tensor = "cnn.Tensor", int64 = "cnn.Tensor", float32 = "cnn.Tensor", float64 = "cnn.Tensor", uint8 = "cnn.Tensor",
    bool = "boolean", integer = "integer", number = "number", module = "nn.Module", list = "table", table = "table",
    scheduler = "optim.lr_scheduler.LRScheduler", optimiser = "optim.Optimizer", ["true"] = "boolean" }

local function returned(sig)
    if not sig.returns then return nil end
    if sig.self == "tensor" and sig.name:find("_$") then return "cnn.Tensor" end -- in place
    return RETURNS[sig.returns:match("^%a+%d*")] or "any"
end

-- ---- names ---------------------------------------------------------------------------------------------------------------

local function value_at(path)
    local value = cnn
    for name in path:gmatch("[^.]+") do value = type(value) == "table" and value[name] or nil end
    return value
end

-- "nn.Conv2d" → path from cnn, "tensor:sum" → path from the tensors' methods; and where it is written.
local function place(name)
    local path = name:gsub(":", ".")
    local method = path:match("^tensor%.(.*)$")
    if method then return "Tensor." .. method end
    return path:match("^cnn%.") and path or "cnn." .. path
end

local function label(path) return (path:gsub("^Tensor%.", "cnn.%0"):gsub("^cnn%.(%l+%.)", "%1")) end

local function entries()
    local list, seen = {}, {}
    for name, sig in signature.all() do
        local at = place(name)
        if not seen[at] then
            seen[at] = true
            local value = value_at(at:gsub("^cnn%.", ""))
            list[#list + 1] = { at = at, sig = sig, class = at:find("^cnn%.") and class.is_class(value) and value or nil }
        end
    end
    table.sort(list, function(a, b)
        local _, da = a.at:gsub("%.", "")
        local _, db = b.at:gsub("%.", "")
        if da ~= db then return da < db end
        return a.at < b.at
    end)
    return list, seen
end

-- ---- one entry -----------------------------------------------------------------------------------------------------------

local function first_sentence(sig)
    local text = (sig.doc or ""):gsub("^%s+", ""):gsub("%s+", " ")
    return text:match("^(.-%.)%s") or text
end

local function formal(p) return lex.keywords[p.name] and p.name .. "_" or p.name end

local function about(p)
    local notes = { p.doc and p.doc:gsub("%s+", " ") }
    if type(p.default) == "string" then notes[#notes + 1] = ("default %q"):format(p.default)
    elseif p.default ~= nil and type(p.default) ~= "table" then notes[#notes + 1] = "default " .. tostring(p.default) end
    return #notes > 0 and " " .. table.concat(notes, "; ") or ""
end

local function may_lack(p) return p.optional or p.default ~= nil end

-- Before the declaration: a class with what may be named in braces.
local function options(out, path, sig)
    local named = {}
    for _, p in ipairs(sig.params) do
        if p.name ~= "..." then
            local field = lex.keywords[p.name] and ('["%s"]'):format(p.name) or p.name
            named[#named + 1] = ("---@field %s? %s%s"):format(field, type_of(p.type), about(p))
        end
    end
    if #named < 2 then return nil end
    out[#out + 1] = ("---@class %s.options\n%s\n"):format(label(path), table.concat(named, "\n"))
    return label(path) .. ".options"
end

local function arguments(sig)
    local names, typed = {}, {}
    for i, p in ipairs(sig.params) do
        names[i] = formal(p)
        typed[i] = ("%s%s: %s"):format(formal(p), may_lack(p) and p.name ~= "..." and "?" or "", type_of(p.type))
    end
    return names, typed
end

local function write_class(out, entry)
    local path, named = entry.at, nil
    local sig = entry.sig
    named = options(out, path, sig)
    local _, typed = arguments(sig)
    local parent = rawget(entry.class, "super")
    local above = parent and parent.__name and parent.__name ~= "" and " : " .. (entry.parent or "nn.Module") or ""
    out[#out + 1] = "---" .. first_sentence(sig)
    out[#out + 1] = ("---@class %s%s"):format(label(path), above)
    if named then out[#out + 1] = ("---@overload fun(options: %s): %s"):format(named, label(path)) end
    out[#out + 1] = ("---@overload fun(%s): %s"):format(table.concat(typed, ", "), label(path))
    out[#out + 1] = path .. " = {}\n"
end

local function write_function(out, entry)
    local sig, path = entry.sig, entry.at
    local named = options(out, path, sig)
    local names = arguments(sig)
    out[#out + 1] = "---" .. first_sentence(sig)
    for i, p in ipairs(sig.params) do
        out[#out + 1] = ("---@param %s%s %s%s"):format(names[i], may_lack(p) and p.name ~= "..." and "?" or "", type_of(p.type), about(p))
    end
    local result = returned(sig)
    if result then out[#out + 1] = "---@return " .. result end
    if named then
        out[#out + 1] = ("---@overload fun(%soptions: %s)%s"):format(sig.self and "self, " or "", named, result and ": " .. result or "")
    end
    local owner, name = path:match("^(.*)%.([^.]+)$")
    if lex.keywords[name] then
        out[#out + 1] = ("%s[%q] = function(%s%s) end\n"):format(owner, name, sig.self and "self, " or "", table.concat(names, ", "))
        return
    end
    out[#out + 1] = ("function %s%s%s(%s) end\n"):format(owner, sig.self and ":" or ".", name, table.concat(names, ", "))
end

-- ---- the whole -----------------------------------------------------------------------------------------------------------

local function load_all()
    local pipe = assert(io.popen("cd " .. root .. "/lua && find cnn -name '*.lua' | LC_ALL=C sort"))
    for path in pipe:lines() do require((path:gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", "."))) end
    pipe:close()
end

-- Which class is which name: parents are told by it.
local function name_parents(list)
    local path_of = {}
    for _, entry in ipairs(list) do if entry.class then path_of[entry.class] = label(entry.at) end end
    for _, entry in ipairs(list) do
        local parent = entry.class and rawget(entry.class, "super")
        while parent and not path_of[parent] do parent = rawget(parent, "super") end
        entry.parent = parent and path_of[parent]
    end
end

local function stubs()
    local list, known = entries()
    name_parents(list)
    local out, made = { HEAD }, { cnn = true, Tensor = true }
    local function make(path) -- the tables that names lie in, classes without a signature of their own among them
        if made[path] or known[path] then return end
        make(path:match("^(.*)%.[^.]+$"))
        made[path] = true
        out[#out + 1] = ("---@class %s\n%s = {}\n"):format(label(path), path)
    end
    for _, entry in ipairs(list) do
        make(entry.at:match("^(.*)%.[^.]+$"))
        if entry.class then write_class(out, entry) else write_function(out, entry) end
    end
    make("cnn.data.Dataset")
    out[#out + 1] = TAIL
    return table.concat(out, "\n")
end

load_all()
local text = stubs()
if arg[1] == "--check" then
    local file = io.open(target, "rb")
    if not file or file:read("a") ~= text then
        io.stderr:write("editors/luacats/cnn.lua is not current: run ./cnnsh scripts/luacats.lua and commit it\n")
        os.exit(1)
    end
else
    local file = assert(io.open(target, "wb"))
    assert(file:write(text))
    assert(file:close())
end
