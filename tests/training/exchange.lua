-- SPDX-License-Identifier: MIT
-- Weights of PyTorch's in cnnsh, and cnnsh's in PyTorch: the same keys in the same order, the same logits.
local check = require "check"
local cnn = require "cnn"
local core = require "cnn.core"
local resnet = require "scripts.resnet"

local file, about = core.load(check.root .. "/tests/golden/exchange.safetensors")

local function keys(net)
    local list = {}
    for name in pairs(net:state_dict()) do list[#list + 1] = name end
    return table.concat(list, " ")
end

check.test("a state_dict that PyTorch saved: every key, in its order, and the same logits", function()
    local net, state = resnet.by_name("resnet8"), {}
    check.equal(keys(net), about.keys)
    for name, x in pairs(file) do
        local key = name:match("^net/(.*)")
        if key then state[key] = x end
    end
    net:load_state_dict(state)
    check.close(net:eval()(file.x), file.logits, { rtol = 1e-4, atol = 1e-4 })
end)

check.test("a file of cnnsh's loads in PyTorch with strict=True and gives the same logits", function()
    local python = os.getenv("CNN_PYTHON") or "python3"
    if check.run(python .. " -c 'import torch, safetensors'").code ~= 0 then
        check.skip("PyTorch and safetensors can't be imported by " .. python)
    end
    local net, path = resnet.by_name("resnet8"), check.temp(".safetensors")
    for _ = 1, 3 do net(cnn.randn(16, 3, 32, 32)) end
    local state = {}
    for name, x in pairs(net:state_dict()) do state[name] = x end
    state.x = cnn.randn(4, 3, 32, 32)
    state.logits = net:eval()(state.x):detach()
    cnn.save(path, state)
    local r = check.run(("cd %s/tests/golden && %s generate_exchange.py check %s"):format(check.root, python, check.absolute(path)))
    check.equal(r.code, 0, r.out .. r.err)
end)
