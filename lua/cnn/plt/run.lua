-- SPDX-License-Identifier: MIT
-- Runs gnuplot: into a file, a window, the terminal as a picture, or the terminal as letters.
--
-- The script goes by way of a temporary file, not a pipe: a gnuplot that ends early must not end us. What must stay true:
-- nothing here waits for anybody, whatever the terminal, the display or the pipe is.
local core = require "cnn.core"
local errors = require "cnn.errors"
local gnuplot = require "cnn.plt.gnuplot"
local picture = require "cnn.plt.picture"

local run = {}

local function shell_quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local function read_all(path)
    local file = io.open(path, "rb")
    if not file then return "" end
    local text = file:read("a")
    file:close()
    return text or ""
end

local present
local function check_present(op)
    if present == nil then present = os.execute("command -v gnuplot >/dev/null 2>&1") == true end
    if present then return end
    present = nil -- it may be installed in the meantime
    errors.raise { kind = "value", op = op, text = "plots are drawn by gnuplot, which is not installed here",
        fix = "apt-get install gnuplot-nox   (or gnuplot-qt for windows)" }
end

-- Runs a script; `output`, if given, is a file that gnuplot writes. Returns what it wrote there or to standard output.
local function execute(op, script, output)
    local source, out, err = os.tmpname(), output or os.tmpname(), os.tmpname()
    local file = assert(io.open(source, "w"))
    file:write(script)
    file:close()
    local ok = os.execute(("gnuplot %s >%s 2>%s </dev/null"):format(source, output and "/dev/null" or out, err))
    local text, said = read_all(out), read_all(err)
    os.remove(source)
    os.remove(out)
    os.remove(err)
    core.safe_point() -- Ctrl-C, which gnuplot has got too
    if not ok or text == "" then
        errors.raise { kind = "value", op = op,
            text = "gnuplot could not draw this: " .. (said:match("[^\n]*%S[^\n]*$") or said):gsub("^%s+", "") }
    end
    return text
end

local terminals = {
    png = "pngcairo size %d,%d noenhanced font 'sans,%d' background rgb 'white'",
    svg = "svg size %d,%d dynamic noenhanced font 'sans,%d' background rgb 'white'",
    pdf = "pdfcairo size %gin,%gin noenhanced font 'sans,%d' background rgb 'white'",
}

local endings = { png = "IEND....$", svg = "</svg>%s*$", pdf = "%%%%EOF%s*$" } -- of a whole file

local function drawn(op, fig, kind, dpi)
    check_present(op)
    local scale = kind == "pdf" and 1 or dpi
    local font = kind == "png" and math.max(6, math.floor(10 * dpi / 100 + 0.5)) or kind == "svg" and 13 or 10
    local width, height = fig.width * scale, fig.height * scale
    if kind ~= "pdf" then width, height = math.floor(width + 0.5), math.floor(height + 0.5) end
    local path = os.tmpname()
    local script = gnuplot.script(fig, terminals[kind]:format(width, height, font) .. "\nset output " .. gnuplot.quote(path))
    local bytes = execute(op, script, path)
    if not bytes:find(endings[kind], -16) then -- gnuplot does not say that a disk is full
        errors.raise { kind = "file", op = op, text = "gnuplot could not write all of the plot: is the disk full?" }
    end
    return bytes
end

--- Writes the figure to a file; its ending says the kind.
function run.save(fig, path, dpi)
    local kind = (path:match("%.(%w+)$") or ""):lower()
    if not terminals[kind] then
        errors.raise { kind = "value", op = "plt.savefig",
            text = ("a plot is saved as .png, .svg or .pdf; got %q"):format(path) }
    end
    core.write_file(path, drawn("plt.savefig", fig, kind, dpi))
end

-- ---- showing -------------------------------------------------------------------------------------------------------

local windows = { "qt", "wxt", "x11" }

local function window_terminal()
    if not (os.getenv("DISPLAY") or os.getenv("WAYLAND_DISPLAY")) then return nil end
    local pipe = io.popen("gnuplot -e 'print GPVAL_TERMINALS' 2>&1 </dev/null")
    local list = " " .. (pipe and pipe:read("a") or "") .. " "
    if pipe then pipe:close() end
    for _, name in ipairs(windows) do
        if list:find("%s" .. name .. "%s") then return name end
    end
end

-- A window that stays when gnuplot has ended; a display that can't be opened is no reason to fail.
local function show_window(fig, name)
    local source = os.tmpname()
    local file = assert(io.open(source, "w"))
    file:write(gnuplot.script(fig, ("%s size %d,%d noenhanced persist"):format(name, fig.width * 100 // 1, fig.height * 100 // 1)))
    file:close()
    local ok = os.execute(("timeout 10 gnuplot -persist %s >/dev/null 2>&1 </dev/null"):format(shell_quote(source)))
    os.remove(source)
    return ok
end

local function show_letters(fig, columns, lines, color)
    local size = ("dumb noenhanced size %d,%d %s"):format(columns, lines, color and "ansi" or "mono")
    local text = execute("plt.show", gnuplot.script(fig, size, true))
    io.write((text:gsub("^\f", ""):gsub("[ \t]+\n", "\n"):gsub("^\n+", "")))
end

local function show_pictures(fig, columns, style)
    for i = 1, fig.rows * fig.columns do
        local axes = fig.axes[i]
        if axes then
            if axes.title then io.write(axes.title, "\n") end
            for _, series in ipairs(axes.series) do
                io.write(picture.letters(series.picture, columns, style))
            end
        end
    end
end

--- Shows the figure where the user is: a window, the terminal, or plain letters in a pipe.
function run.show(fig)
    check_present("plt.show")
    local columns, lines = core.output_terminal()
    local window = window_terminal()
    if window and show_window(fig, window) then return end
    local wide = columns or 80
    local only_pictures = gnuplot.only_pictures(fig)
    if columns and picture.available() and (only_pictures or picture.pixels()) then
        local png = drawn("plt.show", fig, "png", 100)
        io.write(picture.png(png, wide, math.max(10, math.min(lines - 2, wide // 2))))
    elseif only_pictures then
        show_pictures(fig, wide, columns and picture.colors() or "plain")
    else
        show_letters(fig, wide - 1, columns and math.max(12, math.min(lines - 2, wide * 3 // 10)) or 24,
            columns and picture.colors() ~= "plain")
    end
    io.flush()
end

return run
