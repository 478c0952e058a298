-- SPDX-License-Identifier: MIT
-- Data sets that fetch their files, from a server of our own: small sets under the real names.
local check = require "check"
local core = require "cnn.core"
local cnn = require "cnn"
local server = require "helpers.server"
local datasets = cnn.datasets

if not core.fetch_ready() then check.skip("libcurl is not here") end

local NAMES = { "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte" }

local function folder()
    local path = check.temp()
    os.remove(path)
    core.make_folder(path)
    return path
end

local function packed(text)
    local path = check.write(check.temp(), text)
    os.execute("gzip -nf " .. path)
    local gzipped = check.read(path .. ".gz")
    os.remove(path .. ".gz")
    return gzipped
end

local function sha256(text) return core.digest(check.write(check.temp(), text), "sha256") end

local plain, zipped, files = {}, {}, {}
for i, name in ipairs(NAMES) do
    local n = i < 3 and 7 or 3
    plain[name] = i % 2 == 1 and string.pack(">I4I4I4I4", 0x803, n, 28, 28) .. ("pixel  "):rep(n * 112)
        or string.pack(">I4I4", 0x801, n) .. ("\0\1\2\3\4\5\9"):sub(-n)
    zipped[name] = packed(plain[name])
    files[name] = { bytes = #zipped[name], sha256 = sha256(zipped[name]), content = sha256(plain[name]), pause = 0.01 }
end

-- While f runs, a data set consists of the small files and is fetched from these addresses.
local function small(Set, bases, f)
    local real_files, real_mirrors = Set._files, Set._mirrors
    Set._files, Set._mirrors = files, bases
    local results = table.pack(pcall(f))
    Set._files, Set._mirrors = real_files, real_mirrors
    if not results[1] then error(results[2], 0) end
    return table.unpack(results, 2, results.n)
end

local function serve(request, connection)
    local name = server.path(request):match("([^/]+)%.gz$")
    if not name then return server.answer(connection, "404 Not Found", "") end
    server.serve(request, connection, zipped[name])
end

check.test("the sets of MNIST's kind are fetched into their folders, once", function()
    local s, address = server.start(serve)
    for _, name in ipairs { "MNIST", "FashionMNIST", "KMNIST" } do
        local Set, root = datasets[name], folder()
        small(Set, { address }, function()
            check.fails(function() Set { root } end, name, "there is no train-images-idx3-ubyte", "download = true")
            local d, text = server.quietly(Set, { root .. "/", download = true })
            check.equal({ #d, #d.classes, d.targets[7]:item() }, { 7, 10, 10 })
            check.match(text, "train-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")
            d, text = server.quietly(Set, { root, train = false, download = true })
            check.equal({ #d, text }, { 3, "" }) -- nothing more was fetched
            check.equal(check.read(("%s/%s/raw/%s.gz"):format(root, name, NAMES[1])), zipped[NAMES[1]])
        end)
    end
    s:close()
end)

check.test("files that are there are kept if they are good, whoever packed them", function()
    local s, address = server.start(serve)
    local root = folder()
    for _, name in ipairs(NAMES) do
        if name == NAMES[1] then check.write(root .. "/" .. name .. ".gz", packed(plain[name]) .. "")
        else check.write(root .. "/" .. name, plain[name]) end
    end
    -- packed without compression: other bytes, the same content
    os.execute(("cd %s && gzip -d %s.gz && gzip -1 %s"):format(root, NAMES[1], NAMES[1]))
    small(datasets.MNIST, { address }, function()
        local d, text = server.quietly(datasets.MNIST, { root, download = true })
        check.equal({ #d, text }, { 7, "" })
    end)
    s:close()
end)

check.test("damaged files are said and fetched again", function()
    local s, address = server.start(serve)
    local root = folder()
    small(datasets.MNIST, { address }, function()
        local raw = root .. "/MNIST/raw/"
        server.quietly(datasets.MNIST, { root, download = true })
        check.write(raw .. NAMES[1] .. ".gz", zipped[NAMES[1]]:sub(1, -20))
        check.write(raw .. NAMES[2], plain[NAMES[2]]:gsub("\9", "\8"))
        local d, text = server.quietly(datasets.MNIST, { root, download = true })
        check.equal(d.targets[7]:item(), 10)
        check.match(text, NAMES[1] .. ".gz is damaged", NAMES[2] .. " is damaged: the SHA-256 of its content is", "fetching it again")
        check.equal(check.read(raw .. NAMES[1] .. ".gz"), zipped[NAMES[1]])
        check.that(io.open(raw .. NAMES[2] .. ".damaged"), "what was there is put aside"):close()
        check.equal(datasets.MNIST { root }.targets[7]:item(), 10)
    end)
    s:close()
end)

check.test("when nothing can be fetched, all that is missing is listed", function()
    local root = folder() .. "/a folder"
    local e = small(datasets.MNIST, { "http://127.0.0.1:9/" }, function()
        return check.fails(function() server.quietly(datasets.MNIST, { root, download = true }) end,
            "file error in datasets.MNIST", "MNIST needs these files in " .. root .. "/MNIST/raw", "mkdir -p '" .. root,
            "curl -LO 'http://127.0.0.1:9/{" .. table.concat(NAMES, ".gz,") .. ".gz}'")
    end)
    for _, name in ipairs(NAMES) do check.match(tostring(e), "http://127.0.0.1:9/" .. name .. ".gz") end
end)

check.test("CNN_MIRROR names the places to ask", function()
    local s, address = server.start(function(request, connection)
        if not server.path(request):find("^/KMNIST/t10k") then return server.answer(connection, "404 Not Found", "") end
        server.answer(connection, "200 OK", "not it")
    end)
    local r = check.run { "env", "CNN_MIRROR=http://127.0.0.1:9/x " .. address, check.cnnsh, "-e",
        ("cnn.datasets.KMNIST { %q, train = false, download = true }"):format(folder()) }
    check.equal(r.code, 1)
    check.match(r.err, "http://127.0.0.1:9/x/KMNIST/train-images-idx3-ubyte.gz", address .. "KMNIST/train-images-idx3-ubyte.gz",
        "status 404")
    check.that(not r.err:find("codh"), "the usual places were asked too")
    s:close()
end)
