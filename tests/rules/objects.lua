-- SPDX-License-Identifier: MIT
-- The rules of the house that show in compiled code: what objects export, and what they must never call.
local check = require "check"

local build = os.getenv("CNN_BUILD") or "build"
if check.run("command -v nm").code ~= 0 then check.skip("nm is not installed") end
if os.getenv("CNN_TEST_SANITIZED") then check.skip("sanitizers add symbols of their own") end

local function objects(folder)
    local list = {}
    for path in check.run("find " .. build .. "/" .. folder .. " -name '*.o' | LC_ALL=C sort").out:gmatch("[^\n]+") do
        list[#list + 1] = path
    end
    check.that(#list > 0, "no objects below " .. build .. "/" .. folder)
    return list
end

check.test("each kernel object exports one symbol: its table", function()
    local wrong = {}
    for _, path in ipairs(objects("kernels")) do
        if not path:find("/level%.o$") then
            local names = {}
            for name in check.run("nm -g --defined-only " .. path).out:gmatch("%x+ %u ([%w_]+)") do names[#names + 1] = name end
            if #names ~= 1 then wrong[#wrong + 1] = path .. ": " .. #names .. " (" .. table.concat(names, " ") .. ")" end
        end
    end
    if #wrong > 0 then check.fail("not one:\n%s", table.concat(wrong, "\n")) end
end)

check.test("core and kernels never end the process, print or jump", function()
    local banned = {}
    for name in ([[exit _exit abort printf fprintf vprintf vfprintf puts putchar fputs perror longjmp siglongjmp _longjmp
        __assert_fail __printf_chk __fprintf_chk __vfprintf_chk __longjmp_chk quick_exit]]):gmatch("%S+") do banned[name] = true end
    local wrong = {}
    for _, folder in ipairs { "core", "kernels" } do
        for _, path in ipairs(objects(folder)) do
            for name in check.run("nm -u " .. path).out:gmatch("U ([%w_]+)") do
                if banned[name] then wrong[#wrong + 1] = path .. ": " .. name end
            end
        end
    end
    if #wrong > 0 then check.fail("calls that do not return:\n%s", table.concat(wrong, "\n")) end
end)

check.test("wide registers stay in the objects of their level", function()
    if check.run("uname -m").out ~= "x86_64\n" then check.skip("not an x86-64 machine") end
    if check.run("command -v objdump").code ~= 0 then check.skip("objdump is not installed") end
    local wrong = {}
    for _, path in ipairs(objects("kernels")) do
        local register = path:find("%.avx2[%w_]*%.o$") and "%zmm" or "%ymm"
        if not path:find("%.avx512[%w_]*%.o$") and check.run("objdump -d " .. path .. " | grep -q -m1 '" .. register .. "'").code == 0 then
            wrong[#wrong + 1] = path .. ": " .. register
        end
    end
    if #wrong > 0 then check.fail("too wide:\n%s", table.concat(wrong, "\n")) end
end)

check.test("the Lua module does not need readline", function()
    local module = build .. "/cnn/core.so"
    local needs = check.run("readelf -d " .. module).out
    check.match(needs, "NEEDED")
    check.that(not needs:find("readline"), "core.so links readline, whose licence only the program accepts")
end)
