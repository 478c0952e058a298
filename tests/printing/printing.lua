-- SPDX-License-Identifier: MIT
-- Tensors and modules print as in PyTorch. What differs is Lua's: `torch.` is not written before a dtype, and the truth
-- values in a tensor are true and false, so that they can be typed.
local check = require "check"
local nets = require "helpers.nets"
local cnn = require "cnn"

local names = setmetatable({ cnn = cnn, nn = cnn.nn, Net = nets.Net, Block = nets.Block }, { __index = _G })

for _, case in ipairs(dofile(check.root .. "/tests/golden/printing.lua")) do
    local source, want = case[1], case[2]
    check.test(source, function()
        local value = assert(load("return " .. source, source, "t", names))()
        local got = tostring(value)
        want = want:gsub("torch%.", "")
        if source:find("^cnn%.") then want = want:gsub("True", "true"):gsub("False", "false") end
        if got ~= want then check.fail("prints\n%s\nand PyTorch\n%s", got, want) end
    end)
end
