-- SPDX-License-Identifier: MIT
-- What the losses share: reductions, sizes that must agree, labels as rows, and picking a class per row.
--
-- Classifiers' losses see their input as rows of classes [rows, C] and their labels as [rows]: `as_rows` and `labels`
-- bring [N, C, d1, …] and [C] into that form, `give_back` brings a loss per row into the labels' shape again.
local core = require "cnn.core"
local errors = require "cnn.errors"
local reals = require "cnn.reals"
local signature = require "cnn.signature"

local support = { reductions = { "mean", "sum", "none" } }

function support.reduced(x, reduction)
    if reduction == "mean" then return core.mean(x, nil, false) end
    if reduction == "sum" then return core.sum(x, nil, false) end
    return x
end

local function fits(wanted, shape)
    if #wanted ~= #shape then return false end
    for i = 1, #wanted do
        if wanted[i] ~= shape[i] then return false end
    end
    return true
end
support.fits = fits

--- The description of a loss. Of bfloat16 it is computed in float32, and then rounded, but under autocast is float32.
function support.signature(spec)
    spec.call = reals.single(reals.wide(spec.call))
    return signature(spec)
end

function support.is_real(x) return reals[x.dtype] end

--- Input and target of a loss that compares element by element: one size, no broadcasting.
function support.check_same_size(op, input, target)
    if fits(input.shape, target.shape) then return end
    errors.raise {
        kind = "shape", op = op,
        text = ("input and target must have one size; got %s and %s"):format(
            tostring(input.shape), tostring(target.shape)),
        fix = core.numel(input) == core.numel(target)
            and ("target:view(%s)"):format(table.concat(input.shape, ", ")) or nil,
    }
end

