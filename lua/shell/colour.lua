-- SPDX-License-Identifier: MIT
-- Colours: of the line being typed, of results and of errors.
--
-- A line is painted by the byte: `letters` gives one letter for each, which paint.c turns into an escape. Texts that are
-- printed get their escapes here. Whether there are colours at all (a terminal that is not dumb, no NO_COLOR) is decided
-- by paint.c when the prompt starts; where there are none, nothing of this file is loaded.
local lex = require "shell.lex"
local names = require "shell.names"

local M = {}

local LETTERS = { keyword = "k", string = "s", number = "n", comment = "c" }
local ESCAPES = { k = "\27[35m", s = "\27[32m", n = "\27[36m", c = "\27[90m", x = "\27[31m" }
local OFF = "\27[0m"

local is_library = {}
for _, name in ipairs(names.lazy) do is_library[name] = true end

local CLOSES = { [")"] = "(", ["]"] = "[", ["}"] = "{" }

-- Letters of the tokens of a source; a bracket that closes nothing is wrong.
local function letters_of(source)
    local out, open, at = {}, {}, 0
    for _, token in ipairs(lex.tokens(source)) do
        local letter = LETTERS[token.kind] or " "
        if token.kind == "name" and is_library[token.text] then letter = "l" end
        if token.kind == "symbol" and token.text:find("^[%(%[{]$") then open[#open + 1] = token.text end
        if CLOSES[token.text] and table.remove(open) ~= CLOSES[token.text] then letter = "x" end
        out[#out + 1] = (" "):rep(token.first - at - 1) .. letter:rep(token.last - token.first + 1)
        at = token.last
    end
    out[#out + 1] = (" "):rep(#source - at)
    return table.concat(out)
end

--- One letter per byte of a line that is being typed; `before` are the lines of the statement above it.
function M.letters(line, before)
    if not before and (line:find("^%s*[?%%!]") or line:find("^%s*[%a_][%w_.:%[%]]*%?%??%s*$")) then return ("h"):rep(#line) end
    local source = before and before .. "\n" .. line or line
    return letters_of(source):sub(#source - #line + 1)
end

local function painted(text, letter) return ESCAPES[letter] .. text .. OFF end

--- nan and inf in red.
function M.numbers(text)
    return (text:gsub("%-?%f[%w_]%a+%f[^%w_]", function(word)
        return (word:find("^%-?nan$") or word:find("^%-?inf$")) and painted(word, "x") or nil
    end))
end

--- What is said about a value, not the value.
function M.faint(text) return painted(text, "c") end

-- Paints what has one of the letters in `wanted`.
local function paint_source(text, wanted)
    local letters, out, at = letters_of(text), {}, 1
    while at <= #text do
        local letter = letters:sub(at, at)
        local stop = (letters:find("[^" .. letter .. "]", at) or #text + 1) - 1
        local part = text:sub(at, stop)
        out[#out + 1] = wanted:find(letter, 1, true) and part:gsub("[^\n]+", function(line) return painted(line, letter) end) or part
        at = stop + 1
    end
    return table.concat(out)
end

--- A table as the prompt prints it, in the colours of its source; and Lua source.
function M.source(text) return paint_source(text, "ksn") end
function M.code(text) return paint_source(text, "ksnc") end

--- An error's text: what failed in red, how to mend it in green, the traceback faint.
function M.error(text)
    local first, rest = text:match("^([^\n]*)(.*)$")
    rest = (rest .. "\n"):gsub("(\n%s*)(%^+)%f[\n]", "%1" .. ESCAPES.x .. "%2" .. OFF):gsub("\n$", "")
    rest = rest:gsub("\n(  fix:)", "\n" .. ESCAPES.s .. "%1" .. OFF)
    rest = rest:gsub("\nstack traceback:.*$", function(trace) return painted(trace, "c") end)
    return painted(first, "x") .. rest
end

return M
