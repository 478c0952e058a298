-- SPDX-License-Identifier: MIT
-- Downloads from a server of our own that stalls, cuts, redirects, lies and never stops; and their digests.
local check = require "check"
local core = require "cnn.core"
local download = require "cnn.datasets.download"
local server = require "helpers.server"
local terminal = require "helpers.terminal"

if not core.fetch_ready() then check.skip("libcurl is not here") end

local function folder()
    local path = check.temp()
    os.remove(path)
    return path
end

local function exists(path)
    local file = io.open(path, "rb")
    if file then file:close() end
    return file ~= nil
end

local function sha256(text) return core.digest(check.write(check.temp(), text), "sha256") end

local pieces = {}
for i = 1, 5000 do pieces[i] = ("%d of five thousand\n"):format(i) end
local BODY = table.concat(pieces) -- 104 kB
local DIGEST = sha256(BODY)

-- A file that holds BODY, as a data set would describe it.
local function file_of(urls, changes)
    local file = { op = "a test", name = "body.txt", folder = folder(), urls = urls, sha256 = DIGEST, bytes = #BODY, pause = 0.01 }
    for key, value in pairs(changes or {}) do file[key] = value end
    return file
end

local function fetch(file) return server.quietly(download.fetch, file) end

-- Fetches BODY from servers that do as these handlers say; all must be well in the end. Returns what was written.
local function comes(handlers, changes, part)
    local servers, urls = {}, {}
    for i, handler in ipairs(handlers) do
        local address
        servers[i], address = server.start(handler)
        urls[i] = address .. "body.txt"
    end
    local file = file_of(urls, changes)
    if part then
        core.make_folder(file.folder)
        check.write(file.folder .. "/body.txt.part", part)
    end
    local path, text = fetch(file)
    for _, s in ipairs(servers) do s:close() end
    check.equal(path, file.folder .. "/body.txt")
    check.equal(#check.read(path), #BODY)
    check.equal(core.digest(path, "sha256"), DIGEST)
    check.that(not exists(path .. ".part"), "the part is left")
    return text
end

-- The same where none must come: the error has each of the texts, no file is made. Returns what is left of the part.
local function fails(handler, changes, ...)
    local s, address = server.start(handler)
    local file = file_of({ address .. "body.txt" }, changes)
    check.fails(function() fetch(file) end, "file error in a test", "cannot fetch body.txt", address .. "body.txt", file.folder, ...)
    s:close()
    check.that(not exists(file.folder .. "/body.txt"), "a bad file was kept")
    local part = file.folder .. "/body.txt.part"
    return exists(part) and check.read(part) or nil
end

local function good(request, connection) server.serve(request, connection, BODY) end
local function not_found(_, connection) server.answer(connection, "404 Not Found", "<html>no</html>") end

check.test("digests are those of the standards", function()
    local sha = {
        [""] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        [("a"):rep(1000000)] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
    }
    local md5 = {
        [""] = "d41d8cd98f00b204e9800998ecf8427e", abc = "900150983cd24fb0d6963f7d28e17f72",
        ["message digest"] = "f96b697d7cb7938d525a2f31aaf161d0",
        [("1234567890"):rep(8)] = "57edf4a22be3c955ac49da2e2107b67a",
    }
    for text, digest in pairs(sha) do check.equal(sha256(text), digest) end
    for text, digest in pairs(md5) do check.equal(core.digest(check.write(check.temp(), text), "md5"), digest) end
    -- every place where the padding may fall
    local sums, path = {}, check.temp()
    for length = 0, 130 do
        sums[#sums + 1] = sha256(("x"):rep(length)) .. "\n" .. core.digest(check.write(path, ("x"):rep(length)), "md5")
    end
    check.equal(sha256(table.concat(sums, "\n")), "cd0e71aed2427d4f4c9e93e33dffba7679c3123933499a6c1c810303933b036e") -- by another program
    path = check.write(check.temp(".txt"), "what is packed")
    os.execute("gzip -k " .. path)
    check.equal(core.digest(path .. ".gz", "sha256", true), core.digest(path, "sha256"))
    check.equal(core.digest(path, "sha256", true), core.digest(path, "sha256"))
    local packed = check.read(path .. ".gz")
    check.write(path .. ".gz", packed:sub(1, -5))
    check.fails(function() core.digest(path .. ".gz", "sha256", true) end, "truncated")
    check.write(path .. ".gz", packed:sub(1, -9) .. "12345678")
    check.fails(function() core.digest(path .. ".gz", "sha256", true) end, "damaged")
    check.fails(function() core.digest(path, "crc") end, "sha256", "crc")
    check.fails(function() core.digest("/no/such", "md5") end, "No such file")
    os.remove(path .. ".gz")
end)

check.test("a file comes, and is not asked for twice", function()
    local text = comes { good }
    check.match(text, "fetching http://127.0.0.1:", "body.txt, 108.9 kB", "fetched", " in ")
    comes({ good }, { bytes = false })
    comes({ good }, { sha256 = false, md5 = core.digest(check.write(check.temp(), BODY), "md5") })
    comes({ not_found }, {}, BODY) -- an earlier run had only its check to make
end)

check.test("the next place is asked where one has nothing", function()
    local text = comes { not_found, good }
    check.match(text, "it has no such file (status 404); trying the next place")
    fails(not_found, {}, "status 404", "curl -LO", "mkdir -p")
    local part = fails(function(_, c) server.answer(c, "403 Forbidden", "") end, {}, "refuses", "403")
    check.equal(part, nil) -- nothing came: nothing is left
    fails(function(_, c) server.answer(c, "200 OK", "") end, {}, "its file has 0 bytes, the right one 108893")
    fails(function(_, c) server.answer(c, "500 Oh", "") end, {}, "status 500")
    fails(function(_, c) c:send("what?\r\n\r\n") end, {}, "body.txt: ")
end)

check.test("a busy server is asked again", function()
    comes { function(request, connection, n)
        if n < 3 then return server.answer(connection, "503 Service Unavailable", "later") end
        good(request, connection)
    end }
    fails(function(_, c) server.answer(c, "503 Service Unavailable", "") end, {}, "too busy (status 503)")
end)

check.test("a broken download goes on where it was", function()
    local function breaks(request, connection, n)
        if n > 1 and server.from(request) ~= (n - 1) * 20000 then return not_found(request, connection) end
        server.cut(request, connection, BODY, 20000)
    end
    comes { breaks } -- six pieces, more than the tries of a server that gives nothing
    comes({ function(request, connection)
        if server.from(request) ~= 50000 then return not_found(request, connection) end
        good(request, connection)
    end }, {}, BODY:sub(1, 50000))
    -- two places share a part
    comes { function(request, connection, n)
        if n > 1 then return not_found(request, connection) end
        server.cut(request, connection, BODY, 70000)
    end, function(request, connection)
        if server.from(request) ~= 70000 then return not_found(request, connection) end
        good(request, connection)
    end }
    local part = fails(function(request, connection)
        if server.from(request) == 0 then return server.cut(request, connection, BODY, 3000) end
        not_found(request, connection)
    end, {}, "404")
    check.equal(part, BODY:sub(1, 3000)) -- for the next run
end)

check.test("servers that do not know parts, or get them wrong", function()
    comes({ function(_, connection) server.answer(connection, "200 OK", BODY) end }, {}, BODY:sub(1, 50000))
    comes({ function(request, connection)
        if server.from(request) == 0 then return good(request, connection) end
        server.answer(connection, "206 Partial Content", BODY:sub(11), ("Content-Range: bytes 10-%d/%d\r\n"):format(#BODY - 1, #BODY))
    end }, {}, BODY:sub(1, 50000))
    comes({ function(request, connection)
        if server.from(request) == 0 then return good(request, connection) end
        server.answer(connection, "416 Range Not Satisfiable", "")
    end }, { bytes = false }, BODY .. "and more")
    comes({ good }, {}, BODY .. "and more")
    comes({ good }, {}, ("x"):rep(50000)) -- the beginning is not the file's: once more, from the start
end)

check.test("a stall is noticed", function()
    local start = core.clock()
    comes({ function(request, connection)
        connection:send(("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"):format(#BODY, BODY:sub(1, 1000)))
        connection:sleep(60)
    end, good }, { stall = 1, tries = 1 })
    fails(function(_, connection) connection:sleep(60) end, { stall = 0.2, tries = 1 }, "it stalled: nothing came for 0.2 seconds")
    fails(function(_, connection)
        connection:send(("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"):format(#BODY))
        for _ = 1, 100 do
            if not connection:send("x") then return end
            connection:sleep(0.05)
        end
    end, { stall = 0.2, tries = 1 }, "hardly anything came")
    check.that(core.clock() - start < 30, "stalls were waited for")
end)

check.test("redirections are followed, over HTTP alone", function()
    local function to(place)
        return function(request, connection)
            if server.path(request) == "/elsewhere" then return good(request, connection) end
            server.answer(connection, "302 Found", "", "Location: " .. place .. "\r\n")
        end
    end
    comes { to "/elsewhere" }
    fails(to "file:///etc/passwd", {}, "it leads to an address that is not http or https", "file")
    fails(to "ftp://127.0.0.1/x", {}, "not http or https")
    fails(to "/round", {}, "redirects")
end)

check.test("wrong bytes are never kept", function()
    local wrong = BODY:gsub("thousand", "thousond", 1)
    local part = fails(function(_, connection) server.answer(connection, "200 OK", wrong) end, {},
        "what it sends is not the file", "SHA-256 is " .. sha256(wrong), "the right one " .. DIGEST)
    check.equal(part, nil)
    local page = "<!DOCTYPE html><title>Log in</title>" .. (" "):rep(#BODY)
    fails(function(_, connection) server.answer(connection, "200 OK", page:sub(1, #BODY)) end, {}, "web page", "login")
    fails(function(_, connection) server.answer(connection, "200 OK", page) end, {}, "bytes, the right one " .. #BODY)
    comes { function(_, connection) server.answer(connection, "200 OK", wrong) end, good }
end)

check.test("no more is taken than the file can have", function()
    local function endless(headers)
        return function(_, connection)
            connection:send("HTTP/1.1 200 OK\r\n" .. headers .. "\r\n")
            while connection:send(BODY) do end
        end
    end
    local part = fails(endless "", { bytes = false, limit = 150000 }, "it does not stop sending", "150000 bytes")
    check.that(#(part or "") <= 150000)
    fails(endless "", {}, "does not stop sending", #BODY .. " bytes")
    fails(endless "Content-Length: 99999999999\r\n", { bytes = false, limit = 150000 }, "99999999999 bytes, more than the 150000")
    fails(function(_, connection)
        connection:send("HTTP/1.1 200 OK\r\n\r\n" .. BODY:sub(1, 5000)) -- ends without having said how long it is
    end, {}, "it ended after 5000 bytes of 108893")
end)

check.test("without a network it is said what to fetch and where to put it", function()
    local file = file_of { "http://127.0.0.1:9/body.txt", "http://user:secret@127.0.0.1:9/body.txt" }
    local e = check.fails(function() fetch(file) end, "http://127.0.0.1:9/body.txt: ", "onnect", "curl -LO",
        "mkdir -p " .. file.folder)
    check.that(not tostring(e):find("secret"), "a password is shown")
    file.folder = "/proc/nowhere"
    check.fails(function() fetch(file) end, "make the folder", "/proc/nowhere")
    file.folder = check.write(check.temp(), "") .. "/x"
    check.fails(function() fetch(file) end, "is a file")
    file.folder = folder()
    core.make_folder(file.folder .. "/body.txt.part")
    check.fails(function() fetch(file) end, "body.txt.part", "directory")
end)

check.test("one process at a time fetches a file", function()
    local path = folder()
    core.make_folder(path)
    local first, second = core.fetch_open(path .. "/x.part"), core.fetch_open(path .. "/x.part")
    check.equal(core.fetch_lock(first), true)
    check.equal(core.fetch_lock(second), false)
    core.fetch_commit(first, path .. "/x")
    core.fetch_close(first)
    check.equal(core.fetch_lock(second), false) -- what it waited for has become the file
    check.equal({ core.fetch_lock(second) }, { true, 0 })
    core.fetch_close(second)
    check.that(exists(path .. "/x") and not exists(path .. "/x.part"))
    check.fails(function() core.fetch_lock(second) end, "fetch_open")
    check.fails(function() core.fetch_close(io.stdout) end, "fetch_open")
    check.fails(function() core.fetch_step(core.fetch_open(path .. "/y.part")) end, "nothing is being fetched")
end)

-- A program that fetches BODY from an address.
local function program(address, path)
    return check.write(check.temp(".lua"), ([[
        require("cnn.datasets.download").fetch { op = "a test", name = "body.txt", folder = %q, urls = { %q },
            sha256 = %q, bytes = %d }]]):format(path, address .. "body.txt", DIGEST, #BODY))
end

-- Waits until a file has that many bytes.
local function grows(path, bytes)
    for _ = 1, 2000 do
        if exists(path) and #check.read(path) >= bytes then return end
        core.sleep(0.01)
    end
    check.fail("%s does not get %d bytes", path, bytes)
end

-- A server that sends so much of BODY, and the rest after some time.
local function hesitates(bytes, seconds)
    return server.start(function(_, connection)
        connection:send(("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"):format(#BODY, BODY:sub(1, bytes)))
        connection:sleep(seconds)
        connection:send(BODY:sub(bytes + 1))
    end)
end

check.test("Ctrl-C stops a download at once, and the next run goes on", function()
    local path = folder()
    local slow, address = hesitates(60000, 60)
    local t <close> = terminal.start { check.cnnsh, program(address, path), prompt = false }
    grows(path .. "/body.txt.part", 60000)
    local start = core.clock()
    t:send "\3"
    local status, _, text = t:ends()
    check.that(core.clock() - start < 1, "it took more than a second")
    check.equal(status, 130, text)
    check.match(text, "stopped by Ctrl-C")
    slow:close()
    check.equal(check.read(path .. "/body.txt.part"), BODY:sub(1, 60000))
    check.that(not exists(path .. "/body.txt"))
    local s
    s, address = server.start(function(request, connection)
        if server.from(request) == 60000 then good(request, connection) end
    end)
    local r = check.run { check.cnnsh, program(address, path) }
    check.equal(r.code, 0, r.err)
    check.match(r.err, "from 60.0 kB on")
    check.equal(core.digest(path .. "/body.txt", "sha256"), DIGEST)
    s:close()
end)

check.test("who comes second waits for the first, and fetches nothing", function()
    local file = file_of { "http://127.0.0.1:9/body.txt" }
    local s, address = hesitates(1000, 0.6)
    local t <close> = terminal.start { check.cnnsh, program(address, file.folder), prompt = false }
    grows(file.folder .. "/body.txt.part", 1000)
    local path, text = fetch(file)
    check.equal(core.digest(path, "sha256"), DIGEST)
    check.match(text, "another process is fetching " .. path .. ": waiting for it")
    check.equal((t:ends()), 0)
    s:close()
end)

check.test("a disk that is full is said, and no other place is asked", function()
    local s, address = server.start(good)
    local file, path = nil, folder()
    file = program(address, path)
    local r = check.run(("trap '' XFSZ; ulimit -f 64; %s %s"):format(check.cnnsh, file))
    check.equal(r.code, 1)
    check.match(r.err, "cannot write", "body.txt.part", "too large")
    s:close()
end)

check.test("a bar shows bytes on a terminal", function()
    local s, address = server.start(function(request, connection)
        if server.from(request) > 0 then return good(request, connection) end
        connection:send(("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"):format(#BODY))
        for i = 1, 4 do
            connection:send(BODY:sub(27224 * (i - 1) + 1, 27224 * i))
            connection:sleep(0.12)
        end
    end)
    local path = folder()
    local t <close> = terminal.start { check.cnnsh, program(address, path), prompt = false, columns = 100 }
    local status, _, text = t:ends()
    check.equal(status, 0, text)
    check.match(text, "body.txt", "/108.9 kB", "kB/s", "0:0", "100%%")
    s:close()
end)
