-- SPDX-License-Identifier: MIT
-- What kind of thing a value is, in the words that %who takes: "tensor", "module" with its class, or Lua's own.
local names = require "shell.names"

local M = {}

--- The kind, and the class's name where there is one.
function M.of(value)
    local core = package.loaded["cnn.core"]
    if core and core.is_tensor(value) then return "tensor" end
    local mt = debug.getmetatable(value)
    local name = type(mt) == "table" and rawget(mt, "__name")
    if type(name) ~= "string" or type(value) == "string" then return type(value) end
    if type(value) == "table" and names.field(value, "forward") ~= nil then return "module", name end
    return type(value), name
end

return M
