-- SPDX-License-Identifier: MIT
-- The point of it all: the lab's network learns digits, drawn ones and, where CNN_DATA has them, real ones.
local check = require "check"

if os.getenv("CNN_TEST_SANITIZED") then check.skip("too slow under sanitizers") end

local function train(arguments)
    local r = check.run(("%s %s/scripts/mnist.lua %s"):format(check.cnnsh, check.root, arguments))
    if r.code ~= 0 then check.fail("%s%s", r.out, r.err) end
    local accuracy = tonumber(r.out:match("test accuracy: ([%d.]+) %%\n$"))
    return check.that(accuracy, "no accuracy in the last line:\n" .. r.out)
end

check.test("one pass over drawn digits: at least 97 %", function()
    local accuracy = train("--dataset digits --epochs 1")
    check.that(accuracy >= 97, "test accuracy " .. accuracy)
end)

check.test("one pass over MNIST: at least 98 %", function()
    local folder = os.getenv("CNN_DATA")
    if not folder then check.skip("CNN_DATA names no folder") end
    local path = check.temp(".safetensors")
    local accuracy = train("--data " .. check.quote(folder) .. " --epochs 1 --save " .. path)
    check.that(accuracy >= 98, "test accuracy " .. accuracy)
    check.that(#check.read(path) > 1000000, "the saved network is too small")
end)

if os.getenv("CNN_TEST_LONG") == "1" then -- minutes, so only when asked for
    check.test("twenty passes over MNIST: at least 99 %", function()
        local accuracy = train("--data " .. check.quote(os.getenv("CNN_DATA")) .. " --epochs 20")
        check.that(accuracy >= 99, "test accuracy " .. accuracy)
    end)
end
