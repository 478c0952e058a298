/* SPDX-License-Identifier: MIT
 * dropout: each element is zero with probability p, the others are scaled by 1 / (1 - p); with `channels` whole
 * channels of [N, C, ...] share one fate.
 *
 * The mask (0 or 1 / (1 - p)) is the op's second, hidden result, so the gradient is one product. Numbers are dealt to
 * the elements in the order of memory of the result. ceil(n/4) counters of the generator are used whatever p is. */
#include "core/ops/support.h"

typedef struct dropout_params {
    double p;
    bool channels;
} dropout_params;

static const cnn_field dropout_fields[] = {
    CNN_FIELD(dropout_params, REAL, p), CNN_FIELD(dropout_params, BOOL, channels), {0}};

static cnn_status dropout_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    static const char *const names[] = {"input"};
    const dropout_params *params = call->params;
    const cnn_tensor *x = call->in[0];
    char got[CNN_SHAPE_TEXT];
    cnn_status status = cnn_ops_need_real(call, 1, names, err);
    if (status != CNN_OK) return status;
    if (!(params->p >= 0 && params->p <= 1))
        return cnn_fail(err, CNN_BAD_VALUE, "dropout needs a probability between 0 and 1; got %g", params->p);
    if (params->channels && x->shape.ndim < 2)
        return cnn_fail(err, CNN_BAD_SHAPE, "dropout of channels needs [N, C, …]; got %s",
                        cnn_shape_print(&x->shape, got));
    cnn_spec_like(&out[0], x->dtype, &x->shape, x);
    out[1] = out[0];
    if (!params->channels) return CNN_OK;
    cnn_shape mask = x->shape;
    for (int i = 2; i < mask.ndim; i++) mask.size[i] = 1;
    cnn_spec_dense(&out[1], x->dtype, &mask);
    return CNN_OK;
}

static cnn_status dropout_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const dropout_params *params = call->params;
    const cnn_random_kernels *kernels = call->kernels->random[out[1]->dtype];
    cnn_generator *generator = cnn_default_generator();
    int64_t n = cnn_tensor_numel(out[1]);
    double kept = 1 - params->p;
    if (!kernels || !kernels->bernoulli) return cnn_ops_no_kernel(call, out[1]->dtype, err);
    kernels->bernoulli(call->team, generator->seed, generator->offset, n, kept, kept > 0 ? 1 / kept : 0,
                       cnn_tensor_data(out[1]));
    generator->offset += (uint64_t)(n + 3) / 4;
    return cnn_ops_arithmetic(call, CNN_ARITHMETIC_mul, call->in[0], out[1], out[0], err);
}

static cnn_status dropout_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    return cnn_mul(g->dout[0], g->out[1], &din[0], err);
}

const cnn_op cnn_op_dropout = {
    .name = "dropout",
    .inputs = 1,
    .outputs = 2,
    .saves_out = 2,
    .hidden_out = 2,
    .param_bytes = sizeof(dropout_params),
    .fields = dropout_fields,
    .infer = dropout_infer,
    .forward = dropout_forward,
    .backward = dropout_backward,
};
