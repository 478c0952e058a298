-- SPDX-License-Identifier: MIT
-- doc/errors.md says what happens: each example is a script of its own, and the text below it is what the program prints.
--
-- "lua error" blocks fail with the message (without the traceback), "lua silent" blocks end well and print the text, which
-- hints on standard error may follow; the "lua setup" block runs before each.
-- CNN_WRITE=1 writes the texts that came into the document, to be read.
local check = require "check"

local path = check.root .. "/doc/errors.md"
local document = check.read(path)
local setup = document:match("\n```lua setup\n(.-)\n```\n")

local folder = check.temp()
os.remove(folder)
assert(os.execute("mkdir " .. folder))
local program = check.quote(check.absolute(arg[-1]))

local function run(kind, code)
    check.write(folder .. "/lab.lua", code .. "\n")
    local r = check.run(("cd %s && %s -e %s lab.lua"):format(folder, program, check.quote(setup)))
    check.equal(r.code, kind == "error" and 1 or 0, r.err)
    if kind == "silent" then return ((r.out .. r.err):gsub("\n$", "")) end
    return (r.err:gsub("^cnnsh: ", ""):gsub("\nstack traceback:.*$", ""):gsub("\n$", ""))
end

local count = 0
local EXAMPLE = "\n## ([^\n]*)(.-)\n```lua (%l+)\n(.-)\n```\n\n```text\n(.-)\n```\n"
local written = document:gsub(EXAMPLE, function(title, before, kind, code, text)
    count = count + 1
    local came
    check.test(title, function()
        came = run(kind, code)
        if not os.getenv("CNN_WRITE") then check.equal(came, text) end
    end)
    return came and ("\n## %s%s\n```lua %s\n%s\n```\n\n```text\n%s\n```\n"):format(title, before, kind, code, came) or nil
end)

check.test("all examples were found, and numbered", function()
    check.that(count >= 25, count .. " examples")
    local number = 0
    for n in document:gmatch("\n## (%d+)%. ") do
        number = number + 1
        check.equal(tonumber(n), number)
    end
    check.equal(number, count)
end)

if os.getenv("CNN_WRITE") then check.write(path, written) end
