-- SPDX-License-Identifier: MIT
-- What the prompt shows of errors, and looking around in the frame that failed.
local check = require "check"
local failure = require "shell.failure"
local terminal = require "helpers.terminal"

-- The lines that show a syntax error in a text; nil if none.
local function syntax(source)
    local _, message = load(source, "=t")
    return failure.syntax(message, source)
end

check.test("the place of a syntax error is the token that breaks the line", function()
    check.equal(syntax "x = = 2", "  x = = 2\n      ^")
    check.equal(syntax "f(a) = b = c", "  f(a) = b = c\n       ^")
    check.equal(syntax "x = 1\n  y = (2 + ) * (3 + )", "  y = (2 + ) * (3 + )\n           ^")
    check.equal(syntax "x = 'größe' = 1", "  x = 'größe' = 1\n              ^")
    check.equal(syntax "x = '漢字かな' = 1", "  x = '漢字かな' = 1\n                 ^") -- two columns each
    check.equal(syntax "x = 'e\u{301}\u{301}' = 1", "  x = 'e\u{301}\u{301}' = 1\n          ^")
    check.equal(syntax "for i = 1 do", "  for i = 1 do\n            ^^")
    check.equal(syntax "x = (", "  x = (")
end)

check.test("the frames of the user, each with its line and the place", function()
    local path = check.write(check.temp(".lua"), [[
local cnn = require "cnn"
function compute(x, w)
    local y = x * 2
    return (cnn.matmul(y, w))
end
function outer(x)
    local shape, result = x.shape, nil
    result = compute(x, cnn.ones(5, 5))
    return result
end
]])
    local t <close> = terminal.start()
    t:enter("%run " .. path)
    local text = t:enter("outer(cnn.ones(2, 3))")
    check.match(text, "at %S+:4   return %(cnn%.matmul%(y, w%)%)\n", "\n\t%S+:8: in function 'compute'\n" and
        "\n\t%S+:8: in function 'outer'\n\t  result = compute%(x, cnn%.ones%(5, 5%)%)\n\t           ^^^^^^^\n",
        "\n\tinput 2:1: in main chunk\n\t  outer%(cnn%.ones%(2, 3%)%)\n\t  ^^^^^$")
    check.that(not text:find("lua/cnn", 1, true) and not text:find("[C]", 1, true), text)
    t:enter("%xmode full")
    check.match(t:enter("outer(cnn.ones(2, 3))"), "%[C%]: in", "in function 'compute'")
    check.equal(t:enter("%timeit -z 1"), "there is no option -z here") -- our own frames would say nothing
    check.equal(t:enter("%nosuch"), "there is no command %nosuch; %lsmagic lists them")
    check.equal(t:enter("%reload nosuch"), "the module 'nosuch' is not loaded: require it first")
    t:enter("%xmode plain")
    local plain = t:enter("outer(cnn.ones(2, 3))")
    check.match(plain, "in function 'compute'")
    check.that(not plain:find("result = ", 1, true), plain)
    t:enter("%xmode minimal")
    check.that(not t:enter("outer(cnn.ones(2, 3))"):find("traceback", 1, true))
    check.equal(t:enter("%xmode"), "errors are shown in mode plain")
    check.match(t:enter("%xmode loud"), "%%xmode is one of minimal, plain, context, full; it is plain")
end)

check.test("a place is marked only where it is certain", function()
    local t <close> = terminal.start()
    check.equal(t:enter("a = {}; a.b.c = a.b.c"), "input 1:1: attempt to index a nil value (field 'b')\n  a = {}; a.b.c = a.b.c")
    check.equal(t:enter("a.b.c()"), "input 2:1: attempt to index a nil value (field 'b')\n  a.b.c()\n    ^")
    check.equal(t:enter("f = f or a.f; f(1)"),
        "input 3:1: attempt to call a nil value (global 'f')\n  f = f or a.f; f(1)\n                ^")
    check.equal(t:enter("print(1 + {})"), "input 4:1: attempt to perform arithmetic on a table value\n  print(1 + {})\n          ^")
    check.equal(t:enter("print(1 + 2 + {})"), "input 5:1: attempt to perform arithmetic on a table value\n  print(1 + 2 + {})")
end)

