-- SPDX-License-Identifier: MIT
-- Hints: each mistake is told, with the line, once; and everything that only looks like one is left in peace.
local check = require "check"
local terminal = require "helpers.terminal"

local program = check.quote(check.absolute(arg[-1]))
local folder = check.temp()
os.remove(folder)
assert(os.execute("mkdir " .. folder))

local SETUP = [[
cnn = require "cnn"; nn, optim, F = cnn.nn, cnn.optim, cnn.nn.functional
cnn.manual_seed(1)
x, y = cnn.randn(8, 4), cnn.tensor { 1, 2, 3, 1, 2, 3, 1, 2 }
function make() return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 3)) end
function sgd(net) return optim.SGD { net:parameters(), lr = 0.01 } end
function backward(net) local loss = F.cross_entropy(net(x), y); loss:backward(); return loss end
function right(net) return cnn.no_grad(function() return net(x):argmax(2):eq(y):sum():item() end) end
function train(net, opt) opt:zero_grad(); backward(net); opt:step() end
net = make(); opt = sgd(net)
]]

local function run(code, env)
    check.write(folder .. "/lab.lua", code .. "\n")
    local r = check.run(("cd %s && %s %s -e %s lab.lua"):format(folder, env or "", program, check.quote(SETUP)))
    check.equal(r.code, 0, r.err)
    return r.err, r.out
end

local function says(code, ...)
    check.equal(run(code), table.concat({ ... }, "\n  ") .. "\n  silence: cnn.hints(false), or CNN_HINTS=0\n")
end

local ZERO = { "the gradients of the step before are in these, too: backward() adds to what is there",
    "fix: opt:zero_grad() before loss:backward()" }
local EVAL = { "the network is measured in training mode: dropout drops, batch norm uses the batch and learns from it",
    "fix: net:eval() before, net:train() after (if it is meant: net:train() right before says so)" }

check.test("zero_grad is forgotten: once per line, with clipping and other optimisers, too", function()
    local head = "hint at lab.lua:3   opt:step()"
    says("for i = 1, 5 do\n    backward(net)\n    opt:step()\nend", head, table.unpack(ZERO))
    says("opt = optim.Adam { net:parameters() } for i = 1, 3 do\n    backward(net) " ..
        "nn.utils.clip_grad_norm_(net:parameters(), 0.01)\n    opt:step()\nend",
        head, table.unpack(ZERO))
    says("for i = 1, 3 do\n    backward(net) backward(net)\n    opt:step()\nend", head, table.unpack(ZERO))
    says("for i = 1, 3 do\n    local closure = function() return backward(net) end\n    opt:step(closure)\nend",
        "hint at lab.lua:3   opt:step(closure)", table.unpack(ZERO))
end)

check.test("eval is forgotten", function()
    local head = "hint at lab.lua:2   print(cnn.no_grad(function() return net(x):argmax(2) end))"
    says("train(net, opt)\nprint(cnn.no_grad(function() return net(x):argmax(2) end))", head, table.unpack(EVAL))
    says("for epoch = 1, 3 do net:train(); train(net, opt)\nprint(cnn.no_grad(function() return net(x):argmax(2) end))\nend", head,
        table.unpack(EVAL))
    says("right(net) train(net, opt)\ncnn.no_grad(function() print(F.cross_entropy(net(x), y)) end)",
        "hint at lab.lua:2   cnn.no_grad(function() print(F.cross_entropy(net(x), y)) end)", table.unpack(EVAL))
end)

