-- SPDX-License-Identifier: MIT
-- `?name` at the prompt: the description of a function, as its signature has it; where no name fits, the names that
-- contain the text.
local columns = require "shell.columns"
local names = require "shell.names"
local show = require "shell.show"

local M = {}

-- What ? alone says.
local GENERAL = {
    "?name    what a function takes and does: ?nn.Conv2d, ?net.fc; name? does the same",
    "?part    all functions of cnn, nn, F, optim, data, datasets, transforms, tensor:",
    "?text    functions whose name or description contains the text",
    "??name   the source of a function written in Lua",
    "%name    a command: %lsmagic lists them, ?%time describes one",
    "!command runs the system's, with the session's values: !wc {file}; files = !ls keeps what it prints",
    "x        prints x; x; does not; _ is the last value, _3 or Out[3] what input 3 gave, In[3] its text",
    "Tab      completes",
    "Up       what was typed before, beginning like this line",
    "Ctrl-R   searches anywhere in what was typed",
    "Ctrl-C   stops what is running, or clears the line",
    "Ctrl-D   leaves, as quit does",
    "try      nn.Conv2d(3, 10, 5)(cnn.randn(1, 3, 32, 32)):size()",
    "Lua      counts from 1: x[1], x:size(1); a method is called with a colon: x:sum()",
    "         named arguments have braces: nn.Conv2d{3, 10, kernel_size=5}",
    "         for i = 1, 10 do print(i) end; -- is a comment; ~= is \"not equal\", nil is None",
}

local SHOWN = 30 -- names found by a search

-- ---- laying out ------------------------------------------------------------------------------------------------------

-- Where to break a line that is too wide: the end of the last word that fits, and the start of the next one. At least one
-- word after the first `from` bytes stays.
local function break_of(line, width, from)
    local stop, start
    for s, e in line:gmatch("()%s+()%f[%S]") do
        if s > from + 1 then
            if stop and columns(line:sub(1, s - 1)) > width then break end
            stop, start = s - 1, e
        end
    end
    return stop, start
end

