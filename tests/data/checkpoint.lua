-- SPDX-License-Identifier: MIT
-- Checkpoints: nested tables come back as they were, files stay whole, and what is wrong with one is said.
local check = require "check"
local core = require "cnn.core"
local cnn = require "cnn"
local nn, optim = cnn.nn, cnn.optim

local function saved(value, options)
    local path = check.temp()
    local arguments = { path, value }
    for k, v in pairs(options or {}) do arguments[k] = v end
    cnn.save(arguments)
    return path
end

-- Equal in type too: 1 is not 1.0, and -0.0 not 0.0.
local function same(a, b, where)
    if core.is_tensor(b) then return check.equal(a, b, where) end
    if type(b) ~= "table" then
        check.that(math.type(a) == math.type(b) and type(a) == type(b), where .. ": another type")
        if b ~= b then return check.that(a ~= a, where) end
        return check.that(a == b and (b ~= 0 or 1 / a == 1 / b), where .. ": " .. tostring(a) .. " for " .. tostring(b))
    end
    for key, item in pairs(b) do
        check.that(a[key] ~= nil, where .. "." .. tostring(key) .. " is missing")
        same(a[key], item, where .. "." .. tostring(key))
    end
    for key in pairs(a) do check.that(b[key] ~= nil, where .. "." .. tostring(key) .. " is too much") end
end

local function round_trip(value) same(cnn.load(saved(value)), value, "value") end

check.test("a checkpoint comes back as it was, and its tensors lie under their places", function()
    local net = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    local opt = optim.Adam { { { params = net[1]:parameters() }, { params = net[2]:parameters(), lr = 0.5 } }, lr = 0.1 }
    local scheduler = optim.lr_scheduler.MultiStepLR { opt, milestones = { 2, 3 } }
    net(cnn.randn(4, 3)):pow(2):sum():backward()
    opt:step()
    scheduler:step()
    local value = { model = net:state_dict(), optimizer = opt:state_dict(), scheduler = scheduler:state_dict(),
        generator = cnn.get_rng_state(), step = 123, note = "two words" }
    local path = saved(value, { metadata = { made_by = "a test" } })
    local loaded, texts = cnn.load { path, metadata = true }
    same(loaded, value, "checkpoint")
    check.equal(texts, { made_by = "a test" })
    local plain = core.load(path) -- what any reader of safetensors sees
    check.equal(plain["model/0.weight"], net[1].weight:detach())
    check.equal(plain["optimizer/state/1/exp_avg"], opt.state[net[1].weight].exp_avg)
    check.that(plain["generator"])
end)

check.test("a table of tensors is a plain file, in a state_dict's order", function()
    local net = nn.Linear(3, 2)
    local _, texts, names = core.load(saved(net:state_dict()))
    check.equal({ texts, names }, { {}, { "weight", "bias" } })
    check.equal(cnn.load(saved {}), {})
end)

check.test("numbers: integers and floats, to the last bit", function()
    round_trip { 0, 1, -1, math.maxinteger, math.mininteger, 1.0, -0.0, 0.1, 1 / 3, 1e308, 5e-324, 2.2250738585072014e-308, 2 ^ 53,
        2 ^ 53 + 1, 2.0 ^ 63, math.huge, -math.huge, 0 / 0, math.pi, 123456789.125, 1e15, 1e16, 1e17, -1e-7, 100.0 }
    local list = {}
    for i = 1, 2000 do
        local float
        repeat float = string.unpack("d", string.pack("i8", math.random(0))) until float == float
        list[i] = i % 2 == 0 and float or math.random(0)
    end
    round_trip(list)
end)

check.test("strings: quotes, control characters, UTF-8, bytes that are none", function()
    local all = {}
    for i = 0, 255 do all[i + 1] = string.char(i) end
    round_trip { "", '"', "\\", "a\nb\tc\0d\127", "Grüße, 日本語, 🙂", "\xff\xfe", "\xed\xa0\x80", "\xc0\x80", table.concat(all), all,
        ["#"] = "x", ["##2"] = "y", ["#2"] = "z", ["a/b"] = 1, [""] = 2, ["null"] = "null", ["#number"] = "inf", ["#bytes"] = true }
end)

