-- SPDX-License-Identifier: MIT
-- cnn.save and cnn.load: tensors, and what belongs to them, in safetensors files.
local checkpoint = require "cnn.checkpoint"
local core = require "cnn.core"
local errors = require "cnn.errors"
local signature = require "cnn.signature"

local files = {}

files.save = signature {
    name = "cnn.save",
    { "path", "string", mend = function() return 'the path comes first: cnn.save("net.safetensors", net:state_dict())' end },
    { "value", "any", doc = "a table of tensors by name, or nested tables of tensors, numbers, strings and booleans" },
    { "metadata", "table", optional = true, doc = "a table: name = text, for other readers" },
    { "keep_previous", "bool", default = false, doc = "the file that was there stays as PATH.previous" },
    doc = [[Writes a safetensors file, whole or not at all: the old one stays until the new one is on the disk. A state_dict is
a file that PyTorch reads with safetensors.torch. In a nested table the tensors' names are the keys joined with "/"
(model/fc.weight), and the rest is JSON in the metadata; cnn.load gives back the same table. Network, optimiser, scheduler,
generator and the loader's place make a checkpoint that training goes on from with the same bits.]],
    example = [[
local path = os.tmpname()
local net = nn.Linear(3, 2)
local opt = optim.Adam { net:parameters() }
cnn.save(path, net:state_dict())
cnn.save { path, { model = net:state_dict(), optimizer = opt:state_dict(), generator = cnn.get_rng_state(), step = 100 },
    keep_previous = true }
print(cnn.load(path).step, cnn.load(path .. ".previous").weight:size())
os.remove(path)
os.remove(path .. ".previous")]],
    see = { "cnn.load", "nn.Module.state_dict", "optim.Optimizer.state_dict", "data.DataLoader.state_dict", "cnn.get_rng_state" },
    call = function(path, value, metadata, keep_previous)
        local tensors, names, tree = checkpoint.pack(value, path)
        if tree then
            local texts = { [checkpoint.KEY] = tree }
            for key, text in pairs(metadata or {}) do
                if key == checkpoint.KEY then
                    errors.raise { kind = "value", op = "cnn.save", text = ("metadata has %s of its own here"):format(key) }
                end
                texts[key] = text
            end
            metadata = texts
        end
        core.save(path, tensors, metadata, names, keep_previous)
    end,
}

local function read(path)
    local value, texts = core.load(path)
    local tree = texts[checkpoint.KEY]
    if not tree then return value, texts end
    texts[checkpoint.KEY] = nil
    return checkpoint.unpack(path, value, tree), texts
end

-- Where the file cannot be read but the one before it was kept, the error says so.
local function mention_previous(path, err)
    if type(err) ~= "table" or err.kind ~= "file error" or err.fix then return end
    local previous = path .. ".previous"
    local file = io.open(previous, "rb")
    if not file then return end
    file:close()
    err.fix = ("cnn.load(%q): the file before it was kept"):format(previous)
end

-- One result, so that net:load_state_dict(cnn.load(path)) passes nothing else on.
files.load = signature {
    name = "cnn.load",
    { "path", "string" },
    { "metadata", "bool", default = false, doc = "also return the file's metadata" },
    returns = "table: name = tensor, or the nested table that was saved; with metadata=true also a table: name = text",
    doc = [[Reads a safetensors file; no code runs. What is damaged or foreign is an error that names the file and the byte.]],
    example = [[
local path = os.tmpname()
cnn.save(path, {x = cnn.arange(3)}, {made_by = "me"})
print(cnn.load(path).x)
local tensors, metadata = cnn.load{path, metadata = true}
print(metadata.made_by)
os.remove(path)]],
    see = { "cnn.save", "nn.Module.load_state_dict" },
    call = function(path, metadata)
        local ok, value, texts = pcall(read, path)
        if not ok then
            mention_previous(path, value)
            error(value, 0)
        end
        if metadata then return value, texts end
        return value
    end,
}

return files
