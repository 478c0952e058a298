-- SPDX-License-Identifier: MIT
-- One description per public function: the call check, the messages, the help and the manual all read it.
--
--     local conv2d = signature{ name = "F.conv2d",
--         {"input", "tensor", doc="[N, C, H, W]"}, {"stride", "size2", default=1, min=1}, {"bias", "tensor", optional=true},
--         returns = "tensor [N, K, P, Q]", doc = [[…]], shape = [[…]], example = [[…]], see = {"nn.Conv2d"},
--         call = function(input, stride, bias) … end }
--
-- gives a plain function that checks its arguments and then calls `call` with all of them in order. Callers may write
-- the arguments in order, or as one table that mixes order and names, or in order with a last table of names.
-- `self = "tensor"` (or true) marks a method: the receiver comes first and is no argument. A last parameter named "..."
-- takes any number of values; `gather = true` lets the first parameter take all that stands in order in a table call.
-- A parameter's `mend(value)` may give the line "fix: …" for a value that does not fit; `also` lists other names it goes by.
-- Types are in signature/types.lua; what is not a plain correct call, in signature/match.lua.
--
-- The checker of a function is compiled when it is first called: a program uses few of the hundreds there are.
local types = require "cnn.signature.types"
local match = require "cnn.signature.match"

local signature = { types = types, define = types.define, line = match.line, describe = match.describe,
    nearest = match.nearest }

local described = setmetatable({}, { __mode = "k" }) -- function → description
local order = {}                                     -- all descriptions, as they were made

-- ---- the compiled checker --------------------------------------------------------------------------------------------
-- For {"x", "int", min=1}, {"y", "number", default=2} it is
--     return function(a1, a2, extra)
--         if type(a1) == "table" and a2 == nil and extra == nil and getmetatable(a1) == nil then return slow(a1) end
--         if extra ~= nil then return slow(a1, a2, extra) end
--         local v1 = a1
--         if not (integer(v1) == "integer" and v1 >= P[1].min) then return slow(a1, a2, extra) end
--         local v2 = a2
--         if v2 == nil then v2 = D[2] elseif not (type(v2) == "number") then return slow(a1, a2, extra) end
--         return call(v1, v2)
--     end

local inline = {
    int = 'integer(%s) == "integer"', number = 'type(%s) == "number"', bool = 'type(%s) == "boolean"',
    tensor = "is_tensor(%s)", any = "true", string = 'type(%s) == "string"',
}

local function check_code(param, i, slow)
    local v = "v" .. i
    local absent = param.default ~= nil and ("if %s == nil then %s = D[%d] else"):format(v, v, i)
        or param.optional and ("if %s ~= nil then "):format(v) or ""
    local finish = absent ~= "" and param.default == nil and " end" or ""
    local test = inline[param.type]
    if test and not param.choices then
        test = test:gsub("%%s", v)
        if param.min then test = test .. (" and %s >= P[%d].min"):format(v, i) end
        if param.max then test = test .. (" and %s <= P[%d].max"):format(v, i) end
        if absent == "" and param.type == "any" then test = v .. " ~= nil" end
        return ("%sif not (%s) then return %s end%s"):format(absent, test, slow, finish)
    end
    return ("%s%s %s = C[%d](%s, P[%d]) if %s == nil then return %s end %s"):format(absent,
        param.default ~= nil and "" or "do", v, i, v, i, v, slow, "end" .. finish)
end

