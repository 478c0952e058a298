-- SPDX-License-Identifier: MIT
-- `luarocks make` with the rockspec in the root gives require "cnn" to the plain lua5.4.
local check = require "check"

local function there(program) return check.run("command -v " .. program).code == 0 end

if os.getenv("CNN_TEST_SANITIZED") then check.skip("what is installed is built without sanitizers") end
for _, program in ipairs { "luarocks", "lua5.4", "make" } do
    if not there(program) then check.skip(program .. " is not installed") end
end
if (os.getenv("CNN_BUILD") or "build") ~= "build" then check.skip("luarocks builds in build/") end

check.test("luarocks make installs a module that plain lua5.4 requires, and remove removes it", function()
    local tree = check.temp()
    local rocks = ("rm -f %s && cd %s && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL luarocks --lua-version 5.4 --tree %s "):format(
        tree, check.quote(check.root), tree)
    local r = check.run(rocks .. "make cnn-*.rockspec")
    if r.code ~= 0 then check.fail("%s%s", r.out, r.err) end
    local paths = ("LUA_PATH='%s/share/lua/5.4/?.lua;%s/share/lua/5.4/?/init.lua' LUA_CPATH='%s/lib/lua/5.4/?.so'"):format(tree, tree, tree)
    local program = 'local cnn = require "cnn" print(cnn.nn.Conv2d(3, 10, 5)(cnn.randn(1, 3, 32, 32)):size())'
    r = check.run(("cd / && %s lua5.4 -e %s"):format(paths, check.quote(program)))
    check.equal(r.out .. r.err, "[1, 10, 28, 28]\n")
    check.equal(r.code, 0)
    r = check.run(rocks:gsub("^rm %-f %S+ && ", "") .. "remove cnn")
    check.equal(r.code, 0)
    check.equal(check.run(("find %s -name 'core.so*' -o -name 'init.lua*'"):format(tree)).out, "")
    check.run("rm -rf " .. tree)
end)
