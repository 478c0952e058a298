-- SPDX-License-Identifier: MIT
-- Writes doc/coverage.md: PyTorch's names one by one, and what became of each here; or checks that it is current.
--
--   cnnsh scripts/coverage.lua [--check]
--
-- The names are those of doc/pytorch_names.txt (scripts/pytorch_names.py asks an installed PyTorch for them). A name is here if
-- the library has it; else it is spelled differently, left out on purpose (both are said in lua/cnn/left_out), or not there yet.
-- tests/docs/coverage.lua uses the functions that this file returns.
local core = require "cnn.core"
local cnn = require "cnn"
local left_out = require "cnn.left_out"
local signature = require "cnn.signature"

local M = {}

-- kind in the list of names, prefix of the names here, title
local SECTIONS = {
    { "nn", "nn", "torch.nn: layers, containers, losses" }, { "nn.Module", "nn.Module", "torch.nn.Module: what every module can do" },
    { "nn.functional", "nn.functional", "torch.nn.functional" }, { "nn.init", "nn.init", "torch.nn.init" },
    { "nn.utils", "nn.utils", "torch.nn.utils" }, { "tensor", "cnn", "torch.Tensor and the functions of torch" },
    { "autograd", "autograd", "torch.autograd" }, { "optim", "optim", "torch.optim" },
    { "optim.lr_scheduler", "optim.lr_scheduler", "torch.optim.lr_scheduler" }, { "data", "data", "torch.utils.data" },
    { "datasets", "datasets", "torchvision.datasets" }, { "transforms", "transforms", "torchvision.transforms" },
}

-- ---- what there is -----------------------------------------------------------------------------------------------------

