/* SPDX-License-Identifier: MIT
 * The same numbers in another type (cast) or in another order of memory (contiguous, channels_last).
 *
 * What already is as wanted comes back as a view, without a copy. A cast keeps the order of memory. Gradients go back
 * unchanged, converted to the input's type. */
#include "core/narrow.h"
#include "core/ops/params.h"
#include "core/ops/support.h"

static const cnn_field cast_fields[] = {CNN_FIELD(cast_params, DTYPE, dtype), {0}};

/* x as it is */
static cnn_status same_view(const cnn_tensor *x, cnn_spec *out) {
    cnn_spec_dense(out, x->dtype, &x->shape);
    for (int i = 0; i < x->shape.ndim; i++) out->stride[i] = x->stride[i];
    out->is_view = true;
    return CNN_OK;
}

static cnn_status cast_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    const cast_params *params = call->params;
    if ((int)params->dtype < 0 || params->dtype >= CNN_DTYPES) return cnn_fail(err, CNN_BAD_TYPE, "unknown type");
    if (call->in[0]->dtype == params->dtype) return same_view(call->in[0], out);
    cnn_spec_like(out, params->dtype, &call->in[0]->shape, call->in[0]);
    return CNN_OK;
}

static cnn_status contiguous_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    (void)err;
    if (cnn_tensor_is_contiguous(call->in[0])) return same_view(call->in[0], out);
    cnn_spec_dense(out, call->in[0]->dtype, &call->in[0]->shape);
    return CNN_OK;
}

static cnn_status channels_last_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    const cnn_tensor *x = call->in[0];
    char got[CNN_SHAPE_TEXT];
    if (x->shape.ndim != 4)
        return cnn_fail(err, CNN_BAD_SHAPE, "channels_last needs images [N, C, H, W]; got %s",
                        cnn_shape_print(&x->shape, got));
    if (cnn_tensor_is_channels_last(x)) return same_view(x, out);
    cnn_spec_channels_last(out, x->dtype, &x->shape);
    return CNN_OK;
}

static cnn_status copy_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    return cnn_ops_copy(call, call->in[0], out[0], err);
}

static cnn_status copy_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    return cnn_cast(g->dout[0], g->in_spec[0].dtype, &din[0], err);
}

const cnn_op cnn_op_cast = {
    .name = "cast",
    .inputs = 1,
    .outputs = 1,
    .param_bytes = sizeof(cast_params),
    .fields = cast_fields,
    .infer = cast_infer,
    .forward = copy_forward,
    .reads_bf16 = cnn_narrow_always,
    .backward = copy_backward,
};

const cnn_op cnn_op_contiguous = {
    .name = "contiguous",
    .inputs = 1,
    .outputs = 1,
    .infer = contiguous_infer,
    .forward = copy_forward,
    .reads_bf16 = cnn_narrow_always,
    .backward = copy_backward,
};

const cnn_op cnn_op_channels_last = {
    .name = "channels_last",
    .inputs = 1,
    .outputs = 1,
    .infer = channels_last_infer,
    .forward = copy_forward,
    .reads_bf16 = cnn_narrow_always,
    .backward = copy_backward,
};
