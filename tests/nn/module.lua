-- SPDX-License-Identifier: MIT
-- nn.Module: registration, walks, state, modes, and what it says when it is used wrongly.
local check = require "check"
local cnn = require "cnn"
local nn = cnn.nn

local Net = nn.class("Net")
function Net:init()
    self.width = 4
    self.conv = nn.Conv2d(1, 4, 3)
    self.bn = nn.BatchNorm2d(4)
    self.fc = nn.Linear(4, 2)
end
function Net:forward(x) return self.fc(self.bn(self.conv(x)):mean({ 3, 4 })) end

local function names(iterator)
    local list = {}
    for name in iterator do list[#list + 1] = name end
    return list
end

local function children(m)
    return table.concat(names(m:named_children()), " ")
end

check.test("fields keep the order of their first assignment", function()
    local net = Net()
    check.equal(children(net), "conv bn fc")
    net.conv = nn.Conv2d(1, 4, 5)
    check.equal(children(net), "conv bn fc", "reassigned in place")
    net.bn = nil
    check.equal(children(net), "conv fc", "removed")
    net.bn = nn.BatchNorm2d(4)
    check.equal(children(net), "conv fc bn", "assigned anew")
    net.width = nn.ReLU()
    check.equal(children(net), "width conv fc bn", "a field that became a module")
end)

check.test("walks visit everything once, in PyTorch's order", function()
    local net = Net()
    check.equal(names(net:named_modules()), { "", "conv", "bn", "fc" })
    check.equal(names(net:named_parameters()), { "conv.weight", "conv.bias", "bn.weight", "bn.bias", "fc.weight", "fc.bias" })
    check.equal(names(net:named_buffers()), { "bn.running_mean", "bn.running_var", "bn.num_batches_tracked" })
    check.equal(names(net:named_parameters("net")), { "net.conv.weight", "net.conv.bias", "net.bn.weight", "net.bn.bias",
        "net.fc.weight", "net.fc.bias" })
    check.equal(#net:parameters(), 6)
    check.equal(#net:buffers(), 3)
    local seen = {}
    net:apply(function(m) seen[#seen + 1] = getmetatable(m).__name end)
    check.equal(seen, { "Conv2d", "BatchNorm2d", "Linear", "Net" })
    check.that(net:get_submodule("fc") == net.fc)
    check.that(net:get_submodule("") == net)
    check.fails(function() net:get_submodule("fc.weight") end, "Linear has no module named weight")
end)

check.test("shared modules and parameters come once, but stand in the state twice", function()
    local fc = nn.Linear(3, 3)
    local net = nn.Sequential(fc, nn.ReLU(), fc)
    check.equal(#net:parameters(), 2)
    check.equal(names(pairs(net:state_dict())), { "0.weight", "0.bias", "2.weight", "2.bias" })
    local other = nn.Linear(3, 3)
    other.weight = fc.weight
    check.equal(#nn.Sequential(fc, other):parameters(), 3)
end)

check.test("a module calls forward and passes everything on", function()
    local Two = nn.class("Two")
    function Two:forward(a, b) return b, a, nil, 3 end
    check.equal({ Two()(1, 2) }, { 2, 1, nil, 3 })
    check.equal(select("#", Two()(1, 2)), 4)
end)

check.test("inheritance: methods, metamethods, init of the parent, is", function()
    local Base = nn.class("Base")
    function Base:init(n) self.n = n end
    function Base:forward(x) return x * self.n end
    function Base:__len() return self.n end
    local Derived = nn.class("Derived", Base)
    function Derived:init(n)
        Base.init(self, n + 1)
        self.fc = nn.Linear(1, 1)
    end
    local m = Derived(2)
    check.equal({ m(5), #m, children(m) }, { 15, 3, "fc" })
    check.that(Derived.super == Base)
    check.that(nn.is(m, Base) and nn.is(m, "Base") and nn.is(m, nn.Module) and nn.is(m, Derived))
    check.that(not nn.is(m, nn.Linear) and not nn.is(nil, Base) and not nn.is(3, "Base") and not nn.is({}, "Base"))
    check.fails(function() nn.is(m, m) end, "a class or its name")
    check.fails(function() nn.class("X", m) end, "must be a class", "Derived")
    local Many = nn.class("Many", nn.Sequential)
    check.equal(tostring(Many(nn.ReLU())[1]), "ReLU()")
end)

check.test("train and eval reach every module", function()
    local net = nn.Sequential(nn.Sequential(nn.Dropout(0.5)), nn.BatchNorm2d(3))
    check.that(net:eval() == net and not net[1][1].training and not net[2].training)
    check.that(net:train() == net and net[1][1].training)
    check.that(net:train(false) == net and not net[2].training)
end)

check.test("to changes the type of real tensors only, and keeps sharing", function()
    local fc = nn.Linear(3, 3)
    local net = nn.Sequential(fc, nn.BatchNorm2d(3), fc)
    check.that(net:to("float64") == net)
    check.equal({ fc.weight.dtype, net[2].running_mean.dtype, net[2].num_batches_tracked.dtype }, { "float64", "float64", "int64" })
    check.equal(#net:parameters(), 4)
    for _, p in ipairs(net:parameters()) do check.that(p.requires_grad and p.is_leaf) end
    check.equal(nn.Linear(2, 2):to({ dtype = "float64" }).weight.dtype, "float64")
    local weight = fc.weight
    net:to("cpu")
    check.that(fc.weight == weight, "nothing to do, but the parameter is another")
    check.fails(function() net:to("tpu") end, "tpu")
end)

check.test("requires_grad_ and zero_grad", function()
    local net = nn.Linear(3, 1)
    net(cnn.ones(1, 3)):backward()
    check.equal(net.weight.grad, cnn.ones(1, 3))
    net:zero_grad()
    check.that(net.weight.grad == nil)
    net:requires_grad_(false)
    check.that(not net(cnn.ones(1, 3)).requires_grad)
end)

check.test("state goes out and in, in place and detached", function()
    local a, b = Net(), Net()
    a(cnn.randn(2, 1, 8, 8))
    local state = a:state_dict()
    check.equal(names(pairs(state)), { "conv.weight", "conv.bias", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var",
        "bn.num_batches_tracked", "fc.weight", "fc.bias" })
    check.that(not state["fc.weight"].requires_grad)
    local weight = b.fc.weight
    check.equal({ b:load_state_dict(state) }, { {}, {} })
    check.that(b.fc.weight == weight and weight.requires_grad)
    for name, x in pairs(b:state_dict()) do check.equal(x, state[name], name) end
    check.equal(b.bn.num_batches_tracked:item(), 1)
end)

check.test("a state that does not fit changes nothing and names everything", function()
    local net = Net()
    local before = net.fc.bias:clone()
    local state = Net():state_dict()
    state["fc.weight"], state["conv.weight"], state.extra = cnn.zeros(7, 4), nil, cnn.zeros(1)
    check.fails(function() net:load_state_dict(state) end, "missing: conv.weight", "unexpected: extra",
        "size mismatch for fc.weight: the state has [7, 4], the module needs [2, 4]")
    check.equal(net.fc.bias, before)
    check.fails(function() net:load_state_dict(state, false) end, "size mismatch")
    state["fc.weight"] = nil
    check.equal({ net:load_state_dict(state, false) }, { { "conv.weight", "fc.weight" }, { "extra" } })
    state["fc.bias"] = 3
    check.fails(function() net:load_state_dict(state, false) end, "fc.bias is a number, not a tensor")
end)

check.test("buffers and parameters under computed names", function()
    local m = nn.Module()
    m:register_buffer("steps", cnn.zeros(1))
    m:register_buffer("scratch", cnn.zeros(1), false)
    m:register_parameter("scale", nn.Parameter(cnn.ones(2)))
    check.equal(names(m:named_buffers()), { "steps", "scratch" })
    check.equal(names(pairs(m:state_dict())), { "scale", "steps" })
    check.fails(function() m:register_parameter("x", cnn.ones(1)) end, "not a parameter", "nn.Parameter")
    check.that(not nn.Parameter(cnn.ones(1), false).requires_grad)
end)

check.test("mistakes get their sentence", function()
    local Bad = nn.class("Bad")
    function Bad:init() self.layers = { nn.Linear(2, 2) } end
    function Bad:forward(x) self.layers[1](x) end
    local bad = Bad()
    check.fails(function() bad(cnn.ones(1, 2)) end, "Bad.forward returned nothing", "return")
    check.fails(function() bad:parameters() end, "layers is a plain table with a Linear in it", "nn.ModuleList")
    bad.list = nn.ModuleList(bad.layers)
    check.equal(#bad:parameters(), 2)
    local Empty = nn.class("Empty")
    check.fails(function() Empty()(1) end, "Empty has no forward", "function Empty:forward")
    check.fails(function() Empty(1) end, "takes no arguments")
    function Empty:__init() end
    check.fails(function() Empty() end, "__init", "function Empty:init")
    check.fails(function() bad.parameters = 3 end, "hide the method parameters")
    check.fails(function() bad.parameters() end, "colon")
    check.fails(function() Net:parameters() end, "Net is a class", "net = Net(…)")
    check.fails(function() bad.parameters({}) end, "method of modules")
    check.fails(function() bad:to("float32", 3) end, "dtype")
end)

check.test("an error inside names the layer's place", function()
    local net = nn.Sequential(nn.Sequential(nn.Conv2d(1, 2, 3)), nn.Conv2d(3, 2, 3))
    local e = check.fails(function() return net(cnn.ones(1, 1, 8, 8)) end, "conv2d")
    check.equal(e.layer, "1")
    e = check.fails(function() return net(cnn.ones(1, 5, 8, 8)) end)
    check.equal(e.layer, "0.0")
end)
