-- SPDX-License-Identifier: MIT
-- `make install` into a folder: the program, the module for plain lua5.4, the library for C and the manual work from
-- there, and `make uninstall` leaves nothing of them.
local check = require "check"

local function there(program) return check.run("command -v " .. program).code == 0 end

if os.getenv("CNN_TEST_SANITIZED") then check.skip("what is installed is built without sanitizers") end
if not there("make") then check.skip("make is not installed") end

local root, build = check.root, os.getenv("CNN_BUILD") or "build"
local stage = check.temp()

-- In the words of a make of its own: not those of one that runs this test.
local function make(target)
    local r = check.run(("env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -C %s BUILD=%s DESTDIR=%s PREFIX=/opt/cnn %s"):format(
        check.quote(root), check.quote(build), check.quote(stage), target))
    if r.code ~= 0 then check.fail("make %s: %s%s", target, r.out, r.err) end
end

local function ok(command)
    local r = check.run(command)
    if r.code ~= 0 then check.fail("%s\n%s%s", command, r.out, r.err) end
    return r.out
end

check.run("rm -f " .. stage)
make "install"
local at = stage .. "/opt/cnn"

check.test("the program runs from where it was installed", function()
    check.equal(ok(("cd / && %s/bin/cnnsh -e 'print(cnn.ones(2):sum():item())'"):format(at)), "2.0\n")
end)

check.test("plain lua5.4 finds the module", function()
    if not there("lua5.4") then check.skip("lua5.4 is not installed") end
    local paths = ("LUA_PATH='%s/share/lua/5.4/?.lua;%s/share/lua/5.4/?/init.lua' LUA_CPATH='%s/lib/lua/5.4/?.so'"):format(at, at, at)
    check.equal(ok(("cd / && %s lua5.4 -e 'print(require(\"cnn\").ones(3):sum():item())'"):format(paths)), "3.0\n")
end)

check.test("plain lua5.4 ends well after threads have computed", function()
    if not there("lua5.4") then check.skip("lua5.4 is not installed") end
    local paths = ("LUA_PATH='%s/share/lua/5.4/?.lua;%s/share/lua/5.4/?/init.lua' LUA_CPATH='%s/lib/lua/5.4/?.so'"):format(at, at, at)
    local program = 'local cnn = require "cnn" cnn.nn.Conv2d(3, 10, 5)(cnn.randn(1, 3, 32, 32))'
    for _ = 1, 10 do ok(("cd / && %s lua5.4 -e %s"):format(paths, check.quote(program))) end -- unloading too early crashed one in ten
    if there("readelf") then check.match(ok(("readelf -d %s/lib/lua/5.4/cnn/core.so"):format(at)), "NODELETE") end
end)

-- Flags as pkg-config gives them for a library below DESTDIR.
local function flags()
    if not there("pkg-config") then check.skip("pkg-config is not installed") end
    return (ok(("PKG_CONFIG_SYSROOT_DIR= PKG_CONFIG_PATH=%s/lib/pkgconfig pkg-config --define-variable=prefix=%s --cflags --libs cnn")
        :format(at, at)):gsub("\n", " "))
end

check.test("examples/hello.c compiles against the installed library and prints a sum", function()
    local cc = os.getenv("CC") or "cc"
    if not there(cc) then check.skip(cc .. " is not installed") end
    local program = check.temp(".hello")
    ok(("cd / && %s -std=c11 -Wall -Wextra -Werror -o %s %s %s"):format(cc, program, check.absolute(root .. "/examples/hello.c"), flags()))
    check.equal(ok(program), "3.5 3.5 3.5\n3.5 3.5 3.5\n")
end)

check.test("each installed header compiles by itself", function()
    local cc = os.getenv("CC") or "cc"
    if not there(cc) then check.skip(cc .. " is not installed") end
    local headers = ok(("cd %s/include && find * -name '*.h' | LC_ALL=C sort"):format(at))
    check.equal(headers, "cnn.h\ncnn/core/cnn.h\ncnn/core/functions.h\ncnn/kernels/base.h\n")
    for name in headers:gmatch("[^\n]+") do
        ok(("cd / && echo '#include <%s>' | %s -x c -std=c11 -Wall -Wextra -Werror -fsyntax-only -I%s/include -"):format(name, cc, at))
    end
end)

check.test("cnn.pc names the version and the prefix, not the folder it was staged in", function()
    local text = check.read(at .. "/lib/pkgconfig/cnn.pc")
    check.match(text, "\nprefix=/opt/cnn\n")
    check.match(text, "\nVersion: %d+%.%d+%.%d+\n")
    check.that(not text:find(stage, 1, true) and not text:find("@", 1, true), text)
end)

check.test("the manual page is clean roff and lists every option of -h", function()
    local page = check.read(at .. "/share/man/man1/cnnsh.1")
    for option in ok(at .. "/bin/cnnsh -h"):gmatch("\n  (%-%-?%a?) ") do
        check.that(page:gsub("\\", ""):find("\n.B[RI]* " .. option:gsub("%-", "%%-") .. "[ \n]"), "no " .. option .. " in the page")
    end
    if not there("groff") then check.skip("groff is not installed: the page's markup is not checked") end
    check.equal(ok(("groff -man -ww -z -Tutf8 %s/share/man/man1/cnnsh.1 2>&1"):format(at)), "")
end)

check.test("editors and shells find what completes there", function()
    check.match(check.read(at .. "/share/cnnsh/luacats/cnn.lua"), "^%-%-%-@meta cnn\n")
    check.match(check.read(at .. "/share/bash-completion/completions/cnnsh"), "complete .* cnnsh\n$")
    check.match(check.read(at .. "/share/zsh/site-functions/_cnnsh"), "^#compdef cnnsh\n")
end)

check.test("uninstall takes away what install brought, and nothing else", function()
    check.write(at .. "/share/lua/5.4/cnn/mine.lua", "return 1")
    make "uninstall"
    check.equal(ok(("cd %s && find . -type f"):format(stage)), "./opt/cnn/share/lua/5.4/cnn/mine.lua\n")
    check.run("rm -rf " .. check.quote(stage))
    make "uninstall" -- of what is not there
end)

check.run("rm -rf " .. check.quote(stage))
