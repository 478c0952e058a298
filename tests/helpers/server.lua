-- SPDX-License-Identifier: MIT
-- Web servers for tests, over tests/data/server.c: answers in one call, and one that serves a body as it should be.
package.cpath = (os.getenv("CNN_BUILD") or "build") .. "/tests/?.so;" .. package.cpath
local server = require "server"

local M = {}

--- Starts a server; `handler(request, connection, n)` answers each request. Returns it and its address.
function M.start(handler)
    local s = server.start(handler)
    return s, ("http://127.0.0.1:%d/"):format(s.port)
end

--- The path that a request asks for.
function M.path(request) return request:match("^%u+ (%S+)") end

--- The first byte that a request asks for, 0 if for all.
function M.from(request) return math.tointeger(tonumber(request:match("\r\n[Rr]ange: bytes=(%d+)%-\r\n") or 0)) end

--- Sends an answer; the length of the body is announced unless `headers` do.
function M.answer(connection, status, body, headers)
    headers = (headers or "") .. "Connection: close\r\n"
    if not headers:find("Length") and not headers:find("Encoding") then headers = headers .. ("Content-Length: %d\r\n"):format(#body) end
    return connection:send(("HTTP/1.1 %s\r\n%s\r\n%s"):format(status, headers, body))
end

--- Serves `body`, or the rest of it, as a good server does.
function M.serve(request, connection, body)
    local from = M.from(request)
    if from == 0 then return M.answer(connection, "200 OK", body) end
    if from >= #body then return M.answer(connection, "416 Range Not Satisfiable", "") end
    return M.answer(connection, "206 Partial Content", body:sub(from + 1),
        ("Content-Range: bytes %d-%d/%d\r\n"):format(from, #body - 1, #body))
end

--- As M.serve, but only the first `bytes` of the answer's body are sent before it hangs up.
function M.cut(request, connection, body, bytes)
    local from = M.from(request)
    local head = from == 0 and "200 OK\r\n"
        or ("206 Partial Content\r\nContent-Range: bytes %d-%d/%d\r\n"):format(from, #body - 1, #body)
    connection:send(("HTTP/1.1 %sContent-Length: %d\r\nConnection: close\r\n\r\n%s"):format(head, #body - from,
        body:sub(from + 1, from + bytes)))
end

--- Calls a function; returns its result and what it wrote to standard error, which is not for whoever runs the tests.
function M.quietly(f, ...)
    local stderr, text = io.stderr, {}
    io.stderr = { write = function(_, ...) text[#text + 1] = table.concat { ... } end }
    local results = table.pack(pcall(f, ...))
    io.stderr = stderr
    if not results[1] then error(results[2], 0) end
    return results[2], table.concat(text)
end

return M