check.test("tables: lists, holes, integer keys, nested and empty ones, booleans", function()
    round_trip { a = {}, b = { {} }, c = { 1, 2, { 3, x = { 4 } } }, d = { [0] = 1, [5] = 2, [-3] = 3, [math.mininteger] = 4 },
        e = { [2] = "two" }, f = { 1, nil, 3 }, g = true, h = false, i = { false, true }, ["2"] = "a", [2] = "b",
        j = cnn.ones(2).shape and { 2, 3 }, tensors = { cnn.ones(2), cnn.zeros(2, 0), [7] = cnn.tensor(3) } }
    round_trip { cnn.ones(1), cnn.ones(2):to("uint8"), cnn.ones(2):to("bool"), cnn.ones(3):to("float64") }
    local deep = { cnn.ones(1) }
    for _ = 1, 90 do deep = { deep } end
    round_trip(deep)
    local shared = { 1 }
    round_trip { a = shared, b = { shared, shared } }
    check.equal(cnn.load(saved { shape = cnn.ones(2, 3).shape }).shape, { 2, 3 })
end)

check.test("what cannot be saved is named, with its place", function()
    local path = check.temp()
    local function refused(value, ...) return check.fails(function() cnn.save(path, value) end, ...) end
    local net = nn.Linear(2, 1)
    refused({ model = net }, "value.model is the object Linear", "model = x:state_dict()")
    refused({ a = { b = print } }, "value.a.b is a function")
    refused({ list = { 1, io.stdout } }, "value.list[2] is a userdata")
    refused({ [2.5] = 1 }, "keys are strings or whole numbers", "2.5")
    refused({ a = { [true] = 1 } }, "value.a has the key true")
    refused({ ["\xff"] = 1 }, "not UTF-8")
    local loop = { a = {} }
    loop.a.back = loop
    refused(loop, "value contains itself: value.a.back is the same table as value")
    local deep = { 1 }
    for _ = 1, 120 do deep = { deep } end
    refused(deep, "nested deeper than 100 levels")
    refused({ a = { b = cnn.ones(1) }, ["a/b"] = cnn.ones(1) }, 'would both be called "a/b"')
    refused({ [1] = cnn.ones(1), ["1"] = cnn.ones(1) }, 'would both be called "1"')
    refused(cnn.ones(2), "without a name", "{x = tensor}")
    refused("text", "table of tensors")
    check.fails(function() cnn.save(path, { step = 1 }, { ["cnn.tree"] = "x" }) end, "cnn.tree")
    check.fails(function() cnn.save { path, {}, keep = true } end, "did you mean keep_previous?")
end)

-- ---- files that stay whole ---------------------------------------------------------------------------------------------

check.test("keep_previous keeps the file before, again and again", function()
    local path = check.temp()
    local previous = path .. ".previous"
    local function save(step) cnn.save { path, { step = step }, keep_previous = true } end
    os.remove(path)
    save(1)
    check.that(not io.open(previous))
    for step = 2, 4 do
        save(step)
        check.equal({ cnn.load(path).step, cnn.load(previous).step }, { step, step - 1 })
    end
    -- as after a crash between the two steps: both names for one file
    check.equal(check.run(("ln -f %s %s"):format(path, previous)).code, 0)
    save(5)
    check.equal({ cnn.load(path).step, cnn.load(previous).step }, { 5, 4 })
    cnn.save(path, { step = 6 })
    check.equal({ cnn.load(path).step, cnn.load(previous).step }, { 6, 4 })
    check.equal(check.run(("ls %s.*"):format(path)).out, previous .. "\n") -- nothing else is left over
    os.remove(previous)
end)

check.test("through a link: the target is replaced, the previous one lies beside it", function()
    local folder = check.temp()
    check.run(("rm %s; mkdir -p %s/real; ln -s real/file %s/link"):format(folder, folder, folder))
    local path = folder .. "/link"
    for step = 1, 2 do cnn.save { path, { step = step }, keep_previous = true } end
    check.equal({ cnn.load(folder .. "/real/file").step, cnn.load(folder .. "/real/file.previous").step }, { 2, 1 })
    check.equal(check.run("readlink " .. path).out, "real/file\n")
end)

