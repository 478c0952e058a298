-- SPDX-License-Identifier: MIT
-- Hooks of modules both ways, modules that contain themselves, and types changed under an optimiser.
local check = require "check"
local cnn = require "cnn"
local core = require "cnn.core"
local nn = cnn.nn

check.test("forward hooks see and replace inputs and outputs", function()
    local fc, seen = nn.Linear(3, 2), {}
    local pre = fc:register_forward_pre_hook(function(m, inputs)
        seen[#seen + 1] = m == fc and inputs[1].shape[1]
        return inputs[1] * 0 -- one value for a list of one
    end)
    local first = fc:register_forward_hook(function(_, inputs, y)
        seen[#seen + 1] = inputs[1]:sum():item()
        return y + 1
    end)
    fc:register_forward_hook(function(_, _, y) seen[#seen + 1] = y.shape[2] end)
    check.close(fc(cnn.ones(4, 3)), (fc.bias + 1):expand(4, 2))
    check.equal(seen, { 4, 0.0, 2 })
    pre:remove()
    first:remove()
    first:remove()
    check.equal({ tostring(pre), tostring(first) }, { "hook(removed)", "hook(removed)" })
    check.close(fc(cnn.ones(4, 3)), fc:forward(cnn.ones(4, 3)))
end)

check.test("hooks of a module with several inputs and outputs", function()
    local Two = nn.class("Two")
    function Two:forward(a, b) return a + b, a * b end
    local two = Two()
    two:register_forward_pre_hook(function(_, inputs) return { inputs[2], inputs[1] * 2 } end)
    two:register_forward_hook(function(_, inputs, outputs)
        check.equal({ inputs.n, outputs.n }, { 2, 2 })
        return { outputs[2], outputs[1] }
    end)
    local product, sum = two(cnn.tensor { 1.0 }, cnn.tensor { 5.0 })
    check.equal({ product:item(), sum:item() }, { 10.0, 7.0 })
    local gone
    gone = two:register_forward_hook(function() gone:remove() end)
    two(cnn.ones(1), cnn.ones(1))
    two(cnn.ones(1), cnn.ones(1))
    check.equal(#two._hooks.forward, 1)
end)

check.test("errors of hooks come out, and name the layer", function()
    local net = nn.Sequential(nn.ReLU(), nn.Linear(3, 2))
    local handle = net[2]:register_forward_hook(function() error("my words", 0) end)
    check.fails(function() net(cnn.ones(1, 3)) end, "my words")
    handle:remove()
    net[2]:register_forward_pre_hook(function() return cnn.ones(1, 4) end)
    local e = check.fails(function() net(cnn.ones(1, 3)) end, "in 1 ", "[1, 4]")
    check.equal(e.layer, "1")
    check.fails(function() net:register_forward_hook(5) end, "function")
    local Forgets = nn.class("Forgets")
    function Forgets:forward() end
    local forgets = Forgets()
    forgets:register_forward_hook(print)
    check.fails(function() forgets(1) end, "forget `return`")
end)

local function backward_case(inputs, forward)
    local Net = nn.class("Net")
    function Net:forward(...) return forward(...) end
    local net, calls = Net(), {}
    net:register_full_backward_hook(function(m, grad_input, grad_output)
        check.that(m == net)
        local call = { n_in = grad_input.n, n_out = grad_output.n }
        for i = 1, grad_input.n do call["in" .. i] = grad_input[i] and grad_input[i]:totable() end
        for i = 1, grad_output.n do call["out" .. i] = grad_output[i] and grad_output[i]:totable() end
        calls[#calls + 1] = call
    end)
    return net, calls, table.pack(net(table.unpack(inputs)))
end

local function leaf(...) return cnn.tensor { ... }:requires_grad_() end

check.test("backward hooks: gradients of inputs and outputs, as PyTorch's", function()
    local a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    local _, calls, y = backward_case({ a, b }, function(p, q) return p * q, p + q end);
    ((y[1] * 2 + y[2]):sum() + (a * 100):sum()):backward() -- what else uses a is not the module's
    check.equal(calls, { { n_in = 2, n_out = 2, in1 = { 7.0, 9.0 }, in2 = { 3.0, 5.0 }, out1 = { 2.0, 2.0 }, out2 = { 1.0, 1.0 } } })
    check.equal({ a.grad:totable(), b.grad:totable() }, { { 107.0, 109.0 }, { 3.0, 5.0 } })
    -- an input without a gradient, an output that nobody used, and a graph walked twice
    _, calls, y = backward_case({ a, cnn.tensor { 3.0, 4.0 } }, function(p, q) return p * q, p + q end)
    y[1]:sum():backward { retain_graph = true }
    y[1]:sum():backward()
    local want = { n_in = 2, n_out = 2, in1 = { 3.0, 4.0 }, out1 = { 1.0, 1.0 } }
    check.equal(calls, { want, want })
    -- no input with a gradient: called when the outputs' are known
    local w = leaf(5.0, 6.0)
    _, calls, y = backward_case({ cnn.ones(2) }, function(p) return p * w, p - w end);
    (y[1] + y[2]):sum():backward()
    check.equal(calls, { { n_in = 1, n_out = 2, out1 = { 1.0, 1.0 }, out2 = { 1.0, 1.0 } } })
end)

check.test("a backward hook may return other gradients, and be removed", function()
    local x, fc = leaf(1.0, 2.0):reshape(1, 2):detach():requires_grad_(), nn.Linear(2, 2)
    local handle = fc:register_full_backward_hook(function(_, grad_input) return { grad_input[1] * 0 } end)
    local other = fc:register_full_backward_hook(function(_, grad_input) return grad_input[1] + 1 end)
    fc(x):sum():backward()
    check.equal(x.grad:totable(), { { 1.0, 1.0 } })
    check.equal(fc.bias.grad:totable(), { 1.0, 1.0 })
    handle:remove()
    other:remove()
    fc:register_full_backward_hook(function() return 5 end)
    check.fails(function() fc(x):sum():backward() end, "a tensor or a list of 1", "got 5")
    check.that(not cnn.no_grad(fc, x).requires_grad)
end)

check.test("hooks of modules leave nothing behind: 10,000 runs", function()
    local fc, x = nn.Linear(2, 2), cnn.ones(1, 2):requires_grad_()
    fc:register_forward_hook(function(_, _, y) return y * 2 end)
    fc:register_full_backward_hook(function(_, grad_input) return grad_input end)
    local function run(walk)
        local y = fc(x):sum()
        if walk then y:backward() end
    end
    run(true)
    for _ = 1, 12 do collectgarbage() end -- views with hooks go one after the other
    local live, tensors = core.memory().live_bytes, core.memory().tensors
    for i = 1, 10000 do run(i % 2 == 0) end
    for _ = 1, 12 do collectgarbage() end
    check.equal({ core.memory().live_bytes, core.memory().tensors }, { live, tensors })
end)

check.test("a module that contains itself, and one that is very deep", function()
    local net = nn.Sequential(nn.Linear(2, 2), nn.Dropout())
    net.myself = net
    net[2].back = net
    check.equal(tostring(net), [[
Sequential(
  (0): Linear(in_features=2, out_features=2, bias=True)
  (1): Dropout(
    p=0.5, inplace=False
    (back): Sequential(…)
  )
  (myself): Sequential(…)
)]])
    check.that(not net:eval()[2].training)
    check.equal({ #net:parameters(), #net:train():double():parameters() }, { 2, 2 })
    local names, count = {}, 0
    for name in pairs(net:state_dict()) do names[#names + 1] = name end
    check.equal(names, { "0.weight", "0.bias" })
    net:apply(function() count = count + 1 end)
    check.equal(count, 3)
    local deep = nn.Sequential(nn.Linear(2, 2))
    for _ = 1, 400 do deep = nn.Sequential(deep) end
    check.that(#tostring(deep) > 400 * 400)
    check.equal(#deep:eval():parameters(), 2)
    check.equal(deep(cnn.ones(1, 2)):numel(), 2)
end)

check.test("children: each once, under the first name", function()
    local Shared = nn.class("Shared")
    function Shared:init()
        self.one = nn.Linear(2, 2)
        self.two = self.one
        self.weight = self.one.weight
    end
    local net, names = Shared(), {}
    for name in net:named_children() do names[#names + 1] = name end
    for m in net:children() do names[#names + 1] = m.__name end
    check.equal(names, { "one", "Linear" })
    check.equal(#net:parameters(), 2)
    check.that(tostring(net):find("(two): Linear", 1, true))
end)

check.test("another type keeps the parameters, their gradients and the optimiser", function()
    local net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    local opt = cnn.optim.SGD { net:parameters(), lr = 0.5 }
    local w, mean, handle_calls = net[1].weight, net[2].running_mean, 0
    w:register_hook(function() handle_calls = handle_calls + 1 end)
    net(cnn.randn(4, 2)):sum():backward()
    local grad, before = w.grad:clone(), w:detach():clone()
    local stale = (w * w):sum()
    check.that(net:double() == net and net[1].weight == w and net[2].running_mean == mean)
    check.equal({ w.dtype, mean.dtype, w.grad.dtype, net[2].num_batches_tracked.dtype }, { "float64", "float64", "float64", "int64" })
    check.that(w.requires_grad and core.is_parameter(w) and w.is_leaf)
    check.close(w, before:double())
    check.close(w.grad, grad:double())
    opt:step()
    check.close(w, before:double() - 0.5 * grad:double(), { rtol = 1e-7 })
    check.fails(function() stale:backward() end, "changed in place")
    net(cnn.randn(4, 2):double()):sum():backward()
    check.equal(handle_calls, 2)
    net:float()
    opt:zero_grad()
    net(cnn.randn(4, 2)):sum():backward()
    opt:step()
    check.equal({ w.dtype, w.grad.dtype }, { "float32", "float32" })
    check.fails(function() net:to("int64") end, "real numbers (float32, float64, bfloat16); got int64")
    check.fails(function() net:cuda() end, "no CUDA")
    check.equal(net:cpu(), net)
end)

check.test("zero_grad with set_to_none=false keeps the tensors", function()
    local fc = nn.Linear(2, 1)
    fc(cnn.ones(1, 2)):sum():backward()
    local grad = fc.weight.grad
    fc:zero_grad { set_to_none = false }
    check.that(fc.weight.grad == grad)
    check.equal(grad:totable(), { { 0.0, 0.0 } })
    fc:zero_grad()
    check.equal(fc.weight.grad, nil)
end)

check.test("a state whose names have a prefix is told how to lose it", function()
    local net, state = nn.Sequential(nn.Linear(2, 1)), {}
    for name, x in pairs(net:state_dict()) do state["module." .. name] = x end
    local e = check.fails(function() net:load_state_dict(state) end, "missing: 0.weight", 'begin with "module."', "sub(8)")
    local plain = {}
    for name, x in pairs(state) do plain[name:sub(8)] = x end
    net:load_state_dict(plain)
    check.that(e.fix)
end)
