-- SPDX-License-Identifier: MIT
-- A line of Python as the line of Lua that does the same, for messages: out += f(x, dim=1)[:, 0] and its kind.
--
-- The tokens are rewritten one habit after the other; what comes out counts only where Lua can read it, so what is not
-- known here gives nothing instead of something wrong. Counting is changed where the line is Python's beyond doubt: in
-- slices, and for dimensions in calls that were written with a dot.
local lex = require "shell.lex"

local M = {}

local WORDS = { True = "true", False = "false", None = "nil" }
local CALLS = { len = "#", str = "tostring", isinstance = "nn.is", int = "math.floor" }

-- Names before whose dot stands no object: cnn.ones(…) stays as it is.
local PARTS = {}
for name in ("cnn torch nn F optim data datasets transforms plt math string table io os utf8 coroutine debug np"):gmatch("%w+") do
    PARTS[name] = true
end

-- Methods of networks, optimisers and loaders; those of tensors are looked up. A network's own layers (self.relu) are fields.
local METHODS = {}
for name in ([[parameters named_parameters buffers modules named_modules children state_dict load_state_dict train eval
    zero_grad step backward append to apply]]):gmatch("[%w_]+") do
    METHODS[name] = true
end
-- Methods whose first number is a dimension.
local DIMS = {}
for name in ([[size argmax argmin sum mean std var max min amax amin softmax log_softmax flatten unsqueeze squeeze cumsum
    norm prod sort]]):gmatch("[%w_]+") do
    DIMS[name] = true
end

-- ---- tokens ------------------------------------------------------------------------------------------------------------

