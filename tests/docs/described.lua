-- SPDX-License-Identifier: MIT
-- No function that users can reach is without a description: a walk through the modules, their classes, and the methods of
-- tensors. A method that overrides one with a description has that one.
local check = require "check"
local class = require "cnn.nn.class"
local cnn = require "cnn"
local core = require "cnn.core"
local names = require "shell.names"
local signature = require "cnn.signature"

local function inherited(owner, name)
    local cls = class.is_class(owner) and rawget(owner, "super")
    while cls do
        if signature.of(rawget(cls, name)) then return true end
        cls = rawget(cls, "super")
    end
end

local seen, count, missing

local function walk(value, path)
    seen[value] = true
    for key, inner in next, value do
        local is_public = type(key) == "string" and not key:find("^_") and key ~= "super"
        if is_public and type(inner) == "function" then
            count = count + 1
            if not signature.of(inner) and not inherited(value, key) then missing[#missing + 1] = path .. "." .. key end
        elseif is_public and type(inner) == "table" and not seen[inner] then
            walk(inner, path .. "." .. key)
        end
    end
end

local function walked(start, path)
    seen, count, missing = {}, 0, {}
    walk(start, path)
    table.sort(missing)
    return missing, count
end

check.test("every function of cnn and of its classes is described", function()
    for _, part in ipairs(names.parts) do check.that(cnn[part], part) end
    local without, found = walked(cnn, "cnn")
    check.equal(without, {})
    check.that(found > 500 and seen[cnn.nn.Conv2d] and seen[cnn.optim.lr_scheduler] and seen[cnn.transforms], found)
end)

check.test("every method of tensors is described", function()
    local without, found = walked(core.methods, "tensor")
    check.equal(without, {})
    check.that(found > 200, found)
end)

check.test("the walk sees what is not described, in modules and classes", function()
    local Layer = class.make("Layer", cnn.nn.Module)
    function Layer.forward() end
    function Layer.other() end
    check.equal((walked({ part = { f = print, Layer = Layer, _private = print } }, "x")), { "x.part.Layer.other", "x.part.f" })
end)

check.test("every description has a sentence and an example, and refers to what is there", function()
    local known = {}
    for name in signature.all() do known[name] = true end
    for name, sig in signature.all() do
        check.that(sig.doc and #sig.doc > 10 and sig.example and sig.example:find("%S"), name)
        for _, other in ipairs(sig.see or {}) do
            check.that(known[other] or names.resolve(other, { cnn = cnn, nn = cnn.nn }) ~= nil, name .. " → " .. other)
        end
    end
end)