check.test("losses: softmax and sigmoid before them, labels that are all one", function()
    local softmax = { "cross entropy has the softmax inside; these are probabilities already: the loss stays large, gradients small",
        "fix: leave softmax out of the network; take it afterwards, where probabilities are wanted" }
    for _, code in ipairs { "p = F.softmax(net(x), 2)", "p = net(x):softmax(2)", "net:append(nn.Softmax(2)) p = net(x)" } do
        says(code .. "\nF.cross_entropy(p, y)", "hint at lab.lua:2   F.cross_entropy(p, y)", table.unpack(softmax))
        says(code .. "\nnn.CrossEntropyLoss()(p, y)", "hint at lab.lua:2   nn.CrossEntropyLoss()(p, y)", table.unpack(softmax))
    end
    says("F.nll_loss(F.softmax(x, 2), y)", "hint at lab.lua:1   F.nll_loss(F.softmax(x, 2), y)",
        "nll_loss wants logarithms of probabilities; these are probabilities", "fix: x:log_softmax(2), or F.cross_entropy on the logits")
    says("F.binary_cross_entropy_with_logits(net(x):sigmoid(), cnn.ones(8, 3))",
        "hint at lab.lua:1   F.binary_cross_entropy_with_logits(net(x):sigmoid(), cnn.ones(8, 3))",
        "this loss has the sigmoid inside; these are probabilities already: the loss stays large, gradients small",
        "fix: leave sigmoid out of the network, or take F.binary_cross_entropy")
    says("for i = 1, 9 do\n    F.cross_entropy(net(x), cnn.full({ 8 }, 3):long())\nend",
        "hint at lab.lua:2   F.cross_entropy(net(x), cnn.full({ 8 }, 3):long())",
        "all labels of the first batches are 3: the data lie in the order of their classes?", "fix: DataLoader{dataset, shuffle=true}")
end)

check.test("labels and predictions compared with ==; other tensors may be told apart so", function()
    local two = "== and ~= tell whether two names are one tensor: these are two, whatever numbers they hold"
    local fix = "fix: a:eq(b) compares the numbers, a:eq(b):all():item() all of them"
    says("for i = 1, 2 do\n    right = net(x):argmax(2) == y\nend", "hint at lab.lua:2   right = net(x):argmax(2) == y", two, fix)
    says("if y:gt(1) ~= y:gt(2) then end", "hint at lab.lua:1   if y:gt(1) ~= y:gt(2) then end", two, fix)
    for _, code in ipairs { "z = y == y", "z = net[1].weight == net[4].weight", "z = x == cnn.zeros(8, 4)", "z = y == y:float()",
        "z = y == 1", "z = y == y[{{1, 2}}]", "z = y[1] == y[2]", "z = y == nil", "z = rawequal(y, y + 1)",
        "cnn.hints(false)\nz = y == y + 1" } do
        check.equal(run(code), "", code)
    end
end)

check.test("optimisers that do not have what learns", function()
    local head = "hint at lab.lua:2   opt:step()"
    says("backward(make())\nopt:step()", head,
        "this step changes nothing: backward() ran, but none of the optimiser's 6 parameters has a gradient",
        "fix: the optimiser of the network that the loss is computed from: optim.SGD{net:parameters(), …}")
    says("for i = 1, 4 do backward(net); opt:zero_grad()\nopt:step()\nend", head,
        "this step changes nothing: backward() ran, but none of the optimiser's 6 parameters has a gradient",
        "fix: zero_grad() before loss:backward(), not between it and step()")
    says("net:append(nn.Linear(3, 3)) backward(net)\nopt:step()", head,
        "2 of the network's 8 parameters are not trained, 4.weight among them: the optimiser was built before they came",
        "fix: build the optimiser last")
    says("net[4] = nn.Linear(8, 3) backward(net)\nopt:step()", head,
        "2 of the network's 6 parameters are not trained, 3.weight among them: the optimiser was built before they came",
        "fix: build the optimiser last")
end)

