-- SPDX-License-Identifier: MIT
-- plt: plots under matplotlib's names, drawn by gnuplot.
--
-- Commands add to the current figure; savefig writes it, show shows it and starts a new one.
local core = require "cnn.core"
local errors = require "cnn.errors"
local figure = require "cnn.plt.figure"
local run = require "cnn.plt.run"
local signature = require "cnn.signature"
local values = require "cnn.plt.values"

local plt = {}

local function public(description)
    local name = description.name
    description.name = "plt." .. name
    description.see = description.see or { "plt.plot", "plt.show" }
    plt[name] = signature(description)
end

-- ---- figures and axes ----------------------------------------------------------------------------------------------

public { name = "figure",
    { "figsize", "list", of = "number", optional = true, doc = "{width, height} in inches of 100 dots; {6.4, 4.8} if not given" },
    doc = [[Starts a new figure.]], example = [[plt.figure { figsize = { 8, 4 } }]],
    call = function(figsize)
        local width, height = 6.4, 4.8
        if figsize then width, height = figsize[1], figsize[2] end
        if figsize and not (#figsize == 2 and width >= 0.5 and height >= 0.5 and width <= 100 and height <= 100) then
            errors.raise { kind = "value", op = "plt.figure", text = "figsize is {width, height} in inches, each from 0.5 to 100" }
        end
        figure.new(width, height)
    end }

public { name = "subplot", { "nrows", "int", min = 1, max = 100 }, { "ncols", "int", optional = true, min = 1, max = 100 },
    { "index", "int", optional = true, min = 1, doc = "counts from 1, along the rows" },
    doc = [[Divides the figure into a grid; what follows is drawn in place number index. plt.subplot(211) is plt.subplot(2, 1, 1).]],
    example = [[
plt.subplot(1, 2, 1); plt.plot { 1, 4, 9 }
plt.subplot(1, 2, 2); plt.plot { 9, 4, 1 }]],
    call = function(rows, columns, index)
        if not columns and rows >= 100 then rows, columns, index = rows // 100, rows // 10 % 10, rows % 10 end
        columns, index = columns or 1, index or 1
        if rows < 1 or columns < 1 or index < 1 or index > rows * columns then
            errors.raise { kind = "value", op = "plt.subplot",
                text = ("index counts the %d places of %d rows and %d columns from 1; got %d"):format(rows * columns, rows,
                    columns, index) }
        end
        figure.divide(rows, columns, index)
    end }
-- three digits in one number, as matplotlib takes them
signature.of(plt.subplot).params[1].max = nil

public { name = "close", { "which", "any", optional = true, doc = "ignored: there is one figure" },
    doc = [[Forgets the figure.]], example = [[plt.close()]], call = function() figure.close() end }
public { name = "clf", doc = [[Empties the figure.]], example = [[plt.clf()]],
    call = function()
        local fig = figure.current()
        figure.new(fig.width, fig.height)
    end }

-- ---- series --------------------------------------------------------------------------------------------------------

local letters = { b = "#1f77b4", g = "#2ca02c", r = "#d62728", c = "#17becf", m = "#e377c2", y = "#bcbd22", k = "#000000",
    w = "#ffffff" }
local names = { blue = "b", green = "g", red = "r", cyan = "c", magenta = "m", yellow = "y", black = "k", white = "w",
    orange = "#ff7f0e", purple = "#9467bd", brown = "#8c564b", pink = "#e377c2", gray = "#7f7f7f", grey = "#7f7f7f",
    olive = "#bcbd22" }

local function color_of(op, text)
    local color = text and (text:match("^#%x%x%x%x%x%x$") or letters[text] or names[text] or names[text:gsub("^tab:", "")])
    if text and not color then
        errors.raise { kind = "value", op = op,
            text = ('a color is a name ("red", "tab:blue"), a letter of "bgrcmykw" or "#rrggbb"; got %q'):format(text) }
    end
    return color and (letters[color] or color)
end

-- matplotlib's short form: "r--o" → color, line, marker
local function short_form(op, text)
    local rest, color, line, marker = text, nil, nil, nil
    while rest ~= "" do
        local dash = rest:match("^%-%-") or rest:match("^%-%.") or rest:match("^[-:]")
        local first = rest:sub(1, 1)
        if dash and not line then line, rest = dash, rest:sub(#dash + 1)
        elseif letters[first] and not color then color, rest = letters[first], rest:sub(2)
        elseif first:find("[o.s^vDx+*]") and not marker then marker, rest = first, rest:sub(2)
        else
            errors.raise { kind = "value", op = op,
                text = ('%q is no format: a letter of "bgrcmyk", a line - -- -. : and a marker o . s ^ v D x + *'):format(text) }
        end
    end
    return color, line or (marker and "none"), marker
end

local function check_lengths(op, x, y)
    if #x == #y then return end
    errors.raise { kind = "shape", op = op, text = ("x and y go together: x has %d numbers, y has %d"):format(#x, #y) }
end

local function counting(n, first)
    local list = {}
    for i = 1, n do list[i] = first + i - 1 end
    return list
end

local function add_line(op, x, y, fmt, style)
    if type(y) == "string" then y, fmt = nil, y end
    local xs, ys = values.numbers(x), y and values.numbers(y)
    if not ys then xs, ys = counting(#xs, 1), xs end
    check_lengths(op, xs, ys)
    local color, line, marker = short_form(op, fmt or "")
    local axes = figure.axes()
    axes.series[#axes.series + 1] = { kind = "line", x = xs, y = ys, label = style.label,
        color = color_of(op, style.color) or color or figure.next_color(axes),
        linestyle = style.linestyle or line or "-", marker = style.marker or marker, linewidth = style.linewidth or 1.5 }
end

local label = { "label", "string", optional = true, doc = "what the legend says" }
local color = { "color", "string", optional = true, doc = [["red", "r", "#d62728"; the next of ten if not given]] }

public { name = "plot",
    { "x", "numbers", doc = "the values, if y is not given; they then stand at 1, 2, 3 …" },
    { "y", "numbers|string", optional = true },
    { "fmt", "string", optional = true, doc = [["r--o": color, line and marker in short]] },
    label, color,
    { "linestyle", "string", optional = true, choices = { "-", "--", ":", "-.", "none" } },
    { "linewidth", "number", optional = true, min = 0, max = 100 },
    { "marker", "string", optional = true, choices = { "o", ".", "s", "^", "v", "D", "x", "+", "*" } },
    doc = [[Draws a line through points. Lists of numbers or tensors; NaN leaves a gap.]],
    example = [[
plt.plot({ 2.3, 1.1, 0.7 })
plt.plot { { 2.3, 1.4, 0.9 }, label = "plain", linestyle = "--" }
plt.plot(cnn.arange(5), cnn.arange(5) ^ 2, "ro")]],
    see = { "plt.hist", "plt.legend", "plt.show", "plt.savefig" },
    call = function(x, y, fmt, text, col, line, width, marker)
        add_line("plt.plot", x, y, fmt, { label = text, color = col, linestyle = line, linewidth = width, marker = marker })
    end }

public { name = "scatter", { "x", "numbers" }, { "y", "numbers" }, label, color,
    { "marker", "string", default = "o", choices = { "o", ".", "s", "^", "v", "D", "x", "+", "*" } },
    doc = [[Draws points.]], example = [[plt.scatter(cnn.randn(50), cnn.randn(50))]],
    call = function(x, y, text, col, marker)
        add_line("plt.scatter", x, y, nil, { label = text, color = col, linestyle = "none", marker = marker })
    end }

local function add_bars(op, x, y, width, style)
    check_lengths(op, x, y)
    local axes, widths = figure.axes(), {}
    for i = 1, #x do widths[i] = width end
    axes.series[#axes.series + 1] = { kind = "bars", x = x, y = y, width = widths, label = style.label,
        color = color_of(op, style.color) or figure.next_color(axes), alpha = style.alpha }
    axes.from_zero = true
end

local alpha = { "alpha", "number", default = 1, min = 0, max = 1, doc = "0 can be seen through, 1 can't" }

public { name = "bar", { "x", "numbers" }, { "height", "numbers" }, { "width", "number", default = 0.8, min = 0 }, label, color,
    alpha, doc = [[Draws bars of a height around each x.]], example = [[plt.bar({ 1, 2, 3 }, { 10, 30, 20 })]],
    call = function(x, height, width, text, col, a)
        add_bars("plt.bar", values.numbers(x), values.numbers(height), width, { label = text, color = col, alpha = a })
    end }

public { name = "hist", { "x", "numbers", doc = "a list or a tensor of any shape" },
    { "bins", "int", default = 10, min = 1, max = 100000 },
    { "range", "list", of = "number", optional = true, doc = "{low, high}; from the least to the largest value if not given" },
    { "density", "bool", default = false, doc = "the area is 1" }, label, color, alpha,
    returns = "list of counts, list of the bins' edges",
    doc = [[Draws how often values fall into each of `bins` bins of equal width.]],
    example = [[
local v = cnn.randn(10000)
plt.hist { v, bins = 20 }
plt.title(("mean=%.4f, std=%.2f"):format(v:mean():item(), v:std():item()))]],
    see = { "plt.plot", "plt.title", "plt.show" },
    call = function(x, bins, range, density, text, col, a)
        if range and not (#range == 2 and range[1] <= range[2]) then
            errors.raise { kind = "value", op = "plt.hist", text = "range is {low, high}, low first" }
        end
        local list = values.numbers(x)
        local counts, edges = values.histogram(list, bins, range and range[1], range and range[2])
        local width = edges[2] - edges[1]
        local middle, inside = {}, 0
        for i = 1, bins do inside = inside + counts[i] end
        for i = 1, bins do
            middle[i] = (edges[i] + edges[i + 1]) / 2
            if density and inside > 0 then counts[i] = counts[i] / (inside * width) end
        end
        add_bars("plt.hist", middle, counts, width, { label = text, color = col, alpha = a })
        return counts, edges
    end }

-- ---- images --------------------------------------------------------------------------------------------------------

public { name = "imshow", { "image", "tensor", doc = "[H, W], [1, H, W], [3, H, W] or [H, W, 3]; bytes, or 0 … 1 in colour" },
    { "cmap", "string", default = "viridis", choices = values.maps, doc = "the colours of one channel" },
    { "vmin", "number", optional = true }, { "vmax", "number", optional = true },
    doc = [[Draws an image. One channel is coloured from its least to its largest value (or from vmin to vmax).]],
    example = [[plt.imshow { cnn.rand(28, 28), cmap = "gray" }]],
    see = { "plt.imgrid", "plt.show" },
    call = function(image, map, low, high)
        local picture = values.picture("plt.imshow", image, map, low or high and -math.huge, high)
        local axes = figure.axes()
        axes.series = { { kind = "picture", picture = picture } }
    end }

local function label_texts(labels, classes, count)
    local list = core.is_tensor(labels) and core.totable(labels) or labels
    if not list then return {} end
    if type(list) ~= "table" or #list ~= count then
        errors.raise { kind = "shape", op = "plt.imgrid",
            text = ("one label per image: %d images, %s labels"):format(count, type(list) == "table" and #list or "no list of") }
    end
    local texts = {}
    for i, name in ipairs(list) do texts[i] = tostring(classes and classes[name] or name) end
    return texts
end

-- Pictures side by side on one, white between them, with room above each for its label.
local function on_one(pictures, columns, room)
    local w, h = pictures[1].width + 2, pictures[1].height + 2 + room
    local rows = (#pictures + columns - 1) // columns
    local all = { width = w * columns, height = h * rows }
    for i = 1, all.width * all.height do all[i] = 0xffffff end
    for n, p in ipairs(pictures) do
        local left, top = (n - 1) % columns * w + 1, (n - 1) // columns * h + 1 + room
        for y = 0, p.height - 1 do
            for x = 0, p.width - 1 do
                all[(top + y) * all.width + left + x + 1] = p[y * p.width + x + 1]
            end
        end
    end
    return all, w, h
end

public { name = "imgrid", { "images", "tensor", doc = "a batch [N, 1 or 3, H, W]" },
    { "labels", "any", optional = true, doc = "a list or a tensor, one per image" },
    { "classes", "list", optional = true, doc = "names of the labels: dataset.classes" },
    { "columns", "int", default = 8, min = 1, max = 100 },
    { "normalize", "bool", default = false, doc = "each image from its least (black) to its largest value (white)" },
    doc = [[Draws a batch of images in rows, with their labels above. Images that went through Normalize want normalize=true.]],
    example = [[plt.imgrid { cnn.rand(10, 3, 32, 32), labels = cnn.arange(1, 11), columns = 5 }]],
    see = { "plt.imshow", "plt.show" },
    call = function(images, labels, classes, columns, normalize)
        local shape = images.shape
        if #shape ~= 4 or shape[1] == 0 then
            errors.raise { kind = "shape", op = "plt.imgrid", text = ("a batch of images is [N, C, H, W]; got %s"):format(shape) }
        end
        local pictures = {}
        for i = 1, shape[1] do
            local image = core.detach(core.select(images, 1, i - 1))
            if normalize then
                local low, high = values.range(values.numbers(image))
                image = (image:to("float32") - low) / (high > low and high - low or 1)
            end
            pictures[i] = values.picture("plt.imgrid", image, "gray")
        end
        local texts, axes = label_texts(labels, classes, #pictures), figure.axes()
        columns = math.min(columns, #pictures)
        local room = #texts > 0 and math.max(6, shape[3] // 4) or 0
        local all, w, h = on_one(pictures, columns, room)
        axes.series, axes.texts, axes.bare = { { kind = "picture", picture = all } }, {}, true
        local size = math.max(5, math.min(10, figure.current().width * 100 / columns // 9))
        for i, text in ipairs(texts) do
            axes.texts[i] = { text = text, x = (i - 1) % columns * w + w / 2 - 0.5, y = (i - 1) // columns * h + room / 2,
                size = size }
        end
    end }

-- ---- around the axes -----------------------------------------------------------------------------------------------

local function text_of(name, field, doc)
    public { name = name, { "text", "string|number" }, doc = doc, example = ("plt.%s(\"epoch\")"):format(name),
        call = function(text) figure.axes()[field] = tostring(text) end }
end
text_of("title", "title", "Writes a title above the axes.")
text_of("xlabel", "xlabel", "Writes what the horizontal axis shows.")
text_of("ylabel", "ylabel", "Writes what the vertical axis shows.")

local places = { "best", "upper left", "upper right", "upper center", "lower left", "lower right", "lower center", "center left",
    "center right", "center" }
local is_place = {}
for _, place in ipairs(places) do is_place[place] = true end

-- One by one, as matplotlib gives names to what was drawn.
local function name_series(labels)
    local series = figure.axes().series
    for i, text in ipairs(labels) do
        if not series[i] then
            errors.raise { kind = "value", op = "plt.legend",
                text = ("one name for each series: %d names, %d drawn"):format(#labels, #series) }
        end
        series[i].label = tostring(text)
    end
end

public { name = "legend",
    { "labels", "list|string", optional = true, doc = "names for what was drawn, in its order, if it has none; or the place" },
    { "loc", "string", default = "best", choices = places },
    doc = [[Draws a box that names the series that have labels.]],
    example = [[
plt.plot { { 1, 2 }, label = "resnet" }
plt.legend()
plt.plot { 2, 1 }
plt.legend { { "resnet", "plain" }, loc = "upper left" }]],
    call = function(labels, loc)
        if type(labels) == "string" then
            if not is_place[labels] then
                errors.raise { kind = "value", op = "plt.legend",
                    text = ('a place is one of "%s"; got %q'):format(table.concat(places, '", "'), labels) }
            end
            labels, loc = nil, labels
        end
        if labels then name_series(labels) end
        figure.axes().legend = loc
    end }

public { name = "grid", { "visible", "bool", default = true }, doc = [[Draws lines at the axes' marks.]], example = [[plt.grid()]],
    call = function(visible) figure.axes().grid = visible end }

for _, which in ipairs { "x", "y" } do
    public { name = which .. "scale", { "scale", "string", choices = { "linear", "log" } },
        doc = ("Makes the %s axis linear or logarithmic."):format(which), example = ("plt.%sscale(\"log\")"):format(which),
        call = function(scale) figure.axes()[which .. "scale"] = scale end }
    public { name = which .. "lim", { "low", "number" }, { "high", "number" },
        doc = ("Sets the limits of the %s axis."):format(which), example = ("plt.%slim(0, 10)"):format(which),
        call = function(low, high)
            if not (low < high) then
                errors.raise { kind = "value", op = "plt." .. which .. "lim", text = "the lower limit comes first, and they differ" }
            end
            figure.axes()[which .. "lim"] = { low, high }
        end }
end

public { name = "tight_layout", doc = [[Does nothing: gnuplot lays axes out tightly. For scripts that come from matplotlib.]],
    example = [[plt.tight_layout()]], call = function() end }

-- ---- output --------------------------------------------------------------------------------------------------------

public { name = "savefig", { "path", "string", doc = "its ending says the kind: .png, .svg or .pdf" },
    { "dpi", "number", default = 100, min = 10, max = 1000, doc = "dots per inch of a .png or .svg" },
    doc = [[Writes the figure to a file, whole or not at all. The figure stays, to be shown or drawn on.]],
    example = [[
plt.plot { 3, 2, 1 }
local path = os.tmpname() .. ".svg"
plt.savefig(path)
os.remove(path)]],
    see = { "plt.show" },
    call = function(path, dpi)
        figure.axes() -- empty ones, if nothing was drawn
        run.save(figure.current(), path, dpi)
    end }

public { name = "show",
    doc = [[Shows the figure and starts a new one: in a window where there is a display and gnuplot can open one, in the terminal
as a picture (with libchafa: sixel, kitty, iTerm2 or symbols) or in letters, as letters in a pipe. Never waits.]],
    example = [[plt.plot { 3, 2, 1 }; plt.show()]],
    see = { "plt.savefig" },
    call = function()
        local fig = figure.current()
        if figure.is_empty() then
            figure.close()
            errors.raise { kind = "value", op = "plt.show", text = "there is nothing in the figure yet",
                fix = "plt.plot(…), plt.hist(…) or plt.imshow(…) first" }
        end
        run.show(fig)
        figure.close()
    end }

return plt
