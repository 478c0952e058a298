-- SPDX-License-Identifier: MIT
-- Methods between types, devices, the graph and Lua's own values; and those that write into a tensor.
local core = require "cnn.core"
local errors = require "cnn.errors"
local reals = require "cnn.reals"
local define = require "cnn.tensor.define"
local hints = require "cnn.hints"
local types = require "cnn.signature.types"
local method = define.method

-- ---- to Lua ----------------------------------------------------------------------------------------------------------

method { "item", returns = "number or bool", doc = [[The one element of a tensor, as a Lua number.]],
    example = [[print(cnn.ones(2, 3):sum():item())]], see = { "tensor:totable" }, call = core.item }

for _, name in ipairs { "totable", "tolist" } do
    method { name, returns = "nested tables; a number for a scalar", doc = [[The elements as Lua tables.]],
        example = [[print(#cnn.zeros(2, 3):totable()[1])]], see = { "tensor:item", "cnn.tensor" }, call = core.totable }
end

-- ---- types and devices -------------------------------------------------------------------------------------------------

local dtype_of = types.get("dtype").convert

local function cast(x, dtype)
    return x.dtype == dtype and x or core.cast(x, dtype)
end

--- Checks the name of a device; this library computes on the CPU.
local function check_device(name)
    if name == "cpu" then return end
    if name:find("^cuda") or name:find("^gpu") then
        errors.raise { kind = "device", op = "to", fix = 'cnn.cuda.is_available() and "cuda:0" or "cpu"',
            text = ('there is no device "%s": this build has no CUDA'):format(name) }
    end
    errors.raise { kind = "device", op = "to",
        text = ('"%s" is no device ("cpu") and no type ("float32", "float64", "bfloat16", "int64", "uint8", "bool")'):format(name) }
end

method { "to", { "device", "string|tensor", optional = true, doc = [["cpu", a type, or a tensor to be like]] },
    { "dtype", "dtype", optional = true }, returns = "tensor",
    doc = [[The tensor on a device and of a type; itself where nothing changes.]],
    example = [[print(cnn.ones(2):to("float64"), cnn.ones(2):to("cpu"))]], see = { "tensor:float", "tensor:type_as" },
    call = function(x, device, dtype)
        if types.is_tensor(device) then return cast(x, dtype or device.dtype) end
        local named = device and dtype_of(device)
        if device and not named then check_device(device) end
        return cast(x, dtype or named or x.dtype)
    end }

method { "type_as", { "other", "tensor" }, returns = "tensor", doc = [[The tensor in the type of another.]],
    example = [[print(cnn.ones(2):type_as(cnn.arange(2)))]], see = { "tensor:to" },
    call = function(x, other) return cast(x, other.dtype) end }

for name, dtype in define.sorted { float = "float32", double = "float64", bfloat16 = "bfloat16", long = "int64", byte = "uint8",
    bool = "bool" } do
    method { name, returns = dtype .. " tensor", doc = ("The tensor as %s; itself where it is that already."):format(dtype),
        example = ("print(cnn.arange(3):%s())"):format(name), see = { "tensor:to" },
        call = function(x) return cast(x, dtype) end }
end

method { "cpu", returns = "tensor", doc = [[The tensor in the computer's own memory.]], example = [[print(cnn.ones(2):cpu())]],
    see = { "tensor:to" }, call = function(x) return x end }

method { "cuda", returns = "tensor", doc = [[The tensor on the first GPU, where this build supports one.]],
    example = [[print(pcall(function() return cnn.ones(2):cuda() end))]], see = { "tensor:to", "tensor:cpu" },
    call = function(_) check_device("cuda:0") end }

-- ---- copies and the graph ------------------------------------------------------------------------------------------------

method { "clone", form = true, returns = "tensor", doc = [[A copy with memory of its own; gradients pass through it.]],
    example = [[print(cnn.ones(2):clone())]], see = { "tensor:detach", "tensor:copy_" },
    call = function(x)
        if reals[x.dtype] then return core.mul(x, 1) end
        return core.copy_(core.empty(x.dtype, x.shape), x)
    end }

method { "detach", form = true, returns = "tensor",
    doc = [[The same numbers outside the graph: no gradient flows back. Shares memory.]],
    example = [[print(cnn.ones(2):requires_grad_():detach())]], see = { "cnn.no_grad", "tensor:clone" },
    call = core.detach }

method { "detach_", returns = "the tensor itself", doc = [[Takes the tensor itself out of the graph.]],
    example = [[print((cnn.ones(2):requires_grad_() * 2):detach_())]], see = { "tensor:detach" },
    call = core.detach_ }

method { "requires_grad_", { "requires_grad", "bool", default = true }, returns = "the tensor itself",
    doc = [[Asks for a gradient: backward() will fill x.grad.]],
    example = [[print(cnn.ones(2):requires_grad_())]], see = { "tensor:backward" },
    call = core.set_requires_grad }

method { "backward", { "gradient", "tensor", optional = true, doc = "what the result is multiplied with; 1 for a scalar" },
    { "retain_graph", "bool", optional = true, doc = "keep the graph, to walk it again" },
    { "create_graph", "bool", default = false, doc = "record the gradients' own ops" },
    doc = [[Adds the gradient of this tensor to x.grad of every leaf that requires one. Frees the graph on the way.]],
    example = [[
local x = cnn.tensor{1.0, 2.0}:requires_grad_()
x:square():sum():backward()
print(x.grad)]], see = { "tensor:requires_grad_", "cnn.no_grad" },
    call = function(x, gradient, retain, create)
        if retain == nil then retain = create end
        hints.backwards, hints.suspect = hints.backwards + 1, false
        core.backward(x, gradient, retain, create)
    end }

method { "register_hook", { "hook", "function", doc = "gets the gradient; what it returns, if anything, takes its place" },
    returns = "a handle: handle:remove() takes the hook away",
    doc = [[Calls a function with the gradient of this tensor whenever backward() has computed it.
Hooks run in the order of registration. No .grad is written before all of them have returned, so an error in one leaves all as
they were. A hook of a computed tensor ends with its graph. A hook may use its own tensor: both are garbage together. One that
uses a later result, such as the loss, keeps that until backward() frees the graph or the hook is removed.]],
    example = [[
local x = cnn.ones(2):requires_grad_()
local handle = x:register_hook(function(g) return g * 10 end)
x:sum():backward()
print(x.grad)
handle:remove()]], see = { "tensor:retain_grad", "nn.Module.register_full_backward_hook" },
    call = core.register_hook }

method { "retain_grad", returns = "the tensor itself",
    doc = [[Lets backward() fill in x.grad of a computed tensor too; without this it stays nil.]],
    example = [[
local x = cnn.ones(2):requires_grad_()
local y = (x * 2):retain_grad()
y:square():sum():backward()
print(y.grad)]], see = { "tensor:register_hook", "tensor:backward" },
    call = core.retain_grad }

-- ---- writing -------------------------------------------------------------------------------------------------------------

method { "copy_", { "source", "tensor" }, returns = "the tensor itself",
    doc = [[Overwrites the elements with another tensor's, broadcast and converted. Not part of the graph.]],
    example = [[print(cnn.zeros(2, 2):copy_(cnn.ones(2)))]], see = { "tensor:fill_", "tensor:clone" },
    call = function(x, source)
        core.check_writable(x, source)
        hints.refilled[x] = true
        return core.copy_(x, source)
    end }

method { "fill_", { "value", "number|bool" }, returns = "the tensor itself",
    doc = [[Overwrites all elements with a value.]], example = [[print(cnn.zeros(2):fill_(3))]], see = { "tensor:zero_" },
    call = function(x, value)
        core.check_writable(x)
        hints.refilled[x] = true
        return core.fill_(x, value)
    end }

method { "zero_", returns = "the tensor itself", doc = [[Overwrites all elements with 0.]],
    example = [[print(cnn.ones(2):zero_())]], see = { "tensor:fill_" },
    call = function(x)
        core.check_writable(x)
        hints.refilled[x] = true
        return core.fill_(x, 0)
    end }

method { "uniform_", { "from", "number", default = 0 }, { "to", "number", default = 1 }, returns = "the tensor itself",
    doc = [[Fills with random numbers from `from` up to `to`, all alike probable.]],
    example = [[print(cnn.empty(3):uniform_(-1, 1))]], see = { "tensor:normal_", "cnn.rand" },
    call = function(x, from, to)
        core.check_writable(x)
        return core.uniform_(x, from, to)
    end }

method { "normal_", { "mean", "number", default = 0 }, { "std", "number", default = 1, min = 0 },
    returns = "the tensor itself", doc = [[Fills with normally distributed random numbers.]],
    example = [[print(cnn.empty(3):normal_(0, 0.01))]], see = { "tensor:uniform_", "cnn.randn" },
    call = function(x, mean, std)
        core.check_writable(x)
        return core.normal_(x, mean, std)
    end }

method { "bernoulli_", { "p", "number", default = 0.5, min = 0, max = 1 }, returns = "the tensor itself",
    doc = [[Fills with 1 (with probability p) and 0.]], example = [[print(cnn.empty(3):bernoulli_(0.5))]],
    see = { "tensor:uniform_" },
    call = function(x, p)
        core.check_writable(x)
        return core.bernoulli_(x, p)
    end }

return { check_device = check_device }
