-- SPDX-License-Identifier: MIT
-- Writes doc/reference.md from the descriptions of all public functions, or checks that it is current; and doc/coverage.md,
-- the pages in doc/modules and the stubs for editors with it.
--
--   cnnsh scripts/reference.lua [--check]
--
-- Every module below lua/cnn is loaded, so that every signature is there; entries are ordered by module and name.
local signature = require "cnn.signature"

local root = (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/.."
local target = root .. "/doc/reference.md"

local function load_all()
    require "cnn"
    local pipe = assert(io.popen("cd " .. root .. "/lua && find cnn -name '*.lua' | LC_ALL=C sort"))
    for path in pipe:lines() do require((path:gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", "."))) end
    pipe:close()
end

-- ---- ordering ----------------------------------------------------------------------------------------------------------

local GROUPS = {
    { "cnn", "Making and combining tensors, files, the generator" }, { "tensor", "Methods of tensors" },
    { "cnn.autograd", "Gradients of chosen tensors, checks, anomaly mode" },
    { "nn", "Layers, containers, losses" }, { "nn.Module", "What every module can do" },
    { "nn.functional", "Layers without state" }, { "nn.init", "Filling parameters" }, { "optim", "Optimisers" },
    { "data", "Data sets and loaders" }, { "datasets", "Data sets by name" }, { "transforms", "From stored images to tensors" },
}

-- "nn.Module.parameters" belongs to nn.Module, "nn.Conv2d" to nn, "tensor.sum" and "x:sum" to the tensors' methods.
local function group_of(name)
    local best
    for i, group in ipairs(GROUPS) do
        local prefix = group[1]
        if name:sub(1, #prefix + 1):find("^" .. prefix:gsub("%.", "%%.") .. "[.:]") and (not best or #prefix > #GROUPS[best][1]) then
            best = i
        end
    end
    return best or #GROUPS + 1
end

local function entries()
    local list, seen = {}, {}
    for name, sig in signature.all() do
        if not seen[name] then
            seen[name] = true
            list[#list + 1] = { name = name, sig = sig, group = group_of(name) }
        end
    end
    table.sort(list, function(a, b)
        if a.group ~= b.group then return a.group < b.group end
        return a.name < b.name
    end)
    return list
end

-- ---- one entry -----------------------------------------------------------------------------------------------------------

local function literal(v)
    if type(v) == "string" then return ("%q"):format(v) end
    if type(v) ~= "table" then return tostring(v) end
    local parts = {}
    for i, item in ipairs(v) do parts[i] = literal(item) end
    return "{" .. table.concat(parts, ", ") .. "}"
end

local function parameter_line(p)
    local notes = { p.type }
    if p.default ~= nil then notes[#notes + 1] = "default " .. literal(p.default) end
    if p.optional then notes[#notes + 1] = "may be left out" end
    if p.min and p.max then notes[#notes + 1] = p.min .. " … " .. p.max
    elseif p.min then notes[#notes + 1] = "at least " .. p.min
    elseif p.max then notes[#notes + 1] = "at most " .. p.max end
    if p.choices then notes[#notes + 1] = "one of " .. table.concat(p.choices, ", ") end
    return ("- `%s` (%s)%s"):format(p.name, table.concat(notes, ", "), p.doc and ": " .. p.doc or "")
end

local function trimmed(text)
    return (text:gsub("^%s*\n", ""):gsub("%s+$", ""))
end

local function entry_text(sig)
    local lines = { "### `" .. signature.line(sig) .. "`", "" }
    local function add(text) lines[#lines + 1] = text end
    if sig.doc then add(trimmed(sig.doc)) add("") end
    for _, p in ipairs(sig.params) do add(parameter_line(p)) end
    if #sig.params > 0 then add("") end
    if sig.returns then add("Returns " .. sig.returns .. ".") add("") end
    if sig.shape then add("Shapes: " .. trimmed(sig.shape)) add("") end
    if sig.example then add("```lua") add(trimmed(sig.example)) add("```") add("") end
    if sig.see then add("See " .. table.concat(sig.see, ", ") .. ".") add("") end
    return table.concat(lines, "\n")
end

-- A method that is also a function of cnn is described there.
local function twin(sig, all)
    local base = sig.name:match("^tensor:(.*)$")
    local function_of_cnn = base and all["cnn." .. base]
    return function_of_cnn and function_of_cnn.doc == sig.doc and function_of_cnn
end

local function manual()
    local parts = { [[
# Reference

Written by `scripts/reference.lua` from the descriptions in the sources; `?name` at the prompt shows the same.
Arguments may be given in order, `nn.Conv2d(3, 10, 5)`, or by name in a table, `nn.Conv2d{3, 10, kernel_size=5}`.
Dimensions, indices and labels count from 1. [Pages about the modules](modules/README.md) have the formulas;
[coverage](coverage.md) goes through PyTorch's names.
]] }
    local group
    local all = {}
    for name, sig in signature.all() do all[name] = sig end
    for _, entry in ipairs(entries()) do
        if entry.group ~= group then
            group = entry.group
            local about = GROUPS[group] or { "other", "Everything else" }
            parts[#parts + 1] = ("## %s: %s\n"):format(about[1], about[2])
        end
        local other = twin(entry.sig, all)
        parts[#parts + 1] = other and ("### `%s`\n\nThe same as `%s`, as a method.\n"):format(signature.line(entry.sig), other.name)
            or entry_text(entry.sig)
    end
    return table.concat(parts, "\n")
end

local function read(path)
    local file = io.open(path, "rb")
    if not file then return nil end
    local text = file:read("a")
    file:close()
    return text
end

load_all()
local text = manual()
if arg[1] == "--check" then
    if read(target) ~= text then
        io.stderr:write("doc/reference.md is not current: run ./cnnsh scripts/reference.lua and commit it\n")
        os.exit(1)
    end
else
    local file = assert(io.open(target, "wb"))
    assert(file:write(text))
    assert(file:close())
    print("doc/reference.md: " .. #entries() .. " entries")
end
dofile(root .. "/scripts/coverage.lua")
dofile(root .. "/scripts/luacats.lua")
dofile(root .. "/scripts/pages.lua")
