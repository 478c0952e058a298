-- SPDX-License-Identifier: MIT
-- The fuzz targets over their committed corpora, without libFuzzer: everything that was once found stays mended.
local check = require "check"

local build = check.absolute(os.getenv("CNN_BUILD") or "build")
local root = check.absolute(check.root)

for _, target in ipairs { "idx", "safetensors", "pictures", "archives", "arguments", "tensors" } do
    check.test("the corpus of " .. target, function()
        local corpus = root .. "/tests/fuzz/corpus/" .. target
        local scratch = check.temp() -- some inputs write files
        os.remove(scratch)
        check.equal(check.run("mkdir " .. check.quote(scratch)).code, 0)
        local r = check.run(("cd %s && CNN_FUZZ_ROOT=%s CNN_DEBUG_ALLOC=1 %s %s/*"):format(check.quote(scratch), check.quote(root),
            check.quote(build .. "/tests/fuzz/" .. target), check.quote(corpus)))
        local inputs = tonumber(r.out:match("(%d+) inputs\n$"))
        if r.code ~= 0 or not inputs then
            check.fail("%s, at %s\n%s", r.signal and "signal " .. r.signal or "status " .. tostring(r.code),
                r.out:match("([^\n]*)\n[^\n]*$") or "its start", r.err:sub(1, 4000))
        end
        check.that(inputs >= 12, "only " .. inputs .. " inputs")
    end)
end
