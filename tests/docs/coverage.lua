-- SPDX-License-Identifier: MIT
-- doc/coverage.md: it is current, what courses need is here, what is left out says so wherever it is asked for.
local check = require "check"
local cnn = require "cnn"
local left_out = require "cnn.left_out"
local habits = require "shell.habits"
local help = require "shell.help"

package.path = check.root .. "/scripts/?.lua;" .. package.path
local coverage = require "coverage"
local described = coverage.load(check.root)
local names = coverage.names(check.root)

check.test("doc/coverage.md is what the sources say", function()
    check.that(coverage.main(check.root, true))
end)

check.test("what the lab, the blitz and courses use is here", function()
    local missing, count = {}, 0
    for line in io.lines(check.root .. "/tests/docs/needed_names.txt") do
        local kind, list = line:match("^([%w_.]+) (.*)$")
        for name in (list or ""):gmatch("%S+") do
            local prefix = kind == "tensor" and "cnn" or kind
            count = count + 1
            if coverage.status(described, prefix, name) ~= "here" then missing[#missing + 1] = prefix .. "." .. name end
        end
    end
    check.that(count > 200, "the list of names is short")
    check.equal(missing, {})
end)

check.test("what is left out or spelled differently is one of PyTorch's names", function()
    local known = {}
    for kind, list in pairs(names) do
        for _, name in ipairs(list) do
            local prefix = kind == "tensor" and "cnn" or kind
            known[prefix .. "." .. name] = true
            known[prefix .. "." .. name:gsub("_$", "")] = true
        end
    end
    local strangers = {}
    for _, list in ipairs { left_out.entries, left_out.spelled } do
        for name in pairs(list) do if not known[name] and not name:find("^plt%.") then strangers[#strangers + 1] = name end end
    end
    table.sort(strangers)
    check.equal(strangers, {})
end)

check.test("the parts that answer for left out names are those that have some, and the names are read late", function()
    local found = {}
    for _, list in ipairs { left_out.entries, left_out.spelled } do
        for name in pairs(list) do found[name:match("^(.*)%.")] = true end
    end
    check.equal(left_out.prefixes, found)
    local seen = "nn.Linear(1, 1) print(package.loaded['cnn.left_out.modules'], not package.loaded['cnn.left_out'])"
    check.equal(check.run({ check.cnnsh, "-e", seen }).out, "nil\tfalse\n")
end)

check.test("the lines to write instead run", function()
    local x, count = cnn.rand(3, 4) + 0.5, 0
    local given = { cnn = cnn, nn = cnn.nn, x = x, y = x * 2, z = x - 1, t = x:gt(1):float() * 2 - 1, v = x + 1, p = x:gt(1):float(),
        labels = cnn.tensor { 1, 4, 2 }, a = 0.5, b = 0, n = 2, distance = cnn.nn.functional.pairwise_distance }
    for name, entry in pairs(left_out.entries) do
        if entry.why:find("a line of tensor methods", 1, true) then
            count = count + 1
            local value = assert(load("return " .. entry.instead, name, "t", given))()
            check.that(cnn.is_tensor(value) and value:isfinite():all():item(), name)
        end
    end
    check.that(count >= 36)
end)

check.test("names that are not there are nil until somebody calls them", function()
    local nn, F = cnn.nn, cnn.nn.functional
    check.equal(nn.LSTM, nil)
    check.equal(nn.Nothing, nil)
    local found = "no"
    if nn.LSTM then found = nn.LSTM(1) end
    check.equal(found, "no")
    check.fails(function() return nn.LSTM(3, 4) end, "value error in nn.LSTM", "left out on purpose", "fix: nn.Conv1d")
    check.fails(function() return nn.GRU { 3, 4 } end, "nn.GRU is left out on purpose")
    check.fails(function() return F.embedding(3) end, "nn.functional.embedding is left out on purpose")
    check.fails(function() return cnn.einsum("ij,jk->ik", 1) end, "cnn.einsum is left out on purpose", "matmul")
    check.fails(function() return cnn.multiply(2, 3) end, "spelled differently", "x:mul(y)")
    check.fails(function() cnn.plt.subplots(2, 2) end, "plt.subplots is spelled differently here", "plt.subplot(2, 2, 1)")
    check.fails(function() return cnn.optim.LBFGS(1) end, "optim.LBFGS is left out on purpose", "optim.SGD")
    check.fails(function() return cnn.optim.lr_scheduler.CyclicLR(1) end, "left out on purpose", "LambdaLR")
    check.fails(function() return cnn.ones(2):cholesky() end, "left out on purpose", "linear algebra")
    check.fails(function() return cnn.ones(2).numpy end, "spelled differently", "x:totable()")
    check.fails(function() return cnn.ones(2):nothing() end, "no method or field")
    check.fails(function() return nn.Nothing(1) end, "attempt to call a nil value")
end)

check.test("the prompt's help and its messages say the same", function()
    local function text(name) return help.text(name, {}, 200) end
    for _, name in ipairs { "nn.LSTM", "torch.nn.LSTM", "cnn.nn.LSTM" } do
        check.match(text(name), "nn.LSTM is left out on purpose", "recurrent", "instead: nn.Conv1d")
    end
    check.match(text "torch.einsum", "cnn.einsum is left out", "matmul")
    check.match(text "x.cholesky", "cnn.cholesky is left out")
    check.match(text "F.embedding_bag", "nn.functional.embedding_bag is left out")
    check.match(text "x.absolute", "spelled differently", "x:abs()")
    check.match(text "nn.Conv2d", "nn.Conv2d(in_channels")
    local function message(line, field)
        return habits.explain(("=t:1: attempt to call a nil value (field '%s')"):format(field), line)
    end
    check.match(message("nn.LSTM(3)", "LSTM"), "=t:1: nn.LSTM is left out on purpose", "fix: nn.Conv1d")
    check.match(message("", "LSTM"), "nn.LSTM is left out on purpose")
    check.match(message("mine.LSTM(3)", "LSTM"), "attempt to call")
    check.match(message("", "name"), "attempt to call")
    check.match(message("torch.einsum(3)", "einsum"), "cnn.einsum is left out on purpose")
end)
