-- SPDX-License-Identifier: MIT
-- Networks that are put together wrongly: what is missing, doubled, not ready, or of the wrong kind.
local check = require "check"
local cnn = require "cnn"
local says = require "helpers.says"
local nn, F, optim = cnn.nn, cnn.nn.functional, cnn.optim

check.test("a forward that forgets return: whose, where it stands, the layer's place", function()
    local Inner = nn.class("Inner")
    function Inner:init() self.fc = nn.Linear(2, 2) end
    function Inner:forward(x) x = self.fc(x) end
    local line = debug.getinfo(Inner.forward, "S").linedefined
    local Outer = nn.class("Outer")
    function Outer:init() self.body = nn.Sequential(nn.ReLU(), Inner()) end
    function Outer:forward(x)
        x = self.body(x)
        return x
    end
    local text = "^Inner%.forward %(%S*tests/errors/modules%.lua:" .. line .. "%) returned nothing: did it forget `return`%?$"
    says(function() local _ = Inner()(cnn.zeros(1, 2)) end, "value error", text, "fix: return x, as its last line")
    local e = says(function() local _ = Outer()(cnn.zeros(1, 2)) end, "value error in body.1", text, "fix: return x, as its last line")
    check.match(tostring(e), "x = self.body(x)")
end)

check.test("a class where an object belongs, a constructor of another name, too many arguments", function()
    local Net = nn.class("Net")
    function Net:init() self.conv = nn.Conv2d(3, 4, 3) end
    function Net:forward(x) return self.conv(x) end
    says(function() local _ = Net(cnn.zeros(1, 3, 8, 8)) end, "type error", "Net.init takes no arguments; got 1",
        "fix: net = Net() makes one, net(x) runs it")
    local Sized = nn.class("Sized")
    function Sized:init(channels, classes) self.n = channels * (classes or 1) end
    check.equal(Sized(2, 3, 4).n, 6) -- surplus that is no tensor is dropped, as Lua does
    check.equal({ Sized(2, 3).n, Sized(2).n, Sized(2, nil).n }, { 6, 2, 2 })
    local Python = nn.class("Python")
    function Python:__init() self.conv = nn.Conv2d(3, 4, 3) end
    says(function() local _ = Python() end, "value error",
        "Python has a function __init, but the constructor of a class is called init", "fix: function Python:init(…)")
    local Bare = nn.class("Bare")
    says(function() local _ = Bare(3) end, "value error", "Bare takes no arguments, because it has no init; it got 1",
        "fix: function Bare:init(…)")
    says(function() local _ = Bare()(cnn.zeros(1)) end, "value error", "Bare has no forward, so it can't be called",
        "fix: function Bare:forward(x) … return y end")
    local line = "nn.Sequential(...)"
    says(function() local _ = nn.Sequential(nn.Linear(2, 2), nn.ReLU) end, "type error in nn.Sequential",
        "value 2 must be a module; got class ReLU", line, "fix: nn.ReLU(…), which makes a module of the class")
    says(function() local _ = nn.Sequential(nn.Linear(2, 2), F.relu) end, "type error in nn.Sequential",
        "value 2 must be a module; got a function", line,
        "fix: a module such as nn.ReLU() in place of the function; or call the function in forward")
    says(function() local _ = nn.Sequential(nn.Linear(2, 2), nil, nn.ReLU()) end, "type error in nn.Sequential",
        "value 2 must be a module; got nothing", line)
end)

check.test("a loss or layer that is fed while it is made", function()
    says(function() local _ = nn.CrossEntropyLoss(cnn.zeros(2, 3), cnn.tensor { 1, 2 }) end, "type error in nn.CrossEntropyLoss",
        '"ignore_index" (the 2nd) must be an integer; got a tensor [2] int64',
        'nn.CrossEntropyLoss(weight=nil, ignore_index=-100, reduction="mean", label_smoothing=0)',
        "fix: two steps: local layer = nn.CrossEntropyLoss(…), then layer(x)")
    says(function() local _ = nn.ReLU(cnn.zeros(2)) end, "type error in nn.ReLU",
        '"inplace" (the 1st) must be true or false; got a tensor [2] float32', "nn.ReLU(inplace=false)",
        "fix: two steps: local layer = nn.ReLU(…), then layer(x)")
end)

