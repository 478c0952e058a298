-- SPDX-License-Identifier: MIT
-- Lua's own functions, for ?string.format and the like: the call, and what it does in a sentence. Those of the library
-- have descriptions of their own (cnn.signature). tests/shell/questions.lua checks that none is missing.
local TEXT = [[
assert(value, message) | Gives back its arguments, or raises the message where the value is nil or false.
collectgarbage(what="collect", …) | Collects garbage now; "count" gives the kilobytes that Lua itself uses.
dofile(path) | Runs a file of Lua and gives what it returns.
error(message, level=1) | Raises an error; with level 2 the line that is named is the caller's, with 0 none is.
getmetatable(value) | The metatable of a value, or nil.
ipairs(list) | For loops over a list: for i, x in ipairs(list) do … end, from 1 to the first nil.
load(chunk, name, mode, env) | Compiles a text and gives the function, or nil and why not.
loadfile(path, mode, env) | Compiles a file and gives the function, or nil and why not.
next(t, key) | The key behind this one and its value, in no order; nil at the end. next(t) == nil: the table is empty.
pairs(t) | For loops over a table: for key, value in pairs(t) do … end, in no order.
pcall(f, …) | Calls f: true and its results, or false and the error.
print(…) | Writes its arguments, with tabs between them, and a newline.
rawequal(a, b) | Are they the same, metatables left aside?
rawget(t, key) | The field of the table itself, without its metatable.
rawlen(v) | The length of a table or text itself, without its metatable.
rawset(t, key, value) | Sets the field of the table itself, without its metatable.
require(name) | Loads a module once and gives what it returned: require "cnn".
select(n, …) | The arguments from the n-th on; select("#", …) is how many there are.
setmetatable(t, metatable) | Gives a table its metatable, and gives the table back.
tonumber(value, base=10) | The number that a text spells, or nil.
tostring(value) | The value as a text.
type(value) | "nil" "number" "string" "boolean" "table" "function" "thread" "userdata"; a tensor is "userdata".
warn(message, …) | Writes a warning, where -W or warn("@on") has switched them on.
xpcall(f, handler, …) | Calls f as pcall does; handler(error) sees the stack and makes what is returned.
coroutine.close(co) | Ends a coroutine that waits, and closes its variables.
coroutine.create(f) | A coroutine that will run f.
coroutine.isyieldable(co) | May it wait here?
coroutine.resume(co, …) | Runs it on: true and what it yields or returns, or false and the error.
coroutine.running() | The coroutine that runs, and whether it is the main one.
coroutine.status(co) | "running" "suspended" "normal" or "dead".
coroutine.wrap(f) | A function that runs a coroutine on with each call.
coroutine.yield(…) | Waits: what resume gives to whoever runs this coroutine.
debug.debug() | Reads lines from standard input and runs them until cont; %debug does more.
debug.gethook(thread) | The function that debug.sethook has set, its mask and count.
debug.getinfo(f, what) | What is known of a function or a level of the stack: source, line, name.
debug.getlocal(f, n) | Name and value of the n-th local at a level of the stack.
debug.getmetatable(value) | The metatable, whatever __metatable says.
debug.getregistry() | The table where C keeps its values.
debug.getupvalue(f, n) | Name and value of the n-th variable that f has from outside.
debug.getuservalue(userdata, n=1) | A value that C keeps with a userdata.
debug.setcstacklimit(n) | Does nothing any more.
debug.sethook(f, mask, count=0) | Calls f at calls "c", returns "r", lines "l", or every count instructions.
debug.setlocal(level, n, value) | Sets the n-th local at a level of the stack.
debug.setmetatable(value, metatable) | Sets the metatable of any value.
debug.setupvalue(f, n, value) | Sets the n-th variable that f has from outside.
debug.setuservalue(userdata, value, n=1) | Sets a value that is kept with a userdata.
debug.traceback(message, level=1) | The stack as a text.
debug.upvalueid(f, n) | Tells which variable the n-th of f is: functions that share it have the same.
debug.upvaluejoin(f, n, g, m) | Lets f's n-th variable be g's m-th.
io.close(file) | Closes a file.
io.flush() | Writes out what waits for standard output.
io.input(file) | Sets or gives the file that io.read reads.
io.lines(path, format="l") | For loops over a file: for line in io.lines(path) do … end
io.open(path, mode="r") | A file, or nil and why not; "w" writes, "a" appends, "rb" is for bytes.
io.output(file) | Sets or gives the file that io.write writes.
io.popen(command, mode="r") | Runs a command and gives a file of what it prints; x = !command is shorter.
io.read(format="l") | Reads from standard input: "l" a line, "n" a number, "a" all, or so many bytes.
io.tmpfile() | A file that is gone when it is closed.
io.type(value) | "file", "closed file", or nil.
io.write(…) | Writes texts and numbers to standard output, with nothing between them.
math.abs(x) | The absolute value of a number.
math.acos(x) | The arc cosine, in radians.
math.asin(x) | The arc sine, in radians.
math.atan(y, x=1) | The arc tangent of y/x, in radians, in the right quadrant.
math.ceil(x) | The smallest integer that is not below x.
math.cos(x) | The cosine of x in radians.
math.cosh(x) | The hyperbolic cosine; an older function, which not every Lua has.
math.frexp(x) | x as m * 2^e; an older function, which not every Lua has.
math.ldexp(m, e) | m * 2^e; an older function, which not every Lua has.
math.log10(x) | math.log(x, 10); an older function, which not every Lua has.
math.pow(x, y) | x^y; an older function, which not every Lua has.
math.sinh(x) | The hyperbolic sine; an older function, which not every Lua has.
math.tanh(x) | The hyperbolic tangent; an older function, which not every Lua has.
math.deg(x) | Radians as degrees.
math.exp(x) | e to the power x.
math.floor(x) | The largest integer that is not above x; x // 1 is a float where x is.
math.fmod(x, y) | The remainder of x/y that has the sign of x; x % y has that of y.
math.log(x, base=e) | The logarithm.
math.max(x, …) | The largest of its arguments; of a tensor: x:max().
math.min(x, …) | The smallest of its arguments; of a tensor: x:min().
math.modf(x) | The whole part and the rest.
math.rad(x) | Degrees as radians.
math.random(m, n) | A number in [0, 1), or an integer from 1 to m, or from m to n. Tensors: cnn.rand, cnn.randint.
math.randomseed(seed) | Begins math.random's numbers anew; cnn.manual_seed is for those of tensors.
math.sin(x) | The sine of x in radians.
math.sqrt(x) | The square root of a number.
math.tan(x) | The tangent of x in radians.
math.tointeger(x) | The integer that x is, or nil.
math.type(x) | "integer", "float", or nil for what is no number.
math.ult(a, b) | Is a below b, both taken as unsigned?
os.clock() | Seconds of the processor's time that the program has used; %time is for measuring.
os.date(format="%c", time) | The time as a text, or with "*t" as a table.
os.difftime(a, b) | Seconds from b to a.
os.execute(command) | Runs a command: true or nil, "exit" or "signal", and the status; !command is shorter.
os.exit(status=true) | Ends the program.
os.getenv(name) | A variable of the environment, or nil.
os.remove(path) | Deletes a file.
os.rename(from, to) | Gives a file another name.
os.setlocale(locale, category="all") | Sets C's locale.
os.time(table) | Seconds since 1970, now or of a table with year, month and day.
os.tmpname() | A name for a file for a while.
package.loadlib(path, name) | Loads a function from a library written in C.
package.searchpath(name, path) | The file where require would find a module.
string.byte(s, i=1, j=i) | The bytes from i to j as numbers.
string.char(…) | The text of these bytes.
string.dump(f, strip=false) | A function compiled, as a text.
string.find(s, pattern, from=1, plain=false) | Where a pattern is: first and last byte, what its (…) hold; nil if nowhere.
string.format(form, …) | A text with values in it: ("%d: %.3f %s"):format(1, 2.5, "x"); %5.2f is as in C, %q quotes.
string.gmatch(s, pattern) | For loops over what fits a pattern: for word in s:gmatch "%a+" do … end
string.gsub(s, pattern, by, most) | Replaces what fits a pattern by a text, or what a table or function has for it.
string.len(s) | How many bytes; utf8.len counts characters.
string.lower(s) | The text in small letters.
string.match(s, pattern, from=1) | What fits a pattern, or what its (…) hold; nil where nothing does.
string.pack(form, …) | Values as bytes, in the form's order and sizes.
string.packsize(form) | How many bytes string.pack gives.
string.rep(s, n, between="") | The text n times.
string.reverse(s) | The bytes in reverse.
string.sub(s, i, j=-1) | The bytes from i to j; negative ones count from the end.
string.unpack(form, s, from=1) | Values from bytes, and where the next ones begin.
string.upper(s) | The text in capitals.
table.concat(list, between="", i=1, j=#list) | The texts and numbers of a list in one text.
table.insert(list, at, value) | Puts a value into a list; table.insert(list, value) puts it at the end.
table.move(from, first, last, at, to=from) | Copies a part of a list to another place, or into another list.
table.pack(…) | A list of its arguments, with their number as n.
table.remove(list, at=#list) | Takes a value out of a list and gives it.
table.sort(list, before) | Sorts a list in place, by before(a, b) where that is given.
table.unpack(list, i=1, j=#list) | The values of a list as arguments: f(table.unpack(list)).
utf8.char(…) | The text of these characters' numbers.
utf8.codepoint(s, i=1, j=i) | The numbers of the characters that begin between bytes i and j.
utf8.codes(s) | For loops over characters: for position, code in utf8.codes(s) do … end
utf8.len(s, i=1, j=-1) | How many characters, or nil and the first byte that belongs to none.
utf8.offset(s, n, i) | The byte where the n-th character begins.
]]

local M = {}

local by_name
local function all()
    if by_name then return by_name end
    by_name = {}
    for line in TEXT:gmatch("[^\n]+") do
        local call, doc = line:match("^(.-) | (.*)$")
        by_name[call:match("^[^(]+")] = { call = call, doc = doc }
    end
    return by_name
end

--- The call and what it does, for a function that Lua itself brings; nil for others. It is found by its value, so that a
--- name which the user gave it answers, too.
function M.describe(f)
    for name, entry in pairs(all()) do
        local part, field = name:match("^(%w+)%.([%w_]+)$")
        local value = part and package.loaded[part] and rawget(package.loaded[part], field) or rawget(_G, name)
        if rawequal(value, f) then return entry.call, entry.doc end
    end
end

return M
