-- SPDX-License-Identifier: MIT
-- cnn: what `require "cnn"` gives. Tensors are here; the larger parts (nn, optim, data …) load when they are first used.
local core = require "cnn.core"
local errors = require "cnn.errors"
local left_out = require "cnn.left_out"
local signature = require "cnn.signature"

local cnn = require "cnn.tensor"

errors.join_with(core.concat)
cnn.version = core.version
for _, dtype in ipairs { "float32", "float64", "bfloat16", "int64", "uint8", "bool" } do cnn[dtype] = dtype end
cnn.float, cnn.double, cnn.long = "float32", "float64", "bfloat16", "int64"

cnn.cuda = {
    is_available = signature { name = "cnn.cuda.is_available", returns = "bool",
        doc = [[Whether this build and machine can compute on a GPU.]],
        example = [[print(cnn.cuda.is_available() and "cuda:0" or "cpu")]], see = { "tensor:to" },
        call = function() return false end },
    device_count = signature { name = "cnn.cuda.device_count", returns = "integer", doc = [[How many GPUs can be used.]],
        example = [[print(cnn.cuda.device_count())]], see = { "cnn.cuda.is_available" },
        call = function() return 0 end },
}

cnn.conv_algorithm = signature { name = "cnn.conv_algorithm", { "name", "string", optional = true },
    returns = "string",
    doc = [[How convolutions are computed: "auto" takes what is cheapest for the sizes of each, and that is what you want.
"direct", "winograd", "fft" or "reference" (textbook loops) forces one, to compare speed or numbers; where it cannot do
some sizes, direct does. Without a name it only says what is set. The variable CNN_CONV sets it at the start.]],
    example = [[
local conv, x = nn.Conv2d { 16, 16, 3, padding = 1 }, cnn.randn(8, 16, 32, 32)
local y = conv(x)
local before = cnn.conv_algorithm()
cnn.conv_algorithm("reference")
print(cnn.allclose { conv(x), y, atol = 1e-5 })
cnn.conv_algorithm(before)]], see = { "cnn.explain", "nn.Conv2d" },
    call = core.conv_algorithm }

-- ---- files -----------------------------------------------------------------------------------------------------------

local files = require "cnn.files"
cnn.save, cnn.load = files.save, files.load

cnn.write_file = signature { name = "cnn.write_file", { "path", "string" }, { "text", "string" },
    doc = [[Writes a text (or any bytes) to a file, whole or not at all: a full disk or a power cut leaves the old file.]],
    example = [[
local path = os.tmpname()
cnn.write_file(path, "epoch,loss\n1,0.5\n")
os.remove(path)]], see = { "cnn.save" },
    call = function(path, text) core.write_file(path, text) end }

cnn.clock = signature { name = "cnn.clock", returns = "number",
    doc = [[Seconds since some moment in the past. The difference of two is how long something took: Lua's os.clock counts the
time of all processor cores together, and os.time counts whole seconds.]],
    example = [[
local start = cnn.clock()
cnn.randn(100, 100):matmul(cnn.randn(100, 100))
print(("%.4f seconds"):format(cnn.clock() - start))]], see = { "cnn.progress" },
    call = core.clock }

-- ---- parts that load when they are used ---------------------------------------------------------------------------------

local lazy = {
    autograd = "cnn.autograd",
    nn = "cnn.nn", functional = "cnn.nn.functional", optim = "cnn.optim", data = "cnn.data", datasets = "cnn.datasets",
    transforms = "cnn.transforms", io = "cnn.io", progress = "cnn.progress", plt = "cnn.plt", hold_interrupt = "cnn.hold_interrupt",
    summary = "cnn.inspect.summary", shapes = "cnn.inspect.summary",
    receptive_field = "cnn.inspect.receptive", explain = "cnn.inspect.explain", solve = "cnn.inspect.solve",
    show = "cnn.inspect.show", hints = "cnn.hints", profile = "cnn.inspect.profile",
}
local fields = {} -- functions that are fields of their modules
for name in ("summary shapes receptive_field explain solve show hints profile"):gmatch("[%w_]+") do fields[name] = true end

local missing = left_out.index("cnn")

return setmetatable(cnn, {
    __index = function(self, name)
        local module = lazy[name]
        if not module then return missing(self, name) end
        local part = require(module)
        if fields[name] then part = part[name] end
        left_out.guard(name, part)
        rawset(self, name, part)
        return part
    end,
    __name = "cnn",
})
