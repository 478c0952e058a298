-- SPDX-License-Identifier: MIT
-- Colours, on the screen of a terminal: the line being typed, results, errors; and none where nobody wants them.
--
-- A coloured screen must show the very characters, and the cursor in the very place, that readline alone would show: so the
-- same keys go to a shell with colours and to one without, and both screens are compared after each.
local check = require "check"
local terminal = require "helpers.terminal"
local screen = require "helpers.screen"

local LEFT, HOME, KILL = "\27[D", "\1", "\21"

-- A shell whose screen is kept. `type` sends keys and waits until the screen rests.
local function start(options)
    options.env = options.env or {}
    options.env.NO_COLOR = options.env.NO_COLOR or false
    options.prompt = false
    local t = terminal.start(options)
    local self = { t = t, screen = screen.new(options.rows or 24, options.columns or 80), raw = "" }
    function self:settle(wanted)
        local came, rests, deadline = false, 0, os.time() + 15
        while rests < (came and 1 or 10) or wanted and not self.screen:text():find(wanted, 1, true) do
            local more = t.session:read(0.025)
            if more == nil then check.fail("the program ended:\n%s", self.screen:text()) end
            came, rests = came or more ~= "", more == "" and rests + 1 or 0
            self.raw = self.raw .. more
            self.screen:feed(more)
            if os.time() > deadline then check.fail("%q did not come:\n%s", wanted or "rest", self.screen:text()) end
        end
        return self.screen
    end
    function self:type(keys, wanted)
        t:send(keys)
        return self:settle(wanted)
    end
    self:settle("\n>")
    return setmetatable(self, { __close = function() t:close() end })
end

check.test("the line is painted by what its parts are", function()
    local s <close> = start {}
    local shown = s:type('local x = nn.Conv2d(3, "a") -- why', "why")
    check.equal(shown:row(2), '> local x = nn.Conv2d(3, "a") -- why')
    check.equal(shown:colours(2), "..kkkkk.....ll........n..sss..cccccc")
    shown = s:type(KILL .. "?nn.Conv2d", "?nn.Conv2d")
    check.equal(shown:colours(2), "..hhhhhhhhhh")
    shown = s:type(KILL .. "f(1]", "f(1]")
    check.equal(shown:colours(2), "....nx")
    s:type(KILL .. "x = [[a\r", "\n>>")
    shown = s:type("if b]] end", "end")
    check.equal(shown:colours(3), "...ssssss.kkk") -- the string goes on
    check.equal(shown:row(3), ">> if b]] end")
end)

-- The same keys for both; a busy machine may need a while until both screens rest.
local function compare(a, b, keys)
    a.t:send(keys)
    b.t:send(keys)
    local with, without, tries = a:settle(), b:settle(), 0
    local function look() return { with:text(), with.line, with.column }, { without:text(), without.line, without.column } end
    while check.show((look())) ~= check.show((select(2, look()))) and tries < 20 do
        tries = tries + 1
        a:settle()
        b:settle()
    end
    local left, right = look()
    check.equal(left, right, ("after %q"):format(keys))
end

check.test("the screen is the one that readline draws", function()
    for _, columns in ipairs { 40, 17 } do
        local a <close> = start { columns = columns }
        local b <close> = start { columns = columns, env = { NO_COLOR = "1" } }
        local function both(keys) compare(a, b, keys) end
        both('x = "größe 日本語 e\u{301}" ')
        both(LEFT:rep(7))
        both("for")
        both(("0123456789"):rep(4))
        both(HOME .. "local ")
        both("\5" .. ("a"):rep(columns))          -- at the end, over the edge
        both("\b\b")
        both("\12")                               -- clears the screen, draws the line again
        both(KILL .. ("b"):rep(columns - 2))      -- exactly full
        both("c" .. LEFT .. LEFT .. "\11")
        both("\3")
        both("\27[200~local n = 0\nfor i = 1, 4 do\n\tn = n + i\nend\27[201~")
        both(LEFT:rep(20) .. "zz")
        both("\5;\r")
        both("\27[A")                             -- comes back whole
        both("\18loc")                            -- a search
        both("\7\3")
        both("math.fl\t(2.5)\r")
    end
end)

check.test("a line longer than the screen, and one with control characters, stay plain and right", function()
    local a <close> = start { columns = 20, rows = 5 }
    local b <close> = start { columns = 20, rows = 5, env = { NO_COLOR = "1" } }
    for _, keys in ipairs { "local x = 1", ("0123456789"):rep(12), LEFT:rep(30), "local", KILL .. "a\22\1b", LEFT } do
        compare(a, b, keys)
    end
end)

check.test("results and errors have colours, and what they print has none", function()
    local s <close> = start {}
    s:type("print('a', 1 / 0)\r", "inf")
    check.equal(s.screen:colours(3), "")
    s:type("{1, 'b', c = true}\r", "c = true}")
    check.equal(s.screen:row(5), '{1, "b", c = true}')
    check.equal(s.screen:colours(5), ".n..sss......kkkk")
    s:type("error 'oops'\r", "input 3:1: oops")
    check.equal(s.screen:colours(7), ("x"):rep(15))
    s:type("nn.Conv2D(3)\r", "did you mean nn.Conv2d?")
    check.match(s.screen:text(), "\n     ^^^^^^\n")
    s:type("len(3)\r", "fix: #3")
    for line = 8, 24 do
        local row = s.screen:row(line)
        if row == "  fix: #3" then check.equal(s.screen:colours(line), "ssssss") end
        if row == "     ^^^^^^" then check.equal(s.screen:colours(line), ".....xxxxxx") end
    end
end)

check.test("none for NO_COLOR, dumb terminals and pipes", function()
    for _, env in ipairs { { NO_COLOR = "1" }, { TERM = "dumb" } } do
        local s <close> = start { env = env }
        s:type("local x = 1; error 'oops'\r", "oops")
        check.that(not s.raw:find("\27[3", 1, true) and not s.raw:find("\27[9", 1, true), s.raw)
    end
    local r = check.run({ terminal.program, "-i" }, "x = {1, 'b'}\nx\nerror('e')\n")
    check.that(not (r.out .. r.err):find("\27", 1, true), r.out .. r.err)
end)

check.test("after Ctrl-Z and fg the line is drawn once, at the beginning of a row", function()
    for _, none in ipairs { false, "1" } do
        local s <close> = start { "bash", "--norc", "-i", env = { PS1 = "\\n>", NO_COLOR = none } }
        s:type(terminal.program .. "\r", "leave\n>")
        s:type("xy = 12", "> xy = 12")
        s:type("\26", "Stopped")
        s:type("fg\r", "fg\n" .. terminal.program .. "\n>")
        s:type("3", "123")
        check.match(s.screen:text(), "fg\n" .. terminal.program:gsub("%p", "%%%0") .. "\n> xy = 123$")
    end
end)
