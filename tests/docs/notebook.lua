-- SPDX-License-Identifier: MIT
-- Every cell of doc/notebook.md runs, as one program, on the real data sets; on little of them and for a few steps.
local check = require "check"

if os.getenv("CNN_TEST_SANITIZED") then check.skip("too slow under sanitizers") end

local data = os.getenv("CNN_DATA")
local function is_there(path) return data and io.open(data .. "/" .. path) end

local text = check.read(check.root .. "/doc/notebook.md")

check.test("every cell of PyTorch has one of cnnsh beside it", function()
    local python, lua = select(2, text:gsub("\n```python\n", "")), select(2, text:gsub("\n```lua\n", ""))
    check.equal(python, lua)
    check.that(lua >= 28, "the lab's cells")
end)

if not is_there("MNIST/raw") or not is_there("cifar-10-batches-bin/test_batch.bin") then
    check.skip("MNIST and CIFAR-10 are not in $CNN_DATA")
end

-- What makes it short: the cells see the first samples only.
local before = [[
local cnn = require "cnn"
local DataLoader, Subset = cnn.data.DataLoader, cnn.data.Subset
cnn.data.DataLoader = function(t)
    local few = {}
    for i = 1, 256 do few[i] = i end
    t[1] = Subset(t[1], few)
    return DataLoader(t)
end
]]
local short = { ["local epochs, steps = 20, 64000"] = "local epochs, steps = 1, 3" }

check.test("the cells run, one after the other", function()
    local cells = { before }
    for cell in text:gmatch("\n```lua\n(.-)\n```") do cells[#cells + 1] = short[cell] or cell end
    check.equal(cells[2], "local epochs, steps = 1, 3")
    local program, folder = check.write(check.temp(".lua"), table.concat(cells, "\n")), check.temp()
    local r = check.run(("rm -f %s && mkdir %s && cd %s && ln -s %s/MNIST %s/cifar-10-batches-bin . && %s %s"):format(folder,
        folder, folder, check.quote(data), check.quote(data), check.quote(check.absolute(check.cnnsh)), program))
    if r.code ~= 0 and r.err:find("not installed here", 1, true) then check.skip("gnuplot is not installed") end
    check.equal(r.code, 0, r.err)
    check.match(r.out, "[1, 1, 28, 28]", "[1, 10, 32, 32]", "Epoch[2 (4/3)", "loss: ", "std=1.00")
end)
