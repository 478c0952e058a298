-- SPDX-License-Identifier: MIT
-- Progress bars: what a loop sees, and what stands on a terminal (made by `script`) or in a log.
local check = require "check"
local cnn = require "cnn"

check.test("a loop over a bar gets what the source gives", function()
    local got = {}
    for i, word in cnn.progress({ "a", "b", "c" }, { label = "words" }) do got[i] = word end
    check.equal(got, { "a", "b", "c" })
    local function count(_, i) if (i or 0) < 3 then return (i or 0) + 1, cnn.ones(5, 2) end end
    local bar = cnn.progress(count, { unit = "images", total = 15 })
    for _ = 1, 2 do
        local steps = 0
        for _, x in bar do
            steps = steps + 1
            check.equal(x:size(1), 5)
        end
        check.equal({ steps, bar.count }, { 3, 15 })
    end
    check.that(bar:rate() > 0)
    local further = cnn.progress { total = 1000000, label = "going on" }
    check.equal({ further.label, further.total }, { "going on", 1000000 })
    check.fails(function() cnn.progress { total = 3, lable = "x" } end, "did you mean label?")
    further:skip(999990)
    local start = cnn.clock()
    while cnn.clock() - start < 0.05 do further:update(0) end
    further:update(10)
    check.equal(further.count, 1000000)
    check.that(further:rate() < 1000, "what was done before does not count for the rate")
    check.fails(function() for _ in cnn.progress(3) do end end, "counts by hand")
    check.fails(function() cnn.progress(3, { lable = "x" }) end, "did you mean label?")
end)

-- What a terminal of some width receives while a program runs.
local function on_terminal(columns, program, prefix)
    local file = check.write(check.temp(".lua"), 'local cnn = require "cnn"\n' .. program)
    local command = ("stty cols %d; %s TERM=xterm LC_ALL=C.UTF-8 %s %s"):format(columns, prefix or "env", check.cnnsh, file)
    local r = check.run("command -v script >/dev/null || exit 77; script -qec " .. check.quote(command) .. " /dev/null")
    if r.code == 77 then check.skip("no `script` here to make a terminal") end
    return r.out:gsub("\r\n", "\n"), r
end

local function lines_fit(text, columns)
    for line in text:gmatch("[^\r\n]+") do
        local plain = line:gsub("\27%[[%d;]*[mK]", "")
        check.that((utf8.len(plain) or #plain) < columns, "too long for " .. columns .. " columns: " .. plain)
    end
end

local work = [[
local bar = cnn.progress(3, { label = "epoch 1", unit = "images" })
for i = 1, 3 do
    local stop = os.clock() + 0.12
    while os.clock() < stop do end
    bar:update(1, ("loss %.4f"):format(1 / i))
end
]]

check.test("the line fits the terminal and stays when the bar is closed", function()
    for _, columns in ipairs { 20, 40, 80, 120 } do
        local text = on_terminal(columns, work .. "bar:close() print('after')")
        lines_fit(text, columns)
        check.match(text, "epoch 1", "\nafter\n")
        check.that(not text:find("[^\r\n]after"), "printed into the bar")
    end
    check.match(on_terminal(80, work .. "bar:close()"), "100%", "━", "3/3 images", "loss 0.3333", "\27[32m")
end)

check.test("keep = false wipes it; NO_COLOR is honoured", function()
    local wiped = work:gsub('unit = "images"', "keep = false")
    check.match(on_terminal(80, wiped .. "bar:close() print('after')"), "\r\27[Kafter\n")
    check.that(not on_terminal(80, work, "env NO_COLOR=1"):find("\27%[%d+m"))
end)

check.test("an error, a break or a forgotten close leaves a whole line", function()
    local loop = "for i in cnn.progress({ 1, 2, 3 }, { label = 'x' }) do %s end print('after')"
    check.match(on_terminal(80, loop:format("break")), "\nafter\n")
    local failed = on_terminal(80, loop:format("error('it broke')"))
    check.match(failed, "it broke")
    check.that(not failed:find("x  [^\r\n]*it broke"), "the message stands in the bar's line")
    local open = on_terminal(80, "local bar = cnn.progress(3, { label = 'x' }) error('it broke')")
    check.that(not open:find("x  [^\r\n]*it broke"), "the message stands in the bar's line")
end)

check.test("a log gets no control characters", function()
    local file = check.write(check.temp(".lua"), 'local cnn = require "cnn"\n' .. work .. "bar:close()")
    local r = check.run { check.cnnsh, file }
    check.equal({ r.code, r.out, r.err }, { 0, "", "" })
end)