-- Names of the formal parameters, how they are passed to the slow path, and whether sizes may come one by one.
local function formals(sig)
    local names, spread = {}, nil
    if sig.self then names[1] = "self" end
    for i, param in ipairs(sig.params) do
        if param.name == "..." then spread = "rest" break end
        names[#names + 1] = "a" .. i
        if param.type == "sizes" then spread = i break end
    end
    names[#names + 1] = spread and "..." or "extra"
    return table.concat(names, ", "), spread
end

local function guard_code(sig, all, spread, slow)
    local code = {}
    if sig.self then
        local receiver = sig.self == "tensor" and "not is_tensor(self)" or "self == nil"
        code[1] = ("if %s then return receiver(sig, slow, %s) end"):format(receiver, all)
    end
    local others = all:gsub("^self, ", ""):gsub("^a1, ", ""):gsub("([%w]+)", "%1 == nil"):gsub(", ", " and ")
        :gsub("%.%.%.", 'select("#", ...) == 0')
    if spread ~= "rest" and #sig.params > 0 then
        code[#code + 1] = ('if type(a1) == "table" and %s and getmetatable(a1) == nil then return %s end')
            :format(others, slow)
    elseif spread == "rest" then
        code[#code + 1] = ('do local one = %s if type(one) == "table" and getmetatable(one) == nil then return %s end end')
            :format(#sig.params == 1 and "..." or "a1", slow)
    end
    if not spread then code[#code + 1] = ("if extra ~= nil then return %s end"):format(slow) end
    return code
end

-- Sizes one by one: x:view(-1, 10). A list of them, and anything after it, takes the slow path unless it is all there is.
local function spread_code(i, last, slow)
    local code = [[local vI
    if integer(aI) == "integer" then
        vI = {aI, ...}
        if #vI ~= select("#", ...) + 1 then return SLOW end
    elseif aI ~= nil and select("#", ...) == 0 then vI = aI else return SLOW end
    vI = C[I](vI, P[I]) if vI == nil then return SLOW end]]
    if not last then code = ("if integer(aI) ~= \"integer\" then return SLOW end\n"):gsub("I", i) .. code end
    return (code:gsub("%f[%w]([vaP]?)I%f[%W]", "%1" .. i):gsub("%[I%]", "[" .. i .. "]"):gsub("SLOW", slow))
end

local function generate(sig)
    local all, spread = formals(sig)
    local slow = ("slow(%s)"):format(all)
    local code = guard_code(sig, all, spread, slow)
    local passed = { sig.self and "self" or nil }
    for i, param in ipairs(sig.params) do
        if param.name == "..." then
            if param.type ~= "any" then
                code[#code + 1] = ('for i = 1, select("#", ...) do if C[%d]((select(i, ...)), P[%d]) == nil then return %s end end')
                    :format(i, i, slow)
            end
            passed[#passed + 1] = "..."
        elseif i == spread then
            code[#code + 1] = spread_code(i, i == #sig.params, slow)
            passed[#passed + 1] = "v" .. i
        else
            local after = spread and spread ~= "rest" and i > spread
            code[#code + 1] = ("local v%d = %s"):format(i, after and "nil" or "a" .. i)
            code[#code + 1] = check_code(param, i, slow)
            passed[#passed + 1] = "v" .. i
        end
    end
    return ([[local call, sig, P, D, C, slow, receiver, is_tensor = ...
local type, integer, getmetatable, select = type, math.type, getmetatable, select
return function(%s)
    %s
    return call(%s)
end]]):format(all, table.concat(code, "\n    "), table.concat(passed, ", "))
end

-- The careful way, with the receiver (if there is one) kept out of the matching.
local function slow_path(sig)
    local call, unpack, arguments = sig.call, table.unpack, match.arguments
    if sig.self then
        return function(self, ...)
            local values, n = arguments(sig, select("#", ...), ...)
            return call(self, unpack(values, 1, n))
        end
    end
    return function(...)
        local values, n = arguments(sig, select("#", ...), ...)
        return call(unpack(values, 1, n))
    end
end

local function compile(sig)
    local defaults, convert = {}, {}
    for i, param in ipairs(sig.params) do
        local kind = types.get(param.type)
        if not kind then error(("%s: no type %q"):format(sig.name, param.type)) end
        convert[i] = kind.convert
        if param.default ~= nil then defaults[i] = kind.convert(param.default, {}) end
    end
    local chunk = assert(load(generate(sig), "=(cnn signature of " .. sig.name .. ")", "t"))
    return chunk(sig.call, sig, sig.params, defaults, convert, slow_path(sig), match.receiver,
        require("cnn.core").is_tensor)
end

-- ---- public ------------------------------------------------------------------------------------------------------------

local function read_parameters(sig)
    sig.params = {}
    for i = 1, #sig do
        local param = sig[i]
        param.name, param.type = param[1], param[2]
        sig.params[i] = param
    end
end

local function note(sig, f)
    described[f] = sig
    order[#order + 1] = sig
    sig.func = f
    return f
end

local function describe(_, sig)
    read_parameters(sig)
    local checked = function(...)
        local compiled = compile(sig)
        sig.compiled = compiled
        return compiled(...)
    end
    sig.compiled = checked
    return note(sig, function(...) return sig.compiled(...) end)
end

--- Describes a function as it is, without a check of its arguments: what classes may override, which the library calls
--- as often as it likes. What overrides it in a class of the library's needs no description of its own. Returns it.
function signature.document(f, sig)
    read_parameters(sig)
    return note(sig, f)
end

--- The description of a function that `signature` made, or nil.
function signature.of(f)
    return described[f]
end

--- Iterates over all descriptions: for name, description in signature.all() do … end
function signature.all()
    local i = 0
    return function()
        i = i + 1
        local sig = order[i]
        if sig then return sig.name, sig end
    end
end

return setmetatable(signature, { __call = describe })
