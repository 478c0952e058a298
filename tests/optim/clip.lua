-- SPDX-License-Identifier: MIT
-- nn.utils.clip_grad_norm_, clip_grad_value_, get_total_norm: PyTorch's values, what is left alone, wrong calls.
local check, op = require "check", require "helpers.op"
local core = require "cnn.core"
local cnn = require "cnn"
local nn, utils = cnn.nn, cnn.nn.utils

local file, cases = op.read("clip")

local function parameters(dtype)
    local a, b = cnn.zeros(3, 4):to(dtype):requires_grad_(), cnn.zeros(5):to(dtype):requires_grad_()
    core.set_grad(a, file.g1:to(dtype):clone())
    core.set_grad(b, file.g2:to(dtype):clone())
    return a, b
end

for _, case in ipairs(cases) do
    check.test("as PyTorch's: " .. case.name, function()
        if case.options.norm_type == "inf" then case.options.norm_type = math.huge end
        for _, dtype in ipairs { "float32", "float64" } do
            local close = dtype == "float64" and { rtol = 1e-12, atol = 1e-14 } or { rtol = 1e-5, atol = 1e-6 }
            local a, b = parameters(dtype)
            local other = cnn.ones(2):requires_grad_() -- without a gradient
            local options = { { a, other, b } }
            for k, v in pairs(case.options) do options[k] = v end
            if case.options.clip_value then
                check.that(utils.clip_grad_value_(options) == nil)
            else
                local norm = utils.clip_grad_norm_(options)
                check.equal({ norm.dtype, #norm.shape }, { dtype, 0 })
                check.close(norm, file[case.name .. "/norm"], close)
                check.close(utils.get_total_norm({ file.g1, file.g2 }, case.options.norm_type or 2), file[case.name .. "/norm"])
            end
            check.close(a.grad, file[case.name .. "/g1"], close)
            check.close(b.grad, file[case.name .. "/g2"], close)
            check.that(other.grad == nil)
        end
    end)
end

check.test("one parameter, none with a gradient, different types", function()
    local a, b = parameters("float32")
    check.close(utils.clip_grad_norm_(b, 100), file.g2:norm())
    check.equal(b.grad, file.g2)
    check.equal(utils.clip_grad_norm_({ cnn.ones(2):requires_grad_() }, 1):item(), 0)
    local c = cnn.zeros(1):to("float64"):requires_grad_()
    core.set_grad(c, cnn.tensor { 3.0 }:to("float64"))
    check.close(utils.clip_grad_norm_({ a, c }, 1):item(), math.sqrt(file.g1:norm():item() ^ 2 + 9))
end)

check.test("gradients that are infinite or NaN", function()
    local function bad(value)
        local p = cnn.zeros(2):requires_grad_()
        core.set_grad(p, cnn.tensor { 1.0, value })
        return p
    end
    check.fails(function() utils.clip_grad_norm_ { { bad(math.huge) }, max_norm = 1, error_if_nonfinite = true } end, "norm is infinite")
    check.fails(function() utils.clip_grad_norm_ { { bad(0 / 0) }, max_norm = 1, error_if_nonfinite = true } end, "norm is NaN")
    local p = bad(math.huge)
    check.equal(utils.clip_grad_norm_({ p }, 1):item(), math.huge)
    check.equal(p.grad[1]:item(), 0.0)
    p = bad(0 / 0)
    utils.clip_grad_norm_({ p }, 1)
    check.that(p.grad:isnan():all():item())
end)

check.test("wrong calls get their sentence", function()
    local net = nn.Linear(2, 1)
    check.fails(function() utils.clip_grad_norm_(net, 1) end, "the module Linear itself", "net:parameters()")
    check.fails(function() utils.clip_grad_norm_({ net }, 1) end, "parameter 1 is no tensor")
    check.fails(function() utils.clip_grad_norm_(net:parameters(), -1) end, "max_norm", "at least 0")
    check.fails(function() utils.clip_grad_norm_(net:parameters()) end, "max_norm")
    check.fails(function() utils.clip_grad_value_(3, 1) end, "list of parameters")
    check.fails(function() utils.clip_grad_value_ { net:parameters(), clip = 1 } end, "did you mean clip_value?")
    check.fails(function() utils.get_total_norm { 3 } end, "get_total_norm")
    check.fails(function() utils.get_total_norm(3) end, "the tensors are a list, or one; got 3")
end)
