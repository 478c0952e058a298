-- SPDX-License-Identifier: MIT
-- Fills in what the pages in doc/modules say about arguments, from the descriptions in the sources; or checks that it is
-- current.
--
--   cnnsh scripts/pages.lua [--check]
--
-- A page is written by hand, but for what stands between <!-- arguments: NAME … --> and <!-- end -->: for each name the call,
-- a table of its arguments, and what it returns. doc/modules/README.md lists the pages by what they describe.
local signature = require "cnn.signature"

local root = (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/.."

local function lines_of(command)
    local list, pipe = {}, assert(io.popen(command))
    for line in pipe:lines() do list[#list + 1] = line end
    pipe:close()
    return list
end

local function read(path)
    local file = assert(io.open(path, "rb"))
    local text = file:read("a")
    file:close()
    return text
end

local function describe_all()
    require "cnn"
    for _, path in ipairs(lines_of("cd " .. root .. "/lua && find cnn -name '*.lua' | LC_ALL=C sort")) do
        require((path:gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")))
    end
    local described = {}
    for name, sig in signature.all() do described[name] = described[name] or sig end
    return described
end

local function literal(value)
    if type(value) == "string" then return ("%q"):format(value) end
    if type(value) ~= "table" then return tostring(value) end
    local parts = {}
    for i, item in ipairs(value) do parts[i] = literal(item) end
    return "{" .. table.concat(parts, ", ") .. "}"
end

local function cell(text) return (text:gsub("|", "\\|"):gsub("\n", " ")) end

local function row(param)
    local default = param.default ~= nil and "`" .. literal(param.default) .. "`" or param.optional and "none" or "needed"
    local limits = signature.types.limits(param):gsub("^, ", ""):gsub("^: ", "one of "):gsub("^ ", "")
    local meaning = param.doc or ""
    if limits ~= "" then meaning = meaning .. (meaning ~= "" and "; " or "") .. limits end
    return ("| `%s` | %s | %s | %s |"):format(param.name, cell(param.type), cell(default), cell(meaning))
end

local function entry(described, name)
    local sig = described[name] or error("no description of " .. name)
    local lines = { "`" .. signature.line(sig) .. "`" .. (sig.returns and " → " .. sig.returns or ""), "" }
    if #sig.params > 0 then
        lines[#lines + 1] = "| argument | type | default | |"
        lines[#lines + 1] = "| --- | --- | --- | --- |"
        for _, param in ipairs(sig.params) do lines[#lines + 1] = row(param) end
        lines[#lines + 1] = ""
    end
    return table.concat(lines, "\n")
end

local function filled(described, text)
    return (text:gsub("(<!%-%- arguments: ([^\n]-) %-%->\n).-(<!%-%- end %-%->)", function(head, names, tail)
        local parts = {}
        for name in names:gmatch("%S+") do parts[#parts + 1] = entry(described, name) end
        return head .. table.concat(parts, "\n") .. tail
    end))
end

local described, stale = describe_all(), false
for _, path in ipairs(lines_of("ls " .. root .. "/doc/modules/*.md")) do
    local before = read(path)
    local after = filled(described, before)
    if after ~= before and arg[1] == "--check" then
        stale = true
        io.stderr:write(path:match("doc/.*$"), " is not current: run ./cnnsh scripts/reference.lua and commit it\n")
    elseif after ~= before then
        local file = assert(io.open(path, "wb"))
        assert(file:write(after))
        assert(file:close())
    end
end
if stale then os.exit(1) end
