-- SPDX-License-Identifier: MIT
-- Files of data sets, fetched from the first of several places that gives the right bytes.
--
--   download.fetch { op=, name=, folder=, urls={…}, sha256= or md5=, bytes=, limit= }   → the path of the file
--   (also advice= and by_hand=: a text and curl's address for the error, where more than this file is missing)
--   download.problem(path, file)   → nil if the file there is the right one, else what is wrong with it
--   download.urls(name, file, bases)   → where to ask: below each of CNN_MIRROR's addresses, else at the bases
--
-- core/fetch.c keeps what has come in NAME.part, so an interrupted download goes on where it was. A place that fails is
-- asked again where that may help; then the next one continues the same part, and the digest of the whole decides. What
-- must stay true: a file appears under its name only when its digest is right.
local core = require "cnn.core"
local errors = require "cnn.errors"
local progress = require "cnn.progress"

local download = {}

local TRIES = 4 -- of one place, as long as nothing more comes
local PAUSE = 1 -- seconds before the second try, twice that before the third, …
local STALL = 20 -- seconds without progress
local LIMIT = 1 << 28 -- bytes, where a file does not say its own

local function note(format, ...)
    core.status_line(nil)
    io.stderr:write(format:format(...), "\n")
end

local function megabytes(bytes)
    return bytes < 1e6 and ("%.1f kB"):format(bytes / 1e3) or ("%.1f MB"):format(bytes / 1e6)
end

-- Addresses may hold a password.
local function shown(url) return (url:gsub("^(%a+://)[^/@]*@", "%1")) end

local function quoted(text)
    return text:find("^[%w/.:_][%w/.:_~-]*$") and text or "'" .. text:gsub("'", "'\\''") .. "'"
end

--- Where to ask for `name`: bases are the beginnings of its addresses; a mirror has all data sets in one tree, `below`
--- ("MNIST/" …) being this one's place in it.
function download.urls(name, bases, below)
    local list, mirrors = {}, os.getenv("CNN_MIRROR")
    for base in (mirrors or ""):gmatch("%S+") do list[#list + 1] = base:gsub("/*$", "/") .. below .. name end
    if #list > 0 then return list end
    for i, base in ipairs(bases) do list[i] = base .. name end
    return list
end

-- ---- is it the right file? -----------------------------------------------------------------------------------------

--- nil, or what is wrong: compares the digest, sha256 where it is known.
function download.problem(path, file)
    local kind = file.sha256 and "sha256" or "md5"
    local got = core.digest(path, kind)
    if got == file[kind] then return nil end
    return ("its %s is %s, the right one %s"):format(kind == "md5" and "MD5" or "SHA-256", got, file[kind])
end

-- A web page in place of the file is what networks with a login page send.
local function looks_like_a_page(path)
    local stream = io.open(path, "rb")
    local start = stream and stream:read(256) or ""
    if stream then stream:close() end
    return start:lower():find("^%s*<[!h]") ~= nil
end

local function wrong_bytes(part, file)
    local problem = download.problem(part, file)
    if not problem then return nil end
    if looks_like_a_page(part) then
        return "it sends a web page instead of the file (does this network want a login?)"
    end
    return "what it sends is not the file: " .. problem
end

-- ---- one place -----------------------------------------------------------------------------------------------------

-- One request, to its end. Returns true, or nil, the reason, and whether to ask again.
local function request(handle, url, file, bar)
    core.fetch_start(handle, url, file.bytes or nil, file.limit or file.bytes or LIMIT, file.stall or STALL)
    while true do
        local state, bytes, total, reason, again = core.fetch_step(handle)
        bar:place(bytes, total)
        if state == "done" then return true end
        if state == "failed" then return nil, reason, again end
    end
end

-- All requests to one place. `state.bytes` is what the part holds, before and after.
local function ask(handle, url, file, state, bar)
    local tries = 0
    for _ = 1, 100 do
        local before = state.bytes
        local complete = file.bytes and before == file.bytes -- an earlier run had only its check to make
        local done, reason, again = complete, nil, nil
        if not complete then done, reason, again = request(handle, url, file, bar) end
        if done then
            reason = wrong_bytes(state.part, file)
            if not reason then return true end
            core.fetch_discard(handle)
            again = before > 0 -- the beginning came from elsewhere or another day
        end
        _, state.bytes = core.fetch_lock(handle)
        tries = state.bytes > before and 1 or tries + 1
        if not again or tries >= (file.tries or TRIES) then return nil, reason end
        core.sleep((file.pause or PAUSE) * tries)
    end
    return nil, "it needs too many tries"
end

-- ---- a file --------------------------------------------------------------------------------------------------------

-- Waits for a process that fetches the same file. Returns the bytes of the part, or nil: that process has finished it.
local function lock(handle, file, target)
    local told = false
    while true do
        local mine, bytes = core.fetch_lock(handle)
        if mine then
            local stream = told and io.open(target, "rb")
            if stream then stream:close() end
            if stream and not download.problem(target, file) then return nil end
            return bytes
        end
        if not told then note("another process is fetching %s: waiting for it", target) end
        told = true
    end
end

local function fail(file, reasons)
    local place = quoted(file.folder)
    errors.raise {
        kind = "file", op = file.op,
        text = ("cannot fetch %s\n  %s%s"):format(file.name, table.concat(reasons, "\n  "), file.advice or ""),
        fix = ("on a machine with a network: curl -LO %s\n       then here: mkdir -p %s, and put what came there"):format(
            quoted(shown(file.by_hand or file.urls[1])), place),
    }
end

local function fetch_from(handle, file, state)
    local reasons, started = {}, core.clock()
    local bar <close> = progress(nil, { label = file.name, total = file.bytes or nil, unit = "bytes" })
    bar:skip(state.bytes)
    for i, url in ipairs(file.urls) do
        if not core.terminal() then
            local size = file.bytes and ", " .. megabytes(file.bytes) or ""
            local from = state.bytes > 0 and (", from %s on"):format(megabytes(state.bytes)) or ""
            note("fetching %s%s%s", shown(url), size, from)
        end
        local done, reason = ask(handle, url, file, state, bar)
        if done then
            bar:close()
            return nil, core.clock() - started
        end
        reasons[i] = shown(url) .. ": " .. reason
        if file.urls[i + 1] then note("%s; trying the next place", reasons[i]) end
    end
    return reasons
end

--- Fetches a file into its folder, which is made; returns its path. Raises an error that says what each place answered.
function download.fetch(file)
    local target = file.folder .. "/" .. file.name
    local ready, reason, fix = core.fetch_ready()
    if not ready then fail(file, { reason .. " (" .. fix .. ")" }) end
    core.make_folder(file.folder)
    local state = { part = target .. ".part" }
    local handle <close> = core.fetch_open(state.part)
    state.bytes = lock(handle, file, target)
    if not state.bytes then return target end
    if file.bytes and state.bytes > file.bytes then
        core.fetch_discard(handle)
        state.bytes = 0
    end
    local reasons, seconds = fetch_from(handle, file, state)
    if reasons then fail(file, reasons) end
    core.fetch_commit(handle, target)
    if not core.terminal() then note("fetched %s in %.1f s", target, seconds) end
    return target
end

download.note, download.quoted = note, quoted

return download
