-- SPDX-License-Identifier: MIT
-- One call of every function of cnn.core, for tests/c/allocfail.c, which lets each of their allocations fail in turn.
-- Given cnn.core, returns a list of {name, function}. A call must work when memory lasts, leave the process as it was
-- (no changed level or seed), and keep nothing.
return function(core)
    local list, known = {}, {}
    local function call(name, f)
        list[#list + 1] = { name, f }
        known[name:match("^[%w_]+")] = true
    end
    local function full(...) return core.full("float32", { ... }, 2) end
    local function leaf(...)
        local x = full(...)
        core.set_requires_grad(x, true)
        return x
    end
    local labels = function(n) return core.full("int64", { n }, 1) end

    -- ops: forward and, where there is one, backward
    local function op(name, make, ...)
        local fields = table.pack(...)
        call(name, function()
            local inputs = table.pack(make())
            for i = 1, fields.n do inputs[inputs.n + i] = fields[i] end
            local y = core[name](table.unpack(inputs, 1, inputs.n + fields.n))
            if y.requires_grad then core.backward(y, core.full(y.dtype, y.shape, 1)) end
        end)
    end
    local one = function() return leaf(2, 3) end
    local two = function() return leaf(2, 3), leaf(3) end
    for _, name in ipairs { "relu", "neg", "exp", "log", "sqrt", "abs", "sigmoid", "tanh", "square", "silu", "gelu",
        "sin", "cos", "log1p", "expm1", "sign", "floor", "ceil", "trunc", "round", "contiguous" } do
        op(name, one)
    end
    for _, name in ipairs { "add", "sub", "mul", "div", "pow", "maximum", "minimum", "eq", "ne", "lt", "le", "gt", "ge" } do
        op(name, two)
    end
    op("where", function() return core.gt(full(2, 3), full(3)), leaf(2, 3), leaf(3) end)
    op("cast", one, "float64")
    op("channels_last", function() return leaf(1, 2, 3, 3) end)
    op("view", one, { 3, -1 })
    op("reshape", function() return core.permute(leaf(2, 3), { 2, 1 }) end, { 6 })
    op("expand", function() return leaf(1, 3) end, { 2, 3 })
    op("sum_to", one, { 1, 3 })
    op("permute", one, { 2, 1 })
    op("slice", one, 2, 1, 2)
    op("select", one, 1, 1)
    op("pad", one, { 1, 2 }, 0.5)
    op("sum", one, { 1 }, false)
    op("mean", one, nil, true)
    op("var", one, { 2 }, 1, false)
    op("extreme", one, 2, true, false)
    op("amax", one, { 1 }, false, true)
    local places = function() return core.from({ { 1, 3 }, { 2, -1 } }) end
    op("gather", function() return leaf(2, 3), places() end, 2)
    op("scatter", function() return leaf(2, 3), places(), leaf(2, 2) end, 2)
    op("scatter_add", function() return leaf(2, 3), places(), leaf(2, 2) end, 2)
    op("index_select", function() return leaf(2, 3), core.from({ 2, 2, -1 }) end, 2)
    op("index_add", function() return leaf(2, 3), core.from({ 2, 1 }), leaf(2, 2) end, 2)
    op("nonzero", function() return full(2, 3) end)
    op("sort", one, 1, true)
    op("topk", one, 2, 2, true)
    op("cumsum", one, 1, false)
    op("cumprod", one, 2, true)
    op("scan", function() return leaf(2, 3), leaf(2, 3) end, 2, false)
    local window = { 1, 1, 1, 1, 1, 1, 1 }
    op("conv2d", function() return leaf(1, 2, 5, 5), leaf(3, 2, 3, 3), leaf(3) end, table.unpack(window))
    op("conv2d_backward_input", function() return leaf(1, 3, 5, 5), leaf(3, 2, 3, 3) end, 1, 1, 1, 1, 1, 1, 1, 5, 5)
    op("conv2d_backward_weight", function() return leaf(1, 2, 5, 5), leaf(1, 3, 5, 5), nil end, 1, 1, 1, 1, 1, 1, 1, 3, 3)
    op("conv2d_backward", function() return leaf(1, 3, 5, 5), leaf(1, 2, 5, 5), leaf(3, 2, 3, 3), nil end, 1, 1, 1, 1, 1, 1, 1)
    op("batch_norm", function() return leaf(2, 3, 2, 2), leaf(3), leaf(3), full(3), full(3) end, true, 0.1, 1e-5)
    op("batch_norm_backward", function() return full(2, 3, 2, 2), full(2, 3, 2, 2), full(3), full(3), full(3) end, true, 1e-5)
    op("linear", function() return leaf(2, 3), leaf(4, 3), leaf(4) end)
    op("matmul", function() return leaf(2, 3), leaf(3, 2) end, false, false)
    op("max_pool2d", function() return leaf(1, 2, 4, 4) end, 2, 2, 2, 2, 0, 0, 1, 1, false)
    op("max_pool2d_backward", function() return full(1, 1, 1, 1), core.full("int64", { 1, 1, 1, 1 }, 0) end,
        2, 2, 2, 2, 0, 0, 1, 1, false, 2, 2)
    op("avg_pool2d", function() return leaf(1, 2, 4, 4) end, 2, 2, 2, 2, 0, 0, false, true, 0)
    op("avg_pool2d_backward", function() return leaf(1, 1, 2, 2) end, 2, 2, 2, 2, 0, 0, false, true, 0, 4, 4)
    op("dropout", one, 0.5, false)
    op("cross_entropy", function() return leaf(2, 3), labels(2) end)
    op("cross_entropy_backward", function() return full(2, 3), labels(2), full(2) end)

    op("cat", function() return leaf(2, 3), leaf(2, 1) end, 2)

    -- in-place forms, on an intermediate result so that they are recorded; some overwrite what their gradient needs
    local inplace = {}
    for name in pairs(core) do
        local base = name:match("^(.*)_$")
        if base and core[base] and base ~= "detach" then inplace[#inplace + 1] = name end
    end
    table.sort(inplace) -- every state has the same list
    for _, name in ipairs(inplace) do
        call(name, function()
            local x = core.mul(leaf(2, 3), leaf(3))
            local f = core[name]
            local ok = pcall(f, x)
            if not ok then ok = pcall(f, x, full(3)) end
            if not ok then ok = pcall(f, x, 0.5, false) end
            if not ok then ok = pcall(f, x, core.full("int64", { 2, 3 }, 1), full(2, 3), 2) end -- scatter_
            if not ok then f(x, core.full("int64", { 3 }, 1), full(2, 3), 2) end -- index_add_
            pcall(core.backward, x, full(2, 3))
        end)
    end

    -- making, reading, writing
    call("empty", function() core.empty("int64", { 2, 3 }) end)
    call("output_terminal", function() core.output_terminal() end)
    call("hold_interrupt", function()
        core.hold_interrupt(true)
        core.hold_interrupt(false)
    end)
    call("interrupt_noted", function() core.interrupt_noted() end)
    call("conv_algorithm", function() core.conv_algorithm(core.conv_algorithm()) end)
    call("conv_choices", function() core.conv_choices(full(1, 2, 5, 5), full(3, 2, 3, 3), 1, 1, 1, 1, 1, 1, 1) end)
    call("hollow", function() core.hollow("int64", { 2, 3 }) end)
    call("spared", function() core.spared() end)
    call("full", function() core.full("bool", { 2 }, 1) end)
    call("range", function() core.range("float32", 0, 0.5, 5, 2) end)
    call("from", function() core.from({ { 1, 2 }, { 3, 4.5 } }) end)
    call("get", function() core.get(full(2), 1) end)
    call("item", function() core.item(full(1)) end)
    call("totable", function() core.totable(full(2, 3)) end)
    call("fill_", function() core.fill_(full(2), 1) end)
    call("copy_", function() core.copy_(full(2, 3), core.full("float64", { 3 }, 1)) end)
    call("uniform_", function() core.uniform_(full(5), 0, 1) end)
    call("normal_", function() core.normal_(full(5), 0, 1) end)
    call("bernoulli_", function() core.bernoulli_(full(5), 0.5) end)
    call("integers_", function() core.integers_(labels(5), 1, 9) end)
    call("permutation_", function() core.permutation_(labels(5)) end)
    call("sgd_step", function()
        local function both() return { full(3), full(2) } end
        core.sgd_step(both(), both(), both(), 0.1, 0.9, 0, 0.01, false, false, false)
    end)
    call("adam_step", function()
        core.adam_step(full(3), full(3), full(3), full(3), full(3), 1, 0.1, 0.9, 0.99, 1e-8, 0.01, true, false)
    end)
    call("rmsprop_step", function()
        core.rmsprop_step(full(3), full(3), full(3), full(3), full(3), 0.1, 0.9, 1e-8, 0.01, 0.9, false)
    end)
    call("adagrad_step", function() core.adagrad_step(full(3), full(3), full(3), 1, 0.1, 0.01, 1e-8, 0.01, false) end)

    -- gradients
    call("backward", function() core.backward(core.sum(core.square(leaf(3)))) end)
    call("backward twice", function() -- x.grad with a graph that leads to x is a ring, which only set_grad opens
        local x = leaf(3)
        local ok, e = pcall(function()
            core.backward(core.sum(core.mul(x, core.square(x))), nil, true, true)
            local first = x.grad
            core.set_grad(x, nil)
            core.backward(core.sum(first))
        end)
        core.set_grad(x, nil)
        if not ok then error(e, 0) end
    end)
    call("register_hook", function()
        local x = leaf(3)
        local y = core.square(x)
        core.register_hook(x, function(g) return core.mul(g, 2) end)
        core.register_hook(y, function(g) return core.mul(g, core.detach(y)) end)
        core.register_hook(y, function() end):remove()
        core.backward(core.sum(y))
    end)
    call("register_hook that fails", function()
        local y = core.square(leaf(3))
        core.register_hook(y, function() error("x", 0) end)
        pcall(core.backward, core.sum(y))
    end)
    call("gradients", function()
        local x, w = leaf(3), leaf(3)
        local y = core.mul(x, w)
        core.gradients({ core.sum(y), y }, { x, y, leaf(2) }, { false, full(3) }, true, false, true)
    end)
    call("adopt", function() core.adopt(leaf(3), core.full("float64", { 3 }, 1)) end)
    call("retain_grad", function()
        local y = core.retain_grad(core.square(leaf(3)))
        core.backward(core.sum(y))
    end)
    call("set_detect_anomaly", function()
        core.set_detect_anomaly(true)
        pcall(function()
            local x = leaf(3)
            local y = core.square(x)
            core.fill_(core.detach(x), 1)
            core.backward(core.sum(y))
        end)
        core.set_detect_anomaly(false)
    end)
    call("detect_anomaly", core.detect_anomaly)
    call("write_count", function() core.write_count(leaf(3)) end)
    call("detach_", function() core.detach_(core.square(leaf(3))) end)
    call("check_writable", function() core.check_writable(full(3), full(3)) end)
    call("detach", function() core.detach(leaf(3)) end)
    call("set_requires_grad", function() core.set_requires_grad(full(2), true) end)
    call("set_grad", function() core.set_grad(leaf(2), full(2)) end)
    call("set_parameter", function() core.set_parameter(full(2), true) end)
    call("is_parameter", function() core.is_parameter(full(2)) end)
    call("grad_enabled", function() core.grad_enabled() end)
    call("set_grad_enabled", function() core.set_grad_enabled(core.set_grad_enabled(false)) end)
    call("autocast_enabled", function() core.autocast_enabled() end)
    call("set_autocast", function()
        core.set_autocast(true)
        local restore <close> = setmetatable({}, { __close = function() core.set_autocast(false) end }) -- luacheck: ignore
        local y = core.linear(leaf(2, 3), leaf(4, 3), leaf(4))
        core.backward(y, core.full(y.dtype, y.shape, 1))
    end)
    call("var of bfloat16", function() -- widened, computed, rounded
        local y = core.var(core.set_requires_grad(core.full("bfloat16", { 2, 3 }, 2), true), { 2 }, 1, false)
        core.backward(y, core.full("bfloat16", { 2 }, 1))
    end)

    -- looking
    for _, name in ipairs { "is_tensor", "is_contiguous", "stride", "numel", "dim", "size" } do
        call(name, function() core[name](full(2, 3)) end)
    end
    call("shares_storage", function() core.shares_storage(full(2), full(2)) end)
    call("storage", function() core.storage(full(2)) end)
    call("graph", function() core.graph { core.mul(leaf(2, 3), full(3)), full(2) } end)
    call("properties", function()
        local x = core.mul(leaf(2, 3), full(3))
        for _, name in ipairs { "shape", "dtype", "device", "grad", "requires_grad", "is_leaf", "grad_fn", "T", "data" } do
            local _ = x[name]
        end
        local _ = #x, tostring(x.shape), x[1], x[{ { 1, 2 }, 2 }]
    end)
    known.properties = true
    call("assignment", function()
        local x = full(2, 3)
        x[1] = 5
        x[{ {}, 2 }] = full(2)
    end)

    call("index_with", function() -- instead of lua/cnn/tensor/index.lua, which is not loaded here
        core.index_with(function(x, key) return core.index_select(x, key, 1) end,
            function(x, key, value) core.index_add_(x, key, core.full("float32", { 2, 3 }, value), 1) end)
        local x = full(2, 3)
        local _ = x[core.from({ 2, 1, 1 })]
        x[core.from({ 2, 1 })] = 5
        assert(not pcall(function() return x[{ 1, core.from({ 1 }) }] end))
    end)

    -- errors
    local errors = {
        shapes = function() core.add(full(2, 3), full(4)) end, types = function() core.linear(labels(2), full(2, 2)) end,
        values = function() core.from({ { 1, 2 }, { 3 } }) end, level = function() core.cpu("abacus") end,
        file = function() core.load("/nowhere") end,
    }
    for _, name in ipairs { "shapes", "types", "values", "level", "file" } do
        call("error: " .. name, function() assert(not pcall(errors[name])) end)
    end

    -- state
    for _, name in ipairs { "generator", "threads", "cpu", "memory", "safe_point", "memory_trim", "memory_reset_peak", "interrupted",
        "clear_interrupt", "clock", "terminal", "status_line_end" } do
        call(name, function() core[name]() end)
    end
    known.profile_stop = true
    call("profile_start", function()
        core.profile_start()
        core.relu(full(2))
        assert(#core.profile_stop() == 1 and core.profile_stop() == nil)
    end)
    call("seed", function()
        local seed, offset = core.generator()
        core.seed(1)
        core.set_generator(seed, offset)
    end)
    call("memory_budget", function()
        local budget = core.memory().budget_bytes
        local ok = pcall(function()
            core.memory_budget(core.memory().live_bytes)
            return full(1000)
        end)
        core.memory_budget(budget)
        assert(not ok)
    end)
    call("set_generator", function() core.set_generator(core.generator()) end)
    call("scope_begin", function()
        local scope, keep = core.scope_begin(), {}
        local ok, e = pcall(function()
            local kept = full(3)
            keep[kept] = true
            return full(3)
        end)
        core.scope_end(scope, keep)
        if not ok then error(e, 0) end
    end)
    known.scope_end = true

    -- what needs a signal or a terminal is tried in tests/shell
    for _, name in ipairs { "catch_interrupts", "status_line" } do known[name] = true end

    call("concat", function() core.concat("x is ", full(2)) end)

    -- files
    local folder = (os.getenv("CNN_BUILD") or "build") .. "/tests/"
    local archive, idx = folder .. "allocfail.safetensors", folder .. "allocfail.idx"
    local packed = folder .. "allocfail.tar" -- the last that is made
    local file = io.open(packed, "rb")
    if not file then -- made by the first of many states
        core.save(archive, { a = full(2, 3), b = labels(2) }, { note = "x" })
        file = assert(io.open(idx, "wb"))
        file:write("\0\0\8\1\0\0\0\3abc")
        file:close()
        file = assert(io.open(packed, "wb"))
        file:write(require "helpers.tar".pack { { name = "allocfail.unpacked", data = "x" } })
    end
    file:close()
    call("write_file", function() core.write_file(folder .. "allocfail.text", "text") end)
    call("save", function() core.save(folder .. "allocfail.saved", { a = full(2, 3), b = labels(2) }, { note = "x" }) end)
    call("json", function() core.json([[{"a": [1, 2.5, "x\\u00e9", true, null], "b": {}}]], "here") end)
    call("load", function() core.load(archive) end)
    call("read_records", function() core.read_records({ idx }, { 10 }, { 10 }) end) -- one record, of eleven bytes
    call("unpack", function() core.unpack(packed, folder .. "unpacked", 1000) end)
    call("digest", function() core.digest(idx, "sha256") end)
    call("make_folder", function() core.make_folder(folder .. "a/b") end)
    call("sleep", function() core.sleep(0.001) end)
    call("fetch_ready", function() core.fetch_ready() end)
    call("fetch_open", function()
        local handle = core.fetch_open(folder .. "allocfail.part")
        local ok, e = pcall(function()
            core.fetch_lock(handle)
            if core.fetch_ready() then
                core.fetch_start(handle, "http://127.0.0.1:9/", nil, 1000, 1)
                while core.fetch_step(handle) == "running" do end
            end
            core.fetch_discard(handle)
            core.fetch_commit(handle, folder .. "allocfail.fetched")
        end)
        core.fetch_close(handle)
        if not ok then error(e, 0) end
    end)
    for _, name in ipairs { "lock", "start", "step", "discard", "commit", "close" } do known["fetch_" .. name] = true end
    call("read_idx", function() core.read_idx(idx) end)
    call("digits", function() core.digits("test", 1, 2) end)
    call("loader", function()
        local order = core.permutation_(labels(6))
        local loader = core.loader({ { core.full("uint8", { 6, 2, 2 }, 1) }, { labels(6) } }, order, { batch_size = 4, workers = 1 })
        local ok, e = pcall(function()
            while core.loader_next(loader) do end
        end)
        core.loader_close(loader)
        if not ok then error(e, 0) end
    end)
    known.loader_next, known.loader_close = true, true
    local picture = folder .. "allocfail.png"
    call("write_image", function()
        local ok, e = pcall(core.write_image, picture, core.full("uint8", { 3, 4, 5 }, 7), 75)
        if not ok and not tostring(e):find("need lib") then error(e, 0) end -- not every system has libpng
    end)
    call("read_image", function()
        local ok, e = pcall(core.read_image, picture, "GRAY")
        if not ok and not tostring(e):find("need lib") and not tostring(e):find("No such file") then error(e, 0) end
    end)
    call("loader of pictures", function()
        local ok, e = pcall(function()
            local loader <close> = core.loader({ { { picture, picture, picture }, { "random_crop", 2, 2, 0, 0 }, { "to_tensor" } } }, nil,
                { batch_size = 2 })
            while core.loader_next(loader) do end
        end)
        if not ok and not tostring(e):find("need lib") and not tostring(e):find("No such file") then error(e, 0) end
    end)
    call("folder_files", function() core.folder_files(folder) end)
    call("transform", function()
        local image = core.full("uint8", { 3, 6, 6 }, 1)
        core.transform(image, { { "random_crop", 4, 4, 0, 0, 0 }, { "to_tensor" }, { "normalize", 0.5, 0.5 } }, 1, 2, 3)
        core.transform(image, { { "pad", 1, 1, 1, 1, 1, 0 } }, 1, 2, 0)
    end)

    return list, known
end
