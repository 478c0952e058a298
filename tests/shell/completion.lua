-- SPDX-License-Identifier: MIT
-- What Tab offers: names, fields, methods, arguments, modules and files; it runs no code of the user's and takes no time.
local check = require "check"
local complete = require "shell.complete"
local terminal = require "helpers.terminal"

_G.cnn = require "cnn"
_G.nn = _G.cnn.nn

local function list_folder(path)
    local list, pipe = {}, io.popen("ls -p -- " .. check.quote(path == "" and "." or path) .. " 2>/dev/null")
    for line in pipe:lines() do list[#list + 1] = line end
    pipe:close()
    return list
end

-- The words for a line with the cursor at its end, as readline cuts it.
local function words(line, env)
    local quote = line:match("^.*[\"']()")
    local start = quote and line:sub(quote):find("^[%w_./]*$") and quote or line:match("^.*[%s\"'@$><=;|&{(+%-*/^%%#,~%[%]})?]()") or 1
    local list, signature = complete.words(line, start, env or {}, list_folder)
    return list and table.concat(list, " "), signature
end

check.test("names, fields and methods", function()
    check.equal(words("string.form"), "string.format")
    check.equal(words("x = math.fl"), "math.floor")
    check.equal(words("whi"), "while")
    check.equal(words("my", { my_value = 1, other = 2 }), "my_value")
    check.equal(words("('x'):for"), ":format")
    check.equal(words("nn.Conv2"), "nn.Conv2d")
    check.match(words("cnn."), "cnn.autograd", "cnn.nn", "cnn.summary", "cnn.zeros")
    local env = { x = cnn.ones(2), net = nn.Sequential(nn.Sequential(nn.Linear(2, 3)), nn.ReLU()) }
    check.equal(words("x:argm", env), "x:argmax x:argmin")
    check.match(words("x.", env), "x.grad", "x.shape", "x.dtype")
    check.equal(words("net[1][1].wei", env), ".weight")
    check.equal(words("net[-1].inpl", env), words("net[2].inpl", env))
    check.equal(words("print(net[1][1].weight:flatt", env), ".weight:flatten")
    check.match(words("net[1]:", env), "append", "parameters")
    check.equal(words("net[9].", env), "")
    check.equal(words("t['a key'].in", { t = { ["a key"] = { inner = 1 } } }), ".inner")
    check.equal(words("f().x", { f = function() error "ran" end }), "")
    check.equal(words("x .. y.le", { y = { left = 1 } }), "y.left")
    check.equal(words("a.b.c.d", {}), "")
    check.equal(words("-- string.form"), "")
end)

check.test("arguments in braces, without those that are given; the signature behind an open call", function()
    local list, signature = words("nn.Conv2d{3, 10, pad")
    check.match(list, "^padding=$")
    check.match(signature, "^nn.Conv2d%(in_channels, out_channels, kernel_size")
    list = words("nn.Conv2d{3, 10, padding=2, ")
    check.match(list, "stride=", "kernel_size=")
    check.that(not list:find("padding=", 1, true) and not list:find("print", 1, true), list)
    check.that(not list:find("_channels=", 1, true), list) -- these two came without a name
    check.match(words("nn.Conv2d{f(3, 4), "), "^out_channels= kernel_size= stride= padding=")
    check.match(words("nn.Conv2d{in_channels=3, {4, 5}, "), "^out_channels= kernel_size=") -- one more has none
    check.match(words("nn.Conv2d{\n  3, 10,\n  ker"), "^kernel_size=$")
    list, signature = words("nn.Conv2d(")
    check.equal(list, "")
    check.match(signature, "^nn.Conv2d%(")
    check.match(words("nn.Conv2d({ker"), "kernel_size=")
    check.equal(words("nn.Conv2d{nn.Line"), "nn.Linear")
    list, signature = words("x:flatten{", { x = cnn.ones(2) })
    check.match(list, "start_dim= end_dim=")
    check.match(signature, "^tensor:flatten%(")
    check.equal(select(2, words("t = { ")), nil)
    check.equal(select(2, words("unknown(")), nil)
end)

check.test("modules inside require, files inside other strings", function()
    check.match(words('require "cnn.da'), "cnn.data", "cnn.datasets")
    check.match(words('local x = require("cnn.data.'), "cnn.data.dataloader")
    check.match(words("require 'cn"), "cnn")
    check.that(not words('require "s'):find("shell", 1, true))
    check.equal(words('io.open("cn'), false)
    check.equal(words("x = 'cn"), false)
end)

check.test("commands, and what they take", function()
    check.equal(words("%tim"), "time  timeit ")
    check.equal(words("%run tra"), false)
    check.equal(words("!ls tra"), false)
    check.match(words("%reload cnn.da"), "cnn.data")
    check.equal(words("%time string.form"), "string.format")
end)

check.test("nothing of the user's runs, broken objects are no trouble, and large ones take no time", function()
    local ran = {}
    local function spy(name) return function() ran[#ran + 1] = name error(name) end end
    local broken = setmetatable({ field_one = 1 }, { __index = spy "index", __pairs = spy "pairs", __len = spy "len", __name = "b",
        __tostring = spy "tostring", __eq = spy "eq", __call = spy "call" })
    local loop = {}
    setmetatable(loop, { __index = loop })
    local other = setmetatable({ one = 1 }, { __index = 42, __metatable = false })
    local large = {}
    for i = 1, 3e5 do large["key" .. i] = i end
    local env = { broken = broken, loop = loop, other = other, large = large, mute = setmetatable({}, { __index = broken }) }
    check.equal(words("broken.fie", env), "broken.field_one")
    check.equal(words("broken.missing.x", env), "")
    check.equal(words("broken[1].x", env), "")
    check.equal(words("broken:", env), "")
    check.equal(words("broken{fie", env), "")
    check.equal(words("loop.x", env), "")
    check.equal(words("other.", env), "other.one")
    check.equal(words("mute.fie", env), "mute.field_one")
    local started = os.clock()
    check.match(words("large.key", env), "large.key%d+")
    check.that(os.clock() - started < 1, "completion took long")
    local Net = nn.class("Net")
    function Net:init() self.fc = nn.Linear(2, 2) end
    Net.__index = spy "class"
    check.equal(words("net.f", { net = setmetatable({ fc = 1 }, Net) }), "net.fc net.float net.forward")
    check.equal(ran, {})
end)

check.test("in a terminal: lists, signatures, files, and Ctrl-C", function()
    local t <close> = terminal.start()
    t:send("nn.Conv2d(\t")
    t:expect("nn.Conv2d(in_channels, out_channels, kernel_size")
    t:expect("> nn.Conv2d(")
    t:send("3, 10, 5)\r")
    t:expect("Conv2d(3, 10, kernel_size=(5, 5)")
    t:expect("\n> ")
    t:enter("net = nn.Sequential(nn.Linear(2, 3))")
    t:send("net[1].we\t.sha\t\r")
    t:expect("[3, 2]\n> ")
    t:send("nn.Conv2d{3,\r")
    t:expect(">> ")
    t:send("10, ker\t5}\r") -- the call has been open since the line above
    t:expect("Conv2d(3, 10, kernel_size=(5, 5)")
    t:expect("\n> ")
    t:send("require 'cnn.datase\t\t")
    t:expect("cnn.datasets")
    t:send("\3")
    t:expect("^C\n> ")
    local folder = terminal.folder()
    check.write(folder .. "/weights_of_net.bin", "12345")
    t:send(("#io.open('%s/wei\t):read('a')\r"):format(folder))
    t:expect("weights_of_net.bin")
    t:expect("\n5\n> ")
    t:enter("bad = setmetatable({}, {__index = function() while true do end end})")
    t:send("bad.x.y\t\3")
    t:expect("^C\n> ")
    check.equal(t:enter("1 + 1"), "2")
end)
