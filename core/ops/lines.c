/* SPDX-License-Identifier: MIT
 * Tensors as [outer, n, inner], and the checks of positions: see lines.h. */
#include "core/ops/lines.h"
#include "core/ops/params.h"

void cnn_ops_order(const cnn_tensor *x, int order[CNN_MAX_DIMS]) {
    const bool dense = cnn_strides_are_dense(&x->shape, x->stride);
    for (int i = 0; i < x->shape.ndim; i++) { /* the widest first; equal ones stay in order */
        int at = i;
        for (; dense && at > 0 && x->stride[order[at - 1]] < x->stride[i]; at--) order[at] = order[at - 1];
        order[at] = i;
    }
}

void cnn_ops_order_strides(const cnn_shape *shape, const int *order, int64_t *stride) {
    int64_t step = 1;
    for (int i = shape->ndim - 1; i >= 0; i--) {
        stride[order[i]] = step;
        step *= shape->size[order[i]] > 0 ? shape->size[order[i]] : 1;
    }
}

cnn_lines cnn_ops_lines(const cnn_shape *shape, const int *order, int64_t dim) {
    cnn_lines lines = {1, 1};
    bool outside = true;
    for (int i = 0; i < shape->ndim; i++) {
        if (order[i] == dim)
            outside = false;
        else if (outside)
            lines.outer *= shape->size[order[i]];
        else
            lines.inner *= shape->size[order[i]];
    }
    return lines;
}

static bool same_strides(const cnn_tensor *x, const int64_t *stride) {
    for (int i = 0; i < x->shape.ndim; i++)
        if (x->shape.size[i] > 1 && x->stride[i] != stride[i]) return false;
    return true;
}

cnn_status cnn_ops_ordered(const cnn_call *call, cnn_tensor *x, const int64_t *stride, cnn_tensor **out,
                           cnn_error *err) {
    if (same_strides(x, stride)) {
        *out = cnn_tensor_retain(x);
        return CNN_OK;
    }
    cnn_tensor *copy = NULL;
    cnn_status status = cnn_tensor_empty_strided(x->dtype, &x->shape, stride, &copy, err);
    if (status == CNN_OK) status = cnn_ops_copy(call, x, copy, err);
    if (status != CNN_OK) {
        cnn_tensor_release(&copy);
        return status;
    }
    *out = copy;
    return CNN_OK;
}

cnn_status cnn_ops_corner(cnn_tensor *x, const cnn_shape *shape, cnn_tensor **out, cnn_error *err) {
    return cnn_tensor_over(x->storage, x->dtype, shape, x->stride, x->offset, out, err);
}

/* ---- positions ---- */

cnn_status cnn_ops_need_index(const cnn_call *call, const cnn_tensor *index, cnn_error *err) {
    if (index->dtype == CNN_I64) return CNN_OK;
    cnn_fail(err, CNN_BAD_TYPE, "%s needs an int64 index; got %s", call->op->name, cnn_dtype_name(index->dtype));
    cnn_error_fix(err, "index:long()");
    return CNN_BAD_TYPE;
}

static cnn_status index_fail(int64_t index, const cnn_shape *x, int64_t dim, cnn_error *err) {
    char got[CNN_SHAPE_TEXT];
    const long long n = (long long)x->size[dim];
    cnn_shape_print(x, got);
    if (index == 0) {
        cnn_fail(err, CNN_BAD_VALUE, "indices count from 1 (-1 is the last); the index holds a 0");
        cnn_error_fix(err, "index + 1 (indices that come from Python count from 0)");
    } else if (n == 0) {
        cnn_fail(err, CNN_BAD_VALUE, "index %lld is out of range: dimension %lld of %s is empty", (long long)index,
                 (long long)dim + 1, got);
    } else {
        cnn_fail(err, CNN_BAD_VALUE, "index %lld is outside 1..%lld (dimension %lld of %s)", (long long)index, n,
                 (long long)dim + 1, got);
    }
    return CNN_BAD_VALUE;
}

cnn_status cnn_ops_check_index(const cnn_tensor *index, const cnn_shape *x, int64_t dim, cnn_error *err) {
    const int64_t *at = cnn_tensor_data(index), n = x->size[dim], count = cnn_tensor_numel(index);
    int64_t i = 0;
    /* in 0 … 2n, but not in the middle: one comparison for both ends */
    while (i < count && (uint64_t)at[i] + (uint64_t)n <= 2 * (uint64_t)n && at[i] != 0) i++;
    return i == count ? CNN_OK : index_fail(at[i], x, dim, err);
}

/* ---- for gradients ---- */

cnn_status cnn_ops_zeros(cnn_dtype dtype, const cnn_shape *shape, cnn_tensor **out, cnn_error *err) {
    cnn_tensor *zero = NULL;
    cnn_status status = cnn_ops_number(dtype, 0, &zero, err);
    if (status == CNN_OK) status = cnn_expand(zero, shape, out, err);
    cnn_tensor_release(&zero);
    return status;
}

/* Near enough to the end for pad. */
static cnn_status pad_near(cnn_tensor *x, int dim, int64_t before, int64_t after, cnn_tensor **out, cnn_error *err) {
    pad_params params = {.pad = {.ndim = 2 * (x->shape.ndim - dim)}, .value = 0};
    params.pad.size[params.pad.ndim - 2] = before;
    params.pad.size[params.pad.ndim - 1] = after;
    return cnn_apply(&cnn_op_pad, &params, &x, out, err);
}

cnn_status cnn_ops_pad_dim(cnn_tensor *x, int dim, int64_t before, int64_t after, cnn_tensor **out, cnn_error *err) {
    int last = x->shape.ndim - 1;
    if (2 * (x->shape.ndim - dim) <= CNN_MAX_DIMS) return pad_near(x, dim, before, after, out, err);
    cnn_shape swap = {.ndim = x->shape.ndim};
    for (int i = 0; i <= last; i++) swap.size[i] = i == dim ? last : i == last ? dim : i;
    cnn_tensor *moved = NULL, *padded = NULL;
    cnn_status status = cnn_permute(x, &swap, &moved, err);
    if (status == CNN_OK) status = pad_near(moved, last, before, after, &padded, err);
    if (status == CNN_OK) status = cnn_permute(padded, &swap, out, err);
    cnn_tensor_release(&moved);
    cnn_tensor_release(&padded);
    return status;
}
