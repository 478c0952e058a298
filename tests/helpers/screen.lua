-- SPDX-License-Identifier: MIT
-- What a terminal would show: interprets the escapes that readline and the prompt use on an xterm.
--
--     local s = screen.new(24, 80)    s:feed(bytes)    s:row(1) → text    s:colour(1, 3) → "35" or ""    s.line, s.column
--     s:text() → rows joined, without what is empty below and to the right
--
-- Characters of two columns take two cells, of which the second is empty; a row that is full wraps at the next character,
-- as on a real terminal. An escape that is not known here is an error: a test has then to say what it does.
local M = {}
local Screen = {}
Screen.__index = Screen

function M.new(rows, columns)
    local self = setmetatable({ rows = rows, columns = columns, line = 1, column = 1, pen = "", rest = "", cells = {} }, Screen)
    for i = 1, rows do self.cells[i] = {} end
    return self
end

local function width_of(code)
    if code >= 0x300 and code <= 0x36f then return 0 end
    return (code >= 0x1100 and code <= 0x115f or code >= 0x2e80 and code <= 0xa4cf or code >= 0xac00 and code <= 0xd7a3
        or code >= 0xff00 and code <= 0xff60 or code >= 0x1f300 and code <= 0x1faff) and 2 or 1
end

function Screen:newline()
    if self.line < self.rows then
        self.line = self.line + 1
    else
        table.remove(self.cells, 1)
        self.cells[self.rows] = {}
    end
end

function Screen:put(text)
    local width = width_of(utf8.codepoint(text))
    local row = self.cells[self.line]
    if width == 0 then
        local cell = row[self.column - 1]
        if cell then cell.text = cell.text .. text end
        return
    end
    if self.column + width - 1 > self.columns then
        self:newline()
        self.column, row = 1, self.cells[self.line]
    end
    row[self.column] = { text = text, pen = self.pen }
    if width == 2 then row[self.column + 1] = { text = "", pen = self.pen } end
    self.column = self.column + width
end

local function blank(row, from, to)
    for i = from, to do row[i] = nil end
end

local CSI = {
    A = function(s, n) s.line = math.max(1, s.line - math.max(n, 1)) end,
    B = function(s, n) s.line = math.min(s.rows, s.line + math.max(n, 1)) end,
    C = function(s, n) s.column = math.min(s.columns, math.min(s.column, s.columns) + math.max(n, 1)) end,
    D = function(s, n) s.column = math.max(1, math.min(s.column, s.columns) - math.max(n, 1)) end,
    G = function(s, n) s.column = math.max(n, 1) end,
    H = function(s, n, m) s.line, s.column = math.max(n, 1), math.max(m, 1) end,
    K = function(s) blank(s.cells[s.line], math.min(s.column, s.columns), s.columns) end,
    J = function(s, n)
        if n >= 2 then for i = 1, s.rows do s.cells[i] = {} end return end
        blank(s.cells[s.line], s.column, s.columns)
        for i = s.line + 1, s.rows do s.cells[i] = {} end
    end,
    P = function(s, n)
        local row = s.cells[s.line]
        for i = s.column, s.columns do row[i] = row[i + math.max(n, 1)] end
    end,
    ["@"] = function(s, n)
        local row = s.cells[s.line]
        for i = s.columns, s.column, -1 do row[i] = i - math.max(n, 1) >= s.column and row[i - math.max(n, 1)] or nil end
    end,
    m = function(s, n) s.pen = (n == 0 or n == 27) and "" or tostring(n) end,
}

local CONTROL = {
    ["\r"] = function(s) s.column = 1 end,
    ["\n"] = function(s) s:newline() end,
    ["\b"] = function(s) s.column = math.max(1, math.min(s.column, s.columns) - 1) end,
    ["\t"] = function(s) s.column = math.min(s.columns, s.column + 8 - (s.column - 1) % 8) end,
    ["\7"] = function() end,
}

-- One step at `at`; returns where the next begins, or nil where the rest has not come yet.
function Screen:step(bytes, at)
    local c = bytes:sub(at, at)
    if c == "\27" then
        local arguments, final, after = bytes:match("^%[([%d;?]*)([%a@])()", at + 1)
        if not final then
            after = bytes:match("^[=>]()", at + 1) or bytes:match("^%([B0]()", at + 1)
            if not after and #bytes - at >= 12 then
                error(("the screen does not know the escape %q"):format(bytes:sub(at, at + 11)))
            end
            return after
        end
        if arguments:sub(1, 1) == "?" then return after end -- modes: bracketed paste and others
        local n, m = arguments:match("^(%d*);?(%d*)")
        local action = CSI[final] or error("CSI " .. final .. " is not known to the screen")
        action(self, tonumber(n) or 0, tonumber(m) or 0)
        return after
    end
    if CONTROL[c] then
        CONTROL[c](self)
        return at + 1
    end
    local text = bytes:match("^" .. utf8.charpattern, at)
    local needed = c:byte() >= 0xf0 and 4 or c:byte() >= 0xe0 and 3 or c:byte() >= 0xc0 and 2 or 1
    if #text < needed then return nil end
    self:put(text)
    return at + #text
end

function Screen:feed(bytes)
    bytes = self.rest .. bytes
    local at = 1
    while at <= #bytes do
        local after = self:step(bytes, at)
        if not after then break end
        at = after
    end
    self.rest = bytes:sub(at)
end

function Screen:row(line)
    local out = {}
    for i = 1, self.columns do out[i] = self.cells[line][i] and self.cells[line][i].text or " " end
    return (table.concat(out):gsub("%s+$", ""))
end

function Screen:text()
    local out = {}
    for i = 1, self.rows do out[i] = self:row(i) end
    return (table.concat(out, "\n"):gsub("\n+$", ""))
end

function Screen:colour(line, column)
    local cell = self.cells[line][column]
    return cell and cell.pen or ""
end

-- The colours of a row, one letter per cell: "k" for 35 and so on; "." where there is none.
function Screen:colours(line)
    local names, out = { ["35"] = "k", ["32"] = "s", ["36"] = "n", ["90"] = "c", ["34"] = "l", ["33"] = "h", ["31"] = "x" }, {}
    for i = 1, self.columns do out[i] = names[self:colour(line, i)] or "." end
    return (table.concat(out):gsub("%.+$", ""))
end

return M