function M.load(root)
    local pipe = assert(io.popen("cd " .. root .. "/lua && find cnn -name '*.lua' | LC_ALL=C sort"))
    for path in pipe:lines() do require((path:gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", "."))) end
    pipe:close()
    local described = {}
    for name, sig in signature.all() do described[name] = described[name] or sig end
    return described
end

-- The value behind a dotted name of the library, without complaints about what is not there.
local function value_of(name)
    local value = cnn
    for part in name:gmatch("[^.]+") do
        if type(value) ~= "table" then return nil end
        value = value[part]
    end
    return value
end

-- Where a name is described or found here: a description or true; nil where it is not.
local function here(described, prefix, name)
    if prefix ~= "cnn" then return described[prefix .. "." .. name] or value_of(prefix .. "." .. name) ~= nil or nil end
    local sig = described["tensor:" .. name] or described["cnn." .. name]
    return sig or rawget(core.methods, name) ~= nil or core.properties[name] ~= nil or value_of(name) ~= nil or nil
end

--- What became of a name: "here" and its description (or true), "spelled" and how, "left out" and its entry, or "not yet".
local OTHERS = { ["cnn.solve"] = true } -- names that mean something else here than in PyTorch

function M.status(described, prefix, name)
    local full = prefix .. "." .. name
    local found = not OTHERS[full] and here(described, prefix, name)
    if found then return "here", found end
    if left_out.spelled[full] then return "spelled", left_out.spelled[full] end
    if left_out.entries[full] then return "left out", left_out.entries[full] end
    local base = prefix == "cnn" and name:match("^(.*[^_])_$")
    if not base then return "not yet" end
    local status, what = M.status(described, prefix, base) -- in place: x = x:f() where there is no x:f_()
    if status == "here" then return "spelled", ("x = x:%s(…)"):format(base) end
    return status, what
end

--- The list of names: kind → sorted names. Methods and functions are one kind.
function M.names(root)
    local list, seen = {}, {}
    for line in io.lines(root .. "/doc/pytorch_names.txt") do
        local kind, name = line:match("^([%w_.]+) (%S+)$")
        if kind == "torch" then kind = "tensor" end
        if kind and not seen[kind .. " " .. name] then
            seen[kind .. " " .. name] = true
            list[kind] = list[kind] or {}
            table.insert(list[kind], name)
        end
    end
    for _, names in pairs(list) do table.sort(names) end
    return list
end

-- ---- writing -----------------------------------------------------------------------------------------------------------

local ORDER = { "here", "spelled", "left out", "not yet" }
local WORDS = { here = "here", spelled = "spelled differently", ["left out"] = "left out on purpose", ["not yet"] = "not yet" }

-- The anchor that GitHub gives to the entry's heading in the reference.
local function link(sig)
    local anchor = signature.line(sig):lower():gsub("[^%w_ %-]", ""):gsub(" ", "-")
    return ("[`%s`](reference.md#%s)"):format(sig.name, anchor)
end

local function cell(text)
    return (text:gsub("|", "\\|"))
end

local function first_sentence(sig)
    local text = (sig.doc or ""):gsub("%s+", " ")
    return cell(text:match("^(.-%.)%s") or text)
end

local write = {}

function write.here(add, list, prefix)
    add "| name | here | |"
    add "| --- | --- | --- |"
    for _, item in ipairs(list) do
        local sig = item.what
        if sig == true then
            local full = prefix == "cnn" and core.properties[item.name] and "x." .. item.name or prefix .. "." .. item.name
            add(("| `%s` | `%s` | |"):format(item.name, full))
        else
            add(("| `%s` | %s | %s |"):format(item.name, link(sig), first_sentence(sig)))
        end
    end
end

function write.spelled(add, list)
    add "| name | here |"
    add "| --- | --- |"
    for _, item in ipairs(list) do add(("| `%s` | `%s` |"):format(item.name, cell(item.what))) end
end

write["left out"] = function(add, list)
    add "| names | why | instead |"
    add "| --- | --- | --- |"
    local families, order = {}, {}
    for _, item in ipairs(list) do
        if not families[item.what] then
            families[item.what], order[#order + 1] = {}, item.what
        end
        table.insert(families[item.what], "`" .. item.name .. "`")
    end
    for _, family in ipairs(order) do
        add(("| %s | %s | %s |"):format(table.concat(families[family], " "), cell(family.why), cell(family.instead or "")))
    end
end

write["not yet"] = function(add, list)
    local names = {}
    for i, item in ipairs(list) do names[i] = "`" .. item.name .. "`" end
    add(table.concat(names, ", "))
end

local function sorted_out(described, names, prefix)
    local groups = { here = {}, spelled = {}, ["left out"] = {}, ["not yet"] = {} }
    for _, name in ipairs(names) do
        local status, what = M.status(described, prefix, name)
        table.insert(groups[status], { name = name, what = what })
    end
    return groups
end

function M.text(root, described)
    local lines, totals = {}, { here = 0, spelled = 0, ["left out"] = 0, ["not yet"] = 0 }
    local function add(text) lines[#lines + 1] = text end
    local names = M.names(root)
    for _, section in ipairs(SECTIONS) do
        local kind, prefix, title = table.unpack(section)
        local groups, counts = sorted_out(described, names[kind], prefix), {}
        for i, status in ipairs(ORDER) do
            totals[status] = totals[status] + #groups[status]
            counts[i] = ("%d %s"):format(#groups[status], WORDS[status])
        end
        add(("\n## %s\n\n%s."):format(title, table.concat(counts, ", ")))
        for _, status in ipairs(ORDER) do
            if #groups[status] > 0 then
                add(("\n### %s: %s\n"):format(kind == "tensor" and "torch" or "torch." .. kind, WORDS[status]))
                write[status](add, groups[status], prefix)
            end
        end
    end
    return ([[
# PyTorch's names

Written by `scripts/coverage.lua` from `doc/pytorch_names.txt` and the descriptions in the sources. Of %d names, **%d are here**,
%d are spelled differently (Lua's way, or one name where PyTorch has several), %d are left out on purpose, %d are not there
yet. `?name` at the prompt says the same of one name, and so does the error of whoever calls it. Dimensions, indices and
labels count from 1; a method `x:f()` is a function `cnn.f(x)` too where PyTorch has both.
]]):format(totals.here + totals.spelled + totals["left out"] + totals["not yet"], totals.here, totals.spelled,
        totals["left out"], totals["not yet"]) .. table.concat(lines, "\n") .. "\n"
end

local function read(path)
    local file = io.open(path, "rb")
    if not file then return nil end
    local text = file:read("a")
    file:close()
    return text
end

--- Writes the document, or with `only_check` complains where it is not current. True where all is well.
function M.main(root, only_check)
    local target, text = root .. "/doc/coverage.md", M.text(root, M.load(root))
    if only_check then
        if read(target) == text then return true end
        io.stderr:write("doc/coverage.md is not current: run ./cnnsh scripts/coverage.lua and commit it\n")
        return false
    end
    local file = assert(io.open(target, "wb"))
    assert(file:write(text))
    assert(file:close())
    print("doc/coverage.md: " .. text:match("%*%*(.-)%*%*"))
    return true
end

if ... == "coverage" then return M end -- required by a test
local root = (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/.."
if not M.main(root, arg[1] == "--check") then os.exit(1) end
