/* SPDX-License-Identifier: MIT
 * From tensors to walks: broadcasting, ordering and merging of dimensions, and the copy between layouts.
 *
 * Dimensions are sorted by the result's strides, largest outside, and neighbours that can be stepped through as one are
 * merged; so dense operands of one layout, row-major or channels-last, become a single flat loop. */
#include "core/hollow.h"
#include "core/state.h"
#include "core/tensor.h"

/* Appends a dimension or, if possible, melts it into the one before (which is outside of it). */
static void walk_append(cnn_walk *walk, int count, int64_t size, int64_t out_stride, const int64_t *in_stride) {
    int last = walk->ndim - 1;
    bool melts = last >= 0 && walk->out_stride[last] == out_stride * size;
    for (int j = 0; melts && j < count; j++) melts = walk->in_stride[j][last] == in_stride[j] * size;
    if (melts) {
        walk->size[last] *= size;
    } else {
        last = walk->ndim++;
        walk->size[last] = size;
    }
    walk->out_stride[last] = out_stride;
    for (int j = 0; j < count; j++) walk->in_stride[j][last] = in_stride[j];
}

/* Dimensions of out that have more than one step, outermost first. */
static int walk_order(const cnn_tensor *out, int *order) {
    int n = 0;
    for (int i = 0; i < out->shape.ndim; i++) {
        if (out->shape.size[i] == 1) continue;
        int at = n++;
        for (; at > 0 && out->stride[order[at - 1]] < out->stride[i]; at--) order[at] = order[at - 1];
        order[at] = i;
    }
    return n;
}

void cnn_walk_make(const cnn_tensor *out, int count, const cnn_tensor *const *in, cnn_walk *walk) {
    int order[CNN_MAX_DIMS], n = walk_order(out, order);
    const int64_t one[3] = {1, 1, 1};
    *walk = (cnn_walk){.ndim = 0};
    for (int k = 0; k < n && cnn_tensor_numel(out) > 0; k++) {
        int64_t in_stride[3] = {0};
        for (int j = 0; j < count; j++) {
            int i = order[k] - (out->shape.ndim - in[j]->shape.ndim); /* aligned at the last dimension */
            in_stride[j] = i >= 0 && in[j]->shape.size[i] > 1 ? in[j]->stride[i] : 0;
        }
        walk_append(walk, count, out->shape.size[order[k]], out->stride[order[k]], in_stride);
    }
    if (walk->ndim == 0) walk_append(walk, count, cnn_tensor_numel(out) ? 1 : 0, 1, one); /* a scalar, or nothing */
}

/* A fresh tensor with the wanted strides, filled from x. */
static cnn_status copy_to_layout(cnn_tensor *x, const int64_t *stride, cnn_tensor **out, cnn_error *err) {
    cnn_walk walk;
    cnn_tensor *copy = NULL;
    cnn_status status = cnn_tensor_empty_strided(x->dtype, &x->shape, stride, &copy, err);
    if (status != CNN_OK) return status;
    cnn_walk_make(copy, 1, (const cnn_tensor *const *)&x, &walk);
    cnn_current_kernels()->pointwise[x->dtype]->cast[x->dtype](cnn_current_team(), &walk, cnn_tensor_data(x),
                                                               cnn_tensor_data(copy));
    if (cnn_interrupted()) {
        cnn_tensor_release(&copy);
        return cnn_fail(err, CNN_INTERRUPTED, "interrupted");
    }
    *out = copy;
    return CNN_OK;
}

cnn_status cnn_dense(cnn_tensor *x, cnn_tensor **out, cnn_error *err) {
    int64_t stride[CNN_MAX_DIMS];
    if (cnn_need_numbers(x, err) != CNN_OK) return CNN_BAD_VALUE;
    if (cnn_tensor_is_contiguous(x)) {
        *out = cnn_tensor_retain(x);
        return CNN_OK;
    }
    cnn_strides_dense(&x->shape, stride);
    return copy_to_layout(x, stride, out, err);
}

cnn_status cnn_dense_channels_last(cnn_tensor *x, cnn_tensor **out, cnn_error *err) {
    int64_t stride[CNN_MAX_DIMS];
    if (cnn_tensor_is_channels_last(x)) {
        *out = cnn_tensor_retain(x);
        return CNN_OK;
    }
    cnn_strides_channels_last(&x->shape, stride);
    return copy_to_layout(x, stride, out, err);
}
