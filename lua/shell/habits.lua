-- SPDX-License-Identifier: MIT
-- Habits from Python, and what to write instead: a line "fix: …" below those messages of Lua's own that they cause.
--
-- Only the message and the user's source are looked at, and nothing is run, so a wrong guess costs a line of text. A
-- message that is not of the form "file:line: text" stays as it is.
local lex = require "shell.lex"
local python = require "shell.python"

local M = {}

local NAMES = {
    torch = "torch is called cnn", np = "tensors do it: cnn.tensor {1, 2, 3}", exit = "Ctrl-D leaves", quit = "Ctrl-D leaves",
    len = "#x", range = "for i = 1, n do … end", enumerate = "for i, x, y in loader:enumerate() do … end",
    isinstance = "nn.is(m, nn.Conv2d)", str = "tostring(x)", iter = "for x, y in loader do … end",
    self = "function Net:forward(x), with a colon", super = "leave it out: the module is ready when init is called",
    int = "math.floor(x), or x:long() of a tensor", float = "tonumber(text), or x:float() of a tensor",
    max = "math.max(a, b), or x:max() of a tensor", min = "math.min(a, b), or x:min() of a tensor",
    abs = "math.abs(x), or x:abs() of a tensor", sum = "x:sum() of a tensor; a loop for a list",
    round = "math.floor(x + 0.5), or x:round() of a tensor", open = "io.open(path)", input = "io.read()",
    zip = "for i = 1, #a do … a[i], b[i] … end", list = "a list is written {1, 2, 3}", dict = "a dictionary is written {name = value}",
    summary = "cnn.summary(net, 3, 32, 32), with the sizes of one input", dir = "nn. and Tab list what is in nn; so does ?nn",
    help = "?name, at the prompt", sorted = "table.sort(list)",
    reversed = "for i = #list, 1, -1 do … end", tuple = "a list is written {1, 2, 3}", hasattr = "x.name ~= nil",
    getattr = "x[name]", setattr = "x[name] = value", any = "x:any() of a tensor", all = "x:all() of a tensor",
    time = "os.time(), or os.clock() for the processor's", random = "math.random(1, 6), or cnn.rand(3)",
}
M.names = NAMES

-- Names for which the whole line can be said, where it can.
local IN_LINES = { torch = "torch is called cnn: %s", len = "%s", isinstance = "%s", str = "%s", f = "%s" }

-- What the prompt has from the start; a script and plain Lua fetch it.
local LIBRARY = { nn = "cnn.nn", F = "cnn.nn.functional", optim = "cnn.optim", data = "cnn.data", datasets = "cnn.datasets",
    transforms = "cnn.transforms", plt = "cnn.plt" }

