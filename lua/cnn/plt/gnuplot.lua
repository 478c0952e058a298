-- SPDX-License-Identifier: MIT
-- A figure as a gnuplot script.
--
-- Texts from users are written in single quotes, where gnuplot replaces nothing (double quotes run `commands`), to a
-- terminal with `noenhanced`, where _ and ^ are themselves. Numbers go into data blocks, so a script is one file.
local figure = require "cnn.plt.figure"
local values = require "cnn.plt.values"

local gnuplot = {}

--- A text of the user as an expression of gnuplot.
function gnuplot.quote(text)
    local lines = {}
    for line in (tostring(text) .. "\n"):gmatch("([^\n]*)\n") do
        lines[#lines + 1] = "'" .. line:gsub("[%c]", " "):gsub("'", "''") .. "'"
    end
    return table.concat(lines, '."\\n".')
end
local quote = gnuplot.quote

local function number(v)
    if v ~= v or v == math.huge or v == -math.huge then return "NaN" end
    return ("%.9g"):format(v)
end

-- ---- data ----------------------------------------------------------------------------------------------------------

-- Adds a block of rows to the script and returns its name.
local function block(out, columns)
    out.blocks = out.blocks + 1
    local name = "$data" .. out.blocks
    local lines = { name .. " << END_OF_DATA" }
    for i = 1, #columns[1] do
        local row = {}
        for c = 1, #columns do row[c] = number(columns[c][i]) end
        lines[#lines + 1] = table.concat(row, " ")
    end
    lines[#lines + 1] = "END_OF_DATA"
    out.data[#out.data + 1] = table.concat(lines, "\n")
    return name
end

local function picture_block(out, picture)
    local x, y, r, g, b = {}, {}, {}, {}, {}
    for i = 1, picture.width * picture.height do
        local color = picture[i]
        x[i], y[i] = (i - 1) % picture.width, (i - 1) // picture.width
        r[i], g[i], b[i] = color >> 16, color >> 8 & 255, color & 255
    end
    return block(out, { x, y, r, g, b })
end

-- ---- series --------------------------------------------------------------------------------------------------------

local dashes = { ["-"] = 1, ["--"] = 2, [":"] = 3, ["-."] = 4 }
local points = { o = 7, ["."] = 7, s = 5, ["^"] = 9, v = 11, D = 13, x = 2, ["+"] = 1, ["*"] = 3 }

local function title_of(series) return series.label and "title " .. quote(series.label) or "notitle" end

local draw = {}

-- Do two points stand side by side, for a line to go through? What stands alone would not be seen.
local function has_line(series)
    local before = false
    for i = 1, #series.x do
        local sum = series.x[i] + series.y[i]
        local here = sum - sum == 0 -- neither NaN nor infinite
        if here and before then return true end
        before = here
    end
    return #series.x == 0
end

function draw.line(series, out)
    local name = block(out, { series.x, series.y })
    local mark = points[series.marker]
    local style = (series.linestyle == "none" or not has_line(series)) and "points" or mark and "linespoints" or "lines"
    local parts = { ("%s using 1:2 with %s lc rgb %s"):format(name, style, quote(series.color)) }
    if style ~= "points" then parts[#parts + 1] = ("lw %g dt %d"):format(series.linewidth, dashes[series.linestyle]) end
    if style ~= "lines" then parts[#parts + 1] = ("pt %d ps %g"):format(mark or 7, series.marker == "." and 0.4 or 0.9) end
    parts[#parts + 1] = title_of(series)
    return table.concat(parts, " ")
end

function draw.bars(series, out)
    local name = block(out, { series.x, series.y, series.width })
    return ("%s using 1:2:3 with boxes lc rgb %s fs solid %g noborder %s"):format(name, quote(series.color),
        out.text and 1 or series.alpha, title_of(series))
end

function draw.picture(series, out)
    return picture_block(out, series.picture) .. " using 1:2:3:4:5 with rgbimage notitle"
end

-- ---- axes ----------------------------------------------------------------------------------------------------------

-- Limits for data that gnuplot would refuse: none at all that can be shown, or the same everywhere.
local function fallback_range(axes, key)
    local log = axes[key .. "scale"] == "log"
    local low, high, count = math.huge, -math.huge, 0
    for _, series in ipairs(axes.series) do
        if series[key] then
            local a, b, n = values.range(series[key], log and 0 or nil)
            low, high, count = math.min(low, a), math.max(high, b), count + n
        end
    end
    if count == 0 then return log and 0.1 or 0, 1 end
    if low == high then
        local room = low == 0 and 1 or math.abs(low) * 0.05
        return low - room, high + room
    end
end

local function range(add, axes, which)
    local low, high = fallback_range(axes, which)
    local given = axes[which .. "lim"]
    if given then low, high = given[1], given[2] end
    if axes[which .. "scale"] == "log" and low and low <= 0 then low = nil end
    add(("set %srange [%s:%s] noextend"):format(which, low and number(low) or "*", high and number(high) or "*"))
end

local function image_axes(add, axes)
    local picture = axes.series[1].picture
    add("set xrange [-0.5:" .. picture.width - 0.5 .. "]")
    add("set yrange [" .. picture.height - 0.5 .. ":-0.5]") -- the first row is on top
    add("set size ratio -1")
    if axes.bare then add("unset border; unset xtics; unset ytics") end
end

local function legend_position(where)
    if where == "best" or not where then return "top right" end
    local up = where:match("upper") and "top" or where:match("lower") and "bottom" or "center"
    local side = where:match("left") and "left" or where:match("right") and "right" or "center"
    return up == side and "center" or up .. " " .. side
end

-- Every setting is written for each axes, so that none is left from those before.
local function decorate(add, axes, out)
    add("reset")
    add("set style fill solid")
    add("set border 3 lc rgb '#444444'; set tics nomirror textcolor rgb '#000000'")
    add("set title " .. quote(axes.title or ""))
    add("set xlabel " .. quote(axes.xlabel or "") .. "; set ylabel " .. quote(axes.ylabel or ""))
    add(axes.legend and ("set key %s Left reverse height 0.3 width 0.5 box lc rgb '#cccccc'"):format(legend_position(axes.legend))
        or "unset key")
    add(axes.grid and not out.text and "set grid lc rgb '#dddddd' lt 1" or "unset grid")
    if axes.series[1] and axes.series[1].picture then
        image_axes(add, axes)
    else
        if axes.xscale == "log" then add("set logscale x") end
        if axes.yscale == "log" then add("set logscale y") end
        range(add, axes, "x")
        range(add, axes, "y")
        if axes.from_zero and not axes.ylim and axes.yscale ~= "log" then add("set yrange [0:*] noextend") end
        if not out.text then add("set offsets graph 0.02, graph 0.02, graph 0.04, graph " .. (axes.from_zero and 0 or 0.04)) end
    end
    for _, text in ipairs(axes.texts) do
        add(("set label %s at %s,%s center front font ',%d'"):format(quote(text.text), number(text.x), number(text.y),
            text.size))
    end
end

local function axes_script(add, axes, out)
    local parts = {}
    for i, series in ipairs(axes.series) do parts[i] = draw[series.kind](series, out) end
    decorate(add, axes, out)
    add("plot " .. (#parts > 0 and table.concat(parts, ", \\\n     ") or "NaN notitle"))
end

--- The script that draws the figure on `terminal` ("pngcairo size 640,480 …"). `text`: it is made of letters.
function gnuplot.script(fig, terminal, text)
    local lines, out = {}, { blocks = 0, data = {}, text = text }
    local function add(line) lines[#lines + 1] = line end
    local many = fig.rows * fig.columns > 1
    if many then add(("set multiplot layout %d,%d"):format(fig.rows, fig.columns)) end
    for i = 1, fig.rows * fig.columns do
        local axes = fig.axes[i]
        if axes then axes_script(add, axes, out) elseif many then add("set multiplot next") end
    end
    if many then add("unset multiplot") end
    return table.concat({ "set encoding utf8", table.concat(out.data, "\n"), "set terminal " .. terminal,
        table.concat(lines, "\n"), "unset output", "" }, "\n")
end

--- Is there anything but pictures in it?
function gnuplot.only_pictures(fig)
    for _, axes in pairs(fig.axes) do
        for _, series in ipairs(axes.series) do
            if series.kind ~= "picture" then return false end
        end
    end
    return not figure.is_empty()
end

return gnuplot
