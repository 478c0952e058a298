-- SPDX-License-Identifier: MIT
-- The figure that is being made: a grid of axes, each with what is drawn in it and what is written around it.
--
-- As in pyplot there is a current figure and in it current axes; both come into being when something is first drawn.
local figure = {}

-- matplotlib's default colours, one per series
local COLORS = { "#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf" }

local current

local function new_axes() return { series = {}, texts = {}, colors = 0 } end

--- Starts a new figure: size in inches (100 points of a screen each).
function figure.new(width, height)
    current = { width = width, height = height, rows = 1, columns = 1, axes = {}, at = 1 }
    return current
end

function figure.current()
    return current or figure.new(6.4, 4.8)
end

function figure.close() current = nil end

--- The axes that commands mean.
function figure.axes()
    local fig = figure.current()
    fig.axes[fig.at] = fig.axes[fig.at] or new_axes()
    return fig.axes[fig.at]
end

--- Divides the figure (what was drawn in another division goes) and makes axes number `index` current.
function figure.divide(rows, columns, index)
    local fig = figure.current()
    if fig.rows ~= rows or fig.columns ~= columns then
        fig.rows, fig.columns, fig.axes = rows, columns, {}
    end
    fig.at = index
end

--- The color for the next series that does not say its own.
function figure.next_color(axes)
    axes.colors = axes.colors + 1
    return COLORS[(axes.colors - 1) % #COLORS + 1]
end

--- Has anything been drawn?
function figure.is_empty()
    for _, axes in pairs(figure.current().axes) do
        if #axes.series > 0 then return false end
    end
    return true
end

return figure
