-- SPDX-License-Identifier: MIT
-- `make deb`: lintian has nothing to say about the package, and what it unpacks to works, as root or not.
local check = require "check"

local function there(program) return check.run("command -v " .. program).code == 0 end

if os.getenv("CNN_TEST_SANITIZED") then check.skip("what is packed is built without sanitizers") end
for _, program in ipairs { "dpkg-deb", "dpkg-shlibdeps", "strip", "make" } do
    if not there(program) then check.skip(program .. " is not installed") end
end

local function ok(command)
    local r = check.run(command)
    if r.code ~= 0 then check.fail("%s\n%s%s", command, r.out, r.err) end
    return r.out
end

local build = os.getenv("CNN_BUILD") or "build"
local function make_deb() -- packed quickly rather than small
    return ok(("env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL DPKG_DEB_COMPRESSOR_LEVEL=1 make --no-print-directory -C %s BUILD=%s deb"):format(
        check.quote(check.root), check.quote(build))):match("(%S+%.deb)\n$")
end

local version = check.read(check.root .. "/Makefile"):match("\nVERSION := (%S+)\n")
local name = make_deb()
local package = check.absolute(check.root .. "/" .. name)
local root = check.temp()
ok(("rm -f %s && dpkg -x %s %s"):format(root, check.quote(package), root))

check.test("the package bears the version, the machine and its dependencies", function()
    local arch = ok("dpkg --print-architecture"):match("%S+")
    check.equal(name:match("[^/]+$"), ("cnnsh_%s_%s.deb"):format(version, arch))
    local control = ok("dpkg-deb --field " .. check.quote(package))
    check.match(control, "\nVersion: " .. version .. "\n", "\nArchitecture: " .. arch .. "\n")
    check.that(tonumber(control:match("\nInstalled%-Size: (%d+)\n")) > 1000, control)
    local depends = control:match("\nDepends: ([^\n]+)")
    check.match(control, "\nRecommends: gnuplot")
    check.that(not depends:find("chafa"), "pictures in the terminal are optional")
    for _, library in ipairs { "libc6", "libgomp1", "liblua5.4-0", "libopenblas0-openmp", "libreadline8", "zlib1g" } do
        check.match(depends, library)
    end
end)

check.test("every file is root's, and has its sum", function()
    for line in ok("dpkg-deb --contents " .. check.quote(package)):gmatch("[^\n]+") do
        check.match(line, "^%S+ root/root ")
        check.that(line:find("^l") or line:find("^%S%S%S%S%S%-%S%S%-"), line) -- the owner alone may write
    end
    local sums = ("dpkg-deb --ctrl-tarfile %s | tar -xOf - ./md5sums | "):format(check.quote(package))
    ok(sums .. ("(cd %s && md5sum --check --quiet --strict)"):format(root))
    check.equal(ok(("cd %s && find usr -type f | wc -l"):format(root)), ok(sums .. "wc -l"))
end)

check.test("the binaries are stripped and the papers are there", function()
    local binaries = ok(("cd %s && find usr/bin usr/lib -type f | LC_ALL=C sort"):format(root))
    check.match(binaries, "^usr/bin/cnnsh\nusr/lib/[^/]+/lua/5.4/cnn/", "/cnn/core.so\n")
    for binary in binaries:gmatch("[^\n]+") do
        check.that(not ok(("readelf --sections %s/%s"):format(root, binary)):find("%.debug_info"), binary .. " has debug sections")
    end
    local doc = root .. "/usr/share/doc/cnnsh/"
    check.match(ok("zcat " .. doc .. "changelog.gz"), "^cnnsh %(" .. version .. "%) ", "\n %-%- .+ <.+>  %a+, %d+ %a+ %d+ [%d:]+ %+0000\n$")
    check.match(check.read(doc .. "copyright"), "License: Expat")
    check.match(check.read(root .. "/usr/share/zsh/vendor-completions/_cnnsh"), "^#compdef cnnsh\n")
    check.match(ok(("cd %s/usr/share && ls bash-completion/completions cnnsh/luacats"):format(root)), "\ncnnsh\n", "\ncnn.lua\n$")
    check.match(ok(("zcat %s/usr/share/man/man1/cnnsh.1.gz"):format(root)), "cnnsh " .. version)
end)

check.test("the program runs from the unpacked tree", function()
    check.equal(ok(("cd / && %s/usr/bin/cnnsh -e 'print(cnn.ones(2):sum():item(), cnn.version)'"):format(root)), "2.0\t" .. version .. "\n")
    check.equal(ok(("cd / && echo 'print(require(\"cnn\").nn.ReLU())' | %s/usr/bin/cnnsh"):format(root)), "ReLU()\n")
end)

check.test("plain lua5.4 finds the module in the unpacked tree", function()
    if not there("lua5.4") then check.skip("lua5.4 is not installed") end
    local lib = ok(("cd %s/usr/lib && echo */lua/5.4"):format(root)):match("%S+")
    local paths = ("LUA_PATH='%s/usr/share/lua/5.4/?.lua;%s/usr/share/lua/5.4/?/init.lua' LUA_CPATH='%s/usr/lib/%s/?.so'"):format(
        root, root, root, lib)
    check.equal(ok(("cd / && %s lua5.4 -e 'print(require(\"cnn\").ones(3):sum():item())'"):format(paths)), "3.0\n")
end)

check.test("the same sources make the same bytes", function()
    local before = ok("md5sum < " .. check.quote(package))
    make_deb()
    check.equal(ok("md5sum < " .. check.quote(package)), before)
end)

check.test("lintian finds nothing", function()
    if not there("lintian") then check.skip("lintian is not installed") end
    check.equal(ok(("lintian --allow-root --fail-on error,warning %s 2>&1"):format(check.quote(package))), "")
end)

check.run("rm -rf " .. check.quote(root))