check.test("what a killed process left is swept away; what may be at work stays", function()
    local folder = check.temp()
    local path = folder .. "/net"
    check.run("rm " .. folder .. "; mkdir " .. folder)
    local dead = check.run("sh -c 'echo $$'").out:match("%d+")
    local alive = check.run("echo $PPID").out:match("%d+")
    local files = { ["net." .. dead .. "-0.new"] = true, ["net." .. dead .. "-12.new.link"] = true, ["net." .. alive .. "-0.new"] = false,
        ["net." .. dead .. "-x.new"] = false, ["nets." .. dead .. "-0.new"] = false, ["net." .. dead .. "-0.newer"] = false }
    for name in pairs(files) do check.run(("touch -d '3 minutes ago' %s/%s"):format(folder, name)) end
    check.run(("touch %s/net.%s-1.new"):format(folder, dead)) -- a minute has not passed
    cnn.save(path, { step = 1 })
    local left = check.run("ls " .. folder).out
    for name, swept in pairs(files) do check.equal(left:find(name .. "\n", 1, true) == nil, swept, name) end
    check.match(left, "net." .. dead .. "-1.new\n")
end)

check.test("a limit on the size of files leaves the old one, and a sentence", function()
    local path = saved { x = cnn.zeros(10), step = 1 }
    local script = check.write(check.temp(), ([[
local cnn = require "cnn"
print(pcall(cnn.save, %q, { x = cnn.zeros(1000000), step = 2 }))
print(pcall(cnn.save, { %q, { x = cnn.zeros(1000000), step = 2 }, keep_previous = true }))]]):format(path, path))
    local r = check.run(("ulimit -f 100; %s %s"):format(check.quote(check.cnnsh), script))
    check.equal(r.code, 0)
    check.match(r.out, "^false\tfile error", "cannot write " .. path .. ": File too large", "ulimit %-f")
    check.equal(cnn.load(path).step, 1)
    check.equal(check.run(("ls %s.*"):format(path)).out, "")
end)

check.test("a full disk leaves the old file, and a sentence", function()
    local folder = check.temp()
    check.run("rm " .. folder .. "; mkdir " .. folder)
    if check.run("mount -t tmpfs -o size=256k tmpfs " .. folder).code ~= 0 then check.skip("only root can mount a small disk") end
    local ok, e = pcall(function()
        local path = folder .. "/net"
        cnn.save(path, { x = cnn.zeros(10000), step = 1 })
        check.fails(function() cnn.save { path, { x = cnn.zeros(60000), step = 2 }, keep_previous = true } end,
            "No space left on device", "free some space")
        check.equal(cnn.load(path).step, 1)
        check.equal(check.run("ls " .. folder).out, "net\n")
    end)
    check.run("umount " .. folder)
    if not ok then error(e, 0) end
end)

-- ---- files that are wrong ----------------------------------------------------------------------------------------------

check.test("a checkpoint cut short at any place", function()
    local path = saved { x = cnn.arange(20), list = { 1, 2.5, "three" }, step = 9 }
    local whole = check.read(path)
    for bytes = 0, #whole - 1, 7 do
        check.write(path, whole:sub(1, bytes))
        local e = check.fails(function() cnn.load(path) end, path)
        check.equal(e.kind, "file error")
    end
end)

check.test("where the file is damaged or gone, the error knows of the one before", function()
    local path = check.temp()
    local previous = path .. ".previous"
    for step = 1, 2 do cnn.save { path, { step = step }, keep_previous = true } end
    check.write(path, check.read(path):sub(1, -9))
    local e = check.fails(function() cnn.load(path) end, path, "fix: cnn.load", previous)
    check.equal(e.kind, "file error")
    os.remove(path)
    check.fails(function() cnn.load(path) end, "No such file", previous)
    check.equal(cnn.load(previous).step, 1)
    os.remove(previous)
    check.that(not tostring(check.fails(function() cnn.load(path) end, "No such file")):find("previous"))
end)

