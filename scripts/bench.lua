-- SPDX-License-Identifier: MIT
-- How fast cnnsh is, and beside it PyTorch, where a Python can import it.
--
--   cnnsh scripts/bench.lua [--only SECTIONS] [--turns N] [--threads N] [--level LEVEL] [--write] [--list]
--
-- Sections are in scripts/bench/sections.lua; the rows of `steps` have names of their own: `--only net,resnet20,layers`. Both
-- sides run in turns on the same sizes and threads (scripts/bench/turns.lua); PyTorch with images in its usual layout and
-- channels-last, of which the better counts, and with a malloc that keeps what it has. --write puts each section that ran
-- into doc/benchmarks.md, between its marks; the others stay as they are there.
local folder = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = folder .. "/bench/?.lua;" .. folder .. "/?.lua;" .. package.path
local core = require "cnn.core"
local options = require "cnn.options"
local sections = require "sections"
local show = require "show"
local turns = require "turns"

-- A malloc that gives nothing back saves PyTorch its page faults.
local KEEP = "MALLOC_MMAP_THRESHOLD_=1073741824 MALLOC_TRIM_THRESHOLD_=4294967296 MALLOC_TOP_PAD_=268435456 "
local PEER_LEVELS = { avx2 = "ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2 ",
    baseline = "ATEN_CPU_CAPABILITY=default ONEDNN_MAX_CPU_ISA=SSE41 " }
local ROWS = { net = true, resnet20 = true, resnet32 = true }

local function check_sections(text)
    local wanted = {}
    for name in text:gmatch("[^,%s]+") do
        if not sections[name] and not ROWS[name] then
            options.fail(("there is no section %q; there are %s, and net, resnet20, resnet32 of steps"):format(name,
                table.concat(sections.list, ", ")))
        end
        wanted[name] = true
    end
    return wanted
end

local function options_of(words)
    local o = options.parse(words, {
        about = "Measures how fast cnnsh is, and PyTorch beside it where a Python can import it (CNN_PYTHON names one).",
        { "only", "SECTIONS", "what to measure, separated by commas; net, resnet20, resnet32 are rows of steps" },
        { "list", nil, "list the sections" },
        { "turns", "N", "how often both take a turn", default = 3, min = 1, max = 100 },
        { "threads", "N", "threads of both", default = core.threads(), min = 1, max = 1024 },
        { "level", "NAME", "limits both to an instruction-set level", choices = { "reference", "baseline", "avx2", "avx512" } },
        { "write", nil, "put what was measured into the document" },
        { "document", "FILE", "which document", default = folder .. "/../doc/benchmarks.md" },
    })
    if o.list then
        print(table.concat(sections.list, "\n"))
        os.exit(0)
    end
    local bound = os.getenv("OMP_PROC_BIND")
    if bound and bound:lower() ~= "false" then
        options.fail("OMP_PROC_BIND ties this program, and all that it starts, to one core: unset it (env -u OMP_PROC_BIND …)")
    end
    if o.level then core.cpu(o.level) end
    o.only = o.only and check_sections(o.only)
    return o
end

-- ---- a run -----------------------------------------------------------------------------------------------------------

local Run = {}
Run.__index = Run

function Run:start_ours(prefix)
    local level = self.level and "CNN_CPU=" .. self.level .. " " or ""
    return turns.start(("env %s%s%s %s/bench/worker.lua"):format(level, prefix or "", self.program, folder))
end

function Run:start_theirs()
    return turns.start(("env %s%s%s %s/bench/peer.py"):format(KEEP, PEER_LEVELS[self.level] or "", self.python, folder))
end

function Run:ours()
    self.our_side = self.our_side or self:start_ours()
    return self.our_side
end

--- Nil without PyTorch.
function Run:theirs()
    if not self.their_side and self.python then self.their_side = self:start_theirs() end
    return self.their_side
end

--- {fma = GFLOP/s, read = GB/s, copy = GB/s} of all threads; empty where the program that measures it was not built.
function Run:peak()
    self.measured = self.measured or self:measure_peak()
    return self.measured
