-- SPDX-License-Identifier: MIT
-- Errors as users meet them: a table with fields, that prints as a message of a few lines.
--
-- kind    "shape error" "type error" "value error" "out of memory" "interrupted" "file error" "device error"
-- op      what was running ("conv2d", "nn.Conv2d"), layer   the module's path in its network ("layer2.0"), or nil
-- text    the rule with the numbers put in, then what came;  fix   one line to write instead, or nil
-- module  the module that failed, where its call runs no more
-- where   "mnist.lua:14", the user's own line: the first Lua frame outside this library
--
-- C and Lua raise the same kind of table: lua/binding/raise.c calls `make`. Places are found by walking the stack when
-- an error is raised, so a call that succeeds pays nothing. What must stay true: making an error never fails, whatever
-- the user's modules and metatables do, except for want of memory.
local errors = {}

local kinds = {
    shape = "shape error", type = "type error", value = "value error", memory = "out of memory",
    interrupted = "interrupted", file = "file error", device = "device error",
}

-- ---- places ------------------------------------------------------------------------------------------------------

local own = { (debug.getinfo(1, "S").source:gsub("errors%.lua$", "")) } -- sources that begin so are not the user's

--- Declares that chunks whose source begins with `prefix` belong to the program, not to the user.
function errors.internal(prefix)
    own[#own + 1] = prefix
end
errors.internal("=(cnn")

local function is_own(source)
    for i = 1, #own do
        if source:sub(1, #own[i]) == own[i] then return true end
    end
    return false
end

--- Is a chunk with this source the program's own?
errors.is_internal = is_own

local module_call -- the function that runs a module's forward: a frame of it is a running module

--- Told by nn: `call(module, ...)` is the function that runs a module. Its running frames give errors their layer.
function errors.set_module_call(call)
    module_call = call
end

--- The text of a chunk that is in no file, or nil: the shell leaves that of -e here, and the prompt replaces this.
function errors.chunk_text(source)
    local texts = package.loaded["shell.texts"]
    return texts and texts[source]
end

local function source_text(source)
    if source:sub(1, 1) == "@" then
        local file = io.open(source:sub(2), "r")
        if not file then return nil end
        local text = file:read("a")
        file:close()
        return text
    end
    if source:sub(1, 1) == "=" then return errors.chunk_text(source) end
    return source
end

local function source_line(source, number)
    local text, at = source_text(source), 0
    if not text then return nil end
    for line in (text .. "\n"):gmatch("([^\n]*)\r?\n") do
        at = at + 1
        if at == number then
            line = line:match("^%s*(.-)%s*$")
            return #line > 100 and line:sub(1, 97) .. "…" or line
        end
    end
end

-- The one line of a user's function that has `return` and the wanted call on it: a tail call leaves no frame of the
-- function, but where it was a module's forward, the module is known.
local function returning_line(f, wanted)
    local info = type(f) == "function" and debug.getinfo(f, "S")
    local text = info and info.what == "Lua" and not is_own(info.source) and source_text(info.source)
    if not text then return nil end
    local number, found = 0, nil
    for line in (text .. "\n"):gmatch("([^\n]*)\n") do
        number = number + 1
        if number >= info.linedefined and number <= info.lastlinedefined and line:find("return.*" .. wanted) then
            if found then return nil end
            found = number
        end
    end
    return found and { short_src = info.short_src, source = info.source, currentline = found }
end

local function call_of(name)
    return "%f[%w_]" .. name:match("[^%.:]*$"):gsub("%p", "%%%0") .. "%s*[%({]"
end

local function path_of(root, child)
    if type(root.named_modules) ~= "function" then return nil end
    for name, module in root:named_modules() do
        if rawequal(module, child) then return name ~= "" and name or nil end
    end
end

-- Walks the stack from `level` up: the user's line; the running modules from the innermost to the outermost; whether the
-- innermost was run by a tail call, so that its caller's line is lost; whether its own forward's line is.
local function survey(level)
    local user, modules, tail, lost = nil, {}, false, false
    while true do
        local info = debug.getinfo(level, "Slft")
        if not info then break end
        if module_call and info.func == module_call then
            local _, module = debug.getlocal(level, 1)
            modules[#modules + 1] = module
            if #modules == 1 and not user then tail, lost = info.istailcall, true end
        elseif not user and info.currentline > 0 and not is_own(info.source) then
            user = info
        end
        level = level + 1
    end
    return user, modules, tail, lost
end

local function locate(self, level)
    local user, modules, tail, lost = survey(level + 1)
    if self.module then table.insert(modules, 1, self.module) end
    local parent, inner = modules[2], modules[1]
    if parent then self.layer = self.layer or path_of(modules[#modules], inner) end
    if lost and not self.module then
        local name = tail and parent and path_of(parent, inner)
        user = self.op and returning_line(inner.forward, call_of(self.op)) or returning_line(inner.forward, "%(")
            or name and returning_line(parent.forward, call_of(name)) or user
    end
    if user then
        self.where = ("%s:%d"):format(user.short_src, user.currentline)
        self._source, self._line = user.source, user.currentline
    end
end

--- The user's line that is running, as text; nil where it is in no file.
function errors.running_line()
    local user = survey(2)
    if not user then return nil end
    local ok, line = pcall(source_line, user.source, user.currentline)
    return ok and line or nil
end

--- Where the user's code is now, for the core's anomaly mode: "mnist.lua:14, in layer2.0".
function errors.place()
    local at = {}
    pcall(locate, at, 2)
    return at.where and at.layer and at.where .. ", in " .. at.layer or at.where or at.layer
end

local endings = { "st", "nd", "rd" }

--- "1st", "2nd", "11th", "22nd".
function errors.ordinal(i)
    return i .. (i % 100 // 10 ~= 1 and endings[i % 10] or "th")
end

-- ---- the object --------------------------------------------------------------------------------------------------

local meta = { __name = "cnn.error" }

local function indented(text)
    return "  " .. text:gsub("\n", "\n  ")
end

-- Layers of a Sequential have PyTorch's names, which count from 0: "3" is net[4].
local function numbered(layer)
    local place = layer:find("^%d+$") and math.tointeger(layer) + 1
    return place and ('layer "%s" (the %s)'):format(layer, errors.ordinal(place)) or ('layer "%s"'):format(layer)
end

local function message(self)
    local head = self.kind
    local what = self.layer or self.op
    if self.layer and not self.layer:find("%a") then what = numbered(self.layer) end
    if what and what ~= "" then head = head .. " in " .. what end
    if self.where then
        head = head .. " at " .. self.where
        local ok, line = pcall(source_line, self._source, self._line)
        if ok and line then head = head .. "   " .. line end
    end
    local lines = { head }
    if self.text and self.text ~= "" then lines[#lines + 1] = indented(self.text) end
    if self.fix and self.fix ~= "" then lines[#lines + 1] = "  fix: " .. self.fix end
    return table.concat(lines, "\n")
end

function meta:__tostring()
    local text = rawget(self, "_message")
    if not text then
        text = message(self)
        self._message = text
    end
    return text
end

-- An error answers to the methods of strings, as a plain message would: err:find("channels"), err:match(…).
function meta.__index(_, key)
    local method = string[key]
    if method then
        return function(self, ...) return method(tostring(self), ...) end
    end
end

function meta.__concat(a, b) return tostring(a) .. tostring(b) end

--- Lets another function join an error and a text: the C module has one that takes less room on the stack.
function errors.join_with(concat) meta.__concat = concat end

function meta:__len() return #tostring(self) end

-- ---- making and raising --------------------------------------------------------------------------------------------

--- An error table from its fields (kind, op, text, fix; layer and where are found). `level` as in `error`.
function errors.make(fields, level)
    local self = {
        kind = kinds[fields.kind] or fields.kind or "value error",
        op = fields.op, text = fields.text, fix = fields.fix, layer = fields.layer,
    }
    for key, value in pairs(fields) do -- whatever else a caller wants tests and lessons to match
        if self[key] == nil then self[key] = value end
    end
    pcall(locate, self, (level or 1) + 2) -- + pcall, make
    return setmetatable(self, meta)
end

--- Raises an error made from `fields`: errors.raise{kind="shape", op="linear", text="…", fix="…"}.
function errors.raise(fields, level)
    error(errors.make(fields, (level or 1) + 1), 0)
end

--- Is `value` an error of this library (of this kind, where one is given: "shape" or "shape error")?
function errors.is(value, kind)
    if type(value) ~= "table" or getmetatable(value) ~= meta then return false end
    return kind == nil or value.kind == (kinds[kind] or kind)
end

return errors
