-- SPDX-License-Identifier: MIT
-- Habits from Python, and what to write instead: a line "fix: …" below those messages of Lua's own that they cause.
--
-- Only the message and the user's source are looked at, and nothing is run, so a wrong guess costs a line of text. A
-- message that is not of the form "file:line: text" stays as it is.
local lex = require "shell.lex"

local M = {}

local NAMES = {
    torch = "torch is called cnn", np = "tensors do it: cnn.tensor {1, 2, 3}", exit = "Ctrl-D leaves", quit = "Ctrl-D leaves",
    len = "#x", range = "for i = 1, n do … end", enumerate = "for i, x, y in loader:enumerate() do … end",
    isinstance = "nn.is(m, nn.Conv2d)", str = "tostring(x)", iter = "for x, y in loader do … end",
    self = "function Net:forward(x), with a colon", super = "leave it out: the module is ready when init is called",
}

-- The line with braces around every call that names arguments: f(1, a=2) → f{1, a=2}; nil where there is none.
local function with_braces(line)
    local tokens, open, swaps = lex.tokens(line), {}, {}
    for i, token in ipairs(tokens) do
        if token.text:find("^[%(%[{]$") then
            open[#open + 1] = { at = token.first, call = token.text == "(" and i > 1 and tokens[i - 1].kind == "name" }
        elseif token.text:find("^[%)%]}]$") then
            local from = table.remove(open)
            if from and from.named then swaps[from.at], swaps[token.first] = "{", "}" end
        elseif token.text == "=" and open[#open] and open[#open].call and tokens[i - 1].kind == "name" then
            open[#open].named = true
        end
    end
    if #open > 0 or not next(swaps) then return nil end
    return (line:gsub("()([%(%)])", function(at, bracket) return swaps[at] or bracket end))
end

-- out += x → out = out + x
local function without_augmented(line)
    local left, op, right = line:match("([%a_][%w_.%[%]]*)%s*([%+%-%*/])=%s*([^;]-)%s*%f[;\0]")
    if not left then return nil end
    if right:find("[^%w_.]") then right = "(" .. right .. ")" end
    return ("%s = %s %s %s"):format(left, left, op, right)
end

-- What is called is left out of the library on purpose: the sentence, and what to write instead. Without the line, a class
-- is looked for in the parts that have classes.
local function left_out(what, line)
    local names, field = package.loaded["cnn.left_out"], what:match("attempt to call a nil value %(field '([%w_]+)'%)")
    if not names or not field then return nil end
    local owner = line:match("([%a_][%w_.]*)%s*%.%s*" .. field .. "%f[^%w_]")
    for _, prefix in ipairs(owner and { owner } or field:find("^%u") and { "nn", "optim", "optim.lr_scheduler" } or {}) do
        local text, instead = names.sentence(prefix .. "." .. field)
        if text then return text .. (instead and "\n  fix: " .. instead or "") end
    end
end

-- The known field of a value of the library that is spelled nearly like this one: nn.Conv2D → nn.Conv2d
local function nearest_field(line, field)
    local signature = package.loaded["cnn.signature"]
    local owner = line:match("([%a_][%w_]*)%s*%.%s*" .. field .. "%f[^%w_]")
    if not signature or not owner then return nil end
    local full_owner, names = owner == "F" and "nn.functional" or owner, {}
    for name in signature.all() do
        local prefix, last = name:match("^(.*)%.([%w_]+)$")
        if prefix == full_owner then names[#names + 1] = last end
    end
    local name = signature.nearest(field, names)
    return name and ("%s.%s"):format(owner, name)
end

-- Pairs of what a message says and what mends it: a text, or a function of the line and the message's captures.
local MENDS = {
    { "'%)' expected near '='", function(line) return with_braces(line) or "named arguments go in braces: f{1, 2, name=3}" end },
    { "'%)' expected near ','", function(line) return line:find("%(%s*%d") and "a pair is written {5, 3}" end },
    { "near '[%+%-%*/]'", without_augmented },
    { "near '%*'", function(line) return line:find("**", 1, true) and "a power is written x ^ 2" end },
    { "near '@'", function() return "x:matmul(y)" end },
    { "'(%a+)' expected near ':'", function(_, word) return ("a block begins with %s and ends with end"):format(word) end },
    { "near '!'", function() return "~= says that two things differ" end },
    { "unexpected symbol near '%['", function() return "a list is written with braces: {1, 2}" end },
    { "unexpected symbol near ':'", function(line)
        return line:find("%[[^%]]*:") and "x[{{}, 1}]: a number selects, {a, b} is a range, {} is all"
    end },
    { "syntax error near", function(line)
        return (line:find("^%s*import%s") or line:find("^%s*from%s")) and 'local cnn = require "cnn"'
            or line:find("^%s*class%s") and 'local Net = nn.class("Net")'
            or line:find("^%s*with%s") and "cnn.no_grad(function() … end)"
            or line:find("^%s*def%s") and "function Net:forward(x) … return y end"
    end },
    { "attempt to %a+ a nil value %(global '([%w_]+)'%)", function(_, name) return NAMES[name] end },
    { "function arguments expected near", function(line)
        local object, method = line:match("([%a_][%w_]*)%s*:%s*([%a_][%w_]*)%s*%f[^%s%w_]")
        return object and ("a method is called with parentheses: %s:%s(…)"):format(object, method)
    end },
    { "attempt to index a function value %(field '([%w_]+)'%)", function(_, name)
        return ("a method is called, with a colon: x:%s(…)"):format(name)
    end },
    { "attempt to call a shape value", function() return "x.shape[1] or x:size(1)" end },
    { "attempt to [%a ]+ a nil value %(field 'integer index'%)", function(line)
        return line:find("%[%s*0%s*%]") and "lists count from 1: " .. line:gsub("%[%s*0%s*%]", "[1]"):gsub("%s+$", "")
    end },
    { "attempt to call a nil value %(field '([%w_]+)'%)", nearest_field },
    { "attempt to call a (%S+) value %(for iterator", function(_, what)
        return what == "table" and "for i, x in ipairs(…) do" or what:find("dict") and "for name, x in pairs(…) do"
            or what ~= "nil" and "for x, y in data.DataLoader{…} do"
    end },
    { "attempt to %a+ a boolean value", function(line)
        return line:find("==", 1, true) and "== tells whether two names are one tensor; x:eq(y) compares the numbers"
    end },
}

local function line_of(text, number)
    for line in (text .. "\n"):gmatch("([^\n]*)\n") do
        number = number - 1
        if number == 0 then return (line:gsub("^%s+", "")) end
    end
end

local function file_text(name)
    local file = io.open(name, "r")
    if not file then return nil end
    local text = file:read("a")
    file:close()
    return text
end

--- The message, with a fix after its first line if a habit explains it. `source` is the text that the message is about;
--- without it, the file that the message names is read.
function M.explain(message, source)
    local head, rest = message:match("^([^\n]*)(.*)$")
    local name, number, what = head:match("^(.-):(%d+): (.*)$")
    if not name then return message end
    local line = line_of(source or file_text(name) or "", tonumber(number)) or ""
    local absent = left_out(what, line)
    if absent then return ("%s:%s: %s%s"):format(name, number, absent, rest) end
    for _, mend in ipairs(MENDS) do
        local found, _, capture = what:find(mend[1])
        local fix = found and mend[2](line, capture)
        if fix then return ("%s\n  fix: %s%s"):format(head, fix, rest) end
    end
    return message
end

return M
