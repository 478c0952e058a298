/* SPDX-License-Identifier: MIT
 * Two tensors one behind the other along a dimension. More are joined pairwise by the caller.
 *
 * The result is channels-last where both operands are. The gradient of each operand is its slice of doutput. */
#include "core/narrow.h"
#include "core/ops/params.h"
#include "core/ops/support.h"

typedef struct cat_params {
    int64_t dim;
} cat_params;

static const cnn_field cat_fields[] = {CNN_FIELD(cat_params, DIM, dim), {0}};

static cnn_status cat_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    const cat_params *params = call->params;
    const cnn_tensor *a = call->in[0], *b = call->in[1];
    char first[CNN_SHAPE_TEXT], second[CNN_SHAPE_TEXT];
    cnn_status status = cnn_ops_need_dim("cat", params->dim, &a->shape, err);
    if (status != CNN_OK) return status;
    if (a->dtype != b->dtype)
        return cnn_fail(err, CNN_BAD_TYPE, "cat joins tensors of one type; got %s and %s", cnn_dtype_name(a->dtype),
                        cnn_dtype_name(b->dtype));
    bool fits = a->shape.ndim == b->shape.ndim;
    for (int i = 0; fits && i < a->shape.ndim; i++) fits = i == params->dim || a->shape.size[i] == b->shape.size[i];
    if (!fits)
        return cnn_fail(
            err, CNN_BAD_SHAPE, "tensors joined along dimension %lld must agree in all others; got %s and %s",
            (long long)params->dim + 1, cnn_shape_print(&a->shape, first), cnn_shape_print(&b->shape, second));
    cnn_shape shape = a->shape;
    shape.size[params->dim] += b->shape.size[params->dim];
    if (cnn_tensor_is_channels_last(a) && cnn_tensor_is_channels_last(b))
        cnn_spec_channels_last(out, a->dtype, &shape);
    else
        cnn_spec_dense(out, a->dtype, &shape);
    return CNN_OK;
}

/* Copies x into the part of out that begins at `start`. */
static cnn_status copy_part(const cnn_call *call, const cnn_tensor *x, cnn_tensor *out, int64_t start, cnn_error *err) {
    const cat_params *params = call->params;
    cnn_tensor *part = NULL;
    if (cnn_tensor_numel(x) == 0) return CNN_OK;
    cnn_status status = cnn_tensor_over(out->storage, out->dtype, &x->shape, out->stride,
                                        out->offset + start * out->stride[params->dim], &part, err);
    if (status == CNN_OK) status = cnn_ops_copy(call, x, part, err);
    cnn_tensor_release(&part);
    return status;
}

static cnn_status cat_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const cat_params *params = call->params;
    cnn_status status = copy_part(call, call->in[0], out[0], 0, err);
    if (status == CNN_OK) status = copy_part(call, call->in[1], out[0], call->in[0]->shape.size[params->dim], err);
    return status;
}

static cnn_status cat_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    const cat_params *params = g->params;
    int64_t start = 0;
    for (int i = 0; i < 2; i++) {
        const slice_params part = {params->dim, start, g->in_spec[i].shape.size[params->dim]};
        start += part.length;
        if (!g->wanted[i]) continue;
        cnn_status status = cnn_apply(&cnn_op_slice, &part, &g->dout[0], &din[i], err);
        if (status != CNN_OK) return status;
    }
    return CNN_OK;
}

const cnn_op cnn_op_cat = {
    .name = "cat",
    .inputs = 2,
    .outputs = 1,
    .param_bytes = sizeof(cat_params),
    .fields = cat_fields,
    .infer = cat_infer,
    .forward = cat_forward,
    .reads_bf16 = cnn_narrow_always,
    .backward = cat_backward,
};
