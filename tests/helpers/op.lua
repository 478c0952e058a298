-- SPDX-License-Identifier: MIT
-- What the tests of ops share: PyTorch's values at every instruction-set level, type and memory layout; finite differences.
--
-- A golden file (tests/golden/generate.py) holds cases; op.golden runs each of them with a function from the named inputs and
-- the case's parameters to the result. Inputs are laid out in four ways that hold the same numbers, the sliced one
-- with NaN around it, so that a kernel which reads beyond its tensor shows.
local check = require "check"
local core = require "cnn.core"
local cnn = require "cnn"

local M = {}

-- The levels that this machine has, slowest first, and f at each of them.
function M.levels()
    local before, list = core.cpu(), {}
    for _, level in ipairs { "reference", "baseline", "avx2", "avx512" } do
        if pcall(core.cpu, level) then list[#list + 1] = level end
    end
    core.cpu(before)
    return list
end

function M.each_level(f)
    local before = core.cpu()
    for _, level in ipairs(M.levels()) do
        core.cpu(level)
        local ok, e = xpcall(f, function(e)
            return type(e) == "string" and "at level " .. level .. ": " .. e or e
        end, level)
        if not ok then core.cpu(before) error(e, 0) end
    end
    core.cpu(before)
end

-- f while convolutions are forced to an algorithm.
function M.with_algorithm(algorithm, f)
    local before = core.conv_algorithm()
    core.conv_algorithm(algorithm)
    local ok, result = xpcall(f, function(e) return type(e) == "string" and "by " .. algorithm .. ": " .. e or e end)
    core.conv_algorithm(before)
    if not ok then error(result, 0) end
    return result
end

local function list(shape)
    local sizes = {}
    for i, n in ipairs(shape) do sizes[i] = math.tointeger(n) end
    return sizes
end

local function reversed(n)
    local dims = {}
    for i = 1, n do dims[i] = n + 1 - i end
    return dims
end

M.layouts = {
    { "row-major", function(x) return x end },
    { "transposed", function(x)
        local dims = reversed(#x.shape)
        return x:permute(dims):contiguous():permute(dims)
    end },
    { "channels-last", function(x)
        if #x.shape ~= 4 then return x end
        return x:permute({ 1, 3, 4, 2 }):contiguous():permute({ 1, 4, 2, 3 })
    end },
    { "sliced", function(x)
        local sizes = list(x.shape)
        if #sizes == 0 then return x end
        for i, n in ipairs(sizes) do sizes[i] = n + 2 + i % 2 end
        local part = core.full(x.dtype, sizes, 0 / 0)
        for i, n in ipairs(list(x.shape)) do part = part:narrow(i, 2, n) end
        core.copy_(part, x)
        return part
    end },
}

function M.read(name)
    local tensors, metadata = core.load(check.root .. "/tests/golden/" .. name .. ".safetensors")
    return tensors, load("return " .. metadata.cases)()
end

local function is_real(x)
    return x.dtype == "float32" or x.dtype == "float64"
end

local function rms(x)
    local sum, n = 0, 0
    for _, v in ipairs((check.elements(x))) do sum, n = sum + v * v, n + 1 end
    return n > 0 and math.sqrt(sum / n) or 0
end

-- Per element: 1e-4 relative in float32, 1e-10 in float64, and that much less than a typical element where sums cancel.
function M.compare(got, want, dtype, what)
    if not is_real(want) then return check.equal(got, want, what) end
    check.equal(got.dtype, dtype, what .. "'s dtype")
    local rtol, part = 1e-4, 1e-5
    if dtype == "float64" then rtol, part = 1e-10, 1e-12 end
    check.close(got, want, { rtol = rtol, atol = part * math.max(rms(want), 1e-2), what = what })
end

local function inputs(file, case, dtype, layout)
    local t = {}
    for _, name in ipairs(case.inputs) do
        local x = file[case.name .. "/" .. name]
        if is_real(x) then
            x = dtype == "float64" and x:double() or x:clone()
            if not name:find("^running") then x = layout(x) end
        end
        t[name] = x
    end
    for _, name in ipairs(case.grads) do core.set_requires_grad(t[name], true) end
    return t
end

-- How many tensors were compared with PyTorch's, at each level; tests/run.lua adds up what is printed of it.
local compared = {}

local function compare_golden(got, want, dtype, level, where)
    M.compare(got, want, dtype, where)
    compared[level] = (compared[level] or 0) + 1
end

local function run_case(file, case, run, dtype, layout, level)
    local t = inputs(file, case, dtype, layout[2])
    local where = ("%s, %s, %s"):format(level, dtype, layout[1])
    local out = table.pack(run(t, case))
    check.equal(out.n, case.outputs, "number of results")
    for i = 1, case.outputs do
        compare_golden(out[i], file[case.name .. "/out" .. (i > 1 and i or "")], dtype, level, where .. ", result " .. i)
    end
    if #case.grads == 0 then return end
    local dout = file[case.name .. "/dout"]
    out[1]:backward(dtype == "float64" and dout:double() or dout)
    for _, name in ipairs(case.grads) do
        compare_golden(t[name].grad, file[case.name .. "/d." .. name], dtype, level, where .. ", gradient of " .. name)
    end
end

-- One test per case of a golden file. run(inputs, case) gives the results. options.skip: case names → why.
function M.golden(name, run, options)
    local file, cases = M.read(name)
    compared = {}
    for _, case in ipairs(cases) do
        check.test("as PyTorch: " .. case.name, function()
            if options and options.skip and options.skip[case.name] then check.skip(options.skip[case.name]) end
            M.each_level(function(level)
                for _, dtype in ipairs { "float32", "float64" } do
                    for _, layout in ipairs(M.layouts) do run_case(file, case, run, dtype, layout, level) end
                end
            end)
        end)
    end
    local counts, values = {}, 0
    for _, case in ipairs(cases) do values = values + case.outputs + #case.grads end
    for _, level in ipairs(M.levels()) do counts[#counts + 1] = ("%s=%d"):format(level, compared[level] or 0) end
    print(("golden %s %d: %s"):format(name, values, table.concat(counts, " ")))
end

-- Every level against the reference kernels run in float64: result and gradients of run(inputs, case) for float32 inputs.
function M.agree(run, tensors, case)
    local function results(dtype)
        local t = {}
        for name, x in pairs(tensors) do
            t[name] = dtype == "float64" and x:double() or x:clone()
            core.set_requires_grad(t[name], true)
        end
        local out = run(t, case)
        core.seed(1)
        local dout = core.empty("float32", list(out.shape))
        core.normal_(dout, 0, 1)
        out:backward(dtype == "float64" and dout:double() or dout)
        local all = { out = out }
        for name, x in pairs(t) do all["gradient of " .. name] = x.grad end
        return all
    end
    local before = core.cpu()
    core.cpu("reference")
    local want = results("float64")
    core.cpu(before)
    M.each_level(function(level)
        local got = results("float32")
        for name, x in pairs(want) do
            M.compare(got[name], x, "float32", level .. ", " .. name .. " " .. check.show(list(tensors.input.shape)) ..
                check.show(list(tensors.weight.shape)) .. check.show(case))
        end
    end)
end

-- ---- finite differences ------------------------------------------------------------------------------------------------

-- Compares the gradients of f, a function of float64 tensors with the given sizes, with central differences at every
-- element of every input. options: low, high (range of the inputs), step, rtol, atol.
function M.differences(f, sizes, options)
    local o, inputs = options or {}, {}
    local low, high = o.low or -1, o.high or 1
    for i, size in ipairs(sizes) do
        local values, n = {}, 1
        for _, s in ipairs(size) do n = n * s end
        for j = 1, n do values[j] = low + (high - low) * math.random() end
        local x = #size == 0 and core.full("float64", {}, values[1]) or core.from(values, "float64"):reshape(size)
        inputs[i] = core.set_requires_grad(x, true)
    end
    cnn.autograd.gradcheck { f, inputs, eps = o.step, rtol = o.rtol or 1e-5, atol = o.atol or 1e-7, fast_mode = true }
end

return M
