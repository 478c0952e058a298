-- SPDX-License-Identifier: MIT
-- What nn.init.trunc_normal_ does: normal random numbers of which those outside of [a, b] are drawn again.
--
-- Rejection sampling, all elements at once, from whichever proposal is accepted most often: the normal distribution itself
-- where most of it lies inside; uniform numbers from a to b, accepted with the density's height, where the interval is
-- narrow; and in a far tail exponential numbers (Robert 1995, "Simulation of truncated normal variables"). So the numbers
-- are exact wherever the interval lies.
local core = require "cnn.core"

local truncated = {}

local function both(a, b) return core.where(a, b, a) end

-- A new number and whether it is accepted, for each element; in units of std, from lo to hi.
local proposals = {
    normal = function(like, lo, hi)
        local x = core.normal_(core.empty("float64", like), 0, 1)
        return x, both(core.ge(x, lo), core.le(x, hi))
    end,
    uniform = function(like, lo, hi)
        local x, u = core.uniform_(core.empty("float64", like), lo, hi), core.uniform_(core.empty("float64", like), 0, 1)
        local highest = math.max(lo, math.min(0, hi)) -- where the density is
        return x, core.lt(core.log(u), core.sub(0.5 * highest * highest, core.mul(core.square(x), 0.5)))
    end,
    tail = function(like, lo, hi) -- 0 < lo
        local rate = (lo + math.sqrt(lo * lo + 4)) / 2
        local u, v = core.uniform_(core.empty("float64", like), 0, 1), core.uniform_(core.empty("float64", like), 0, 1)
        local x = core.sub(lo, core.div(core.log(core.sub(1, u)), rate))
        local height = core.mul(core.square(core.sub(x, rate)), -0.5)
        return x, both(core.lt(core.log(v), height), core.le(x, hi))
    end,
}

-- lo < hi, in units of std; if they lie in the lower half, mirrored.
local function choose(lo, hi)
    if lo <= 0 and hi >= 0 then return hi - lo > 2.5 and (lo < -0.8 or hi > 0.8) and "normal" or "uniform" end
    if lo > 0.5 then return (hi - lo) * lo < 1 and "uniform" or "tail" end
    return hi - lo > 1.5 and "normal" or "uniform"
end

local function draw(shape, lo, hi)
    if hi < 0 then return core.neg(draw(shape, -hi, -lo)) end
    local propose = proposals[choose(lo, hi)]
    local x, accepted = propose(shape, lo, hi)
    while core.item(core.sum(core.cast(accepted, "int64"), nil, false)) < core.numel(x) do
        local again, good = propose(shape, lo, hi)
        x = core.where(accepted, x, again)
        accepted = core.where(accepted, accepted, good)
    end
    return x
end

local FAR = 1e7 -- in units of std: so far out, all numbers lie at the nearer end to the last digit

--- Fills the tensor and returns it. mean and std are finite, a < b.
function truncated.fill(tensor, mean, std, a, b)
    local inside = core.detach(tensor)
    local lo, hi = (a - mean) / std, (b - mean) / std
    if std == 0 or lo > FAR or hi < -FAR or lo == hi then
        core.fill_(inside, math.max(a, math.min(b, mean)))
    else
        local x = core.add(core.mul(draw(tensor.shape, lo, hi), std), mean)
        core.copy_(inside, core.minimum(core.maximum(x, a), b))
    end
    return tensor
end

return truncated
