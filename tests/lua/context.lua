-- SPDX-License-Identifier: MIT
-- no_grad and its kin, scope, <close>, and the module in the plain lua5.4.
local check = require "check"
local cnn = require "cnn"
local core = require "cnn.core"

check.test("no_grad ends as it should: nested, on errors, in coroutines", function()
    local w = cnn.ones(2):requires_grad_()
    check.equal({ cnn.no_grad(function(a, b) return a, nil, b, (w * 2).requires_grad end, 1, 2) }, { 1, nil, 2, false })
    check.that((w * 2).requires_grad)
    cnn.no_grad(function()
        check.that(cnn.enable_grad(cnn.is_grad_enabled))
        check.that(not cnn.is_grad_enabled())
    end)
    check.fails(function() cnn.no_grad(function() error("inside", 0) end) end, "inside")
    check.that(cnn.is_grad_enabled())
    check.equal(cnn.set_grad_enabled(false), true)
    check.equal(cnn.set_grad_enabled(true), false)
    check.fails(function() cnn.no_grad(5) end, "function")
end)

check.test("a coroutine that yields inside no_grad takes the switch along", function()
    local modes = {}
    local function body(a, b)
        check.equal({ a, b }, { 1, nil })
        return cnn.no_grad(function(first)
            modes[#modes + 1] = cnn.is_grad_enabled()
            local got, nothing, more = coroutine.yield(first, nil, "out")
            check.equal({ got, nothing, more }, { "in", nil, 3 })
            modes[#modes + 1] = cnn.is_grad_enabled()
            cnn.enable_grad(function()
                coroutine.yield()
                modes[#modes + 1] = cnn.is_grad_enabled()
            end)
            modes[#modes + 1] = cnn.is_grad_enabled()
            cnn.set_grad_enabled(true)
            coroutine.yield()
            modes[#modes + 1] = cnn.is_grad_enabled()
            return "end", nil, nil
        end, a)
    end
    local co = coroutine.create(body)
    check.equal(table.pack(coroutine.resume(co, 1)), { true, 1, nil, "out", n = 4 })
    check.that(cnn.is_grad_enabled())
    coroutine.resume(co, "in", nil, 3)
    check.that(cnn.is_grad_enabled())
    cnn.set_grad_enabled(false) -- the other side's own switch stays its own
    coroutine.resume(co)
    check.that(not cnn.is_grad_enabled())
    cnn.set_grad_enabled(true)
    check.equal(table.pack(coroutine.resume(co)), { true, "end", nil, nil, n = 4 })
    check.equal(modes, { false, false, true, false, true })
    check.that(cnn.is_grad_enabled())
end)

check.test("a coroutine dropped, closed or failed inside no_grad leaves gradients on", function()
    local function inside() cnn.no_grad(coroutine.yield) end
    for _ = 1, 3 do coroutine.wrap(inside)() end
    collectgarbage()
    check.that(cnn.is_grad_enabled())
    local closed = false
    local co = coroutine.create(function()
        cnn.inference_mode(function()
            local mark <close> = setmetatable({}, { __close = function() closed = true end }) -- luacheck: ignore mark
            coroutine.yield()
        end)
    end)
    coroutine.resume(co)
    coroutine.close(co)
    check.that(closed and cnn.is_grad_enabled())
    local ok, e = coroutine.resume(coroutine.create(function() cnn.no_grad(error, "x") end))
    check.equal({ ok, e }, { false, "x" })
    check.that(cnn.is_grad_enabled())
    check.equal(cnn.inference_mode(cnn.is_grad_enabled), false)
end)

check.test("scope frees what is not returned, on errors too", function()
    local before = core.memory().live_bytes
    local kept, list = cnn.scope(function()
        local a, b = cnn.ones(1000), cnn.ones(1000)
        return a:sum(), { deep = { b } }
    end)
    check.equal({ kept:item(), list.deep[1]:numel() }, { 1000.0, 1000 })
    check.that(core.memory().live_bytes - before <= 4096)
    local escaped
    pcall(cnn.scope, function()
        escaped = cnn.ones(1000)
        error("out")
    end)
    check.fails(function() return escaped + 1 end, "was freed")
    check.equal(tostring(escaped), "tensor(freed)")
    cnn.scope(function()
        kept = cnn.scope(function() return cnn.ones(10) end)
        check.equal(kept:sum():item(), 10.0)
    end)
    check.fails(function() return kept:sum() end, "was freed")
end)

check.test("a tensor can be closed", function()
    local outside
    do
        local x <close> = cnn.ones(3)
        outside = x
    end
    check.fails(function() return outside:sum() end, "freed")
    check.fails(function() return outside.shape end, "freed")
    check.fails(function() return outside[1] end, "freed")
end)

check.test("detach_ and requires_grad_", function()
    local w = cnn.ones(2):requires_grad_()
    local y = (w * 2):detach_()
    check.that(not y.requires_grad and y.is_leaf and y.grad_fn == nil)
    check.fails(function() (w * 2):view(1, 2):detach_() end, "view")
    check.fails(function() cnn.arange(2):requires_grad_() end, "float32")
    check.equal((w * 2).grad_fn, "MulBackward")
end)

check.test("out of memory is an error, and the next call works", function()
    local before = core.memory().budget_bytes
    core.memory_budget(core.memory().live_bytes + 1000000)
    local ok, e = pcall(function() return cnn.zeros(1000, 1000) end)
    local fits = pcall(function()
        local x
        for _ = 1, 50 do x = cnn.zeros(100, 1000) end -- two do not fit at once: garbage must go
        return x
    end)
    core.memory_budget(before)
    check.that(not ok and fits)
    check.equal(e.kind, "out of memory")
    check.match(tostring(e), "MB more are needed", "live in tensors", "fix: ")
end)

check.test("the plain lua5.4 can require it, and keeps its own Ctrl-C", function()
    if os.getenv("CNN_TEST_SANITIZED") then check.skip("the sanitizers' library must come first") end
    local build = os.getenv("CNN_BUILD") or "build"
    local script = ([[package.path = "%s/lua/?.lua;%s/lua/?/init.lua;" .. package.path
        package.cpath = "%s/?.so;" .. package.cpath
        local resume = coroutine.resume
        local cnn = require "cnn"
        assert(coroutine.resume == resume)
        print(cnn.ones(2, 2):sum():item())]]):format(check.root, check.root, build)
    local r = check.run({ "lua5.4", "-e", script })
    if r.code == 127 then check.skip("no lua5.4") end
    check.equal({ r.err, r.out, r.code }, { "", "4.0\n", 0 })
end)