check.test("wide characters in the line, in a name's place, and in a line that is cut", function()
    local t <close> = terminal.start { columns = 40 }
    check.match(t:enter("a = '漢字' .. {}"), "\n  a = '漢字' %.%. {}\n             ^^$")
    t:send("a = '漢字かな漢字かな漢字かな漢字かな漢字' .. b.c.d\r")
    t:expect("d\n")
    local line, mark = t:expect("\n> "):match("\n(  …[^\n]*)\n( *)%^$")
    check.that(line, t.log)
    check.match(line, "b.c.d$")
    check.match(t:enter("x = nn.Linear(??, '漢字', ??)"), "\n  x = nn.Linear%(%?%?, '漢字', %?%?%)\n                ^^          ^^$")
    check.that(mark)
end)

check.test("names that nearly exist are suggested: of the library, of the session, of Lua, of a function's locals", function()
    local t <close> = terminal.start()
    local function says(line, suggestion)
        local head = t:enter(line):match("^[^\n]*")
        check.equal(head:match("; did you mean (.*)%?$"), suggestion)
    end
    says("conv2d(1)", "nn.functional.conv2d") -- the library is not loaded yet
    says("nn.Conv2D.weight", "nn.Conv2d")
    says("nn.Linaer(3, 4)", "nn.Linear")
    says("cnn.optm.SGD()", "cnn.optim")
    says("F.rleu(1)", "F.relu")
    says("ReLU()", "nn.ReLU")
    says("prnt(1)", "print")
    says("('x'):fromat()", nil)
    t:enter("local network, config = {}, { rate = 0.1 }; text = 'abc'")
    says("print(config.raet + 1)", "config.rate")
    says("text:fromat()", "text:format")
    says("netwrok.fc()", "network")
    says("(function(count) return coutn.x end)(1)", "count")
    says("string.fromat('x')", "string.format")
    says("len(3)", nil)
    says("zz()", nil)
    says("table_of_everything()", nil)
    says("do local _ENV = { prinnt = 1 } prinn() end", "prinnt")
    local r = check.run({ terminal.program, check.write(check.temp(".lua"), "local total = 1\nprint(totl + 1)\n") })
    check.match(r.err, ":2: attempt to perform arithmetic on a nil value %(global 'totl'%); did you mean total%?\n")
end)

