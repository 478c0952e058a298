-- SPDX-License-Identifier: MIT
-- PyTorch's names that are left out on purpose, or spelled differently: why, and what to write instead.
--
-- One table that three readers share: doc/coverage.md (scripts/coverage.lua), `?name` at the prompt, and the error that
-- whoever calls nn.LSTM gets. Names are PyTorch's with cnn's prefixes: "nn.LSTM", "nn.functional.embedding", and, for what is
-- a tensor's method or a function of torch, "cnn.einsum". The data are in left_out/*.lua: lists of
-- { names = "LSTM GRU", why = …, instead = … } by prefix, and `spelled`: name = how it is written here.
local errors = require "cnn.errors"

-- prefixes: of the parts that answer for names (a test compares them with the data). The data are read when they are first
-- asked for: entries[full name] = { why, instead }, spelled[full name] = text.
local left_out = { prefixes = {} }
for prefix in ([[cnn nn nn.functional nn.Module nn.utils autograd data datasets optim optim.lr_scheduler plt
    transforms]]):gmatch("%S+") do left_out.prefixes[prefix] = true end

local function read_data()
    local entries, spelled = {}, {}
    for _, part in ipairs { "modules", "tensors" } do
        local data = require("cnn.left_out." .. part)
        for prefix, families in pairs(data.left_out) do
            for _, family in ipairs(families) do
                for name in family.names:gmatch("%S+") do entries[prefix .. "." .. name] = family end
            end
        end
        for prefix, names in pairs(data.spelled) do
            for name, text in pairs(names) do spelled[prefix .. "." .. name] = text end
        end
    end
    left_out.entries, left_out.spelled = entries, spelled
end

setmetatable(left_out, { __index = function(self, name)
    if name ~= "entries" and name ~= "spelled" then return nil end
    read_data()
    return rawget(self, name)
end })

-- Other ways to write the prefixes, the longer ones first.
local prefixes = { { "^torch%.nn%.", "nn." }, { "^torch%.optim%.", "optim." }, { "^torch%.autograd%.", "autograd." },
    { "^torch%.", "cnn." }, { "^cnn%.nn%.", "nn." }, { "^cnn%.optim%.", "optim." }, { "^F%.", "nn.functional." },
    { "^tensor%.", "cnn." }, { "^lr_scheduler%.", "optim.lr_scheduler." } }

local function full_name(name)
    name = name:gsub(":", ".")
    for _, prefix in ipairs(prefixes) do
        local renamed, count = name:gsub(prefix[1], prefix[2])
        if count > 0 then return renamed end
    end
    return name
end

-- x:cov_() is left out where x:cov() is.
local function find(list, name)
    local full = full_name(name)
    local found = list[full] or full:find("^cnn%.") and list[full:gsub("_$", "")] or nil
    return found, full
end

--- What is said about a name that is left out: a sentence and a line to write instead (or nil); nil for any other name.
function left_out.sentence(name)
    local entry, full = find(left_out.entries, name)
    if entry then return ("%s is left out on purpose: %s"):format(full, entry.why), entry.instead end
    local text = find(left_out.spelled, name)
    if text then return ("%s is spelled differently here"):format(full), text end
end

--- Raises the error of a name that is left out or spelled differently; returns where it is neither.
function left_out.complain(name)
    local text, instead = left_out.sentence(name)
    if text then errors.raise({ kind = "value", op = full_name(name), text = text, fix = instead }, 2) end
end

-- ---- fields that are not there ---------------------------------------------------------------------------------------

-- Does the line of the program that reads the field call it, wherever the name stands in it? Only then an error is due: who
-- asks `if nn.LSTM then` gets nil, as for any name that is nobody's.
local function is_called(name)
    local line = errors.running_line()
    if not line then return false end
    line = line:gsub('"[^"]*"', '""'):gsub("'[^']*'", "''")
    local calls, others = 0, 0
    for after in line:gmatch("%.%s*" .. name .. "%f[^%w_]%s*(.?)") do
        if after:find("[%({\"']") then calls = calls + 1 else others = others + 1 end
    end
    return calls > 0 and others == 0
end

local function index(prefix)
    return function(_, name)
        if type(name) ~= "string" then return nil end
        local full = prefix .. "." .. name
        if left_out.sentence(full) and is_called(name) then left_out.complain(full) end
        return nil
    end
end
left_out.index = index

--- Lets a part of the library, and the parts in it, answer for the names that are left out of it.
function left_out.guard(prefix, part)
    if prefix == "functional" then prefix = "nn.functional" end
    if not left_out.prefixes[prefix] or type(part) ~= "table" or getmetatable(part) then return end
    setmetatable(part, { __index = index(prefix) })
    for name, inner in pairs(part) do left_out.guard(prefix .. "." .. name, inner) end
end

return left_out