check.test("what only looks like a mistake: gradients", function()
    check.equal(run [[
-- several backwards per step; zero_grad after the step, or of the network, or by hand in every way
for i = 1, 3 do opt:zero_grad(); for j = 1, 4 do backward(net) end; opt:step() end
opt:zero_grad()
for i = 1, 3 do backward(net); opt:step(); opt:zero_grad() end
for i = 1, 3 do net:zero_grad(); backward(net); opt:step() end
for i = 1, 3 do net:zero_grad(false); backward(net); opt:step() end
for i = 1, 3 do opt:zero_grad(false); backward(net); opt:step() end
for i = 1, 3 do for _, p in ipairs(net:parameters()) do p.grad = nil end; backward(net); opt:step() end
for i = 1, 3 do for _, p in ipairs(net:parameters()) do p.grad:zero_() end; backward(net); opt:step() end
for i = 1, 3 do for _, p in ipairs(net:parameters()) do p.grad:fill_(0) end; backward(net); opt:step() end
for i = 1, 3 do for _, p in ipairs(net:parameters()) do p.grad:mul_(0) end; backward(net); opt:step() end
-- the same gradients twice, and momentum by hand
backward(net); opt:zero_grad(); backward(net); opt:step(); opt:step(); opt:step()
for i = 1, 3 do for _, p in ipairs(net:parameters()) do p.grad:mul_(0.9) end; backward(net); opt:step() end
-- gradients that come from elsewhere, while another network learns
other = make(); opt2 = sgd(other)
for i = 1, 3 do
    local g = { cnn.autograd.grad(F.cross_entropy(net(x), y), net:parameters()) }
    for j, p in ipairs(net:parameters()) do p.grad = g[j] end
    opt:step(); train(other, opt2)
end
for i = 1, 3 do for _, p in ipairs(net:parameters()) do p.grad:copy_(cnn.ones_like(p)) end; backward(other); opt:step() end
-- two optimisers in turn, the loss of the second goes through the first one's network
g, d = nn.Linear(4, 4), nn.Linear(4, 1); og, od = sgd(g), sgd(d)
for i = 1, 3 do
    od:zero_grad(); (d(x):mean() - d(g(x):detach()):mean()):backward(); od:step()
    og:zero_grad(); d(g(x)):mean():backward(); og:step()
end
-- the closure clears
for i = 1, 3 do opt:step(function() opt:zero_grad(); return backward(net) end) end]], "")
end)

check.test("what only looks like a mistake: optimisers without gradients, networks that grow", function()
    check.equal(run [[
opt:step(); opt:step() -- schedules are tried so
cnn.ones(2):requires_grad_():sum():backward()
late = sgd(make()); late:step()
train(net, opt)
for i = 1, 4 do opt:zero_grad(); backward(make()); opt:step() end -- a step that is skipped
-- layers that came later have an optimiser of their own, are frozen, or a part is trained on purpose
net:append(nn.Linear(3, 3)); more = sgd(net[5])
for i = 1, 3 do more:zero_grad(); train(net, opt); more:step() end
net:append(nn.Linear(3, 3):requires_grad_(false)); for i = 1, 3 do more:zero_grad(); train(net, opt); more:step() end
net = make(); opt = sgd(net[4]); for i = 1, 9 do train(net, opt) end
net = make(); opt = sgd(net); net:append(nn.Linear(3, 3)); opt:add_param_group { params = net[5]:parameters() }; train(net, opt)]], "")
end)

check.test("what only looks like a mistake: training mode without gradients", function()
    check.equal(run [[
right(net); cnn.no_grad(function() return net(x):size() end) -- nothing is trained yet
for epoch = 1, 3 do net:train(); train(net, opt); net:eval(); right(net) end
-- statistics of batch norm, and dropout by chance, on purpose
net:train(); right(net)
net:eval(); net[3]:train(); right(net)
-- a teacher that follows in training mode, and is no optimiser's
teacher = make(); for i = 1, 3 do net:train(); train(net, opt); right(teacher) end
-- a generator makes images without gradients, while another network is trained and counted
g, d = make(), nn.Linear(3, 3); og, od = sgd(g), sgd(d)
for i = 1, 5 do
    train(g, og)
    local fake = cnn.no_grad(function() return g(x) end)
    od:zero_grad()
    F.cross_entropy(d(fake), y):backward()
    od:step()
    cnn.no_grad(function() return d(x[{ {}, { 1, 3 } }]):argmax(2) end)
end
-- training accuracy, from the results of training
out = net(x); cnn.no_grad(function() return out:argmax(2):eq(y) end)
cnn.no_grad(function() cnn.shapes(net, 4) end)
plain = nn.Linear(4, 3); op = sgd(plain); train(plain, op); right(plain)]], "")
end)

