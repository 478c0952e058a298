-- SPDX-License-Identifier: MIT
-- Paths in a list of tokens: `net.layer1[2]`, read backwards from where it ends. Completion follows them, and the place of
-- an error is told by what they lead to.
local M = {}

-- [1], [-1] or ["name"] that ends at token `at`: the key, and the token before it.
local function bracketed(tokens, at)
    local inner, before = tokens[at - 1], tokens[at - 2]
    if not inner or not before then return nil end
    if before.text == "-" and inner.kind == "number" then
        local open = tokens[at - 3]
        return open and open.text == "[" and -(math.tointeger(tonumber(inner.text)) or 0), at - 4
    end
    if before.text ~= "[" then return nil end
    if inner.kind == "number" then return tonumber(inner.text), at - 3 end
    if inner.kind == "string" then return inner.text:match("^[\"']([^\\]*)[\"']$"), at - 3 end
end

--- The names and indices that end at token `at`: `net.layer1[2]` → { "net", "layer1", 2 }, and the first token of it. Nil
--- where it is no such path; a literal string is a path to the strings' methods.
function M.ending_at(tokens, at)
    local steps = {}
    while true do
        local token = tokens[at]
        if not token then return nil end
        if token.kind == "name" then
            table.insert(steps, 1, token.text)
            local mark = tokens[at - 1]
            if not mark or mark.text ~= "." and mark.text ~= ":" then return steps, at end
            at = at - 2
        elseif token.text == "]" then
            local key, before = bracketed(tokens, at)
            if not key then return nil end
            table.insert(steps, 1, key)
            at = before
        elseif #steps == 0 and (token.text == ")" and tokens[at - 1] and tokens[at - 1].kind == "string" or token.kind == "string") then
            return { "string" }, at
        else
            return nil
        end
    end
end

--- The same for a path that begins at token `at`: the steps and the last token. Only names with dots.
function M.beginning_at(tokens, at)
    if not tokens[at] or tokens[at].kind ~= "name" then return nil end
    local steps = { tokens[at].text }
    while tokens[at + 1] and tokens[at + 1].text == "." and tokens[at + 2] and tokens[at + 2].kind == "name" do
        steps[#steps + 1] = tokens[at + 2].text
        at = at + 2
    end
    return steps, at
end

return M
