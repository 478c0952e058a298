-- SPDX-License-Identifier: MIT
-- nn.ModuleList: a list whose modules belong to the network that holds it.
local Container = require "cnn.nn.container"
local class = require "cnn.nn.class"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local ModuleList = class.make("ModuleList", Container)

ModuleList.init = signature {
    name = "nn.ModuleList", self = true,
    { "...", "module" },
    returns = "module",
    doc = [[A list of modules, from a table of them or empty. It has no forward: its user says what is done with them.
list[1], list[-1], #list and ipairs(list) work as for a table; unlike in a plain table, parameters() finds the modules.]],
    example = [[
local list = nn.ModuleList { nn.Linear(3, 3), nn.Linear(3, 2) }
for i, m in ipairs(list) do print(i, m) end]],
    see = { "nn.Sequential", "nn.ModuleList.append" },
    call = Container._fill,
}

function ModuleList:forward()
    errors.raise {
        kind = "value",
        text = "a ModuleList only holds its modules and can't be called",
        fix = "nn.Sequential(list)",
    }
end

-- Equal modules in a row print as one line, "(0-2): 3 x Linear(…)".
function ModuleList:__tostring()
    local name = getmetatable(self).__name
    local texts, lines = {}, {}
    for i, module in ipairs(self) do
        texts[i] = self._shown(module)
    end
    local first = 1
    for i = 1, #texts do
        if texts[i + 1] ~= texts[first] then
            local text = texts[first]
            if i > first then text = ("(%d-%d): %d x %s"):format(first - 1, i - 1, i - first + 1, text)
            else text = ("(%d): %s"):format(i - 1, text) end
            lines[#lines + 1] = text:gsub("\n", "\n  ")
            first = i + 1
        end
    end
    if #lines == 0 then return name .. "()" end
    return ("%s(\n  %s\n)"):format(name, table.concat(lines, "\n  "))
end

return ModuleList