check.test("what only looks like a mistake: losses", function()
    check.equal(run [[
F.cross_entropy(net(x), F.softmax(net(x), 2)) -- what a teacher says, as the target
F.cross_entropy(net(x):log_softmax(2), y); F.nll_loss(net(x):log_softmax(2), y)
F.cross_entropy(net(x) * F.softmax(net(x), 2), y)
F.binary_cross_entropy(net(x):sigmoid(), cnn.ones(8, 3)); F.binary_cross_entropy_with_logits(net(x):tanh(), cnn.ones(8, 3))
one = cnn.ones(8):long()
for i = 1, 9 do F.cross_entropy(nn.Linear(4, 2)(x), one) end -- real or not
for i = 1, 9 do F.cross_entropy(x, one) end
for i = 1, 9 do F.cross_entropy(net(x)[{ { 1, 2 } }], one[{ { 1, 2 } }]) end -- batches of two
F.cross_entropy(net(x), one); F.cross_entropy(net(x), one); F.cross_entropy(net(x), y)
for i = 1, 9 do F.cross_entropy(net(x), one) end]], "")
end)

check.test("silenced: by a call, by a variable; and spoken again", function()
    local wrong = "for i = 1, 3 do backward(net); opt:step() end"
    check.equal(run("print(cnn.hints(false), cnn.hints()) " .. wrong), "")
    check.equal(run(wrong, "CNN_HINTS=0"), "")
    check.equal(run(wrong, "CNN_HINTS=off"), "")
    check.match(run(wrong, "CNN_HINTS=1"), "hint at lab.lua:1")
    local _, times = run("function bad() " .. wrong .. " end bad() bad() cnn.hints(true) opt:zero_grad() bad()"):gsub("hint at", "")
    check.equal(times, 2)
    check.fails(function() require("cnn").hints(3) end, "must be true or false")
end)

check.test("results and random numbers are the same with hints and without", function()
    local code = [[
for i = 1, 4 do backward(net); opt:step(); right(net) end
F.cross_entropy(net(x):softmax(2), y)
print(cnn.rand(1):item(), require("cnn.core").generator())
for _, p in ipairs(net:parameters()) do print(("%.17g"):format(p:double():sum():item())) end]]
    local said, with = run(code)
    local silent, without = run(code, "CNN_HINTS=0")
    check.that(#said > 100 and silent == "")
    check.equal(with, without)
end)

check.test("at the prompt the line is quoted", function()
    local t <close> = terminal.start()
    t:enter("net = nn.Linear(2, 1) opt = optim.SGD { net:parameters() }")
    t:enter("net(cnn.ones(1, 2)):sum():backward() opt:step()")
    check.match(t:enter("net(cnn.ones(1, 2)):sum():backward() opt:step()"),
        "hint at input 3:1   net(cnn.ones(1, 2)):sum():backward() opt:step()",
        ZERO[1])
    check.equal((t:enter("1 + 1"):gsub("%s+$", "")), "2")
end)

check.test("== at the prompt: of any numbers, as nobody asks there for identity; not of parameters", function()
    local t <close> = terminal.start()
    t:enter("x = cnn.ones(2); y = cnn.ones(2); net = nn.Linear(2, 2)")
    check.match(t:enter("x == y"), "^hint at input 2:1   x == y\n  == and ~= tell whether two names are one tensor", "\nfalse$")
    check.equal(t:enter("x == x"), "true")
    check.equal(t:enter("net.weight == nn.Linear(2, 2).weight"), "false")
end)
