-- SPDX-License-Identifier: MIT
-- What the documents say is true: the reference is current, and every example in them runs.
local check = require "check"
local cnn = require "cnn"
local signature = require "cnn.signature"

check.test("doc/reference.md is what the sources say", function()
    local r = check.run { check.cnnsh, check.root .. "/scripts/reference.lua", "--check" }
    if r.code ~= 0 then check.fail("%s%s", r.out, r.err) end
end)

-- What examples may use without saying where it comes from.
local function stage()
    local nn = cnn.nn
    local given = {
        cnn = cnn, nn = nn, F = nn.functional, optim = cnn.optim, data = cnn.data, datasets = cnn.datasets,
        transforms = cnn.transforms, plt = cnn.plt, print = function(...) for i = 1, select("#", ...) do tostring((select(i, ...))) end end,
    }
    return setmetatable(given, { __index = _G })
end

for name, sig in signature.all() do
    if sig.example then
        check.test("example of " .. name, function()
            local chunk = load(sig.example, "=example", "t", stage()) or assert(load("return " .. sig.example, "=example", "t", stage()))
            local ok, err = xpcall(chunk, function(e) return type(e) == "table" and e or debug.traceback(e) end)
            if not ok and tostring(err):find("not installed here", 1, true) then check.skip(tostring(err)) end
            if not ok then error(err, 0) end
        end)
    end
end

-- ```lua blocks of the README and the documents: each document is one program, in a folder of its own. Where it has comments
-- `--> text`, they are what it prints, line by line; … stands for anything.
local function blocks(text)
    local list = {}
    for block in text:gmatch("\n```lua\n(.-)\n```") do list[#list + 1] = block end
    return list
end

local function check_output(program, out)
    local wanted, got = {}, {}
    for text in program:gmatch("%-%-> ([^\n]*)") do wanted[#wanted + 1] = text end
    for line in out:gmatch("[^\n]*") do got[#got + 1] = line end
    for i, text in ipairs(wanted) do
        local start = text:match("^(.-)…")
        if start and (got[i] or ""):sub(1, #start) ~= start or not start and got[i] ~= text then
            check.fail("line %d of the output is\n  %s\nand should be\n  %s", i, got[i] or "missing", text)
        end
    end
end

local elsewhere = { ["doc/reference.md"] = true, ["doc/notebook.md"] = true } -- above, and in notebook.lua

for path in check.run("cd " .. check.root .. " && ls README.md doc/*.md doc/modules/*.md").out:gmatch("[^\n]+") do
    local list = not elsewhere[path] and blocks(check.read(check.root .. "/" .. path)) or {}
    if #list > 0 then
        check.test("examples in " .. path, function()
            local program = check.write(check.temp(".lua"), table.concat(list, "\n"))
            local folder = check.temp()
            local r = check.run(("rm -f %s && mkdir %s && cd %s && %s %s; s=$?; rm -rf %s; exit $s"):format(folder, folder, folder,
                check.quote(check.absolute(check.cnnsh)), program, folder))
            if r.code ~= 0 then check.fail("%s%s", r.out, r.err) end
            check_output(table.concat(list, "\n"), r.out)
        end)
    end
end
