-- SPDX-License-Identifier: MIT
-- The ladder of each fast kernel, from the header comments of kernels/cpu: "Ladder, WHAT: first step 2 -> next 38 -> last
-- (this)." A table with a row for each, so that the numbers are written in one place only.
local show = require "show"

local ladders = {}

local function header(path)
    local file = assert(io.open(path))
    local text = file:read("a"):match("^/%*(.-)%*/") or ""
    file:close()
    return (text:gsub("\n %*? ?", " "):gsub("%s+", " "))
end

-- A sentence ends at a full stop before a capital letter, or with the comment.
local function sentence(text)
    local from = text:find("Ladder, ", 1, true)
    if not from then return nil end
    local rest = text:sub(from + #"Ladder, ") .. " Z"
    return rest:match("^(.-)%.%s+%u")
end

--- Markdown for the sources in `folder`.
function ladders.table(folder)
    local rows, pipe = {}, assert(io.popen("ls " .. folder .. "/*.c " .. folder .. "/*.h"))
    for path in pipe:lines() do
        local what, steps = (sentence(header(path)) or ""):match("^(.-): (.*)$")
        if what then
            steps = steps:gsub(" %-> ", " → "):gsub(" %(this%)", ""):gsub("|", "\\|")
            rows[#rows + 1] = { ("`%s`"):format(path:match("[^/]+/[^/]+/[^/]+$")), what, steps }
        end
    end
    pipe:close()
    return show.table({ "file", "what", "naive → … → this one" }, rows)
end

return ladders