--- A tensor of factors (a weight) in the input's type; its sizes must stretch to the input's and not beyond.
function support.factors(op, name, weight, input)
    local shape, wanted = weight.shape, input.shape
    local ok = #shape <= #wanted
    for i = 1, ok and #shape or 0 do
        local size = shape[i]
        ok = ok and (size == 1 or size == wanted[#wanted - #shape + i])
    end
    if not ok then
        errors.raise {
            kind = "shape", op = op,
            text = ("%s must stretch to the input's size %s; got %s"):format(name, tostring(wanted), tostring(shape)),
        }
    end
    return weight.dtype == input.dtype and weight or core.cast(weight, input.dtype)
end

-- ---- rows of classes ---------------------------------------------------------------------------------------------------

--- [N, C, d1, d2, …] as rows of classes [N*d1*d2…, C]; [C] as one row.
function support.as_rows(input)
    local shape = input.shape
    if #shape == 2 then return input end
    if #shape == 1 then return core.reshape(input, { 1, shape[1] }) end
    local order = { 1 }
    for i = 3, #shape do
        order[#order + 1] = i
    end
    order[#order + 1] = 2
    -- the number of rows is counted here: -1 has no meaning where there are none
    local rows = 1
    for i = 1, #shape do
        if i ~= 2 then rows = rows * shape[i] end
    end
    return core.reshape(core.permute(input, order), { rows, shape[2] })
end

--- The shape of the labels that belong to an input: without its dimension of classes.
function support.labels_shape(shape)
    local sizes = {}
    for i = 1, #shape do
        if i ~= math.min(2, #shape) then sizes[#sizes + 1] = shape[i] end
    end
    return sizes
end

--- How many classes an input has.
function support.classes(input)
    local shape = input.shape
    return shape[math.min(2, #shape)]
end

local function check_input(op, what, input)
    if not support.is_real(input) then
        errors.raise {
            kind = "type", op = op,
            text = ("the %s come first, real numbers as the network gives them; got %s"):format(what, input.dtype),
            fix = "criterion(net(x), y)",
        }
    end
    if #input.shape == 0 then
        errors.raise { kind = "shape", op = op, text = ("%s need a dimension of classes; got a scalar"):format(what) }
    end
end
support.check_input = check_input

-- What was probably meant by labels of another shape.
local function labels_fix(shape, wanted, target)
    local got = target.shape
    if fits(shape, got) then return ("y:argmax(%d) turns one-hot rows into labels"):format(math.min(2, #shape)) end
    local rows = 1
    for _, size in ipairs(wanted) do rows = rows * size end
    if core.numel(target) == rows then return ("y:view(%s)"):format(#wanted == 1 and "-1" or table.concat(wanted, ", ")) end
    if #shape == 2 and #got == 1 then
        return "a view(-1, …) in the network may have changed the number of rows: cnn.flatten(x, 2) keeps the batch"
    end
end

--- Labels as int64 [rows], after the checks of what goes with them. `what` names the input in messages.
function support.labels(op, what, input, target)
    local wanted = support.labels_shape(input.shape)
    if not fits(wanted, target.shape) then
        errors.raise {
            kind = "shape", op = op,
            text = ("%s of %s need labels of [%s], one class per row; got %s"):format(
                what, tostring(input.shape), table.concat(wanted, ", "), tostring(target.shape)),
            fix = labels_fix(input.shape, wanted, target),
        }
    end
    if target.dtype:find("float", 1, true) then
        errors.raise {
            kind = "type", op = op,
            text = ("labels are the numbers of classes, int64; got %s"):format(target.dtype), fix = "y:long()",
        }
    end
    if target.dtype ~= "int64" then target = core.cast(target, "int64") end
    if #wanted == 1 then return target end
    return core.reshape(target, { core.numel(target) })
end

-- "in row 5" of labels [N]; "at [2, 2]" of labels with more dimensions.
local function place_of(position, sizes)
    if #sizes < 2 then return ("in row %d"):format(position) end
    local index, rest = {}, position - 1
    for i = #sizes, 1, -1 do
        index[i] = rest % sizes[i] + 1
        rest = rest // sizes[i]
    end
    return "at [" .. table.concat(index, ", ") .. "]"
end

local function label_fails(op, what, input, labels, label, which)
    local classes = support.classes(input)
    local _, place = core.extreme(labels, 1, which == "largest", false)
    errors.raise {
        kind = "value", op = op,
        text = ("labels count from 1 to %d (%s are %s); the %s here is %d, %s"):format(classes, what,
            tostring(input.shape), which, label, place_of(core.item(place), support.labels_shape(input.shape))),
        fix = label == 0 and "y + 1 (labels that come from Python count from 0)"
            or label < 0 and ("ignore_index=%d, where such rows are to be left out"):format(label)
            or ("%d classes need %d outputs of the last layer"):format(label, label),
    }
end

--- Refuses labels (as `support.labels` gives them) outside of 1 … C, and says where the worst one stands.
function support.check_labels(op, what, input, labels)
    if core.numel(labels) == 0 then return end
    local low = core.item((core.extreme(labels, 1, false, false)))
    local high = core.item((core.extreme(labels, 1, true, false)))
    if low < 1 then label_fails(op, what, input, labels, low, "smallest") end
    if high > support.classes(input) then label_fails(op, what, input, labels, high, "largest") end
end

--- A loss per row in the shape of the labels.
function support.give_back(rows, input)
    local wanted = support.labels_shape(input.shape)
    return #wanted == 1 and rows or core.reshape(rows, wanted)
end

--- The weights of the classes, [C], in the input's type; nil for none.
function support.class_weight(op, weight, input)
    if not weight then return nil end
    local classes = support.classes(input)
    if not fits({ classes }, weight.shape) then
        errors.raise {
            kind = "shape", op = op,
            text = ("weight is one number per class, [%d] (the input is %s); got %s"):format(
                classes, tostring(input.shape), tostring(weight.shape)),
        }
    end
    return weight.dtype == input.dtype and weight or core.cast(weight, input.dtype)
end

--- A bool tensor [rows, C], true where the column is the row's label.
function support.one_hot(labels, classes)
    local numbers = {}
    for i = 1, classes do numbers[i] = i end
    local columns = core.reshape(core.from(numbers, "int64"), { 1, classes })
    return core.eq(core.reshape(labels, { core.numel(labels), 1 }), columns)
end

--- Of each row of x ([rows, C], or [C] for all rows) the number that its label points at. The others are left out, not
--- multiplied by 0: they may be infinite.
function support.pick(hot, x)
    return core.sum(core.where(hot, x, core.full(x.dtype, {}, 0)), { 2 }, false)
end

return support
