-- SPDX-License-Identifier: MIT
-- The options of a script, described once: `--epochs 20`, `--epochs=20`, `--help`.
--
--     local o = options.parse(arg, {
--         about = "Trains a network on handwritten digits.",
--         { "epochs", "N", "passes over the training images", default = 20, min = 1 },
--         { "save", "FILE", "where the network is written", output = true },
--         { "quiet", nil, "print less" },                          -- no value: a flag, true or false
--     })
--
-- A default says the type: an integer, a float, else a string; type = "integer" or "number" says it where there is
-- none. min, max and choices limit the value; `output` checks at once that the file can be written. A mistake prints
-- a sentence and ends the program with status 1.
local signature = require "cnn.signature"

local options = {}

local function type_of(option)
    if not option[2] then return "flag" end
    if option.type then return option.type end
    local kind = math.type(option.default)
    return kind == "integer" and "integer" or kind == "float" and "number" or "string"
end

-- ---- help ----------------------------------------------------------------------------------------------------------

local function default_text(option)
    if option.default == nil or option.default == "" then return "" end
    return (" (%s)"):format(tostring(option.default))
end

--- The text of --help.
function options.help(spec, program)
    local lines = { ("usage: %s [options]"):format(program), "" }
    if spec.about then lines = { lines[1], "", spec.about, "" } end
    local width = #"help"
    for _, option in ipairs(spec) do
        width = math.max(width, #option[1] + (option[2] and #option[2] + 1 or 0))
    end
    for _, option in ipairs(spec) do
        local name = option[1] .. (option[2] and " " .. option[2] or "")
        local choices = option.choices and ": " .. table.concat(option.choices, ", ") or ""
        lines[#lines + 1] = ("  --%-" .. width .. "s  %s%s%s"):format(name, option[3] or "", choices, default_text(option))
    end
    lines[#lines + 1] = ("  --%-" .. width .. "s  %s"):format("help", "this text")
    return table.concat(lines, "\n")
end

-- ---- values --------------------------------------------------------------------------------------------------------

local function out_of_range(option, number)
    return option.min and number < option.min and ("at least %s"):format(option.min)
        or option.max and number > option.max and ("at most %s"):format(option.max)
end

local function number_of(option, text, kind)
    local number = tonumber(text)
    if kind == "integer" and number then number = math.tointeger(number) end
    if not number or number ~= number then
        return nil, ("--%s takes %s; got %q"):format(option[1], kind == "integer" and "a whole number" or "a number", text)
    end
    local wanted = out_of_range(option, number)
    if wanted then return nil, ("--%s must be %s; got %s"):format(option[1], wanted, text) end
    return number
end

-- Opens and removes a file beside the output, as saving will do, and opens the output itself if it is there.
local function check_output(path)
    local present = io.open(path, "r")
    if present then
        present:close()
        local file, why = io.open(path, "r+")
        if not file then return why end
        file:close()
    end
    local beside = path .. ".probe"
    local file, why = io.open(beside, "w")
    if not file then return (why:gsub("%.probe", "", 1)) end
    file:close()
    os.remove(beside)
end

local function value_of(option, text)
    local kind = type_of(option)
    if kind == "integer" or kind == "number" then return number_of(option, text, kind) end
    if option.choices then
        for _, choice in ipairs(option.choices) do
            if choice == text then return text end
        end
        return nil, ("--%s must be one of %s; got %q"):format(option[1], table.concat(option.choices, ", "), text)
    end
    if option.output then
        if text == "" then return nil, ("--%s needs a file's name"):format(option[1]) end
        local why = check_output(text)
        if why then return nil, ("--%s: can't write %s"):format(option[1], why) end
    end
    return text
end

-- ---- reading -------------------------------------------------------------------------------------------------------

local function unknown(spec, name)
    local names = { "help" }
    for _, option in ipairs(spec) do
        names[#names + 1] = option[1]
    end
    local meant = signature.nearest(name, names)
    return ("there is no option --%s%s"):format(name, meant and (" (did you mean --%s?)"):format(meant) or "")
end

local function find(spec, name)
    for _, option in ipairs(spec) do
        if option[1] == name then return option end
    end
end

-- Reads the option at args[i] into values; returns the index of the next, or nil and a sentence.
local function read_one(args, i, spec, values)
    local name, given = args[i]:match("^%-%-([^=]+)=(.*)$")
    name = name or args[i]:match("^%-%-(.+)$")
    if not name then return nil, ("%q is no option: options begin with --"):format(args[i]) end
    local option = find(spec, name)
    if not option then return nil, unknown(spec, name) end
    local key = name:gsub("%-", "_")
    if type_of(option) == "flag" then
        if given then return nil, ("--%s takes no value"):format(name) end
        values[key] = true
        return i + 1
    end
    if not given then
        i = i + 1
        given = args[i]
        if not given then return nil, ("--%s needs a value: --%s %s"):format(name, name, option[2]) end
    end
    local value, why = value_of(option, given)
    if value == nil then return nil, why end
    values[key] = value
    return i + 1
end

--- The options' values by name (with _ for -), or nil and a sentence; "help" if help was asked for.
function options.read(args, spec)
    local values = {}
    for _, option in ipairs(spec) do
        values[(option[1]:gsub("%-", "_"))] = option.default
        if type_of(option) == "flag" then values[(option[1]:gsub("%-", "_"))] = false end
    end
    local i = 1
    while args[i] do
        if args[i] == "--help" or args[i] == "-h" then return "help" end
        local next_, why = read_one(args, i, spec, values)
        if not next_ then return nil, why end
        i = next_
    end
    return values
end

local function program_name(args) return (args and args[0] or "script"):match("[^/]*$") end

--- Ends the program with a sentence and status 1: for what no reader of a traceback could mend.
function options.fail(format, ...)
    require("cnn.core").status_line_end()
    io.stderr:write(program_name(arg), ": ", format:format(...), "\n")
    os.exit(1, true)
end

--- The options' values. Prints help, or a sentence about what is wrong, and ends the program.
function options.parse(args, spec)
    local values, why = options.read(args, spec)
    if values == "help" then
        print(options.help(spec, program_name(args)))
        os.exit(0, true)
    elseif not values then
        options.fail("%s\ntry --help", why)
    end
    return values
end

return options
