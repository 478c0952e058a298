/* SPDX-License-Identifier: MIT
 * expand repeats dimensions of size 1 without copying (stride 0); sum_to is its opposite and its gradient.
 *
 * Both align shapes at the last dimension, as broadcasting does. */
#include "core/narrow.h"
#include "core/ops/params.h"
#include "core/ops/support.h"

static const cnn_field expand_fields[] = {CNN_FIELD(size_params, SIZES, size), {0}};

static cnn_status expand_fail(const cnn_tensor *x, const cnn_shape *size, int dim, cnn_error *err) {
    char from[CNN_SHAPE_TEXT], to[CNN_SHAPE_TEXT];
    return cnn_fail(err, CNN_BAD_SHAPE,
                    "%s does not expand to %s: dimension %d must be 1 or stay as it is (-1 keeps it; new dimensions "
                    "come first)",
                    cnn_shape_print(&x->shape, from), cnn_shape_print(size, to), dim);
}

static cnn_status expand_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    const size_params *params = call->params;
    const cnn_tensor *x = call->in[0];
    const cnn_shape *size = &params->size;
    cnn_shape shape = *size;
    int64_t stride[CNN_MAX_DIMS] = {0};
    int extra = size->ndim - x->shape.ndim;
    if (extra < 0) return expand_fail(x, size, 1, err);
    for (int i = 0; i < size->ndim; i++) {
        int64_t own = i < extra ? 1 : x->shape.size[i - extra];
        if (size->size[i] == -1 && i >= extra) shape.size[i] = own;
        if (shape.size[i] < 0 || (shape.size[i] != own && own != 1)) return expand_fail(x, size, i + 1, err);
        if (i >= extra && shape.size[i] == own) stride[i] = x->stride[i - extra];
    }
    cnn_status status = cnn_shape_check(&shape, err);
    if (status != CNN_OK) return status;
    cnn_spec_dense(out, x->dtype, &shape);
    for (int i = 0; i < shape.ndim; i++) out->stride[i] = stride[i];
    out->is_view = true;
    return CNN_OK;
}

static cnn_status expand_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    return cnn_ops_copy(call, call->in[0], out[0], err);
}

static cnn_status expand_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    return cnn_sum_to(g->dout[0], &g->in_spec[0].shape, &din[0], err);
}

/* ---- sum_to ---- */

/* Which dimensions of x go (or become 1); false where size does not expand to x's shape. */
static bool sum_to_mask(const cnn_tensor *x, const cnn_shape *size, uint32_t *mask) {
    int extra = x->shape.ndim - size->ndim;
    *mask = 0;
    if (extra < 0) return false;
    for (int i = 0; i < x->shape.ndim; i++) {
        int64_t wanted = i < extra ? 1 : size->size[i - extra];
        if (i >= extra && wanted == x->shape.size[i]) continue;
        if (wanted != 1) return false;
        *mask |= 1u << i;
    }
    return true;
}

static cnn_status sum_to_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    const size_params *params = call->params;
    const cnn_tensor *x = call->in[0];
    char from[CNN_SHAPE_TEXT], to[CNN_SHAPE_TEXT];
    uint32_t mask;
    if (!sum_to_mask(x, &params->size, &mask))
        return cnn_fail(err, CNN_BAD_SHAPE, "%s does not sum to %s: sizes must be equal, or 1 in the second",
                        cnn_shape_print(&x->shape, from), cnn_shape_print(&params->size, to));
    cnn_spec_dense(out, cnn_dtype_is_real(x->dtype) ? x->dtype : CNN_I64, &params->size);
    return CNN_OK;
}

static cnn_status sum_to_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    uint32_t mask;
    sum_to_mask(call->in[0], &out[0]->shape, &mask);
    return cnn_ops_sum(call, call->in[0], mask, out[0], err);
}

static cnn_status sum_to_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    return cnn_expand(g->dout[0], &g->in_spec[0].shape, &din[0], err);
}

const cnn_op cnn_op_expand = {
    .name = "expand",
    .inputs = 1,
    .outputs = 1,
    .param_bytes = sizeof(size_params),
    .fields = expand_fields,
    .infer = expand_infer,
    .forward = expand_forward,
    .backward = expand_backward,
};

const cnn_op cnn_op_sum_to = {
    .name = "sum_to",
    .inputs = 1,
    .outputs = 1,
    .param_bytes = sizeof(size_params),
    .fields = expand_fields,
    .infer = sum_to_infer,
    .forward = sum_to_forward,
    .reads_bf16 = cnn_narrow_always,
    .backward = sum_to_backward,
};