-- Tokens with the blanks before them as `gap`; a comment of Python's ends them.
local function read(line)
    local list, at = {}, 1
    for _, token in ipairs(lex.tokens(line)) do
        local before = list[#list]
        local value = before and (before.kind ~= "symbol" or before.text:find("^[%)%]}]"))
        if token.text == "#" and value and token.first > at then break end
        token.gap, at = line:sub(at, token.first - 1), token.last + 1
        list[#list + 1] = token
    end
    return list
end

local function write(tokens)
    local out = {}
    for _, token in ipairs(tokens) do out[#out + 1] = (token.gap or "") .. token.text end
    return table.concat(out)
end

local function is_value(token)
    return token ~= nil and (token.kind == "name" or token.kind == "number" or token.kind == "string"
        or token.text:find("^[%)%]}]+$") ~= nil)
end

local CLOSING = { ["("] = ")", ["["] = "]", ["{"] = "}" }

-- The bracket that closes the one at `at`.
local function closing(tokens, at)
    local depth = 0
    for i = at, #tokens do
        if CLOSING[tokens[i].text] then depth = depth + 1 end
        if tokens[i].text:find("^[%)%]}]$") then
            depth = depth - 1
            if depth == 0 then return i end
        end
    end
end

-- Positions between the brackets at `first` and `last`, outside of inner brackets, that hold this text.
local function inside(tokens, first, last, text)
    local found, depth = {}, 0
    for i = first + 1, last - 1 do
        local this = tokens[i].text
        if this:find("^[%)%]}]$") then depth = depth - 1 end
        if depth == 0 and this == text then found[#found + 1] = i end
        if CLOSING[this] then depth = depth + 1 end
    end
    return found
end

-- ---- texts with values in them ---------------------------------------------------------------------------------------------

-- "{x:.4f}" → "%.4f" and the expressions; nil for what string.format lacks.
local function format_of(text)
    local arguments, ok = {}, true
    text = text:gsub("%%", "%%%%"):gsub("{{", "\1"):gsub("}}", "\2")
    text = text:gsub("{([^{}]*)}", function(field)
        local expression, spec = field:match("^([^:]*):?(.*)$")
        arguments[#arguments + 1] = expression
        if spec == "" then return "%s" end
        if spec:find("^[<>]?%d+$") then return "%" .. spec:gsub("^<", "-"):gsub("^>", "") .. "s" end
        ok = ok and spec:find("^[+]?%d*%.?%d*[dfgeEx]$") ~= nil
        return "%" .. spec
    end)
    return ok and text:gsub("\1", "{"):gsub("\2", "}"), arguments
end

-- The last token of what stands behind "…" %
local function operand(tokens, at)
    local depth = 0
    for i = at, #tokens do
        if depth == 0 and tokens[i].text:find("^[%)%]},;]$") then return i - 1 end
        if CLOSING[tokens[i].text] then depth = depth + 1 elseif tokens[i].text:find("^[%)%]}]$") then depth = depth - 1 end
    end
    return #tokens
end

-- f"loss {loss.item():.2f}" and "loss {:.2f}".format(loss.item())
local function formatted(tokens)
    for i = #tokens, 1, -1 do
        local token, before = tokens[i], tokens[i - 1]
        if token.kind == "string" and before and before.text:find("^[fF]$") and before.last + 1 == token.first then
            local text, arguments = format_of(token.text)
            if not text then return false end
            for k, expression in ipairs(arguments) do
                arguments[k] = M.rewrite(expression):gsub(":mean%(%)$", "%0:item()"):gsub(":std%(%)$", "%0:item()")
            end
            before.text, token.text = ("(%s):format(%s)"):format(text, table.concat(arguments, ", ")), ""
        elseif token.kind == "string" and tokens[i + 2] and tokens[i + 1].text == "." and tokens[i + 2].text == "format" then
            local text = format_of(token.text)
            if not text then return false end
            token.text, tokens[i + 1].text = "(" .. text .. ")", ":"
        elseif token.kind == "string" and tokens[i + 1] and tokens[i + 1].text == "%" and tokens[i + 2] then
            local tuple = tokens[i + 2].text == "("
            token.text, tokens[i + 1].text, tokens[i + 1].gap, tokens[i + 2].gap = "(" .. token.text .. ")", ":format", "", ""
            tokens[i + 2].kept = tuple
            if not tuple then
                local last = operand(tokens, i + 2)
                tokens[i + 1].text = ":format("
                table.insert(tokens, last + 1, { kind = "symbol", text = ")", first = -1, last = -1 })
            end
        end
    end
    return true
end

-- ---- words and signs ---------------------------------------------------------------------------------------------------

local function signs(tokens, notes)
    for i, token in ipairs(tokens) do
        local before, after = tokens[i - 1], tokens[i + 1]
        local free = not (before and before.text:find("^[.:]$"))
        local joined = after and after.first == token.last + 1
        if token.kind == "name" and free then
            if WORDS[token.text] then token.text = WORDS[token.text] end
            if token.text == "torch" and after and after.text == "." then token.text = "cnn" end
            if CALLS[token.text] and after and after.text == "(" then
                local last = token.text == "len" and closing(tokens, i + 1)
                token.text = CALLS[token.text]
                if last == i + 3 then after.text, tokens[last].text = "", "" end -- #x for #(x)
            end
            if token.text == "is" and after then token.text = "==" end
        elseif token.text == "!" and joined and after.text == "=" then
            token.text, after.text, notes.unequal = "~", "=", true
        elseif token.text == "*" and joined and after.text == "*" and (not tokens[i + 2] or tokens[i + 2].text ~= "=") then
            token.text, after.text = "^", ""
        end
    end
end

-- A if C else B → C and A or B
local function choices(tokens)
    for k = 2, #tokens do
        if tokens[k].text == "if" then
            local first, depth = k, 0
            while first > 1 and not (depth == 0 and tokens[first - 1].text:find("^[%(%[{,=]$")) do
                first = first - 1
                if tokens[first].text:find("^[%)%]}]$") then depth = depth + 1 end
                if CLOSING[tokens[first].text] then depth = depth - 1 end
            end
            local last, other = #tokens, nil
            depth = 0
            for i = k + 1, #tokens do
                if depth == 0 and tokens[i].text:find("^[%)%]},]$") then last = i - 1 break end
                if CLOSING[tokens[i].text] then depth = depth + 1 elseif tokens[i].text:find("^[%)%]}]$") then depth = depth - 1 end
                if tokens[i].text == "else" and depth == 0 then other = i end
            end
            if not other then return end
            local list, gap = {}, tokens[first].gap
            tokens[first].gap = " "
            table.move(tokens, k + 1, other - 1, 1, list)
            list[1].gap = gap
            list[#list + 1] = { kind = "keyword", text = "and", gap = " " }
            table.move(tokens, first, k - 1, #list + 1, list)
            list[#list + 1] = { kind = "keyword", text = "or", gap = " " }
            table.move(list, 1, #list, first, tokens)
            return
        end
    end
end

-- ---- brackets -------------------------------------------------------------------------------------------------------------

-- One entry of x[…]: a number or a range of Python's, as Lua's; nil for what is not known. Where nothing shows that the
-- numbers are Python's, they stay (`kept`).
local function entry(text, kept)
    local from, to = text:match("^%s*([^:]*)%s*:%s*([^:]*)%s*$")
    local function up(value) -- an index from 0 as one from 1
        if lex.keywords[value] then return nil end
        local n = math.tointeger(tonumber(value))
        if n then return tostring(n >= 0 and n + 1 or n) end
        return value:find("^[%a_][%w_.]*$") and value .. " + 1" or nil
    end
    if kept then return text:match("^%s*(%S.-)%s*$") end
    if not from then return up(text:match("^%s*(.-)%s*$")) end
    from, to = from:gsub("%s+$", ""), to:gsub("%s+$", "")
    if from == "" and to == "" then return "{}" end
    local n = math.tointeger(tonumber(to))
    local first, last = from == "" and "1" or up(from), to == "" and "-1" or n and n < 0 and tostring(n - 1) or to
    return first and ("{%s, %s}"):format(first, last)
end

-- x[:, 0] → x[{{}, 1}]
local function slice(tokens, first, last)
    local parts, from = {}, first + 1
    local kept = #inside(tokens, first, last, ":") == 0 and #inside(tokens, first, last, "0") == 0
    local commas = inside(tokens, first, last, ",")
    commas[#commas + 1] = last
    for _, comma in ipairs(commas) do
        parts[#parts + 1] = entry(write(table.move(tokens, from, comma - 1, 1, {})), kept)
        if not parts[#parts] then return false end
        from = comma + 1
    end
    if #parts ~= #commas then return false end
    for i = first + 1, last - 1 do tokens[i].text, tokens[i].gap, tokens[i].kind = "", "", "symbol" end
    tokens[first + 1].text = "{" .. table.concat(parts, ", ") .. "}"
    return true
end

local function square(tokens, i, last, notes)
    local commas, colons = #inside(tokens, i, last, ","), #inside(tokens, i, last, ":")
    if not is_value(tokens[i - 1]) then
        tokens[i].text, tokens[last].text = "{", "}"
    elseif commas + colons > 0 then
        notes.slice = slice(tokens, i, last)
    elseif last == i + 2 and tokens[i + 1].text == "0" then
        tokens[i + 1].text = "1"
    end
end

local function round(tokens, i, last)
    local before, equal = tokens[i - 1], inside(tokens, i, last, "==")
    if is_value(before) then
        for _, at in ipairs(inside(tokens, i, last, "=")) do
            if tokens[at - 1].kind == "name" then tokens[i].text, tokens[last].text = "{", "}" end
        end
    elseif #inside(tokens, i, last, ",") > 0 and not tokens[i].kept and not (before and before.text == "function") then
        tokens[i].text, tokens[last].text = "{", "}" -- a tuple
    elseif #equal == 1 and tokens[last + 1] and tokens[last + 1].text == "." then
        local at = tokens[equal[1]] -- (a == b).sum()
        at.text, at.gap, tokens[equal[1] + 1].gap, tokens[last].text = ":eq(", "", "", "))"
    end
end

local function brackets(tokens, notes)
    for i = 1, #tokens do
        local last = CLOSING[tokens[i].text] and closing(tokens, i)
        if last and tokens[i].text == "[" then square(tokens, i, last, notes) end
        if last and tokens[i].text == "(" then round(tokens, i, last) end
    end
end

-- ---- methods --------------------------------------------------------------------------------------------------------------

-- Is what ends before the dot at `at` an object, and not a part of the library?
local function is_object(tokens, at)
    local i = at - 1
    if not tokens[i] or tokens[i].kind ~= "name" then return tokens[i] ~= nil and is_value(tokens[i]) end
    while tokens[i - 1] and tokens[i - 1].text == "." and tokens[i - 2] and tokens[i - 2].kind == "name" do i = i - 2 end
    local root = tokens[i].text
    return not PARTS[root] and not (root == "self" and i == at - 1 and not METHODS[tokens[at + 1].text])
end

local function one_more(token)
    local n = token and token.kind == "number" and math.tointeger(tonumber(token.text))
    if n then token.text = tostring(n + 1) end
end

local function methods(tokens)
    local ok, core = pcall(require, "cnn.core")
    if ok then pcall(function() return require("cnn").ones end) end -- who adds the methods
    for i = 2, #tokens - 2 do
        local name = tokens[i + 1].text
        local called = tokens[i].text == "." and (tokens[i + 2].text == "(" or tokens[i + 2].text == "{")
        if called and (METHODS[name] or ok and rawget(core.methods, name)) and is_object(tokens, i) then
            tokens[i].text = ":"
            if DIMS[name] then one_more(tokens[i + 3]) end
        elseif called and DIMS[name] and tokens[i - 1].text == "cnn" and tokens[i - 1].python then
            local comma = inside(tokens, i + 2, closing(tokens, i + 2) or i + 2, ",")[1]
            one_more(comma and tokens[comma + 1])
        end
    end
end

-- ---- a line ---------------------------------------------------------------------------------------------------------------

-- x += y → x = x + y
local function augmented(text)
    local left, op, right = text:match("^(%s*[%a_][%w_.%[%]]*)%s*([%+%-%*/%%]+)=%s*(.-)%s*$")
    if not left then return text end
    if right:find("[^%w_.]") then right = "(" .. right .. ")" end
    return ("%s = %s %s %s"):format(left, left:match("%S+"), op == "**" and "^" or op, right)
end

--- The text in Lua's words, as far as they are known here; `notes` gets what else is to be said.
function M.rewrite(text, notes)
    notes = notes or {}
    local tokens = read(text)
    for _, token in ipairs(tokens) do token.python = token.text == "torch" end
    if not formatted(tokens) then return text end
    signs(tokens, notes)
    choices(tokens)
    brackets(tokens, notes)
    methods(tokens)
    text = write(tokens):gsub("%f[%w_]cnn%.utils%.data%.", "data."):gsub("%f[%w_]cnn%.device(%b())", function(call)
        return call:match("^%(([\"'][%w:]+[\"'])%)$") or call -- a device is its name
    end)
    return (augmented(text):gsub("^print%s+([^%s%(].*)$", "print(%1)"))
end

--- The line of Lua for a line of Python, or nil where there is none: f(3, pad=(1, 2)) → f{3, pad={1, 2}}
function M.line(line)
    line = line:match("^%s*(.-)%s*$")
    local notes = {}
    local ok, text = pcall(M.rewrite, line, notes)
    if not ok or text == line or not (load(text, "=t") or load("return " .. text, "=t")) then return nil end
    if notes.slice then text = text .. "   (a number selects, {a, b} is a range with both ends, {} is all)" end
    if notes.unequal then text = text .. "   (of tensors, x:ne(y) compares the numbers)" end
    return text
end

return M