check.test("settings that lie", function()
    local path = check.temp()
    local function lie(tree, ...)
        core.save(path, { a = cnn.ones(1) }, { ["cnn.tree"] = tree })
        local e = check.fails(function() cnn.load(path) end, path, ...)
        check.equal(e.kind, "file error")
    end
    lie('{"a":null,"b":null}', 'a tensor "b", which is not there')
    lie('{"b":1}', 'it holds a tensor "a" that its settings do not speak of')
    lie("null", "its settings are no table")
    lie("7", "its settings are no table")
    lie('{"#number":"inf"}', "its settings are no table")
    lie("", "metadata cnn.tree, byte 0: expected a value")
    lie('{"a":null', "cnn.tree, byte 9: expected '}'")
    lie('{"a":null}x', "cnn.tree, byte 10")
    lie('{"a":null,"a":1}', "there already")
    lie('{"a":null,"x":{"#number":"7"}}', "cannot be read")
    lie('{"a":null,"x":{"#number":"inf","y":1}}', "cannot be read")
    lie('{"a":null,"x":{"#bytes":"0g"}}', "cannot be read")
    lie('{"a":null,"x":{"#bytes":1}}', "cannot be read")
    lie('{"a":null,"#x":1}', 'the key "#x", which cannot be read')
    lie('{"a":null,"x":[1,{"#1":2,"#01":3}]}', "the key 1 twice")
    lie('{"a":null,"x":' .. ("["):rep(5000) .. ("]"):rep(5000) .. "}", "nested deeper than 200 levels")
    lie('{"a":null,"x":01}', "begins with 0")
    lie('{"a":null,"x":1.}', "expected a digit")
    lie('{"a":null,"x":nil}', "expected a value, found 'n'")
    lie('{"a":null,"x":' .. ("1"):rep(70) .. "}", "more digits")
end)

check.test("settings with a byte changed, left out or doubled: another table or a file error", function()
    local value = { a = cnn.ones(1), b = { 1, -2.5e-7, "x\n\xff", true, { [3] = 0 / 0, ["#"] = {} } }, [7] = false }
    local tensors, texts = core.load(saved(value))
    local tree, signs = texts["cnn.tree"], '{}[]",:#0-.eE\\utn'
    for at = 1, #tree do
        local sign = math.random(#signs)
        for _, middle in ipairs { "", signs:sub(sign, sign), string.char(math.random(0, 255)), tree:sub(at, at):rep(2) } do
            local changed = tree:sub(1, at - 1) .. middle .. tree:sub(at + 1)
            local ok, e = pcall(require("cnn.checkpoint").unpack, "here", tensors, changed)
            check.that(ok or e.kind == "file error", changed)
        end
    end
end)

check.test("another model's checkpoint: what differs is named", function()
    local path = saved { model = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 2)):state_dict(), step = 1 }
    local net = nn.Linear(3, 4)
    check.fails(function() net:load_state_dict(cnn.load(path)) end, "missing: weight, bias", "unexpected: model, step",
        "net:load_state_dict(checkpoint.model)")
    check.fails(function() net:load_state_dict(cnn.load(path).model) end, "does not fit Linear", "unexpected: 0.bias, 0.weight, 2.bias")
    check.fails(function() nn.Linear(3, 4):load_state_dict(nn.Linear(3, 2):state_dict()) end,
        "size mismatch for weight: the state has [2, 3], the module needs [4, 3]")
    local layers = {}
    for i = 1, 10 do layers[i] = nn.Linear(1, 1) end
    check.fails(function() net:load_state_dict(nn.Sequential(layers):state_dict()) end, "and 8 more")
end)

check.test("the generator's state", function()
    cnn.manual_seed(9)
    cnn.randn(7)
    local state = cnn.get_rng_state()
    local a, order = cnn.randn(5), cnn.randperm(20)
    cnn.set_rng_state(cnn.load(saved { generator = state, step = 1 }).generator)
    check.equal(cnn.randn(5), a)
    check.equal(cnn.randperm(20), order)
    check.fails(function() cnn.set_rng_state(cnn.ones(2)) end, "int64 tensor [2]", "float32")
    check.fails(function() cnn.set_rng_state(5) end, "tensor")
end)