-- The text above the mark of an error: what is marked on the line.
local function marked(text)
    local line, mark = text:match("([^\n]*)\n( *%^+)%f[^^]")
    return line and line:sub(#mark:match("^ *") + 1, #mark), line and #mark:match("^ *") - #line:match("^ *")
end

check.test("of several names on a line the one that failed is found by what stands around it and by values", function()
    local t <close> = terminal.start()
    t:enter("x, y, f = {a = {b = 1}}, {}, function(v) return v.k.j end")
    local function place(line) return { marked(t:enter(line)) } end
    check.equal(place("print(x.a.b + y.a.b)"), { "a", 16 })
    check.that(not t:enter("print(x.a.b + y.a.b)"):find("did you mean", 1, true))
    check.equal(place("print(y.a.b + x.a.b)"), { "a", 8 })
    check.equal(place("print(y.a.b + y.a.c)"), {}) -- both are nil
    check.equal(place("q = q ~= nil and 1 or q + 1"), { "q", 22 })
    check.equal(place("print(x.a.b, y.b .. 'z', y.b)"), { "b", 15 })
    check.equal(place("print(#x.a, #y.a, y.a)"), { "a", 15 })
    local calls = t:enter("print(pcall(f, 1), f {k = {}}, f(y))"):gsub("\t", "")
    check.match(calls, "return v%.k%.j", "\n +%^\n")
    check.equal({ marked(calls:match("main chunk\n(.*)$")) }, { "f", 31 })
    t:enter("a, b, c = cnn.ones(2, 3), cnn.ones(2, 3), cnn.ones(4, 5)")
    local function column(line) -- of the mark on the line that the message quotes
        local text = t:enter(line)
        local mark = text:match("\n( *)%^\n")
        return mark and #mark - text:find(line, 1, true) + 2
    end
    check.equal(column("a + b + c"), 7)
    check.equal(column("a + c + b"), 3)
    check.equal(column("a - -b - c"), 8)
    check.equal(column("a * 2 + b * c"), 11)
    check.equal(column("a + c * 2 + a"), 3)
    check.equal(column("a + a + c + a + c"), nil) -- two of them have c on their right
end)

check.test("a long line is cut around the place, on a narrow terminal", function()
    local t <close> = terminal.start { columns = 40 }
    t:enter("a = {}")
    t:send("x = 'one two three four five six seven' .. 'eight' .. a.missing.field\r")
    t:expect("missing.field\n")
    local text = t:expect("\n> ")
    local line, mark = text:match("\n(  …[^\n]*)\n( *%^+)$")
    check.that(line and utf8.len(line) <= 40, text)
    check.equal(line:sub(utf8.offset(line, #mark:match("^ *") + 1), -1):match("^%a+"), "missing")
end)

check.test("%debug: locals by name, up and down, and evaluation in the frame", function()
    local t <close> = terminal.start()
    check.equal(t:enter("%debug"), "there is no error to look at")
    t:send("function inner(a, b)\r  local sum, list = a + b, {1, 2, nil}\r  return list.x.y\rend\r")
    t:expect("end\n> ")
    t:enter("do local hidden = 7; function outer(n) local twice = n * 2; local r = inner(n, twice + hidden) return r end end")
    check.match(t:enter("outer(10)"), "field 'x'")
    check.match(t:enter("%debug", "\ndebug> "), "^input 2:3: attempt to index a nil value %(field 'x'%)\n"
        .. "> input 2:3: in function 'inner'\n  return list.x.y\n              ^$")
    check.equal(t:enter("a", "\ndebug> "), "a = 10\nb = 27\nsum = 37\nlist = {1, 2}")
    check.equal(t:enter("sum + 1, #list", "\ndebug> "), "38\t2")
    check.equal(t:enter("p b", "\ndebug> "), "27")
    check.equal(t:enter("twice", "\ndebug> "), "nil")
    check.equal(t:enter("d", "\ndebug> "), "this is the innermost frame")
    check.match(t:enter("u", "\ndebug> "), "> input 3:1: in function 'outer'\n.*\n +^^^^^$")
    check.equal(t:enter("n, twice, hidden", "\ndebug> "), "10\t20\t7")
    t:send("twice = 21\r")
    t:expect("21\ndebug> ")
    check.equal(t:enter("twice", "\ndebug> "), "21")
    t:send("kept = twice\r")
    t:expect("twice\ndebug> ")
    check.match(t:enter("l", "\ndebug> "), "    1%-> do local hidden")
    check.match(t:enter("w", "\ndebug> "), "input 4:1: in main chunk.*\n> input 3:1: in function 'outer'.*\n  input 2:3:")
    check.match(t:enter("p nothing.x", "\ndebug> "), "^%*%*%* debug:1: attempt to index a nil value %(global 'nothing'%)")
    check.match(t:enter("= 3", "\ndebug> "), "^%*%*%* debug:1: unexpected symbol")
    t:send("half\3")
    t:expect("^C\ndebug> ")
    t:send("d\r")
    t:expect("debug> ")
    check.match(t:enter("ll", "\ndebug> "), "    1   function inner%(a, b%)\n    2.*\n    3%->   return list.x.y\n    4   end$")
    check.match(t:enter("h", "\ndebug> "), "u, up +to the caller")
    t:send("su\t\r") -- completes the frame's names
    t:expect("37\ndebug> ")
    check.equal(t:enter("q"), "")
    check.equal(t:enter("kept"), "21")
    check.match(t:enter("%debug", "\ndebug> "), "field 'x'") -- still there
    t:send("\4")
    t:expect("\n> ")
    check.equal(t:enter("1"), "1")
end)

check.test("%pdb: the debugger comes by itself", function()
    local path = check.write(check.temp(".lua"), "local deep = {}\nlocal inside = 6\nprint(deep.a.b)\n")
    local t <close> = terminal.start()
    t:enter("function f(x) local y = x * 2 return y.z.k end")
    check.equal(t:enter("%pdb on"), "the debugger comes by itself after an error")
    check.match(t:enter("f(4)", "\ndebug> "), "^input 1:1: attempt to index.*\n> input 1:1: in function 'f'\n")
    check.equal(t:enter("y", "\ndebug> "), "8")
    check.equal(t:enter("q"), "")
    check.match(t:enter("%run " .. path, "\ndebug> "), "field 'a'")
    check.equal(t:enter("inside", "\ndebug> "), "6")
    t:send("\4")
    t:expect("\n> ")
    check.match(t:enter("%time f(5)", "\ndebug> "), "attempt to index")
    t:enter("q")
    check.match(t:enter("x = = 1"), "unexpected symbol") -- nothing ran: there is nothing to look at
    t:send("print('go') while true do end\r")
    t:expect("\ngo\n")
    t:send("\3")
    check.match(t:expect("\n> "), "interrupted")
    check.equal(t:enter("%pdb"), "the debugger waits for %debug after an error")
    check.match(t:enter("f(4)"), "attempt to index")
    check.match(t:enter("%pdb maybe"), "on or off")
end)

check.test("%debug looks into a script and a network's forward", function()
    local path = check.write(check.temp(".lua"), [[
local nn = require "cnn".nn
local Net = nn.class("Net")
function Net:init() self.fc = nn.Linear(10, 2) end
function Net:forward(x)
    local flat = x:flatten(2)
    local out = self.fc(flat)
    return out
end
net = Net()
net(require "cnn".ones(4, 3, 3))
]])
    local t <close> = terminal.start()
    check.match(t:enter("%run " .. path), "needs %[N, 10%]; got %[4, 9%]")
    t:enter("%debug", "\ndebug> ")
    check.equal(t:enter("flat.shape, self == net, x:dim()", "\ndebug> "), "[4, 9]\ttrue\t3")
    t:enter("u", "\ndebug> ")
    check.match(t:enter("ll", "\ndebug> "), "   10%-> net%(")
    t:enter("q")
    t:enter("%reset -f")
    check.equal(t:enter("%debug"), "there is no error to look at")
end)

check.test("-i: after a script that fails comes the prompt, and %debug looks into it", function()
    local path = check.write(check.temp(".lua"), "function f(x)\n  local inside = x * 2\n  error('here')\nend\nf(4)\n")
    local t <close> = terminal.start { terminal.program, "-i", path, prompt = false }
    check.match(t:expect("\n> "), ":3: here\n")
    t:enter("%debug", "\ndebug> ")
    check.equal(t:enter("inside", "\ndebug> "), "8")
    t:send("\4")
    t:expect("\n> ")
    check.equal(t:enter("f ~= nil"), "true")
end)

check.test("a part of the library that is nil by its spelling is told, and nothing else that is nil", function()
    local t <close> = terminal.start()
    check.equal(t:enter("nn.Conv2D"), "nil\nnothing is called nn.Conv2D; did you mean nn.Conv2d?")
    check.equal(t:enter("nn.init.kaiming_norml_"),
        "nil\nnothing is called nn.init.kaiming_norml_; did you mean nn.init.kaiming_normal_?")
    for _, line in ipairs { "nn.zzz", "nosuch", "t = {weight = 1}", "nn.Conv2D;" } do
        check.match(t:enter(line .. " --"):gsub("^nil$", ""), "^$")
    end
    check.equal(t:enter("({weight = 1}).weigth"), "nil")
end)