check.test("a plain tensor in a parameter's place would not be trained", function()
    local fc = nn.Linear(2, 2)
    local net = nn.Sequential(fc)
    fc.weight = cnn.zeros(2, 2)
    for _, f in ipairs { "parameters", "named_parameters", "state_dict" } do
        says(function() local _ = net[f](net) end, "type error",
            "weight of Linear was a parameter and is a tensor [2, 2] float32 now: it would be neither trained nor saved",
            "fix: layer.weight = nn.Parameter(x), or cnn.no_grad(function() layer.weight:copy_(x) end)")
    end
    fc.weight = nn.Parameter(cnn.zeros(2, 2))
    check.equal(#net:parameters(), 2)
    fc.bias = 5
    says(function() local _ = net:parameters() end, "type error",
        "bias of Linear was a parameter and is 5 now: it would be neither trained nor saved", "fix: layer.bias = nil takes it away")
    local e = check.fails(function() fc:register_buffer("weight", cnn.zeros(2)) end, "self.weight is there already, and no buffer")
    check.equal(e.op, "register_buffer")
    fc.bias = nil -- taken away, hence a field like any other
    fc.bias = cnn.zeros(2)
    check.equal(#net:parameters(), 1)
    fc.bias = nil
    fc.bias = nn.Parameter(cnn.zeros(2))
    check.equal(#net:parameters(), 2)
end)

check.test("modules in a plain table would not be trained", function()
    local Net = nn.class("Net")
    function Net:init() self.layers = { nn.Linear(2, 2) } end
    local net = Net()
    says(function() local _ = net:parameters() end, "value error",
        "layers is a plain table with a Linear in it: modules in a plain table are not part of the network, "
        .. "their parameters would not be trained", "fix: self.layers = nn.ModuleList{…}")
end)

check.test("batch norm with one value per channel", function()
    for layer, x in pairs { [nn.BatchNorm2d(4)] = cnn.zeros(1, 4, 1, 1), [nn.BatchNorm1d(4)] = cnn.zeros(1, 4) } do
        says(function() local _ = layer(x) end, "shape error in batch_norm",
            ("batch_norm needs more than one value per channel when training; got %s, which has 1"):format(x.shape),
            "fix: a larger batch, or net:eval()")
        check.equal(layer:eval()(x).shape, x.shape)
    end
    says(function() local _ = nn.BatchNorm2d(4)(cnn.zeros(8, 4)) end, "shape error in batch_norm",
        "BatchNorm2d(4) needs images [N, 4, H, W]; got [8, 4]")
end)

check.test("what an optimiser takes: a parameter once, no module, something at all", function()
    local a, b = nn.Linear(2, 2), nn.Linear(2, 2)
    b.weight = a.weight
    local shared = nn.Sequential(a, b)
    check.equal(#shared:parameters(), 3) -- once, like PyTorch: training it is fine
    optim.SGD { shared:parameters(), lr = 0.1 }:step()
    says(function() optim.SGD { { a.weight, b.weight }, lr = 0.1 } end, "value error in optim",
        "parameter 2 is parameter 1: it would be changed twice in every step", "fix: net:parameters(), which lists what is shared once")
    local groups = { { params = a:parameters() }, { params = b:parameters() } }
    says(function() optim.SGD { groups, lr = 0.1 } end, "value error in optim",
        "parameter 1 of group 2 is parameter 1: it would be changed twice in every step",
        "fix: net:parameters(), which lists what is shared once")
    says(function() optim.SGD { nn.ReLU():parameters(), lr = 0.1 } end, "value error in optim",
        "there is nothing to train: the list of parameters is empty",
        "fix: make the layers first, in init, as self.name = nn.Linear(…): then net:parameters() has theirs")
    says(function() optim.SGD { a, lr = 0.1 } end, "type error in optim",
        "an optimiser takes parameters; got the module Linear itself", "fix: net:parameters()")
    says(function() optim.SGD { a:parameters(), lr = -1 } end, "value error in optim.SGD",
        '"lr" must be a number, at least 0; got -1',
        "optim.SGD(params, lr=0.001, momentum=0, dampening=0, weight_decay=0, nesterov=false, maximize=false)")
    says(function() optim.SGD { { (a.weight * 2) }, lr = 1 } end, "value error in optim",
        "^parameter 1 was computed by %a+; an optimiser changes leaves only$")
end)

check.test("a state that does not fit names what is missing, too much, and of another size", function()
    local net = nn.Linear(2, 2)
    says(function() net:load_state_dict { weigth = cnn.zeros(2, 2) } end, "value error in load_state_dict",
        "the state does not fit Linear", "  missing: weight, bias", "  unexpected: weigth")
    says(function() net:load_state_dict { weight = cnn.zeros(2, 3), bias = cnn.zeros(2) } end, "shape error in load_state_dict",
        "the state does not fit Linear", "  size mismatch for weight: the state has [2, 3], the module needs [2, 2]")
end)

check.test("a dot for a colon", function()
    local net = nn.Linear(2, 2)
    local opt, loss = optim.SGD { net:parameters(), lr = 0.1 }, net(cnn.zeros(1, 2)):sum()
    local function dotted(f, name, what, ...)
        says(f, "type error in " .. name, ("%s is a method%s: call it with a colon, x:%s(…); got nothing"):format(
            name:match("[%w_]+$"), what, name:match("[%w_]+$")), ...)
    end
    local f = function() net.train() end
    dotted(f, "nn.Module.train", "", "nn.Module.train(mode=true)", "fix: net:train()")
    f = function() local _ = net.parameters() end
    dotted(f, "nn.Module.parameters", "", "nn.Module.parameters()", "fix: net:parameters()")
    f = function() opt.step() end
    dotted(f, "optim.Optimizer.step", "", "optim.Optimizer.step(closure=nil)", "fix: opt:step()")
    f = function() local _ = loss.item() end
    dotted(f, "tensor:item", " of a tensor", "tensor:item()", "fix: loss:item()")
    f = function() local _ = nn.ModuleList { net }[1].parameters() end -- the object is longer than a name
    dotted(f, "nn.Module.parameters", "", "nn.Module.parameters()")
    f = function() net:train(loss) end -- is no layer that would have to be made
    says(f, "type error in nn.Module.train", '"mode" (the 1st) must be true or false; got a tensor [] float32',
        "nn.Module.train(mode=true)")
    f = function() local _ = loss.item(), loss.item() end -- which of the two?
    dotted(f, "tensor:item", " of a tensor", "tensor:item()")
    local Net = nn.class("Net")
    function Net:forward(x) return self.fc(x) end
    check.fails(function() Net.forward(cnn.zeros(1)) end, 'no method or field "fc"',
        "fix: self is the tensor here: function Net:forward(x), and net(x) or net:forward(x)")
end)
