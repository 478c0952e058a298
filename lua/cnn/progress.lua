-- SPDX-License-Identifier: MIT
-- cnn.progress: how far a loop is, how fast, and how long it will take.
--
-- On a terminal one line on standard error is redrawn ten times a second; it takes what fits the width, dropping the
-- less important parts first. Elsewhere (a log file) a plain line is written every ten seconds. A bar keeps no batch
-- alive. What must stay true: the line is whole after a break, an error or Ctrl-C; hence its __close is a C function
-- (see lua/binding/terminal.c), and every redraw is one write.
local core = require "cnn.core"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local REDRAW = 0.1 -- seconds between two redraws of the line
local LOG = 10 -- seconds between two plain lines
local SMOOTH = 3 -- seconds over which the shown rate is averaged

local Bar = {}
Bar.__index = Bar
Bar.__name = "cnn.progress"
Bar.__close = core.status_line_end

local clock = core.clock

-- ---- words ---------------------------------------------------------------------------------------------------------

local function is_utf8()
    local locale = os.getenv("LC_ALL") or os.getenv("LC_CTYPE") or os.getenv("LANG") or ""
    return locale:lower():find("utf%-?8") ~= nil
end

local function width_of(text) return utf8.len(text) or #text end

local function duration(seconds)
    seconds = math.ceil(seconds)
    if seconds < 3600 then return ("%d:%02d"):format(seconds // 60, seconds % 60) end
    return ("%d:%02d:%02d"):format(seconds // 3600, seconds // 60 % 60, seconds % 60)
end

local function rate_text(rate, unit)
    local number = ("%.0f"):format(rate)
    if rate < 10 then number = ("%.2f"):format(rate) end
    return ("%s%s/s"):format(number, unit and " " .. unit or "")
end

-- Bytes in the unit that suits `like`.
local function bytes_text(bytes, like)
    for power, unit in ipairs { "kB", "MB", "GB" } do
        if like < 1000 ^ (power + 1) or power == 3 then return ("%.1f"):format(bytes / 1000 ^ power), " " .. unit end
    end
end

local function count_text(self)
    if self.unit == "bytes" then
        local total = self.total
        local count, unit = bytes_text(self.count, total or self.count)
        return total and ("%s/%s%s"):format(count, bytes_text(total, total), unit) or count .. unit
    end
    local count = self.total and ("%d/%d"):format(self.count, self.total) or ("%d"):format(self.count)
    return self.unit and count .. " " .. self.unit or count
end

-- The first `columns` characters.
local function clipped(text, columns)
    if width_of(text) <= columns then return text end
    if not utf8.len(text) then return text:sub(1, columns) end
    return text:sub(1, utf8.offset(text, columns + 1) - 1)
end

-- ---- the line ------------------------------------------------------------------------------------------------------

local function fraction(self)
    local total = self.total
    if not total or total <= 0 then return nil end
    return math.min(1, self.count / total)
end

local function parts_of(self, now)
    local part, share = {}, fraction(self)
    local rate = self._rate or self:rate(now)
    part.label = self.label
    part.percent = share and ("%3d%%"):format(math.floor(100 * share))
    part.count = count_text(self)
    part.rate = rate > 0 and rate_text(rate, nil) or nil
    if part.rate and self.unit == "bytes" then part.rate = table.concat({ bytes_text(rate, rate) }) .. "/s" end
    if share == 1 or self._closed then part.left = duration(now - self._start)
    elseif share and rate > 0 then part.left = duration((self.total - self.count) / rate) .. " left" end
    part.text = self.text
    return part
end

local order = { "label", "percent", "bar", "count", "rate", "left", "text" }
local droppable = { "count", "rate", "bar", "left", "percent" }
local SHORTEST_BAR, LONGEST_BAR = 5, 30

local function room_for_bar(part, columns)
    local used = 0
    for _, name in ipairs(order) do
        if part[name] then used = used + 2 + (name == "bar" and 0 or width_of(part[name])) end
    end
    return columns - used + 2
end

local function drawn_bar(share, columns, style)
    local full = math.floor(share * columns)
    local bar = style.full:rep(full) .. (full < columns and style.empty:rep(columns - full) or "")
    return style.color and ("\27[32m%s\27[0m"):format(bar) or bar
end

-- The whole line for a terminal of that many columns.
local function line_of(self, now, columns)
    local part, share = parts_of(self, now), fraction(self)
    part.bar = share and "" or nil
    for _, name in ipairs(droppable) do
        if room_for_bar(part, columns) >= (part.bar and SHORTEST_BAR or 0) then break end
        part[name] = nil
    end
    local shown = {}
    for _, name in ipairs(order) do
        if part[name] and name ~= "bar" then shown[#shown + 1] = part[name]
        elseif part.bar and name == "bar" then shown[#shown + 1] = "\0" end
    end
    local line = clipped(table.concat(shown, "  "):gsub("[\r\n\t]", " "), columns)
    if not part.bar then return line end
    local room = math.min(LONGEST_BAR, room_for_bar(part, columns))
    return (line:gsub("\0", function() return drawn_bar(share, room, self._style) end))
end

local function log_line(self, now)
    local part, shown = parts_of(self, now), {}
    for _, name in ipairs(order) do
        shown[#shown + 1] = part[name]
    end
    io.stderr:write(table.concat(shown, "  "), "\n")
end

local function draw(self, now)
    self._drawn = now
    local columns = core.terminal()
    if columns then
        core.status_line(line_of(self, now, columns - 1))
    elseif now - self._logged >= LOG then
        self._logged = now
        log_line(self, now)
    end
end

-- The rate of the last seconds, so that a slow start is forgotten.
local function measure(self, now)
    local span = now - self._measured
    if span < REDRAW then return end
    local rate = (self.count - self._counted) / span
    local weight = 1 - math.exp(-span / SMOOTH)
    self._rate = self._rate and self._rate + weight * (rate - self._rate) or rate
    self._measured, self._counted = now, self.count
end

-- ---- bars ----------------------------------------------------------------------------------------------------------

local function restart(self, now)
    self.count, self._skipped, self._pending, self._closed, self._rate, self._end = 0, 0, 0, false, nil, nil
    self._start, self._measured, self._counted, self._logged, self._drawn = now, now, 0, now, now
end

--- Counts n more (1 if not given) and shows `text` at the end of the line.
function Bar:update(n, text)
    self.count = self.count + (n or 1)
    if text then self.text = text end
    local now = clock()
    if now - self._drawn >= REDRAW then
        measure(self, now)
        draw(self, now)
    end
    return self
end

--- Counts n that were done before: the bar begins there, and they make no rate.
function Bar:skip(n)
    self.count, self._skipped, self._counted = self.count + n, self._skipped + n, self._counted + n
    return self
end

--- Moves the bar to a count, which may be lower than before, of a total that may be known only now (or nil).
function Bar:place(count, total)
    self.total = total or self.total
    if count < self.count then
        self.count, self._skipped, self._counted = count, 0, count
        return self:update(0)
    end
    return self:update(count - self.count)
end

--- Shows `text` at the end of the line from the next redraw on.
function Bar:show(text)
    self.text = text
    return self
end

--- Prints a line above the bar, as print does.
function Bar:print(...)
    core.status_line(nil)
    print(...)
    if not self._closed then draw(self, clock()) end
end

--- How many were counted per second, from the start to now (or to the end, after close).
function Bar:rate(now)
    local seconds = (self._end or now or clock()) - self._start
    return seconds > 0 and (self.count - self._skipped) / seconds or 0
end

--- Ends the bar: its last state stays on the screen, or is wiped if keep is false.
function Bar:close()
    if self._closed then return end
    local now = clock()
    self._closed, self._end = true, now
    self._rate = self:rate(now)
    if core.terminal() then
        if self.keep then
            draw(self, now)
            core.status_line_end()
        else
            core.status_line(nil)
        end
    elseif self._logged > self._start then
        log_line(self, now)
    end
end

-- What one step of the loop counts: the length of its first tensor where things are counted, else one step.
local function units(self, ...)
    if not self.unit then return 1 end
    for i = 1, select("#", ...) do
        local value = select(i, ...)
        if core.is_tensor(value) then return value.shape[1] or 1 end
    end
    return 1
end

local function received(self, ...)
    if ... == nil then
        self:close()
        return nil
    end
    self._pending = units(self, ...)
    return ...
end

-- As an iterator: a step counts when the next one is asked for, since only then its work is done.
function Bar:__call(_, control)
    if not self._source then
        errors.raise { kind = "type", op = "cnn.progress", text = "this bar counts by hand: there is nothing to loop over" }
    end
    if control == nil then
        restart(self, clock())
        draw(self, self._start)
    else
        self:update(self._pending)
    end
    return received(self, self._source(nil, control))
end

local function length(value)
    local meta = getmetatable(value)
    if type(value) == "table" and (meta == nil or type(meta) == "table" and meta.__len) then
        local ok, n = pcall(function() return #value end)
        return ok and type(n) == "number" and n or nil
    end
end

local function total_of(source, unit)
    if math.type(source) == "integer" then return source end
    if unit and type(source) == "table" and source.dataset ~= nil then return length(source.dataset) end
    if not unit then return length(source) end
end

local function each(list)
    return function(_, i)
        i = (i or 0) + 1
        if list[i] ~= nil then return i, list[i] end
    end
end

local function make(source, label, total, unit, keep)
    local self = setmetatable({ label = label, total = total or total_of(source, unit), unit = unit, keep = keep }, Bar)
    local plain = is_utf8() and { full = "━", empty = "─" } or { full = "#", empty = "." }
    plain.color = (os.getenv("NO_COLOR") or "") == ""
    self._style = plain
    if type(source) == "table" and getmetatable(source) == nil then source = each(source) end
    restart(self, clock())
    if source == nil or type(source) == "number" then draw(self, self._start) else self._source = source end
    return self, nil, nil, self -- in a loop, the last is closed at its end: after a break or an error, too
end

return signature {
    name = "cnn.progress",
    { "source", "any", optional = true, doc = "what is looped over: a loader, an iterator or a list; or the number of steps" },
    { "label", "string", optional = true, doc = "stands before the bar" },
    { "total", "number", optional = true, doc = "how many there will be, where source can't say" },
    { "unit", "string", optional = true, doc = [["images": count the entries of the batches; "bytes": show kB, MB or GB]] },
    { "keep", "bool", default = true, doc = "leave the finished bar on the screen" },
    returns = "bar: to loop over, or with update, show, print, rate, close",
    doc = [[Shows how far a loop is, with its rate and the time left: a bar on a terminal, now and then a line elsewhere.
A loop over the bar gets what a loop over the source gets. bar:show(text) adds text, bar:print(…) prints above the bar,
bar:rate() is the count per second. By hand: bar:update(n, text) counts n more, bar:place(n, total) sets it,
bar:skip(n) counts what was done before, bar:close() ends it.]],
    example = [[
for i, word in cnn.progress({ "a", "b" }, { label = "words" }) do print(i, word) end
local bar <close> = cnn.progress(3, { label = "by hand" })
for i = 1, 3 do bar:update(1, "step " .. i) end]],
    see = { "data.DataLoader" },
    call = make,
}
