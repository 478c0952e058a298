-- SPDX-License-Identifier: MIT
-- What a wrong call says, whole: says(f, "shape error in fc", "Linear(…) needs …", "fix: …").
--
-- The first text is the message's head up to the place; the place must be a line of the running test file, quoted. The
-- others are the lines below it, without their indentation, each equal or (where it begins with ^) matched as a pattern.
-- So a message that loses its numbers, its place or its mend fails here. Returns the error.
local check = require "check"

return function(f, head, ...)
    local ok, e = pcall(f)
    if not ok and type(e) == "table" and e.why then error(e, 0) end -- a skipped test
    if ok then check.fail("no error; expected %s", head) end
    local text, wanted, lines = tostring(e), { ... }, {}
    for line in (text .. "\n"):gmatch("([^\n]*)\n") do lines[#lines + 1] = line end
    local kind, file, quoted = lines[1]:match("^(.-) at (%S+):%d+   (.+)$")
    if kind ~= head then check.fail("the head is not %q, with a place and its line:\n%s", head, text) end
    if not file:find(check.file, 1, true) then check.fail("the place is not in %s:\n%s", check.file, text) end
    if #quoted < 3 then check.fail("no line is quoted:\n%s", text) end
    for i = 2, math.max(#lines, #wanted + 1) do
        local line, want = lines[i] and lines[i]:gsub("^  ", ""), wanted[i - 1]
        local same = line and want and (line == want or want:sub(1, 1) == "^" and line:find(want) ~= nil)
        if not same then check.fail("line %d is not\n  %s\nbut in\n%s", i, tostring(want), text) end
    end
    return e
end
