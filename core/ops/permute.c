/* SPDX-License-Identifier: MIT
 * permute: the dimensions in another order, as a view. The gradient is permuted back. */
#include "core/ops/params.h"
#include "core/ops/support.h"

static const cnn_field permute_fields[] = {CNN_FIELD(permute_params, DIMS, dims), {0}};

static cnn_status permute_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    const permute_params *params = call->params;
    const cnn_tensor *x = call->in[0];
    char got[CNN_SHAPE_TEXT];
    uint32_t mask;
    if (params->dims.ndim != x->shape.ndim)
        return cnn_fail(err, CNN_BAD_VALUE, "permute names each of the %d dimensions of %s once; got %d", x->shape.ndim,
                        cnn_shape_print(&x->shape, got), params->dims.ndim);
    cnn_status status = cnn_ops_dims_mask("permute", &params->dims, x->shape.ndim, &mask, err);
    if (status != CNN_OK) return status;
    cnn_spec_dense(out, x->dtype, &x->shape);
    for (int i = 0; i < x->shape.ndim; i++) {
        out->shape.size[i] = x->shape.size[params->dims.size[i]];
        out->stride[i] = x->stride[params->dims.size[i]];
    }
    out->is_view = true;
    return CNN_OK;
}

static cnn_status permute_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    return cnn_ops_copy(call, call->in[0], out[0], err);
}

static cnn_status permute_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    const permute_params *params = g->params;
    cnn_shape inverse = {.ndim = params->dims.ndim};
    for (int i = 0; i < inverse.ndim; i++) inverse.size[params->dims.size[i]] = i;
    return cnn_permute(g->dout[0], &inverse, &din[0], err);
}

const cnn_op cnn_op_permute = {
    .name = "permute",
    .inputs = 1,
    .outputs = 1,
    .param_bytes = sizeof(permute_params),
    .fields = permute_fields,
    .infer = permute_infer,
    .forward = permute_forward,
    .backward = permute_backward,
};
