-- SPDX-License-Identifier: MIT
-- "attempt to call a nil value (field 'con')": which module has no such field, and what it has instead.
--
-- Fields of modules are plain Lua fields, and asking for one that is not there is allowed (`if self.bias then`), so only
-- Lua's own message tells of a misspelt layer. The shell's message handler calls `explain` while the stack of the error
-- still stands: the failing frame's names say what stood before the dot. Nothing of the user's is run but what the line
-- itself had already read.
local failure = require "shell.failure"
local suggest = require "shell.suggest"

local M = {}

-- ---- what stood before the dot ------------------------------------------------------------------------------------------

local function frame_of(file, number)
    for level = 2, 60 do
        local info = debug.getinfo(level, "Slf")
        if not info then return nil end
        if info.short_src == file and info.currentline == number then return level - 1, info end -- as the caller counts
    end
end

-- The value of a name in the frame `level`, as seen from here: a local, an upvalue, a global; the last of a name counts.
local function value_of(name, level, f)
    local found, value
    for i = 1, 250 do
        local key, v = debug.getlocal(level, i)
        if not key then break end
        if key == name then found, value = true, v end
    end
    if found then return value end
    local env
    for i = 1, 250 do
        local key, v = debug.getupvalue(f, i)
        if not key then break end
        if key == name then return v end
        if key == "_ENV" then env = v end
    end
    if type(env) == "table" then return env[name] end
end

local function line_text(info)
    local text = failure.text(info.source)
    return text and failure.line(text, info.currentline)
end

-- The value of a path such as self.layer1, or nil.
local function value_behind(path, level, f)
    local value
    for name in path:gmatch("[^%.]+") do
        if value == nil then
            value = value_of(name, level + 1, f) -- one frame further away
        else
            value = type(value) == "table" and value[name] or nil
        end
        if value == nil then return nil end
    end
    return value
end

-- "self.layer1" and its value, for a line with self.layer1.con or self.layer1:con in it; of several, the first where the
-- field is missing.
local function owner_of(field, level, info)
    for path in (line_text(info) or ""):gmatch("([%a_][%w_%.]*)%s*[%.:]%s*" .. field .. "%f[^%w_]") do
        local value = value_behind(path, level + 1, info.func)
        if value ~= nil and not (type(value) == "table" and rawget(value, field) ~= nil) then return path, value end
    end
end

-- ---- what to say ----------------------------------------------------------------------------------------------------------

-- Is the constructor of `module` on the stack?
local function is_being_made(module)
    for level = 3, 200 do
        local info = debug.getinfo(level, "f")
        if not info then return false end
        if info.func == module.init then
            local _, self = debug.getlocal(level, 1)
            if rawequal(self, module) then return true end
        end
    end
end

-- Names of what a module holds, in order; then the methods of its classes.
local function names_of(value, cls)
    local held, all = {}, {}
    local order = rawget(value, "_order")
    for _, name in ipairs(type(order) == "table" and order or {}) do
        if rawget(value, name) ~= nil then held[#held + 1] = name end
    end
    table.move(held, 1, #held, 1, all)
    while cls do
        for name, member in pairs(cls) do
            if type(name) == "string" and type(member) == "function" and name:sub(1, 1) ~= "_" then all[#all + 1] = name end
        end
        cls = rawget(cls, "super")
    end
    table.sort(all)
    return held, all
end

-- Methods that networks have elsewhere.
local ELSEWHERE = {
    summary = "cnn.summary(%s, 3, 32, 32), with the sizes of one input", predict = "%s(x):argmax(2), after %s:eval()",
    fit = "for x, y in loader do … opt:zero_grad(); loss:backward(); opt:step() end", compile = "%s runs as it is: %s(x)",
    evaluate = "cnn.no_grad(function() … %s(x) … end), after %s:eval()", save = 'cnn.save("net.safetensors", %s:state_dict())',
    load = '%s:load_state_dict(cnn.load("net.safetensors"))', freeze = "%s:requires_grad_(false)",
}

local function about_instance(path, value, cls, field, mark)
    local held, all = names_of(value, cls)
    if mark == ":" and cls.forward and ELSEWHERE[field] then return (ELSEWHERE[field]:gsub("%%s", path)) end
    if mark == "." and is_being_made(value) then
        return ("%s has no %s yet, as its init is still running: set %s.%s first"):format(path, field, path, field)
    end
    local meant = package.loaded["cnn.signature"].nearest(field, all)
    if meant then return ("%s%s%s"):format(path, mark, meant) end
    if #held == 0 then return nil end
    return ("%s is a %s, which holds %s"):format(path, cls.__name, table.concat(held, ", ", 1, math.min(#held, 12)))
end

local function about_class(path, cls)
    return ("%s is a class: net = %s(…) makes a network of it, then net(x)"):format(path == "self" and cls.__name or path,
        cls.__name)
end

-- A sample, d[1], is a list: its image has the method, not the list.
local function about_list(path, value, field, mark)
    local core = package.loaded["cnn.core"]
    if getmetatable(value) ~= nil or not core.is_tensor(value[1]) or core.methods[field] == nil then return nil end
    return ("%s is a list of %d: %s[1]%s%s"):format(path, #value, path, mark, field)
end

-- What mends it, for what only the library knows; nil for plain tables and other values.
local function about(path, value, field, mark)
    local class = package.loaded["cnn.nn.class"]
    if not class then return nil end
    local cls = class.of(value)
    if cls then return about_instance(path, value, cls, field, mark) end
    if class.is_class(value) then return about_class(path, value) end
    return type(value) == "table" and about_list(path, value, field, mark) or nil
end

--- The message with a line "fix: …" where a field of a module or of another object of the library is missing, with the
--- name that was probably meant where it is spelled nearly like another; else nil. Called by a message handler.
function M.explain(message)
    local file, number, kind, field = message:match("^(.-):(%d+): attempt to [%a ]+ a nil value %((%a+) '([%w_]+)'%)$")
    if kind ~= "field" and kind ~= "method" and kind ~= "global" then return nil end
    local level, info = frame_of(file, tonumber(number))
    if not level then return nil end
    if kind == "global" then
        local meant = suggest.global(field, level, info)
        return meant and ("%s; did you mean %s?"):format(message, meant)
    end
    local mark = kind == "method" and ":" or "."
    local path, value = owner_of(field, level + 1, info)
    if value == nil then return nil end
    local fix = about(path, value, field, mark)
    if fix then return ("%s\n  fix: %s"):format(message, fix) end
    local meant = suggest.field(field, path, value, mark)
    return meant and ("%s; did you mean %s?"):format(message, meant)
end

return M