-- Breaks lines at spaces so that they fit; `hang` goes before what continues.
local function wrapped(text, width, hang)
    if #hang > width // 2 then hang = "    " end
    local out = {}
    for line in (text .. "\n"):gmatch("(.-)\n") do
        while columns(line) > width do
            local stop, start = break_of(line, width, #hang)
            if not stop then break end
            out[#out + 1] = line:sub(1, stop)
            line = hang .. line:sub(start)
        end
        out[#out + 1] = line
    end
    return table.concat(out, "\n")
end

local function indented(text)
    return "  " .. text:gsub("\n(.)", "\n  %1")
end

local function general(width)
    local lines = {}
    for i, line in ipairs(GENERAL) do lines[i] = wrapped(line, width, (" "):rep(9)) end
    return table.concat(lines, "\n")
end

local function paragraph(text, width)
    return wrapped(indented(text), width, "  ")
end

local function default_text(value)
    if type(value) == "string" then return ("%q"):format(value) end
    return show.value(value)
end

local function argument_note(param)
    local notes = { param.doc }
    if param.default ~= nil then
        notes[#notes + 1] = "default " .. default_text(param.default)
    elseif param.optional then
        notes[#notes + 1] = "optional"
    end
    return table.concat(notes, "; ")
end

-- Types as people write values of them, where the name of the type says too little.
local function type_text(param)
    return (param.type:gsub("size2", "int|{h,w}"):gsub("dims", "int|list"))
end

local function arguments(params, width)
    local name_width, type_width, lines = 0, 0, {}
    for _, param in ipairs(params) do
        name_width = math.max(name_width, #param.name)
        type_width = math.max(type_width, #type_text(param))
    end
    local format = ("  %%-%ds  %%-%ds  %%s"):format(name_width, type_width)
    local hang = (" "):rep(name_width + type_width + 6)
    for i, param in ipairs(params) do
        lines[i] = wrapped(format:format(param.name, type_text(param), argument_note(param)):gsub("%s+$", ""), width, hang)
    end
    return table.concat(lines, "\n")
end

-- The description of one function.
local function describe(signature, sig, width)
    local lines = { wrapped(signature.line(sig), width, "    ") }
    if sig.returns then lines[2] = wrapped("  → " .. sig.returns, width, "    ") end
    if sig.doc then lines[#lines + 1] = paragraph(sig.doc, width) end
    if #sig.params > 0 then lines[#lines + 1] = "arguments\n" .. arguments(sig.params, width) end
    if sig.shape then lines[#lines + 1] = "shape\n" .. paragraph(sig.shape, width) end
    if sig.example then lines[#lines + 1] = "example\n" .. indented(sig.example) end
    if sig.see then lines[#lines + 1] = "see also\n" .. paragraph(table.concat(sig.see, ", "), width) end
    return table.concat(lines, "\n")
end

-- ---- finding ------------------------------------------------------------------------------------------------------------

-- Descriptions whose name is `name`, or ends in it after a dot or colon: `?Conv2d` finds nn.Conv2d.
local function by_name(signature, name)
    local whole, ending
    for full, sig in signature.all() do
        full = full:gsub(":", ".")
        if full == name or full == "cnn." .. name then whole = whole or sig end
        if full:sub(-#name - 1) == "." .. name then ending = ending or sig end
    end
    return whole or ending
end

-- The names of all that a part of the library holds: ?nn, ?tensor: for the methods. Nil where there is no such part.
local function part(signature, name, width)
    local prefix, found = (name == "F" and "nn.functional" or name:gsub("%.$", "")), {}
    for full in signature.all() do
        local last = full:sub(1, #prefix) == prefix and full:match("^[.:]([%w_]+)", #prefix + 1)
        if last and not found[last] then
            found[last], found[#found + 1] = true, last
        end
    end
    table.sort(found)
    return found[1] and ("in %s\n"):format(prefix) .. paragraph(table.concat(found, "  "), width)
end

local function first_sentence(sig)
    local text = (sig.doc or ""):gsub("^%s+", ""):gsub("%s+", " ")
    return text:match("^(.-%.)%s") or text
end

-- Names and what is said of them, in two columns.
local function listed(found, width)
    table.sort(found, function(a, b) return a.name < b.name end)
    local name_width, lines = 0, {}
    for i = 1, math.min(#found, SHOWN) do name_width = math.max(name_width, #found[i].name) end
    local room = width - name_width - 4
    for i = 1, math.min(#found, SHOWN) do
        local text = first_sentence(found[i].sig)
        if columns(text) > room then text = room > 10 and utf8.len(text) and text:sub(1, utf8.offset(text, room) - 1) .. "…" or "" end
        lines[i] = (("  %-" .. name_width .. "s  %s"):format(found[i].name, text):gsub("%s+$", ""))
    end
    if #found > SHOWN then lines[#lines + 1] = ("  … and %d more"):format(#found - SHOWN) end
    return table.concat(lines, "\n")
end

local function search(signature, text, width)
    local found, described, wanted = {}, {}, text:match("[^.]*$"):lower()
    for full, sig in signature.all() do
        if full:lower():find(wanted, 1, true) then found[#found + 1] = { name = full, sig = sig } end
        if (sig.doc or ""):lower():find(wanted, 1, true) then described[#described + 1] = { name = full, sig = sig } end
    end
    if #found > 0 then return ("no function is called '%s'; these are near:\n%s"):format(text, listed(found, width)) end
    if #described > 0 then return ("no function is called '%s'; these speak of it:\n%s"):format(text, listed(described, width)) end
    return ("no help for '%s'; ?text searches the names and descriptions of functions"):format(text)
end

-- The description behind a value: of a function, of a class (its init), of an instance (its class).
local function of_value(signature, value)
    if type(value) == "function" then return signature.of(value) end
    if type(value) == "table" then return signature.of(names.field(value, "init")) end
end

-- nn.Conv2d.forward is a forward as every module has: the description of what a method of the library's overrides.
local function overridden(signature, name, value, env)
    local owner, last = name:match("^(.*)%.([%w_]+)$")
    local library = debug.getinfo(signature.line, "S").source:match("^(.*/)signature/")
    if not owner or type(value) ~= "function" or not library then return nil end
    if debug.getinfo(value, "S").source:sub(1, #library) ~= library then return nil end
    for t in names.chain(names.resolve(owner, env)) do
        local sig = signature.of(rawget(t, last))
        if sig then return sig end
    end
end

-- What is left out on purpose, or spelled differently, and what to write instead; nil for other names.
local function absent(name, width)
    local left_out = require "cnn.left_out"
    local text, instead = left_out.sentence(name)
    if not text then text, instead = left_out.sentence("cnn." .. name:match("[^.]*$")) end -- ?x.cov, ?cov
    return text and wrapped(text, width, "  ") .. (instead and "\n" .. wrapped("  instead: " .. instead, width, "    ") or "")
end

--- What a line asks: `?name`, `??name`, `name?`, `name??` → the name, and whether its source is wanted; nil for other lines.
function M.question(line)
    local marks, name = line:match("^%s*(%?%??)%s*(.-)%s*$")
    if not marks then
        name, marks = line:match("^%s*([%a_][%w_.:%[%]]*)%s*(%?%??)%s*$")
    end
    return name, marks == "??"
end

local function load_all(env)
    local cnn = names.global("cnn", env) -- loads the library: the descriptions come with it
    for _, part in ipairs(cnn and names.parts or {}) do names.field(cnn, part) end
    return pcall(require, "cnn.signature")
end

-- What `?name` prints, for a terminal of `width` columns. `env` is where the session's names are looked up, `texts` has
-- what was typed, by the name of its chunk.
function M.text(name, env, width, texts)
    name = name:gsub(":", "."):gsub("%(%s*%)$", ""):gsub("^torch%.", "")
    if name == "" then return general(width) end
    local command = name:find("^%%") and require("shell.commands").describe(name)
    if command then return command end
    local ok, signature = load_all(env)
    if not ok then return "no help: the library could not be loaded:\n" .. indented(tostring(signature)) end
    local value = names.resolve(name, env)
    local sig
    if value ~= nil then
        sig = of_value(signature, value) or overridden(signature, name, value, env)
    else
        sig = by_name(signature, name)
    end
    return sig and describe(signature, sig, width) or part(signature, name, width)
        or value ~= nil and wrapped(require("shell.source").about(value, name, texts), width, "  ")
        or absent(name, width) or search(signature, name, width)
end

--- What `??name` prints: a function's source. `paint` gives it colours.
function M.source(name, env, width, texts, paint)
    name = name:gsub(":", "."):gsub("%(%s*%)$", ""):gsub("^torch%.", "")
    if name == "" then return general(width) end
    local ok, signature = load_all(env)
    local value = names.resolve(name, env)
    if value == nil and ok then
        local sig = by_name(signature, name)
        value = sig and sig.func
    end
    if value == nil then return ("no function is called '%s'"):format(name) end
    return require("shell.source").text(value, name, texts, paint)
end

--- The answer to a question, as a text for the session's terminal.
function M.answer(line, session)
    local name, wants_source = M.question(line)
    local width = session.terminal.width()
    if not wants_source then return M.text(name, session.env, width, session.texts) end
    return M.source(name, session.env, width, session.texts, session.view.colourful and require("shell.colour").code or nil)
end

return M
