-- SPDX-License-Identifier: MIT
-- How the benchmark's numbers are written: times with their unit, tables in Markdown, sections of a document.
local show = {}

local function scaled(seconds)
    if seconds >= 1 then return seconds, "s" elseif seconds >= 1e-3 then return seconds * 1e3, "ms" end
    return seconds * 1e6, "µs"
end

local function digits(value) return value < 10 and "%.2f" or value < 100 and "%.1f" or "%.0f" end

--- 12.3 ms
function show.time(seconds)
    local value, unit = scaled(seconds)
    return (digits(value) .. " %s"):format(value, unit)
end

--- 12.3 ms (12.1 … 12.8): the median, and the lowest and highest median of a turn.
function show.spread(r)
    if not r or not r.median then return "–" end
    local _, unit = scaled(r.median)
    local factor = ({ s = 1, ms = 1e3, ["µs"] = 1e6 })[unit]
    local form = digits(r.median * factor)
    return (form .. " %s (" .. form .. " … " .. form .. ")"):format(r.median * factor, unit, r.low * factor, r.high * factor)
end

function show.median(r) return r and r.median and show.time(r.median) or "–" end

--- How many times as fast ours is: "3.1 ×".
function show.ratio(ours, theirs)
    return ours and theirs and ours.median and theirs.median and ("%.2f ×"):format(theirs.median / ours.median) or "–"
end

function show.share(part, whole) return whole and ("%.0f %%"):format(100 * part / whole) or "–" end

function show.megabytes(bytes) return bytes and ("%.0f MB"):format(bytes / 1e6) or "–" end

function show.table(head, rows)
    local lines = { "| " .. table.concat(head, " | ") .. " |", "|" .. (" --- |"):rep(#head) }
    for _, row in ipairs(rows) do lines[#lines + 1] = "| " .. table.concat(row, " | ") .. " |" end
    return table.concat(lines, "\n")
end

--- Puts texts[name] between the marks <!-- bench name --> and <!-- /bench name --> of a document; others stay.
function show.write(path, texts)
    local file = assert(io.open(path))
    local document = file:read("a")
    file:close()
    for name, text in pairs(texts) do
        local first, last = ("<!-- bench %s -->\n"):format(name), ("<!-- /bench %s -->"):format(name)
        local _, from = document:find(first, 1, true)
        local to = from and document:find(last, from, true)
        if not to then error(("%s has no %s … %s to write between"):format(path, first:sub(1, -2), last), 0) end
        document = document:sub(1, from) .. text .. "\n" .. document:sub(to)
    end
    require("cnn").write_file(path, document)
end

return show
