-- SPDX-License-Identifier: MIT
-- The rules of the house that can be read off the sources: who includes whom, headers, lengths, globals.
local check = require "check"

local FILE_BUDGET, FUNCTION_BUDGET, COLUMNS = 600, 100, 140
local root = check.root .. "/"

local function files(...)
    local list = {}
    for _, pattern in ipairs { ... } do
        local folder, suffix = pattern:match("^(.-)%*(.*)$")
        local pipe = io.popen("cd " .. root .. " && find " .. folder .. " -name '*" .. suffix .. "' -type f 2>/dev/null | LC_ALL=C sort")
        for line in pipe:lines() do list[#list + 1] = line end
        pipe:close()
    end
    return list
end

local function lines(path)
    local list = {}
    for line in io.lines(root .. path) do list[#list + 1] = line end
    return list
end

local C = files("kernels/*.c", "kernels/*.h", "kernels/*.list", "core/*.c", "core/*.h", "core/*.list", "lua/*.c",
    "lua/*.h", "tests/*.c", "tests/*.h", "examples/*.c")
local LUA = files("lua/*.lua", "scripts/*.lua", "examples/*.lua", "tests/*.lua")

local function none(list, what)
    if #list > 0 then check.fail("%s:\n%s", what, table.concat(list, "\n")) end
end

-- Which room a file belongs to, and which rooms each may include.
local function room(path)
    return path:match("^lua/%a+") or path:match("^%a+")
end
local MAY = {
    kernels = { kernels = true },
    core = { core = true, kernels = true },
    ["lua/binding"] = { ["lua/binding"] = true, core = true, kernels = true },
    ["lua/shell"] = { ["lua/shell"] = true, ["lua/binding"] = true, core = true, kernels = true },
    tests = { tests = true, ["lua/binding"] = true, core = true, kernels = true },
}

check.test("includes point downwards: shell, binding, core, kernels", function()
    local wrong = {}
    for _, path in ipairs(C) do
        for number, line in ipairs(lines(path)) do
            local name = line:match('^%s*#%s*include%s+"([^"]+)"')
            if name then
                local target = name:find("/") and room(name) or room(path)
                if not MAY[room(path)][target] then wrong[#wrong + 1] = path .. ":" .. number .. ": " .. line end
            end
        end
    end
    none(wrong, "includes that point upwards")
end)

check.test("Lua's headers stay in the binding, optional modules and the shell, readline's in the shell", function()
    local wrong = {}
    for _, path in ipairs(C) do
        local where = room(path)
        for number, line in ipairs(lines(path)) do
            local name = line:match("^%s*#%s*include%s+[<\"]([^>\"]+)")
            local is_lua = name and (name == "lua.h" or name == "lauxlib.h" or name == "lualib.h")
            if is_lua and where ~= "lua/binding" and where ~= "lua/optional" and where ~= "lua/shell" and where ~= "tests"
                or name and name:find("readline/") and where ~= "lua/shell" then
                wrong[#wrong + 1] = path .. ":" .. number .. ": " .. line
            end
        end
    end
    none(wrong, "headers in the wrong room")
end)

check.test("every file names its licence in its first lines", function()
    local wrong = {}
    for _, list in ipairs { C, LUA, files("tests/*.py", "scripts/*.py", "scripts/*.sh") } do
        for _, path in ipairs(list) do
            local first = lines(path)
            local head = table.concat({ first[1] or "", first[2] or "", first[3] or "" }, "\n")
            if not head:find("SPDX%-License%-Identifier: MIT") then wrong[#wrong + 1] = path end
        end
    end
    none(wrong, "without an SPDX line")
end)

check.test("files keep within " .. FILE_BUDGET .. " lines of " .. COLUMNS .. " columns, and nothing is left to do", function()
    local wrong = {}
    for _, list in ipairs { C, LUA } do
        for _, path in ipairs(list) do
            local text = lines(path)
            if #text > FILE_BUDGET then wrong[#wrong + 1] = path .. ": " .. #text .. " lines" end
            for number, line in ipairs(text) do
                local width = utf8.len(line)
                if not width or width > COLUMNS then wrong[#wrong + 1] = path .. ":" .. number .. ": " .. (width or "not UTF-8") end
                if line:find("TO" .. "DO") or line:find("FIX" .. "ME") then wrong[#wrong + 1] = path .. ":" .. number .. ": " .. line end
                if line:find("%s$") or line:find("\t") then wrong[#wrong + 1] = path .. ":" .. number .. ": blanks at the end, or a tab" end
            end
        end
    end
    none(wrong, "over the budget")
end)

-- Functions of a C or Lua file as clang-format and our habits lay them out: from a line at the margin to the closing one.
local function functions(path)
    local list, start, name = {}, nil, nil
    local is_lua = path:find("%.lua$")
    local before = ""
    for number, line in ipairs(lines(path)) do
        if start then
            if line == (is_lua and "end" or "}") or is_lua and line:find("^end[%),]") then
                list[#list + 1] = { path = path, name = name, lines = number - start + 1 }
                start = nil
            end
        elseif is_lua then
            name = line:match("^local function ([%w_]+)") or line:match("^function ([%w_.:]+)")
            if name and not line:find("%send[%),]*$") then start = number end
        elseif line:find("^[%a_]") or line:find("^%s+[%w_*, ]+%) {$") then
            local opens = line:find("%) {$")
            if line:find("^[%a_]") then before = line end
            if opens and not before:find("=") then
                name, start = before:match("([%w_]+)%s*%(") or "?", number
            end
        end
    end
    return list
end

check.test("functions keep within " .. FUNCTION_BUDGET .. " lines", function()
    local wrong, all = {}, {}
    for _, list in ipairs { C, LUA } do
        for _, path in ipairs(list) do
            for _, f in ipairs(functions(path)) do
                all[#all + 1] = f
                if f.lines > FUNCTION_BUDGET then wrong[#wrong + 1] = string.format("%s: %s: %d lines", f.path, f.name, f.lines) end
            end
        end
    end
    table.sort(all, function(a, b) return a.lines < b.lines end)
    local half, most = all[#all // 2], all[#all * 9 // 10]
    if os.getenv("CNN_RULES_VERBOSE") then
        print(string.format("%d functions: median %d lines, nine of ten within %d; the longest:", #all, half.lines, most.lines))
        for i = #all, math.max(1, #all - 9), -1 do print(string.format("  %4d %s: %s", all[i].lines, all[i].path, all[i].name)) end
    end
    none(wrong, "over the budget")
    check.that(half.lines <= 15, "the median function has " .. half.lines .. " lines")
    check.that(most.lines <= 45, "a tenth of the functions has more than " .. most.lines .. " lines")
end)

-- Names that Lua code may read from the global table; nothing may be written there.
local GLOBALS = {}
for name in pairs(_G) do GLOBALS[name] = true end
for name in ("_PROMPT _PROMPT2 cnn nn F optim data datasets transforms plt help arg _ENV"):gmatch("%S+") do GLOBALS[name] = true end

check.test("modules set no globals and read only those that exist", function()
    if check.run("command -v luac5.4").code ~= 0 then check.skip("luac5.4 is not installed") end
    local wrong = {}
    for _, path in ipairs(LUA) do
        for line in check.run("luac5.4 -l -p " .. root .. path).out:gmatch("[^\n]+") do
            local op, name = line:match("(%u+TABUP).*_ENV \"([^\"]+)\"")
            if op == "SETTABUP" or op and not GLOBALS[name] then
                local verb = op == "SETTABUP" and "sets" or "reads"
                wrong[#wrong + 1] = ("%s:%s: %s %s"):format(path, line:match("%[(%d+)%]") or "?", verb, name)
            end
        end
    end
    none(wrong, "globals")
end)

check.test("every text that names the version names the Makefile's", function()
    local version = check.read(root .. "Makefile"):match("\nVERSION := (%d+%.%d+%.%d+)\n")
    check.that(version, "the Makefile has no line 'VERSION := …'")
    local rockspec = "cnn-" .. version .. "-1.rockspec"
    check.equal(files("*.rockspec"), { "./" .. rockspec })
    check.match(check.read(root .. rockspec), '\nversion = "' .. version:gsub("%.", "%%.") .. '%-1"\n')
    check.equal(check.read(root .. "doc/cnnsh.1"):match('\n%.TH CNNSH 1 "" "cnnsh ([^"]+)"'), version)
    check.equal(check.read(root .. "README.md"):match("\ncnnsh (%d%S*) %(Lua"), version)
end)

if os.getenv("CNN_RULES_VERBOSE") then
    local sizes = {}
    for _, list in ipairs { C, LUA } do for _, path in ipairs(list) do sizes[#sizes + 1] = { path, #lines(path) } end end
    table.sort(sizes, function(a, b) return a[2] > b[2] end)
    print(#sizes .. " files; the longest:")
    for i = 1, math.min(10, #sizes) do print(string.format("  %4d %s", sizes[i][2], sizes[i][1])) end
end
