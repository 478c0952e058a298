-- SPDX-License-Identifier: MIT
-- What is shown of an error: its text, the user's frames with their source lines, and the place on each line.
--
-- traceback.c calls `describe` from the message handler, while the stack of the error still stands, and does without it
-- where that fails (a stack that has just overflowed has no room). Lua knows the line of a frame and not the column: that
-- is found by place.lua, as far as it can be. At the prompt the frames are kept, with their locals, for %debug: those of
-- the last error only.
local columns = require "shell.columns"
local habits = require "shell.habits"
local lex = require "shell.lex"
local locals = require "shell.locals"
local place = require "shell.place"
local settings = require "shell.settings"

local FIRST, LAST = 12, 8 -- frames shown of a long recursion: from the error, from the bottom
local GUARD = "__session__"

local M = {
    keep = false, -- the prompt sets it: frames are kept for %debug
    width = function() return 100 end,
}

local own = debug.getinfo(1, "S").source:gsub("shell/failure%.lua$", "") -- the library's and the shell's folder

-- ---- sources -----------------------------------------------------------------------------------------------------------

--- The text of a chunk, or nil.
function M.text(source)
    if source:sub(1, 1) == "@" then
        local file = io.open(source:sub(2), "r")
        if not file then return nil end
        local text = file:read("a")
        file:close()
        return text
    end
    if source:sub(1, 1) ~= "=" then return source end
    local texts = package.loaded["shell.texts"]
    return texts and texts[source]
end

--- Line `number` of a text without its newline, or nil.
function M.line(text, number)
    if number < 1 then return nil end
    for line in (text .. "\n"):gmatch("([^\n]*)\r?\n") do
        number = number - 1
        if number == 0 then return line end
    end
end

-- ---- a line and its mark ----------------------------------------------------------------------------------------------

