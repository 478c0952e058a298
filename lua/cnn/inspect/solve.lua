-- SPDX-License-Identifier: MIT
-- cnn.solve: which kernels, strides, paddings and dilations make a side of one size out of a side of another.
--
-- All sensible combinations are tried, which are few: padding below the reach of the kernel (a window must not lie in the
-- padding alone), dilation up to 4, and the strides that follow from these. What is given is not varied.
local errors = require "cnn.errors"
local signature = require "cnn.signature"
local window = require "cnn.inspect.window"
local words = require "cnn.inspect.words"

local LARGEST_KERNEL, LARGEST_DILATION = 11, 4
local SHOWN = 20

local function range(given, from, to)
    if given then return given, given end
    return from, to
end

-- The strides worth trying where `free` places are left beside the window: those that give the output, or the ones that
-- come closest to it.
local function strides(wanted, free)
    if wanted.stride then return wanted.stride, wanted.stride end
    if wanted.output == 1 then return free + 1, free + 1 end
    local from, to = free // wanted.output + 1, free // (wanted.output - 1)
    return math.max(1, math.min(from, to)), math.max(1, to, from)
end

local function output_of(a) return (a.input + 2 * a.before - window.reach(a)) // a.stride + 1 end

local function row_of(a)
    a.after, a.kind, a.output = a.before, "window", output_of(a)
    return { kernel = a.kernel, stride = a.stride, padding = a.before, dilation = a.dilation, output = a.output,
        formula = window.formula(a) }
end

-- Calls try({input, kernel, stride, before, dilation}) for every combination whose kernel fits.
local function combinations(wanted, try)
    local k_from, k_to = range(wanted.kernel, 1, math.min(LARGEST_KERNEL, wanted.input))
    for kernel = k_from, k_to do
        local d_from, d_to = range(wanted.dilation, 1, kernel == 1 and 1 or LARGEST_DILATION)
        for dilation = d_from, d_to do
            local reach = dilation * (kernel - 1) + 1
            local p_from, p_to = range(wanted.padding, 0, reach - 1)
            for padding = p_from, p_to do
                if wanted.input + 2 * padding >= reach then
                    local s_from, s_to = strides(wanted, wanted.input + 2 * padding - reach)
                    for stride = s_from, s_to do
                        try { input = wanted.input, kernel = kernel, stride = stride, before = padding, dilation = dilation }
                    end
                end
            end
        end
    end
end

-- What people would take first: no dilation, small strides, a padding of about half the kernel.
local function before(a, b)
    if a.dilation ~= b.dilation then return a.dilation < b.dilation end
    if a.stride ~= b.stride then return a.stride < b.stride end
    local off_a = math.abs(2 * a.padding - a.dilation * (a.kernel - 1))
    local off_b = math.abs(2 * b.padding - b.dilation * (b.kernel - 1))
    if off_a ~= off_b then return off_a < off_b end
    if a.kernel ~= b.kernel then return a.kernel < b.kernel end
    return a.padding < b.padding
end

-- ---- as text ---------------------------------------------------------------------------------------------------------

local Solutions = { __name = "solutions" }
Solutions.__index = Solutions

local columns = {
    { "kernel", function(row) return ("%d"):format(row.kernel) end, right = true },
    { "stride", function(row) return ("%d"):format(row.stride) end, right = true },
    { "padding", function(row) return ("%d"):format(row.padding) end, right = true },
    { "dilation", function(row) return ("%d"):format(row.dilation) end, right = true },
    { "size", function(row) return row.formula end },
}

function Solutions:__tostring()
    if #self == 0 then
        return ("nothing fits %d → %d%s"):format(self.input, self.output, self.nearest
            and ("; the nearest is %s (kernel %d, stride %d, padding %d, dilation %d)"):format(self.nearest.formula,
                self.nearest.kernel, self.nearest.stride, self.nearest.padding, self.nearest.dilation) or "")
    end
    local shown = table.move(self, 1, math.min(#self, SHOWN), 1, {})
    local text = words.table_text(columns, shown)
    return #self > SHOWN and ("%s\n%d more"):format(text, #self - SHOWN) or text
end

-- ---- what users call -------------------------------------------------------------------------------------------------

local function solve(input, output, kernel, stride, padding, dilation)
    local wanted = { input = input, output = output, kernel = kernel, stride = stride, padding = padding, dilation = dilation }
    if kernel and padding and padding > (dilation or LARGEST_DILATION) * (kernel - 1) then
        errors.raise { kind = "value", op = "cnn.solve",
            text = ("with padding %d a window of kernel %d would lie in the padding alone"):format(padding, kernel) }
    end
    local list = setmetatable({ input = input, output = output }, Solutions)
    local nearest, distance = nil, math.huge
    combinations(wanted, function(a)
        local off = math.abs(output_of(a) - output)
        if off == 0 then list[#list + 1] = row_of(a) end
        if off < distance then nearest, distance = a, off end
    end)
    table.sort(list, before)
    if #list == 0 and nearest then list.nearest = row_of(nearest) end
    return list
end

return {
    solve = signature {
        name = "cnn.solve",
        { "input", "int", min = 1, max = 4096, also = { "in", "size", "in_size", "input_size" }, doc = "height or width that comes in" },
        { "output", "int", min = 1, max = 4096, also = { "out", "out_size", "output_size" }, doc = "height or width that is wanted" },
        { "kernel", "int", optional = true, min = 1, max = 64, also = { "kernel_size" }, doc = "from 1 to 11 if not given" },
        { "stride", "int", optional = true, min = 1, doc = "any if not given" },
        { "padding", "int", optional = true, min = 0, doc = "below the reach of the kernel if not given" },
        { "dilation", "int", optional = true, min = 1, doc = "from 1 to 4 if not given" },
        returns = "list of {kernel, stride, padding, dilation, output, formula}, which prints as a table; nearest, if it is empty",
        doc = [[The inverse of the size formula: lists what makes an output of that size, for convolutions and pooling.
What is given is kept, the rest is varied. Without dilation and with the smallest stride come first. in is a word of Lua:
write input=32 or size=32, or ["in"]=32; out is another name of output, kernel_size of kernel.]],
        shape = [[output = floor((input + 2·padding − dilation·(kernel − 1) − 1) / stride + 1)]],
        example = [[
print(cnn.solve { input = 32, out = 16, kernel = 3 })
print(cnn.solve(32, 28)[1].kernel)
print(cnn.solve { ["in"] = 7, out = 5, kernel = 2, stride = 1, dilation = 1 })]],
        see = { "cnn.explain", "nn.Conv2d" },
        call = solve,
    },
}
