-- SPDX-License-Identifier: MIT
-- What nn.init.orthogonal_ does: a random matrix with orthonormal rows, every such matrix alike probable.
--
-- Normal random rows, made orthogonal from the first to the last (the Q of a QR decomposition whose R has a positive
-- diagonal, hence no direction is preferred). Gram-Schmidt in blocks: against all earlier rows by two matrix products,
-- inside of a block row by row; and all of it twice, after which the rows are orthogonal to rounding (Giraud, Langou and
-- Rozloznik 2005). In float64, by ops whose sums do not depend on the number of threads.
local core = require "cnn.core"

local BLOCK = 32

-- rows minus their parts along `basis`, which has orthonormal rows
local function without(rows, basis)
    return core.sub(rows, core.matmul(core.matmul(rows, basis, false, true), basis, false, false))
end

-- The rows of one block, in place, against each other.
local function orthonormalise(block)
    for i = 0, block.shape[1] - 1 do
        local row = core.slice(block, 1, i, 1)
        local rest = i > 0 and without(row, core.slice(block, 1, 0, i)) or row
        core.copy_(row, core.div(rest, core.sqrt(core.sum(core.square(rest), nil, false))))
    end
end

local function orthonormal_rows(n, m)
    local rows = core.normal_(core.empty("float64", { n, m }), 0, 1)
    for first = 0, n - 1, BLOCK do
        local block = core.slice(rows, 1, first, math.min(BLOCK, n - first))
        for _ = 1, 2 do
            if first > 0 then core.copy_(block, without(block, core.slice(rows, 1, 0, first))) end
            orthonormalise(block)
        end
    end
    return rows
end

--- Fills a tensor of two or more dimensions, seen as [first, all the others], and returns it.
return function(tensor, gain)
    local n = tensor.shape[1]
    local m = n > 0 and core.numel(tensor) // n or 0
    if m > 0 then
        local values = n <= m and orthonormal_rows(n, m) or core.permute(orthonormal_rows(m, n), { 2, 1 })
        core.copy_(core.detach(tensor), core.reshape(core.mul(values, gain), tensor.shape))
    end
    return tensor
end
