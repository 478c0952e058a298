-- SPDX-License-Identifier: MIT
-- The same elements in other places: turned around, rolled, cut into slices, triangles and diagonals; outer products.
--
-- All of it is composed of ops that have gradients.
local core = require "cnn.core"
local errors = require "cnn.errors"
local define = require "cnn.tensor.define"
local dimension = require("cnn.tensor.shape").dimension
local method = define.method

method { "flip", { "dims", "sizes", doc = "which dimensions; they count from 1" }, form = true, returns = "tensor",
    doc = [[The elements in reverse order along dimensions: flip(-1) mirrors images left to right.]],
    example = [[print(cnn.arange(4):view(2, 2):flip(2))]], see = { "tensor:roll" },
    call = function(x, dims)
        local seen = {}
        for _, given in ipairs(dims) do
            if given == 0 then
                errors.raise { kind = "value", op = "flip", text = "dimensions count from 1 (-1 is the last); got 0" }
            end
            local dim = dimension("flip", x, given)
            if seen[dim] then
                errors.raise { kind = "value", op = "flip", text = ("dimension %d is listed twice"):format(given) }
            end
            seen[dim] = true
            local size = core.size(x, dim)
            x = core.index_select(x, core.range("int64", size, -1, size), dim)
        end
        return x
    end }

-- x moved by `shift` places along a dimension: two slices change places.
local function roll(x, shift, dim)
    local size = core.size(x, dim)
    shift = size > 0 and shift % size or 0
    if shift == 0 then return x end
    return core.cat(core.slice(x, dim, size - shift, shift), core.slice(x, dim, 0, size - shift), dim)
end

method { "roll", { "shifts", "int|sizes", doc = "by how many places, for each dimension" },
    { "dims", "int|sizes", optional = true, doc = "along which; as one long line if not given" }, form = true,
    returns = "tensor",
    doc = [[The elements moved along dimensions; those that leave at the end come back at the beginning.]],
    example = [[print(cnn.arange(5):roll(2))]], see = { "tensor:flip" },
    call = function(x, shifts, dims)
        if type(shifts) == "number" then shifts = { shifts } end
        if dims == nil then
            if #shifts ~= 1 then
                errors.raise { kind = "value", op = "roll", fix = "x:roll({1, 2}, {1, 2})",
                    text = ("%d shifts need a dimension each"):format(#shifts) }
            end
            return core.reshape(roll(core.reshape(x, { -1 }), shifts[1], 1), x.shape)
        end
        if type(dims) == "number" then dims = { dims } end
        if #dims ~= #shifts then
            errors.raise { kind = "value", op = "roll",
                text = ("as many shifts as dimensions, please; got %d and %d"):format(#shifts, #dims) }
        end
        for i, dim in ipairs(dims) do
            if dim == 0 then
                errors.raise { kind = "value", op = "roll", text = "dimensions count from 1 (-1 is the last); got 0" }
            end
            x = roll(x, shifts[i], dimension("roll", x, dim))
        end
        return x
    end }

local most_parts = 100000 -- a function of Lua returns less than a million values

method { "unbind", { "dim", "dim", default = 1 }, form = true, returns = "tensors, one result each",
    doc = [[All entries along a dimension, which disappears; they are views.]],
    example = [[print(cnn.arange(4):view(2, 2):unbind())]], see = { "tensor:select", "tensor:split" },
    call = function(x, given)
        local dim = dimension("unbind", x, given)
        local parts = {}
        if core.size(x, dim) > most_parts then
            errors.raise { kind = "value", op = "unbind", fix = "x[i] in a loop",
                text = ("%d parts are too many to return at once (at most %d)"):format(core.size(x, dim), most_parts) }
        end
        for i = 1, core.size(x, dim) do parts[i] = core.select(x, dim, i - 1) end
        return table.unpack(parts)
    end }

-- ---- triangles and diagonals --------------------------------------------------------------------------------------------

-- Where column - row is at most (below) or at least `diagonal`, for the last two dimensions.
local function triangle(op, x, diagonal, below)
    local n = core.dim(x)
    if n < 2 then
        errors.raise { kind = "shape", op = op, text = ("%s needs a matrix; got %s"):format(op, x.shape) }
    end
    local rows = core.reshape(core.range("int64", 0, 1, core.size(x, n - 1)), { -1, 1 })
    local offset = core.sub(core.range("int64", 0, 1, core.size(x, n)), rows)
    return below and core.le(offset, diagonal) or core.ge(offset, diagonal)
end

for name, below in define.sorted { tril = true, triu = false } do
    local diagonal = { "diagonal", "int", default = 0, doc = "the last one that stays: 1 is above the main one, -1 below" }
    local doc = ("A matrix, or a stack of them, with zeros %s a diagonal."):format(below and "above" or "below")
    local example = ("print(cnn.ones(3, 3):%s())"):format(name)
    local function zero(x) return core.full(x.dtype, {}, 0) end
    method { name, diagonal, form = true, returns = "tensor", doc = doc, example = example,
        see = { below and "tensor:triu" or "tensor:tril", "tensor:diag" },
        call = function(x, which) return core.where(triangle(name, x, which, below), x, zero(x)) end }
    method { name .. "_", diagonal, returns = "the tensor itself",
        doc = ("As tensor:%s, written into the tensor itself. Not part of the graph."):format(name),
        example = example:gsub(name, name .. "_"), see = { "tensor:" .. name },
        call = function(x, which)
            core.check_writable(x)
            local numbers = core.detach(x)
            return core.copy_(x, core.where(triangle(name, x, which, below), numbers, zero(x)))
        end }
end

-- The positions, row-major from 1, of a diagonal of an n x m matrix.
local function diagonal_places(n, m, diagonal)
    local row, column = math.max(-diagonal, 0), math.max(diagonal, 0)
    local count = math.max(math.min(n - row, m - column), 0)
    return core.range("int64", row * m + column + 1, m + 1, count), count
end

method { "diag", { "diagonal", "int", default = 0, doc = "1 is above the main one, -1 below" }, form = true,
    returns = "tensor", doc = [[A diagonal of a matrix; or, of a vector, the square matrix that has it as a diagonal.]],
    example = [[print(cnn.arange(4):view(2, 2):diag(), cnn.tensor{1, 2}:diag())]], see = { "cnn.eye", "tensor:tril" },
    call = function(x, which)
        local shape = x.shape
        if #shape == 1 then
            local n = shape[1] + math.abs(which)
            local places = diagonal_places(n, n, which)
            local line = core.scatter_add(core.expand(core.full(x.dtype, {}, 0), { n * n }), places, x, 1)
            return core.reshape(line, { n, n })
        elseif #shape == 2 then
            return core.index_select(core.reshape(x, { -1 }), (diagonal_places(shape[1], shape[2], which)), 1)
        end
        errors.raise { kind = "shape", op = "diag", text = ("diag needs a matrix or a vector; got %s"):format(shape) }
    end }

method { "outer", { "vec2", "tensor", doc = "[m]" }, form = true, returns = "tensor [n, m]",
    doc = [[Each element of one vector times each of another.]], shape = [[[n] x [m] -> [n, m] ]],
    example = [[print(cnn.arange(3):outer(cnn.tensor{1, 10}))]], see = { "tensor:matmul", "tensor:dot" },
    call = function(x, other)
        if core.dim(x) ~= 1 or core.dim(other) ~= 1 then
            errors.raise { kind = "shape", op = "outer",
                text = ("outer multiplies two vectors; got %s and %s"):format(x.shape, other.shape) }
        end
        return core.mul(core.reshape(x, { -1, 1 }), other)
    end }
