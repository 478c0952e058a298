-- SPDX-License-Identifier: MIT
-- Results of earlier inputs by name, what they keep alive, and the names that a session has.
local check = require "check"
local results = require "shell.results"
local settings = require "shell.settings"
local terminal = require "helpers.terminal"

check.test("_ __ ___ and _3, until the user takes a name", function()
    local t <close> = terminal.start()
    t:enter("10")
    t:enter("20;")
    t:enter("x = 5")
    t:enter("30")
    check.equal(t:enter("{_, __, ___, _1, _2}"), "{30, 20, 10, 10, 20}")
    check.equal(t:enter("_3, _99"), "nil\tnil")
    t:enter("_ = 'mine'")
    check.equal(t:enter("1 + 1"), "2")
    check.equal(t:enter("_, __"), "mine\tnil") -- __ is what input 6 gave, a nil
    t:enter("_ = nil")
    check.equal(t:enter("'again'"), "again")
    check.equal(t:enter("_"), "again")
    check.equal(t:enter("function later() return _ end"), "")
    check.equal(t:enter("later()"), "again")
end)

check.test("what they keep alive is bounded, the oldest go first", function()
    local former <close> = setmetatable({}, { __close = function(_) settings.results_bytes = 64 << 20 end })
    settings.results_bytes = 1000
    local r = results.new()
    for i = 1, 5 do r:add(i, (tostring(i)):rep(300)) end
    check.equal(#r:get "_5" + #r:get "_4" + #r:get "_3", 900)
    check.fails(function() return r:get "_2" end, "_2 is not kept any more")
    local held = { ("x"):rep(5000) }
    r:add(6, held)
    check.equal(rawequal(r:get "_", held), true) -- somebody else holds it
    check.fails(function() return r:get "_5" end, "_5 is not kept any more")
    held = nil
    collectgarbage()
    check.fails(function() return r:get "_" end, "give it a name")
    r:add(7, 1)
    check.equal({ r:get "_", r:get "_7", r:get "_8" }, { 1, 1, nil })
end)

check.test("a tensor is counted with its gradient, and held without its graph once it is not the last", function()
    local t <close> = terminal.start()
    t:enter("require('shell.settings').results_bytes = 1 << 20; cnn = require 'cnn'")
    t:enter("w = cnn.ones(100):requires_grad_(true)")
    t:enter("(w * 2):sum()")
    t:enter("_:backward()") -- the last one has its graph
    check.equal(t:enter("w.grad[1]:item()"), "2.0")
    t:enter("(w * 3):sum()")
    check.equal(t:enter("1"), "1")
    check.equal(t:enter("__.requires_grad, __:item()"), "false\t300.0")
    t:enter("for i = 1, 3 do collectgarbage() end; before = cnn.memory().live_bytes")
    for _ = 1, 6 do t:enter("cnn.zeros(400, 400);") end -- 640 kB each
    t:enter("for i = 1, 3 do collectgarbage() end; after = cnn.memory().live_bytes")
    check.equal(t:enter("(after - before) // 10000"), "63")
    t:enter("cnn.zeros(2000, 2000);")
    t:enter("collectgarbage();")
    check.match(t:enter("_18"), "_18 is not kept any more: it held 15.3 MB, and results together keep 1.0 MB")
end)

check.test("%who and %whos list names, %reset forgets them", function()
    local t <close> = terminal.start { columns = 40 }
    check.equal(t:enter("%who"), "no names are defined")
    t:enter("x, s, f = cnn.ones(2, 3), 'text', function() end")
    t:enter("local net, n = nn.Linear(2, 2), 7")
    check.equal(t:enter("%who"), "f  n  net  s  x")
    check.equal(t:enter("%who tensor"), "x")
    check.equal(t:enter("%who module number"), "n  net")
    check.equal(t:enter("%who Linear"), "net")
    check.equal(t:enter("%who thread"), "no names are defined that have this type")
    local listing = t:enter("%whos")
    check.match(listing, "name  type      value\n", "\nf     function  input 2:1\n", "\nx     tensor    float32 %[2, 3%]")
    for line in listing:gmatch("[^\n]+") do check.that(utf8.len(line) <= 40, line) end
    for i = 1, 9 do t:enter(("a_rather_long_name_%d = %d"):format(i, i)) end
    for line in t:enter("%who"):gmatch("[^\n]+") do check.that(#line <= 40, line) end
    t:send("%reset\r")
    t:expect("(y/[n])? ")
    check.equal(t:enter("n"), "nothing was deleted")
    check.equal(t:enter("s"), "text")
    t:enter("%reset -f")
    check.equal(t:enter("s, x, net, n, _"), "nil\tnil\tnil\tnil\tnil")
    check.equal(t:enter("nn.Linear(1, 1) ~= nil, print ~= nil"), "true\ttrue")
end)

check.test("%mem lists the largest tensors by name, device and bytes", function()
    local t <close> = terminal.start()
    check.equal(t:enter("%mem"), "no tensors: the library is not loaded yet")
    t:enter("big, view = cnn.zeros(512, 1024), 1; view = big[1]")
    t:enter("net = nn.Sequential(nn.Linear(256, 256), nn.ReLU()); net(cnn.ones(1, 256)):sum():backward()")
    t:enter("local held = cnn.zeros(100, 100); function f() return held end")
    t:enter("list = {cnn.zeros(64, 64, cnn.float64)}")
    local text = t:enter("%mem")
    check.match(text, "^big +2%.0 MB  cpu float32 %[512, 1024%]\n", "\nnet%[1%]%.weight +256%.0 kB", "\nnet%[1%]%.weight%.grad +256%.0 kB",
        "\nlist%[1%] +", "\nlisted: [%d.]+ MB of [%d.]+ MB\nthe most so far: [%d.]+ MB$")
    check.that(text:find("held", 1, true) and not text:find("view", 1, true), text)
    check.equal(select(2, t:enter("%mem 2"):gsub("\n", "")), 3)
    check.match(t:enter("%mem x"), "%%mem takes how many")
    t.session:resize(24, 40)
    for line in t:enter("%mem"):gmatch("[^\n]+") do check.that(#line <= 40, line) end
end)

check.test("%mem tells what graphs hold, and what a part of a tensor keeps alive", function()
    local t <close> = terminal.start()
    t:enter("net = nn.Sequential(nn.Linear(256, 512), nn.ReLU(), nn.Linear(512, 1))")
    t:enter("x = cnn.ones(64, 256); loss = net(x):sum()")
    local text = t:enter("%mem")
    check.match(text, "\nloss's graph: %a+ +128%.0 kB  cpu float32 %[64, 512%]\n",
        "\nx +64%.0 kB", "\nsaved for gradients: 128%.0 kB in 1 tensor\n")
    check.equal(select(2, text:gsub("64, 256", "")), 1) -- what has a name is not listed twice
    t:enter("loss:backward()")
    check.that(not t:enter("%mem"):find("graph", 1, true))
    t:enter("row = cnn.zeros(1000, 1000)[1]")
    check.match(t:enter("%mem 1"), "^row +3%.8 MB  cpu float32 %[1000%], a part\n")
end)