end

function Run:measure_peak()
    local program, list = folder .. "/../build/tests/bench/peak", {}
    local text = turns.output(("test -x %s && %s %d %s"):format(program, program, self.threads, core.cpu())) or ""
    for name, value in text:gmatch("(%a+) ([%d.]+)") do list[name] = tonumber(value) end
    return list
end

function Run:wants(name, row)
    local only = self.only
    if not only then return true end
    if name ~= "steps" or only.steps then return only[name] end
    if row then return only[row] end
    return only.net or only.resnet20 or only.resnet32
end

local function find_python()
    local python = os.getenv("CNN_PYTHON") or "python3"
    return turns.output(python .. " -c 'import torch' 2>/dev/null && echo yes") == "yes\n" and python or nil
end

-- ---- the machine -------------------------------------------------------------------------------------------------------

local function first_line(path)
    local file = io.open(path)
    local line = file and file:read("l")
    if file then file:close() end
    return line
end

local function caches()
    local list = {}
    for i = 0, 9 do
        local at = "/sys/devices/system/cpu/cpu0/cache/index" .. i .. "/"
        local level, kind, size = first_line(at .. "level"), first_line(at .. "type"), first_line(at .. "size")
        if level and kind ~= "Instruction" then list[#list + 1] = ("L%s %s"):format(level, size) end
    end
    return table.concat(list, ", ")
end

local function machine(run)
    local cpu = (turns.output("grep -m1 'model name' /proc/cpuinfo") or ""):match(":%s*([^\n]+)") or turns.output("uname -m"):match("%S+")
    local peak = run:peak()
    local function rate(name, unit) return peak[name] and ("%.0f %s"):format(peak[name], unit) or "not measured" end
    local rows = {
        { "processor", cpu }, { "caches of a core", caches() }, { "threads", tostring(run.threads) }, { "instructions", core.cpu() },
        { "peak of float32 multiply-adds", rate("fma", "GFLOP/s") },
        { "memory, reading; copying", rate("read", "GB/s") .. "; " .. rate("copy", "GB/s") },
        { "versions", table.concat({ run:ours():ask("name"), run:theirs() and run:theirs():ask("name") or "no PyTorch" }, "; ") },
        { "date", os.date("%Y-%m-%d") },
    }
    return show.table({ "", "" }, rows)
end

-- What other programs did in the meantime, on this machine or beside it on the same host: then the ratios, which are from the
-- same moments, mean more than the times.
local function disturbance(run)
    local before, after = run:peak().fma, run:measure_peak().fma
    if not before or math.min(before, after) > 0.9 * math.max(before, after) then return nil end
    return ("The machine was disturbed: its peak was %.0f GFLOP/s before and %.0f after. Trust the ratios, not the times."):format(
        before, after)
end

local function main()
    local run = setmetatable(options_of(arg), Run)
    run.program, run.folder, run.python = arg[-1] or "./cnnsh", folder, find_python()
    local start, texts = core.clock(), {}
    if not run.python then print("No PyTorch (CNN_PYTHON names a Python that has it): only cnnsh's column.") end
    function run.progress(text)
        print(("%4.0f s  %s"):format(core.clock() - start, text))
        io.stdout:flush()
    end
    texts.machine = machine(run)
    print("\n" .. texts.machine .. "\n")
    for _, name in ipairs(sections.list) do
        if run:wants(name) then
            texts[name] = sections[name](run)
            print(("\n## %s\n%s\n"):format(name, texts[name]))
            if run.write then show.write(run.document, texts) end -- now: the rest may be interrupted
        end
    end
    local disturbed = disturbance(run)
    if disturbed then print(disturbed) end
    if disturbed and run.write then
        texts.machine = texts.machine .. "\n\n" .. disturbed
        show.write(run.document, texts)
    end
    run.progress(run.write and "done, written to " .. run.document or "done")
end

main()