-- As much of a line as fits around the place, and the marks below it. Wide characters have two columns.
local function marked(line, first, last, width, indent)
    line = line:gsub("[\t\r]", " ")
    local lead = #line:match("^ *")
    line, first, last = line:sub(lead + 1), first and first - lead, last and last - lead
    local room = math.max(width - #indent:gsub("\t", (" "):rep(8)), 16)
    local cut_at = first and last > room - 1 and utf8.offset(line, 0, math.min(math.max(1, first - room // 2), #line)) or 1
    if cut_at > 1 then
        line = "…" .. line:sub(cut_at)
        first, last = first - cut_at + 1 + #"…", last - cut_at + 1 + #"…"
    end
    if columns(line) > room and utf8.len(line) then
        local length = math.min(room, utf8.len(line) + 1)
        repeat length = length - 1 until columns(line:sub(1, utf8.offset(line, length + 1) - 1)) < room
        line = line:sub(1, utf8.offset(line, length + 1) - 1) .. "…"
    end
    local text = indent .. line
    if not first or first > #line then return text end
    local before, place_columns = columns(line:sub(1, first - 1)), columns(line:sub(first, last))
    return text .. "\n" .. indent .. (" "):rep(before) .. ("^"):rep(math.max(1, place_columns))
end

-- ---- frames --------------------------------------------------------------------------------------------------------------

local function is_users(info)
    return info.what ~= "C" and info.source:sub(1, 5) ~= "=(cnn" and info.source:sub(1, #own) ~= own
end

-- The locals of a frame by name, the last of a name counting, and the order of their declaration.
local function locals_of(level)
    local values, order = {}, {}
    for i = 1, 250 do
        local name, value = debug.getlocal(level + 1, i)
        if not name then break end
        if name:sub(1, 1) ~= "(" and name ~= GUARD then
            if not values[name] then order[#order + 1] = name end
            values[name] = { value }
        end
    end
    return values, order
end

-- The first two arguments of the function at a level.
local function arguments_of(level, info)
    local list = {}
    for i = 1, 2 do
        local at = (info.what == "C" or i <= info.nparams) and i or info.nparams - i
        list[i] = select(2, debug.getlocal(level + 1, at))
    end
    return list
end

local function frame_at(level, everything)
    local info = debug.getinfo(level + 1, "Slnft")
    if not info then return nil end
    if not everything and not is_users(info) then return false end
    local inner = debug.getinfo(level, "nSfu")
    local frame = { source = info.source, short_src = info.short_src, line = info.currentline, name = info.name,
        namewhat = info.namewhat, what = info.what, first = info.linedefined, last = info.lastlinedefined, func = info.func,
        tail = info.istailcall, calls = inner and inner.name, calls_how = inner and inner.namewhat }
    if frame.calls == nil and inner and inner.func == error then frame.calls = "error" end
    if inner then frame.called, frame.given = inner.func, arguments_of(level, inner) end
    if info.what ~= "C" then frame.locals, frame.order = locals_of(level + 1) end
    return frame
end

-- The frames above `level`, innermost first; of many, both ends, with `skipped` at the place of the others.
local function walk(level, everything)
    local list, bottom = {}, locals.deepest() - 1
    local at, users = level, 0
    while at <= bottom do
        local frame = frame_at(at + 1, everything)
        if frame then
            users = users + 1
            if users == FIRST + 1 and bottom - at > LAST and not list.skipped then
                list.skipped, list.skipped_at = bottom - LAST - at + 1, #list + 1
                at = bottom - LAST
            else
                list[#list + 1] = frame
            end
        elseif frame == nil then
            break
        end
        at = at + 1
    end
    return list
end

--- "train.lua:12: in function 'f'", as Lua's own tracebacks say it.
function M.title(frame)
    local where = frame.what == "C" and "[C]" or ("%s:%d"):format(frame.short_src, frame.line)
    if frame.what == "main" then return where .. ": in main chunk" end
    if frame.namewhat == "" or not frame.name then
        return frame.what == "C" and where .. ": in ?" or ("%s: in function <%s:%d>"):format(where, frame.short_src, frame.first)
    end
    return ("%s: in %s '%s'"):format(where, frame.namewhat == "global" and "function" or frame.namewhat, frame.name)
end

-- Finds the place on the frame's line, while the arguments of what it called are known; they are let go then.
local function mark(frame, message)
    local text = frame.what ~= "C" and M.text(frame.source)
    local line = text and M.line(text, frame.line)
    if line then frame.mark, frame.mark_end = place.find(line, frame, message) end
    frame.given, frame.called = nil, nil
end

--- The source line of a frame and the mark below it, or nil where the source is not at hand.
function M.source(frame, indent)
    local text = frame.what ~= "C" and M.text(frame.source)
    local line = text and M.line(text, frame.line)
    if not line or not line:find("%S") then return nil end
    return marked(line, frame.mark, frame.mark_end, M.width(), indent)
end

local function add_frames(lines, frames, message, quoted)
    lines[#lines + 1] = "stack traceback:"
    for i, frame in ipairs(frames) do
        if frames.skipped_at == i then lines[#lines + 1] = ("\t... (%d frames)"):format(frames.skipped) end
        lines[#lines + 1] = "\t" .. M.title(frame)
        local again = i > 1 and frame.source == frames[i - 1].source and frame.line == frames[i - 1].line
        if settings.xmode ~= "plain" and not (quoted and i == 1) and not again then
            lines[#lines + 1] = M.source(frame, "\t  ")
        end
        if frame.tail then lines[#lines + 1] = "\t(...tail calls...)" end
    end
end

-- A message of the library ends its first line with the user's line: the mark goes below, where that line fits.
local function with_mark(message, frame)
    local head, rest = message:match("^([^\n]*)(.*)$")
    local text = M.text(frame.source)
    local line = text and M.line(text, frame.line)
    local lead = line and #line:match("^%s*")
    line = line and line:match("^%s*(.-)%s*$")
    if not line or line == "" or head:sub(-#line) ~= line then return message, false end
    if not frame.mark then return message, true end
    local first, last = frame.mark - lead, frame.mark_end - lead
    if columns(head) > M.width() then return message, false end
    local before = columns(head:sub(1, #head - #line + first - 1))
    return ("%s\n%s%s%s"):format(head, (" "):rep(before), ("^"):rep(columns(line:sub(first, last))), rest), true
end

-- Has a command said that it can't do what was asked? Its own frames, which mode full would show, say nothing then.
local function is_refusal(frames)
    local by = frames[2]
    return frames[1].func == error and by and by.source:sub(1, #own + 14) == own .. "shell/commands"
end

--- The whole text about an error whose message is `message`: called by a message handler, whose frame is the caller's.
--- `brief` leaves out a traceback that says nothing new, and is what the prompt wants.
function M.describe(message, brief)
    local frames = walk(3, settings.xmode == "full")
    if #frames > 0 then frames[1].innermost = true end
    for _, frame in ipairs(frames) do mark(frame, message) end
    if M.keep and #frames > 0 then -- where memory is short, nothing may be held
        M.last = not message:find("^out of memory") and { frames = frames, message = message } or nil
    end
    if #frames == 0 or settings.xmode == "minimal" or is_refusal(frames) then return message end
    local text, quoted = with_mark(message, frames[1])
    local lines = { text }
    if not brief or #frames > 1 then
        add_frames(lines, frames, message, quoted)
    elseif not quoted then
        lines[#lines + 1] = M.source(frames[1], "  ")
    end
    return table.concat(lines, "\n")
end

-- ---- syntax errors -----------------------------------------------------------------------------------------------------

-- The token at which the source stops making sense: the first after which the message is the same without the rest.
local function culprit(source, number, near)
    local _, message = load(source, "=t")
    local line_number, at = 1, 1
    for _, token in ipairs(lex.tokens(source)) do
        for _ in source:sub(at, token.first - 1):gmatch("\n") do line_number = line_number + 1 end
        at = token.first
        if line_number > number then return nil end
        if line_number == number and token.text == near then
            local _, so_far = load(source:sub(1, token.last), "=t")
            if so_far == message then return token end
        end
    end
end

--- Lines that show where a syntax error is, or nil: for messages "input 3:1: unexpected symbol near '='".
function M.syntax(message, source)
    local number, what = message:match("^[^\n]-:(%d+): ([^\n]*)$")
    source = source or M.text("@" .. (message:match("^([^\n]-):%d+: ") or ""))
    local line = number and what:find(" near ") and source and M.line(source, tonumber(number))
    if not line or not line:find("%S") then return nil end
    local token, first = culprit(source, tonumber(number), what:match(" near '(.*)'$")), nil
    if token then
        local before = source:sub(1, token.first - 1)
        first = token.first - (before:match("^.*()\n") or 0)
    end
    return marked(line, first, first and first + #token.text - 1, M.width(), "  ")
end

--- A message as it is shown: with what habits.lua knows of it, and a syntax error's line. `source` is the text that it is
--- about; without it, the file that it names is read.
function M.finish(message, source)
    local file, number = message:match("^([^\n]-):(%d+): [^\n]* near '%?'$")
    local text = number and (source or M.text("@" .. file))
    local blanks = text and text:find("?", 1, true) and require("shell.blanks").explain(text, _G)
    if blanks then return ("%s:%s: %s"):format(file, number, blanks) end
    if settings.xmode == "minimal" then return message end
    local place_lines = M.syntax(message, source)
    message = habits.explain(message, source)
    return place_lines and message .. "\n" .. place_lines or message
end

return M
