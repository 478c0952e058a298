-- SPDX-License-Identifier: MIT
-- Errors are tables that print as messages: fields, the layer, the user's line, the mend.
local check = require "check"
local cnn = require "cnn"
local errors = require "cnn.errors"
local nn = cnn.nn

local function caught(f, ...)
    local ok, e = pcall(f, ...)
    check.that(not ok, "no error")
    return e
end

check.test("fields and text", function()
    local e = caught(function() local _ = cnn.ones(2, 3):view(5) end)
    check.equal({ e.kind, e.op, e.layer }, { "shape error", "view" })
    check.that(errors.is(e) and errors.is(e, "shape") and not errors.is(e, "type") and not errors.is("text"))
    check.match(tostring(e), "shape error in view at [^\n]*tests/lua/errors.lua:15   ", "\n  [2, 3] has 6 elements")
    check.equal(e.where:match("[^/]*$"), "errors.lua:15")
end)

check.test("the methods of strings work on the message", function()
    local e = caught(errors.raise, { kind = "value", op = "f", text = "first\nsecond", fix = "this" })
    check.that(e:find("second", 1, true) and e:match("value error"))
    check.equal(#e, #tostring(e))
    check.equal(e .. "!", tostring(e) .. "!")
    check.equal("! " .. e, "! " .. tostring(e))
    check.match(tostring(e), "\n  first\n  second\n  fix: this$")
    check.equal(e.nonsense, nil)
end)

check.test("the layer's path, and its line even in a tail call", function()
    local Net = nn.class("Net")
    function Net:init()
        self.body = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU())
        self.fc = nn.Linear(10, 2)
    end
    function Net:forward(x)
        x = self.body(x)
        return self.fc(cnn.flatten(x, 2)) -- this line
    end
    local net = Net()
    local e = caught(net, cnn.zeros(2, 1, 8, 8))
    check.equal({ e.layer, e.kind, e.op }, { "fc", "shape error", "linear" })
    check.match(tostring(e), "in fc at", "-- this line", "fix: nn.Linear(144, 2)")
    e = caught(net, cnn.zeros(2, 3, 8, 8))
    check.equal(e.layer, "body.0")
    check.match(tostring(e), "x = self.body(x)")
    e = caught(nn.Linear(3, 4), cnn.zeros(2, 5))
    check.equal(e.layer, nil)
    check.match(tostring(e), "in linear")
end)

check.test("a line that a tail call has lost: the return of the module's own forward", function()
    local Inner = nn.class("Inner")
    function Inner:init() self.weight = cnn.zeros(2, 3) end
    function Inner:forward(x)
        if #x.shape == 3 then return x:view(99) end -- its view
        return nn.functional.linear(x, self.weight) -- its linear
    end
    local Outer = nn.class("Outer")
    function Outer:init() self.inner = Inner() end
    function Outer:forward(x) return self.inner(x) end
    for _, net in ipairs { Inner(), Outer(), nn.Sequential(Outer()) } do
        check.match(tostring(caught(function() local _ = net(cnn.zeros(1, 1, 1)) end)), "-- its view", "[1, 1, 1] has 1 elements")
        check.match(tostring(caught(function() local _ = net(cnn.zeros(1, 4)) end)), "-- its linear", "got [1, 4]")
    end
    local Odd = nn.class("Odd")
    Odd.forward = setmetatable({}, { __call = function(_, _, x) return x:view(99) end })
    check.match(caught(function() local _ = Odd()(cnn.zeros(1)) end).where, "errors.lua:%d+")
end)

check.test("an error value that is no error of ours stays what it is", function()
    local Odd = nn.class("Odd")
    function Odd:forward() error({ code = 5 }) end
    check.equal(caught(Odd(), cnn.zeros(1)).code, 5)
end)

check.test("modules that defend themselves do not spoil the message", function()
    local Odd = nn.class("Odd")
    function Odd:forward(x) return x:view(99) end
    function Odd:named_modules() error("not now") end
    local e = caught(Odd(), cnn.zeros(1))
    check.equal(e.kind, "shape error")
end)

check.test("a slip of the pen", function()
    local x = cnn.ones(2)
    check.fails(function() x:veiw(2) end, 'no method or field "veiw"', "did you mean view?")
    check.fails(function() x.data = x end, '"data"', "x:copy_(values)")
    check.fails(function() return x < 3 end, "x:lt(y)")
    check.fails(function() return x + "1" end, 'got the string "1"')
    check.fails(function() return x + {} end, "got a table")
    check.fails(function() return #cnn.tensor(1) end, "no length")
    check.fails(function() nn.Linear(2, 2).forward(x) end, 'no method or field', "fix: self is the tensor here")
end)
