-- SPDX-License-Identifier: MIT
local check = require "check"
local cnn = require "cnn"
local nn = cnn.nn

check.test("Sequential runs its modules in order, from arguments, a list or a ModuleList", function()
    local a, b = nn.Flatten(), nn.Linear(4, 3)
    for _, s in ipairs { nn.Sequential(a, b), nn.Sequential { a, b }, nn.Sequential(nn.ModuleList { a, b }) } do
        check.equal(s(cnn.ones(2, 1, 2, 2)), b(cnn.ones(2, 4)))
        check.that(#s == 2 and s[1] == a and s[2] == b and s[-1] == b and s[-2] == a and s[3] == nil and s[-3] == nil)
    end
    local x = cnn.ones(2)
    check.that(nn.Sequential()(x) == x)
end)

check.test("lists are indexed, walked, appended to and changed", function()
    local list = nn.ModuleList()
    local a, b, c = nn.ReLU(), nn.Identity(), nn.Flatten()
    check.that(list:append(a):append(b) == list and #list == 2)
    list:insert(1, c)
    check.that(list[1] == c and list[2] == a and list[3] == b)
    list:extend({ nn.Dropout() })
    list[2] = nn.Dropout2d()
    list[5] = nn.ReLU()
    local printed = {}
    for i, m in ipairs(list) do printed[i] = getmetatable(m).__name end
    check.equal(printed, { "Flatten", "Dropout2d", "Identity", "Dropout", "ReLU" })
    local s = nn.Sequential(a)
    s:append(b)
    check.equal(#s, 2)
    check.equal(#nn.ModuleList { nn.Linear(2, 2), nn.Linear(2, 2) }:parameters(), 4)
end)

check.test("a ModuleList prints runs of equal modules as one", function()
    check.equal(tostring(nn.ModuleList { nn.Linear(2, 2), nn.Linear(2, 2), nn.ReLU() }), [[
ModuleList(
  (0-1): 2 x Linear(in_features=2, out_features=2, bias=True)
  (2): ReLU()
)]])
    check.equal(tostring(nn.ModuleList()), "ModuleList()")
end)

check.test("mistakes get their sentence", function()
    local list = nn.ModuleList { nn.ReLU() }
    check.fails(function() return list[0] end, "count from 1")
    check.fails(function() list[3] = nn.ReLU() end, "out of range")
    check.fails(function() list:append(3) end, "module", "3")
    check.fails(function() list.append(nn.ReLU()) end, '"module" is missing', "x:append(…)")
    check.fails(function() list[1] = 3 end, "takes modules; got 3")
    check.fails(function() nn.Sequential(nn.ReLU(), nn.ReLU) end, "module", "class ReLU")
    check.fails(function() nn.Sequential(nn.ReLU(), "x") end, "module", "x")
    check.fails(function() list(cnn.ones(1)) end, "nn.Sequential(list)")
    check.fails(function() list:insert(7, nn.ReLU()) end, "out of range")
end)

check.test("a list extended by itself is twice as long", function()
    local list = nn.ModuleList { nn.ReLU(), nn.Tanh() }
    check.equal(#list:extend(list), 4)
    check.that(list[3] == list[1] and list[4] == list[2])
end)

check.test("ModuleDict: modules by name, in order, found by the network", function()
    local d = nn.ModuleDict { tanh = nn.Tanh(), conv = nn.Conv2d(3, 4, 3) }
    check.equal(d:keys(), { "conv", "tanh" })
    check.equal({ #d, #d:parameters() }, { 2, 2 })
    check.that(nn.is(d.conv, nn.Conv2d) and d["tanh"] == d.tanh)
    local ordered = nn.ModuleDict { { "z", nn.ReLU() }, { "a", nn.Linear(2, 3) } }
    check.equal(tostring(ordered), "ModuleDict(\n  (z): ReLU()\n  (a): Linear(in_features=2, out_features=3, bias=True)\n)")
    ordered.b = nn.ReLU()
    ordered:update { a = nn.Linear(2, 2), c = nn.Tanh() }
    check.equal(ordered:keys(), { "z", "a", "b", "c" })
    check.equal(ordered:state_dict()["a.weight"]:size(), cnn.zeros(2, 2):size())
    local popped = ordered:pop("z")
    check.equal({ tostring(popped), #ordered }, { "ReLU()", 3 })
    local names = {}
    for name, module in ordered:items() do names[#names + 1] = name .. " " .. tostring(module):match("^%a+") end
    check.equal(names, { "a Linear", "b ReLU", "c Tanh" })
    check.equal(tostring(nn.ModuleDict()), "ModuleDict()")
    check.fails(function() nn.ModuleDict { conv = 3 } end, "takes modules; under conv is 3")
    check.fails(function() nn.ModuleDict { { "conv" } } end, "entry 1 is no pair")
    check.fails(function() nn.ModuleDict { { "a.b", nn.ReLU() } } end, "without a dot")
    check.fails(function() nn.ModuleDict { { "keys", nn.ReLU() } } end, "would hide the method")
    check.fails(function() nn.ModuleDict { { "train", nn.ReLU() } } end, "would hide the method")
    check.fails(function() ordered:pop("z") end, "no module is called z; there are: a, b, c")
    check.fails(function() ordered(cnn.ones(2)) end, "only holds its modules")
end)

check.test("ParameterList: parameters in a row, found by the network", function()
    local list = nn.ParameterList { cnn.ones(2, 3), nn.Parameter(cnn.zeros(1)) }
    check.equal({ #list, #list:parameters() }, { 2, 2 })
    check.that(list[1].requires_grad and list[-1]:numel() == 1 and list[3] == nil)
    list:append(cnn.ones(4))
    list[1] = cnn.zeros(5)
    list[4] = cnn.zeros(6)
    local sizes = {}
    for i, p in ipairs(list) do sizes[i] = p:numel() end
    check.equal(sizes, { 5, 1, 4, 6 })
    local names = {}
    for name in list:named_parameters() do names[#names + 1] = name end
    check.equal(names, { "0", "1", "2", "3" })
    check.equal(tostring(nn.ParameterList { cnn.ones(2, 3), cnn.ones(1) }), "ParameterList(\n    (0): Parameter containing: " ..
        "[torch.float32 of size 2x3]\n    (1): Parameter containing: [torch.float32 of size 1]\n)")
    check.equal(tostring(nn.ParameterList()), "ParameterList()")
    check.fails(function() nn.ParameterList { 3 } end, "tensor", "3")
    check.fails(function() list[9] = cnn.ones(1) end, "out of range: there are 4")
    check.fails(function() list[1] = "x" end, "takes tensors")
    check.fails(function() return list[0] end, "count from 1")
    check.fails(function() list(cnn.ones(1)) end, "only holds its parameters")
end)
