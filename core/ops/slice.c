/* SPDX-License-Identifier: MIT
 * A part of a tensor, as a view: slice keeps the dimension, select drops it. start, length and index count from 0 and
 * have been translated by the caller; messages count from 1.
 *
 * The gradient is doutput surrounded by zeros, which is what pad makes. pad reaches as many dimensions as a list of
 * sizes holds, counted from the last one; a dimension further in front is moved to the end for the purpose. */
#include "core/ops/lines.h"
#include "core/ops/params.h"

typedef struct select_params {
    int64_t dim, index;
} select_params;

static const cnn_field slice_fields[] = {
    CNN_FIELD(slice_params, DIM, dim), CNN_FIELD(slice_params, INT, start), CNN_FIELD(slice_params, INT, length), {0}};
static const cnn_field select_fields[] = {
    CNN_FIELD(select_params, DIM, dim), CNN_FIELD(select_params, INT, index), {0}};

static cnn_status slice_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    const slice_params *params = call->params;
    const cnn_tensor *x = call->in[0];
    char got[CNN_SHAPE_TEXT];
    cnn_status status = cnn_ops_need_dim("slice", params->dim, &x->shape, err);
    if (status != CNN_OK) return status;
    int64_t size = x->shape.size[params->dim];
    if (params->start < 0 || params->length < 0 || params->start > size || params->length > size - params->start)
        return cnn_fail(err, CNN_BAD_VALUE,
                        "dimension %lld of %s has %lld places; a slice of %lld beginning at %lld does not fit",
                        (long long)params->dim + 1, cnn_shape_print(&x->shape, got), (long long)size,
                        (long long)params->length, (long long)params->start + 1);
    cnn_spec_dense(out, x->dtype, &x->shape);
    for (int i = 0; i < x->shape.ndim; i++) out->stride[i] = x->stride[i];
    out->shape.size[params->dim] = params->length;
    out->offset = params->start * x->stride[params->dim];
    out->is_view = true;
    return CNN_OK;
}

static cnn_status select_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    const select_params *params = call->params;
    const cnn_tensor *x = call->in[0];
    char got[CNN_SHAPE_TEXT];
    cnn_status status = cnn_ops_need_dim("select", params->dim, &x->shape, err);
    if (status != CNN_OK) return status;
    if (params->index < 0 || params->index >= x->shape.size[params->dim])
        return cnn_fail(err, CNN_BAD_VALUE, "indices count from 1 to %lld in dimension %lld of %s; got %lld",
                        (long long)x->shape.size[params->dim], (long long)params->dim + 1,
                        cnn_shape_print(&x->shape, got),
                        (long long)(params->index >= 0 ? params->index + 1 : params->index));
    cnn_shape shape = cnn_ops_reduced_shape(&x->shape, 1u << params->dim, false);
    cnn_spec_dense(out, x->dtype, &shape);
    for (int i = 0; i < shape.ndim; i++) out->stride[i] = x->stride[i < params->dim ? i : i + 1];
    out->offset = params->index * x->stride[params->dim];
    out->is_view = true;
    return CNN_OK;
}

static cnn_status view_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    return cnn_ops_copy(call, call->in[0], out[0], err);
}

/* ---- gradients ---- */

static cnn_status slice_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    const slice_params *params = g->params;
    int64_t size = g->in_spec[0].shape.size[params->dim];
    return cnn_ops_pad_dim(g->dout[0], (int)params->dim, params->start, size - params->start - params->length, &din[0],
                           err);
}

static cnn_status select_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    const select_params *params = g->params;
    const cnn_shape *shape = &g->in_spec[0].shape;
    cnn_shape kept = cnn_ops_reduced_shape(shape, 1u << params->dim, true);
    cnn_tensor *row = NULL;
    cnn_status status = cnn_reshape(g->dout[0], &kept, &row, err);
    if (status == CNN_OK)
        status = cnn_ops_pad_dim(row, (int)params->dim, params->index, shape->size[params->dim] - params->index - 1,
                                 &din[0], err);
    cnn_tensor_release(&row);
    return status;
}

const cnn_op cnn_op_slice = {
    .name = "slice",
    .inputs = 1,
    .outputs = 1,
    .param_bytes = sizeof(slice_params),
    .fields = slice_fields,
    .infer = slice_infer,
    .forward = view_forward,
    .backward = slice_backward,
};

const cnn_op cnn_op_select = {
    .name = "select",
    .inputs = 1,
    .outputs = 1,
    .param_bytes = sizeof(select_params),
    .fields = select_fields,
    .infer = select_infer,
    .forward = view_forward,
    .backward = select_backward,
};