-- The lines that bring all the names which a script uses, once one of them was missing.
local function fetching(missing, source)
    if not LIBRARY[missing] and missing ~= "cnn" then return nil end
    local names, values = {}, {}
    for _, name in ipairs { "nn", "F", "optim", "data", "datasets", "transforms", "plt" } do
        local used = name == missing or source:find("%f[%w_.:]" .. name .. "%s*%.%s*[%a_]")
        if used and not source:find("local[%w_%s,]*%f[%w_]" .. name .. "%f[^%w_]") then
            names[#names + 1], values[#values + 1] = name, LIBRARY[name]
        end
    end
    local first = source:find("%f[%w_]cnn%s*=%s*require") and "" or 'local cnn = require "cnn"'
    if #names == 0 then return first ~= "" and first or nil end
    return ("%s%slocal %s = %s"):format(first, first ~= "" and "; " or "", table.concat(names, ", "), table.concat(values, ", "))
end

-- Python's block headers, `keyword rest:`, and Lua's: the keyword and what stands between it and the colon.
local BLOCKS = {
    ["for"] = function(rest)
        local i, first, last = rest:match("^([%a_][%w_]*)%s+in%s+range%s*%(%s*([^,()]+)%s*,?%s*([^,()]*)%)%s*$")
        if i and last == "" then return ("for %s = 1, %s do … end"):format(i, first) end
        if i then return ("for %s = %s, %s - 1 do … end"):format(i, first, last) end
        local names, source = rest:match("^(.-)%s+in%s+enumerate%s*%(%s*([^(),]+)[^()]*%)%s*$")
        if names then return ("for %s in %s:enumerate() do … end"):format(names:gsub("[()]", ""), source) end
        names, source = rest:match("^(.-)%s+in%s+(%S.-)%s*$")
        if not names then return nil end
        names = names:gsub("[()]", "")
        local list = names:find(",") and "" or ("   (a list: for i, %s in ipairs(%s) do … end)"):format(names, source)
        return ("for %s in %s do … end%s"):format(names, source, list)
    end,
    ["while"] = function(rest) return ("while %s do … end"):format(rest) end,
    ["if"] = function(rest) return ("if %s then … end"):format(rest) end,
    elif = function(rest) return ("elseif %s then"):format(rest) end,
    ["else"] = function() return "else without a colon; end closes the whole" end,
    class = function(rest)
        local name = rest:match("^([%a_][%w_]*)%s*%(") or rest:match("^([%a_][%w_]*)$")
        return name and ('local %s = nn.class("%s")'):format(name, name)
    end,
    def = function(rest)
        local name, arguments = rest:match("^([%a_][%w_]*)%s*%((.*)%)")
                if not name then return nil end
        local method, others = arguments:match("^%s*(self)%s*,?%s*(.*)$")
        local list = (others or arguments):gsub("%s*=[^,]*", "")
        if name == "__init__" then name = "init" end
        return ("function %s%s(%s) … end"):format(method and "Net:" or "", name, list)
    end,
    with = function(rest)
        local name = rest:find("autocast", 1, true) and "autocast" or "no_grad"
        return rest:find("(", 1, true) and "cnn." .. name .. "(function() … end)"
    end,
    try = function() return "local ok, message = pcall(function() … end)" end,
    except = function() return "local ok, message = pcall(function() … end)" end,
}

-- Python's signs and constants in a condition.
local function in_lua(text)
    return (text:gsub("!=", "~="):gsub("%f[%w_]True%f[^%w_]", "true"):gsub("%f[%w_]False%f[^%w_]", "false")
        :gsub("%f[%w_]is%s+None%f[^%w_]", "== nil"):gsub("%f[%w_]None%f[^%w_]", "nil"))
end

-- The nearest block of Python's at line `number` or above it.
local function python_block(source, number)
    local found, at, count, blocks = nil, nil, 0, 0
    for line in (source .. "\n"):gmatch("([^\n]*)\n") do
        count = count + 1
        local keyword, rest = line:match("^%s*(%a+)%f[^%w_]%s*(.-)%s*:%s*$")
        if not keyword then keyword, rest = line:match("^%s*(%a+)%f[^%w_]%s*(.-)%s*:%s+pass%s*$") end
        local fix = keyword and BLOCKS[keyword] and not rest:find("%-%-") and BLOCKS[keyword](in_lua(rest))
        if fix then blocks = blocks + 1 end
        if fix and count <= number then found, at = fix, count end
    end
    if not found then return nil end
    local all = blocks > 1 and "   (this is Python throughout: doc/notebook.md has the lab's cells side by side)" or ""
    return (at == number and found or ("line %d: %s"):format(at, found)) .. all
end

-- The text with the insides of strings and comments blotted out.
local function without_texts(source)
    local out, at = {}, 1
    for _, token in ipairs(lex.tokens(source)) do
        if token.kind == "string" or token.kind == "comment" then
            out[#out + 1] = source:sub(at, token.first - 1) .. token.text:gsub("[^\n]", "_")
            at = token.last + 1
        end
    end
    return table.concat(out) .. source:sub(at)
end

--- Has the text, which is not finished as Lua, a block of Python's in it: for i in range(10): ? More lines would not end it.
function M.has_python_block(source)
    return source:find(":%s", 1) ~= nil and python_block(without_texts(source), math.huge) ~= nil
        or source:find(":%s*$") ~= nil and python_block(without_texts(source), math.huge) ~= nil
end

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
    local left, op, right = line:match("([%a_][%w_.%[%]]*)%s*([%+%-%*/%%]+)=%s*([^;]-)%s*%f[;\0]")
    if op == "**" then op = "^" end
    if line:find("^%s*[%w_.]+%s*%+%+%s*;?%s*$") then left, op, right = line:match("[%w_.]+"), "+", "1" end
    if not left then return nil end
    if right:find("[^%w_.]") then right = "(" .. right .. ")" end
    return ("%s = %s %s %s"):format(left, left, op, right)
end

-- solve{in=32} → solve{input=32}; f{end=3} → f{["end"]=3}: a word of Lua's as the name of an argument.
local function without_keyword(line, word)
    local before, after = line:match("^(.*[{,(]%s*)" .. word .. "%s*=%s*([^=].*)$")
    if not before then return nil end
    return before .. (word == "in" and before:find("solve%s*{") and "input" or ('["%s"]'):format(word)) .. "=" .. after
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

-- The known field of a value of the library that is spelled nearly like the one of the message: nn.Conv2D → nn.Conv2d.
-- missing.lua knows better wherever it sees the stack of the error.
local function nearest_field(what, line)
    local field = what:match("attempt to %a+ a nil value %(field '([%w_]+)'%)$")
    if not field then return nil end
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

-- import torch.nn as nn: the prompt has it, a script fetches it.
local function importing(line)
    local module = line:match("^%s*import%s+([%w_.]+)") or line:match("^%s*from%s+([%w_.]+)%s+import")
    if not module then return nil end
    local name = ({ nn = "nn", functional = "F", optim = "optim", data = "data", datasets = "datasets", transforms = "transforms",
        pyplot = "plt" })[module:match("[%w_]+$")]
    local fetch = 'local cnn = require "cnn"' .. (name and ("; local %s = %s"):format(name, LIBRARY[name]) or "")
    if module:find("^torch") or name then return fetch .. "   (the prompt has cnn, nn, F, optim, data, datasets, transforms, plt)" end
    if module:find("^numpy") then return "tensors do it: cnn.tensor {1, 2, 3}, cnn.linspace(0, 1, 5)" end
    return ('local %s = require "%s" for a module of Lua\'s; os.time(), os.clock(), math.pi need none')
        :format(module:match("^[%w_]+"), module)
end

-- Pairs of what a message says and what mends it: a function of the line, the message's capture, the whole source and the
-- line's number. The first that answers counts.
local MENDS = {
    { "near", function(_, _, source, number) return python_block(source, number) end },
    { "near", python.line },
    { "near", function(line)
        return line:find("%f[%w]lambda%f[%W]") and "function(x) return … end"
            or line:find("^%s*for%s.*%f[%w]enumerate%s*%(") and "for i, x, y in loader:enumerate() do … end"
            or line:find("^%s*continue%s*;?%s*$") and "goto continue, and ::continue:: before the loop's end"
            or line:find('"""', 1, true) and "-- for a comment; [[ … ]] for a text of several lines"
    end },
    { "near '(%l+)'", without_keyword },
    { "near '#'", function(line) return line:find("^%s*#") and "a comment begins with --" end },
    { "near '&'", function() return "a and b" end },
    { "near '|'", function(line) return line:find("||", 1, true) and "a or b" end },
    { "'then' expected near 'else'", function(line)
        local value, condition, other = line:match("=%s*(.-)%s+if%s+(.-)%s+else%s+(.-)%s*$")
        return value and ("%s and %s or %s"):format(condition, value, other)
    end },
    { "'%]' expected near ':'", function() return "x[{{1, 3}}] is a range; both ends count, and counting begins at 1" end },
    { "'}' expected near ':'", function() return "{name = value}, or {[1] = value}" end },
    { "'%)' expected near '='", function(line) return with_braces(line) or "named arguments go in braces: f{1, 2, name=3}" end },
    { "'%)' expected near ','", function(line) return line:find("%(%s*%d") and "a pair is written {5, 3}" end },
    { "near '[%+%-%*/%%]+'", without_augmented },
    { "near '%*'", function(line) return line:find("**", 1, true) and "a power is written x ^ 2" end },
    { "near '@'", function() return "x:matmul(y)" end },
    { "'(%a+)' expected near ':'", function(_, word) return ("a block begins with %s and ends with end"):format(word) end },
    { "near '!'", function() return "~= says that two things differ" end },
    { "unexpected symbol near '%['", function() return "a list is written with braces: {1, 2}" end },
    { "unexpected symbol near ':'", function(line)
        return line:find("%[[^%]]*:") and "x[{{}, 1}]: a number selects, {a, b} is a range, {} is all"
    end },
    { "syntax error near", function(line)
        return importing(line)
            or line:find("^%s*class%s") and 'local Net = nn.class("Net")'
            or line:find("^%s*with%s+.*autocast") and "cnn.autocast(function() … end)"
            or line:find("^%s*with%s") and "cnn.no_grad(function() … end)"
            or line:find("^%s*def%s") and "function Net:forward(x) … return y end"
            or line:find("^%s*elif%s") and "elseif … then"
            or line:find("^%s*del%s") and line:gsub("^%s*del%s+([%w_.]+).*$", "%1 = nil")
            or line:find("^%s*print%s") and "print(…)" or line:find("^%s*assert%s") and "assert(…)"
    end },
    { "global 'f'", function(line)
        return line:find("%f[%w_]f[\"']") and python.line(line) or line:find("%f[%w_]f[\"']") and '("loss %.4f"):format(x)'
    end },
    { "attempt to add a 'string' with a 'string'", function() return "texts are joined by two dots: a .. b" end },
    { "attempt to mod a 'string' with", function(line) return python.line(line) or '("%.3f"):format(x)' end },
    { "attempt to %a+ a nil value %(global '([%w_]+)'%)", function(line, name, source)
        local whole = IN_LINES[name] and python.line(line)
        return whole and IN_LINES[name]:format(whole) or NAMES[name] or fetching(name, source)
    end },
    { "function arguments expected near", function(line)
        local object, method = line:match("([%a_][%w_]*)%s*:%s*([%a_][%w_]*)%s*%f[^%s%w_]")
        return object and ("a method is called with parentheses: %s:%s(…)"):format(object, method)
    end },
    { "attempt to index a function value %(field '([%w_]+)'%)", function(_, name)
        return ("a method is called, with a colon: x:%s(…)"):format(name)
    end },
    { "attempt to call a nil value %(field 'device'%)", function() return 'a device is its name: "cpu" or "cuda:0"' end },
    { "attempt to call a tensor value", function() return "x[1] is an element, x:sum() calls a method" end },
    { "attempt to call a shape value", function() return "x.shape[1] or x:size(1)" end },
    { "attempt to [%a ]+ a nil value %(field 'integer index'%)", function(line)
        return line:find("%[%s*0%s*%]") and "lists count from 1: " .. line:gsub("%[%s*0%s*%]", "[1]"):gsub("%s+$", "")
    end },
    { "attempt to call a (%S+) value %(for iterator", function(line, what)
        local name, list = line:match("for%s+([%a_][%w_]*)%s+in%s+(.-)%s+do%f[^%w_]")
        return what == "table" and ("for i, %s in ipairs(%s) do"):format(name or "x", list or "…")
            or what:find("dict") and "for name, x in pairs(…) do"
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
    local text = source or file_text(name) or ""
    local line = line_of(text, tonumber(number)) or ""
    local absent = left_out(what, line)
    if absent then return ("%s:%s: %s%s"):format(name, number, absent, rest) end
    for _, mend in ipairs(MENDS) do
        local found, _, capture = what:find(mend[1])
        local fix = found and mend[2](line, capture, text, tonumber(number))
        if fix then return ("%s\n  fix: %s%s"):format(head, fix, rest) end
    end
    local meant = nearest_field(what, line)
    return meant and ("%s; did you mean %s?%s"):format(head, meant, rest) or message
end

return M
