-- SPDX-License-Identifier: MIT
-- What editors and shells read: the stubs for lua-language-server, and the completion of options in bash and zsh.
local check = require "check"
local cnn = require "cnn"
local signature = require "cnn.signature"
local terminal = require "helpers.terminal"

local stubs = check.root .. "/editors/luacats/cnn.lua"
local text = check.read(stubs)

check.test("the stubs are what the sources say", function()
    local r = check.run { check.cnnsh, check.root .. "/scripts/luacats.lua", "--check" }
    if r.code ~= 0 then check.fail("%s%s", r.out, r.err) end
end)

check.test("the stubs are Lua in which every public name is there", function()
    local globals = {}
    local made = assert(load(text, "@" .. stubs, "t", globals))()
    check.that(globals.nn == made.nn and globals.F == made.nn.functional)
    for _, part in ipairs { "nn", "optim", "data", "datasets", "transforms", "plt" } do check.that(cnn[part] and made[part], part) end
    local missing = {}
    for name in signature.all() do
        local path, at = name:gsub(":", "."):gsub("^cnn%.", ""), made
        if not path:find("^tensor%.") then
            for key in path:gmatch("[^.]+") do at = type(at) == "table" and at[key] or nil end
            if at == nil then missing[#missing + 1] = name end
        else
            local method = path:sub(8)
            local found = text:find("\nfunction Tensor[.:]" .. method .. "%(") or text:find(("\nTensor[%q] ="):format(method), 1, true)
            if not found then missing[#missing + 1] = name end
        end
    end
    check.equal(table.concat(missing, " "), "")
end)

check.test("each annotation has the form that language servers read", function()
    local defined = { integer = true, number = true, string = true, boolean = true, table = true, any = true, ["function"] = true }
    for name in text:gmatch("\n%-%-%-@[ca]l[ai]%a+ ([%w_.]+)") do defined[name] = true end
    for line in text:gmatch("[^\n]+") do
        local tag, rest = line:match("^%-%-%-@(%a+) (.*)$")
        if tag == "param" then
            local name, kind = rest:match("^([%a_][%w_]*)%??%s+(%S+)")
            if not name then name, kind = rest:match("^(%.%.%.)%s+(%S+)") end
            check.that(name and kind, line)
            for one in kind:gsub("%[%]", ""):gmatch("[^|]+") do check.that(defined[one], line) end
        elseif tag == "class" then
            local parent = rest:match(" : (%S+)$")
            check.that(not parent or defined[parent], line)
        elseif tag == "return" then
            check.that(defined[rest], line)
        elseif tag == "field" then
            check.that(rest:find("^[%w_]+%?? %S+") or rest:find('^%["%a+"%]%?? %S+'), line)
        end
    end
    check.match(text, "%-%-%-@field kernel_size%? cnn.sizes", "%-%-%-@class nn.Conv2d : nn.Module\n",
        "%-%-%-@overload fun%(options: nn.Conv2d.options%): nn.Conv2d\n")
end)

-- What bash offers after words, the last of which is being typed.
local function offered(folder, ...)
    local words = {}
    for i, word in ipairs { ... } do words[i] = check.quote(word) end
    local script = 'source %s; COMP_WORDS=(cnnsh "$@"); COMP_CWORD=$#; _cnnsh; printf "%%s\\n" "${COMPREPLY[@]}"'
    local command = "cd %s && bash --norc -c '" .. script .. "' bash %s"
    local r = check.run(command:format(check.quote(folder), check.absolute(check.root .. "/editors/cnnsh.bash"),
        table.concat(words, " ")))
    check.equal(r.err, "")
    local list = {}
    for line in r.out:gmatch("[^\n]+") do list[#list + 1] = line end
    table.sort(list)
    return table.concat(list, " ")
end

check.test("bash completes options, scripts, and the script's own arguments", function()
    if check.run("command -v bash").code ~= 0 then check.skip("bash is not installed") end
    local folder = check.temp()
    os.remove(folder)
    check.run("mkdir -p " .. folder .. "/inner")
    for _, name in ipairs { "train.lua", "notes.txt", "lib.lua" } do check.write(folder .. "/" .. name, "") end
    check.equal(offered(folder, "-"), "-- --help --version -E -W -e -h -i -l -v")
    check.equal(offered(folder, "--v"), "--version")
    check.equal(offered(folder, ""), "inner/ lab lib.lua train.lua")
    check.equal(offered(folder, "-i", "t"), "train.lua")
    check.equal(offered(folder, "-l", ""), "lib train")
    check.equal(offered(folder, "-e", "x"), "")
    check.equal(offered(folder, "-e", "x = 1", "tr"), "train.lua")
    check.equal(offered(folder, "train.lua", "n"), "notes.txt")
    check.equal(offered(folder, "train.lua", "-"), "")
    check.equal(offered(folder, "--", "l"), "lib.lua")
    check.run("rm -rf " .. check.quote(folder))
end)

check.test("zsh completes options, modules, scripts and what follows them", function()
    if check.run("command -v zsh").code ~= 0 then check.skip("zsh is not installed") end
    local folder = terminal.folder()
    for _, name in ipairs { "train.lua", "notes.txt" } do check.write(folder .. "/" .. name, "") end
    local t <close> = terminal.start { "zsh", "-f", prompt = "zsh> ", env = { PS1 = "zsh> ", HOME = folder } }
    t:send(("cd %s; fpath=(%s/editors $fpath); autoload -U compinit; compinit -u -D; echo rea''dy\r"):format(folder,
        check.absolute(check.root)))
    t:expect("ready\n")
    t:expect("zsh> ")
    for _, typed in ipairs { { "cnnsh --v\t", "cnnsh --version " }, { "cnnsh -l tr\t", "cnnsh -l train " },
        { "cnnsh tr\t", "cnnsh train.lua " }, { "cnnsh train.lua no\t", "notes.txt " } } do
        t:send(typed[1])
        t:expect(typed[2])
        t:send("\21") -- the line goes; a Ctrl-C might still belong to the completion
    end
end)

check.test("bash, zsh and the program agree about the options", function()
    local help = check.run({ check.cnnsh, "-h" }).out
    for _, file in ipairs { "cnnsh.bash", "_cnnsh" } do
        local completion = check.read(check.root .. "/editors/" .. file)
        for option in help:gmatch("\n  (%-%a) ") do check.that(completion:find(option, 1, true), file .. " lacks " .. option) end
    end
    if check.run("command -v zsh").code == 0 then check.equal(check.run("zsh -n " .. check.root .. "/editors/_cnnsh").code, 0) end
end)
