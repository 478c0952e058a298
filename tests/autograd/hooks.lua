-- SPDX-License-Identifier: MIT
-- Hooks on tensors and retain_grad: what they see, when they run, what errors and the collector make of them.
local check = require "check"
local cnn = require "cnn"
local core = require "cnn.core"

local function leaf(...) return cnn.tensor { ... }:requires_grad_() end

check.test("a hook sees the gradient, and may replace it", function()
    local x, seen = leaf(1.0, 2.0), nil
    local handle = x:register_hook(function(g) seen = g:totable() end);
    (x * x):sum():backward()
    check.equal(seen, { 2.0, 4.0 })
    check.equal(x.grad:totable(), { 2.0, 4.0 })
    x.grad = nil
    handle:remove()
    handle:remove()
    seen = nil
    x:register_hook(function(g) return g * 10 end)
    x:register_hook(function(g) return g + 1 end) -- in the order of registration
    local y = x * 3
    y:register_hook(function(g) return g * 2 end)
    y:sum():backward()
    check.equal(seen, nil)
    check.equal(x.grad:totable(), { 61.0, 61.0 })
end)

check.test("a leaf's hook runs once, with the whole gradient of the pass", function()
    local x, calls = leaf(1.0), {}
    x.grad = cnn.tensor { 100.0 }
    x:register_hook(function(g)
        calls[#calls + 1] = g:item()
        check.equal(x.grad:item(), 100.0) -- nothing is written before all hooks have run
    end);
    (x * 2 + x * 3 + x):sum():backward()
    check.equal(calls, { 6.0 })
    check.equal(x.grad:item(), 106.0)
end)

check.test("hooks of several results of one op, and of tensors used twice", function()
    local x, calls = leaf(3.0, 1.0, 2.0), {}
    local values = x:max(1)
    values:register_hook(function(g) calls[#calls + 1] = g:item() end)
    local y = x * 1
    y:register_hook(function(g) calls[#calls + 1] = g:sum():item() end)
    cnn.autograd.backward { { values * 2, (y * y + y):sum() } }
    table.sort(calls)
    check.equal(calls, { 2.0, 15.0 })
end)

check.test("retain_grad keeps a computed tensor's gradient, after hooks, and adds up", function()
    local x = leaf(1.0, 2.0)
    local y = x * 2
    check.equal(y.grad, nil)
    check.that(y:retain_grad() == y and y.retains_grad and not x.retains_grad)
    y:register_hook(function(g) return g * 10 end)
    local loss = y:square():sum()
    loss:backward { retain_graph = true }
    check.equal(y.grad:totable(), { 40.0, 80.0 })
    loss:backward()
    check.equal(y.grad:totable(), { 80.0, 160.0 })
    check.equal(x.grad:totable(), { 160.0, 320.0 })
    local z = (x * 2):retain_grad()
    z:relu_() -- the tensor moves to another node, and the gradient is that of what it is now
    z:sum():backward()
    check.equal(z.grad:totable(), { 1.0, 1.0 })
    check.equal(x:retain_grad(), x)
    check.fails(function() cnn.ones(2):retain_grad() end, "requires a gradient")
end)

check.test("gradients of gradients pass through hooks", function()
    local x = leaf(2.0)
    local y = x * x
    y:register_hook(function(g) return g * x end) -- d loss/dx = 3 y^2 * x * 2x = 6 x^6 for loss y^3
    y:pow(3):sum():backward { create_graph = true }
    local g = x.grad
    check.equal(g:item(), 384.0)
    x.grad = nil
    g:sum():backward()
    check.equal(x.grad:item(), 1920.0) -- as in PyTorch: what goes through y meets the hook again
end)

check.test("an error in a hook comes out as it is, and leaves nothing half done", function()
    local x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    w.grad = cnn.ones(2)
    local y = x * w
    local handle = y:register_hook(function() error("my own words") end)
    local z = (y + w):retain_grad()
    check.fails(function() z:sum():backward() end, "hooks.lua:%d+: my own words")
    check.that(cnn.is_grad_enabled())
    check.equal({ x.grad, z.grad, w.grad:totable() }, { nil, nil, { 1.0, 1.0 } })
    handle:remove()
    check.fails(function() z:sum():backward() end, "freed") -- the pass had got through z's part
    local object = { code = 5 }
    x:register_hook(function() error(object) end)
    local ok, e = pcall(function() (x * 2):sum():backward() end)
    check.that(not ok and rawequal(e, object))
end)

check.test("wrong hooks get a sentence", function()
    local x = leaf(1.0, 2.0)
    local function with(f)
        local y = x * 2
        y:register_hook(f)
        return function() y:sum():backward() end
    end
    check.fails(with(function() return 5 end), "a hook returns a gradient, or nothing; got 5")
    check.fails(with(function() return cnn.ones(3) end), "same shape, [2]; got [3]")
    check.fails(with(function() return cnn.ones { 2, dtype = cnn.float64 } end), "same type, float32; got float64")
    check.fails(function() cnn.ones(2):register_hook(print) end, "does not require one")
    check.fails(function() x:register_hook(5) end, "function")
    local y = x * 2
    y:sum():backward()
    check.fails(function() y:register_hook(print) end, "freed by backward")
    local loss = (x * 2):sum()
    loss:register_hook(function() loss:backward() end)
    check.fails(function() loss:backward() end, "cannot walk the graph")
end)

check.test("a hook may run another backward pass, remove itself, switch gradients", function()
    local x, w = leaf(1.0, 2.0), leaf(5.0)
    local handle
    handle = x:register_hook(function(g)
        handle:remove()
        cnn.enable_grad(function() (w * g:sum()):sum():backward() end)
        cnn.set_grad_enabled(true)
        return g * 2
    end);
    (x * 3):sum():backward();
    (x * 3):sum():backward()
    check.equal(w.grad:item(), 6.0)
    check.equal(x.grad:totable(), { 9.0, 9.0 })
    check.that(not x.grad.requires_grad)
end)

check.test("a hook works though its tensor's userdata is gone", function()
    local x, calls = leaf(1.0, 2.0), 0
    local function loss()
        local y = x * 2
        y:register_hook(function(g)
            calls = calls + 1
            return g * 10
        end)
        local z = x * 4
        z:register_hook(function() calls = calls + z:numel() end) -- uses its own tensor
        local inner = leaf(1.0)
        inner:register_hook(function(g) calls = calls + 100 * g:item() end)
        return (y + z):sum() + inner:sum() * 7
    end
    for _, mode in ipairs { "incremental", "generational" } do
        collectgarbage(mode)
        local l = loss()
        for _ = 1, 4 do collectgarbage() end
        x.grad, calls = nil, 0
        l:backward()
        check.equal(calls, 703)
        check.equal(x.grad:totable(), { 24.0, 24.0 })
    end
    collectgarbage("incremental")
end)

check.test("a hook with its own tensor is garbage when nobody else needs it: 10,000 times and more", function()
    local x = leaf(1.0, 2.0)
    local function used(how, i)
        local y = x * 2
        y:register_hook(function(g) return g + y:detach() end)
        local loss = y:sum()
        if how == "walked" then loss:backward() end
        if how == "failed" then
            y:register_hook(function() error("x") end)
            pcall(core.backward, loss)
        end
        if how == "leaf" then
            local inner = leaf(1.0)
            inner:register_hook(function() return inner:detach() end)
            if i % 2 == 0 then inner:sum():backward() end
        end
        if how == "removed" then x:register_hook(function() return x end):remove() end
        if how == "closed" then
            local z <close> = x * 2
            z:register_hook(function(g) return g end)
        end
    end
    for _, how in ipairs { "walked", "dropped", "failed", "leaf", "removed", "closed" } do
        for i = 1, 10000 // 6 do used(how, i) end -- Lua's tables grow once
        for _ = 1, 4 do collectgarbage() end
        local live, tensors, lua = core.memory().live_bytes, core.memory().tensors, collectgarbage("count")
        for i = 1, 10000 // 6 do used(how, i) end
        for _ = 1, 4 do collectgarbage() end
        check.equal(core.memory().live_bytes, live, how .. ": bytes")
        check.equal(core.memory().tensors, tensors, how .. ": tensors")
        check.that(collectgarbage("count") < lua + 40, how .. ": Lua's own memory grew")
    end
end)

check.test("a graph that lives on keeps the hooks of tensors that are gone", function()
    local x = leaf(1.0)
    local losses = {}
    for i = 1, 50 do
        local y = x * i
        y:register_hook(function(g) return g + 0 * y:detach() end)
        losses[i] = y:sum()
    end
    for _ = 1, 3 do collectgarbage() end
    local tensors = core.memory().tensors
    for i = 1, 50, 2 do losses[i]:backward() end
    check.equal(x.grad:item(), 625.0)
    losses = nil
    for _ = 1, 4 do collectgarbage() end
    check.that(core.memory().tensors <= tensors - 100, "50 results and their tensors are free")
end)

check.test("one collection frees a whole chain of tensors with hooks", function()
    local x = cnn.ones(250000):requires_grad_()
    local last = x
    for _ = 1, 60 do
        local y = last * 1
        y:register_hook(function(g) return g + 0 * y:detach() end)
        last = y:view(-1)
    end
    for _ = 1, 3 do collectgarbage() end -- the graph holds all of them, Lua only the last
    check.that(core.memory().live_bytes > 60e6)
    last = nil
    for _ = 1, 300 do x:detach():clone() end -- so much that the library collects
    collectgarbage()
    check.that(core.memory().live_bytes < 4e6, "a chain is freed link by link")
    check.equal(x.grad, nil)
end)

check.test("Ctrl-C in a hook stops it, and the pass leaves nothing half done", function()
    local path = check.write(check.temp(".lua"), [[
local cnn, core = require "cnn", require "cnn.core"
core.catch_interrupts()
local x = cnn.ones(2):requires_grad_()
x.grad = cnn.ones(2)
local y = (x * 2):retain_grad()
y:register_hook(function() os.execute("(sleep 0.2; kill -INT $PPID) &") while true do end end)
local ok, e = pcall(function() (y + x):sum():backward() end)
core.clear_interrupt()
print(ok, e.kind, x.grad:sum():item(), y.grad, cnn.is_grad_enabled())
y = x * 3
y:sum():backward()
print(x.grad:sum():item())]])
    local r = check.run("timeout -k 20 20 " .. check.quote(check.absolute(check.cnnsh)) .. " " .. path)
    check.equal(r.out, "false\tinterrupted\t2.0\tnil\ttrue\n8.0\n", r.err)
end)

check.test("the graph can be looked at, also by a hook, and is the same afterwards", function()
    local w = cnn.ones(3, 3):requires_grad_()
    local x = cnn.ones(3, 3)
    local middle = x:matmul(w):relu()
    local loss = (middle * middle):sum()
    local tensors, ops, below = core.graph { loss, middle }
    check.equal(#tensors, #ops)
    local from = {}
    for i, op in ipairs(ops) do from[op] = below[i] end
    check.equal({ from.matmul, from.mul, from.relu }, { 1, 1, 1 }) -- all of it lies below the first
    check.equal(#core.graph { x, w }, 0)
    local seen
    middle:register_hook(function() seen = #core.graph { loss } end)
    loss:backward()
    check.equal(seen, 0) -- what the pass walks is left out
    check.equal(w.grad:sum():item(), 2 * 3 * 27)
    check.equal(#core.graph { loss, middle }, 0)
    check.fails(function() core.graph { 1 } end, "tensor")
end)
