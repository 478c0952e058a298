-- SPDX-License-Identifier: MIT
-- Archives for tests, the hostile ones too: tar.pack{ {name=, data=, type=, link=, size=}, … } → the bytes of a tar file.
local check = require "check"

local tar = {}

-- A ustar header. Types: "0" file, "1" hard link, "2" symbolic link, "3" character device, "5" folder, "6" pipe.
local function header(entry)
    local size = entry.size or #(entry.data or "")
    local fields = ("%s%07o\0%07o\0%07o\0%011o\0%011o\0        %s%s"):format(
        entry.name .. ("\0"):rep(100 - #entry.name), 420, 0, 0, size, 0, entry.type or "0",
        (entry.link or "") .. ("\0"):rep(100 - #(entry.link or ""))) .. "ustar\00000"
    fields = fields .. ("\0"):rep(512 - #fields)
    local sum = 0
    for i = 1, 512 do sum = sum + fields:byte(i) end
    return fields:sub(1, 148) .. ("%06o\0 "):format(sum) .. fields:sub(157)
end

function tar.pack(entries)
    local parts = {}
    for i, entry in ipairs(entries) do
        local data = entry.data or ""
        parts[i] = header(entry) .. data .. ("\0"):rep(-#data % 512)
    end
    return table.concat(parts) .. ("\0"):rep(1024)
end

--- Gzipped, in a temporary file: its path.
function tar.write(entries)
    local path = check.temp()
    check.write(path, tar.pack(entries))
    os.execute(("gzip -nf %s && mv %s.gz %s"):format(path, path, path))
    return path
end

return tar
