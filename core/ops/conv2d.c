/* SPDX-License-Identifier: MIT
 * conv2d: 2-d cross-correlation, as deep learning says "convolution"; formula and layout in kernels/conv2d.h.
 *
 *   input [N, C, H, W]   weight [K, C/groups, R, S]   bias [K], may be absent   ->   output [N, K, P, Q]
 *
 * The output lies channels-last, and so does the input that the kernel reads: it is copied only if it does not.
 * The gradients are ops of their own (conv2d_backward.c); the bias's is a sum. */
#include "core/ops/conv2d.h"
#include "core/ops/support.h"

static const cnn_field conv2d_fields[] = {CONV2D_FIELDS(conv2d_params, ), {0}};

static cnn_status conv2d_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    static const char *const names[] = {"input", "weight", "bias"};
    const cnn_tensor *bias = call->in[2];
    cnn_conv2d_params s;
    char got[CNN_SHAPE_TEXT], from[CNN_SHAPE_TEXT];
    cnn_status status = cnn_conv2d_sizes("conv2d", call->params, call->in[0], call->in[1], &s, err);
    if (status == CNN_OK) status = cnn_ops_need_real(call, 3, names, err);
    if (status != CNN_OK) return status;
    if (bias && (bias->shape.ndim != 1 || bias->shape.size[0] != s.k))
        return cnn_fail(err, CNN_BAD_SHAPE, "conv2d needs bias [%lld] (weight is %s); got %s", (long long)s.k,
                        cnn_shape_print(&call->in[1]->shape, from), cnn_shape_print(&bias->shape, got));
    cnn_shape shape = {4, {s.n, s.k, s.p, s.q}};
    cnn_spec_channels_last(out, call->in[0]->dtype, &shape);
    return CNN_OK;
}

static cnn_status conv2d_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const cnn_conv2d_kernels *kernels = call->kernels->conv2d[out[0]->dtype];
    cnn_tensor *input = NULL, *weight = NULL, *bias = NULL;
    cnn_storage *workspace = NULL;
    cnn_conv2d_params s;
    if (!kernels || !kernels->forward) return cnn_ops_no_kernel(call, out[0]->dtype, err);
    cnn_status status = cnn_conv2d_sizes("conv2d", call->params, call->in[0], call->in[1], &s, err);
    if (status == CNN_OK) status = cnn_dense_channels_last(call->in[0], &input, err);
    if (status == CNN_OK) status = cnn_dense(call->in[1], &weight, err);
    if (status == CNN_OK && call->in[2]) status = cnn_dense(call->in[2], &bias, err);
    if (status == CNN_OK) status = cnn_conv2d_workspace(call, kernels, &s, CNN_CONV2D_FORWARD, &workspace, err);
    if (status == CNN_OK && s.n > 0)
        kernels->forward(call->team, &s, NULL, cnn_tensor_data(input), cnn_tensor_data(weight),
                         bias ? cnn_tensor_data(bias) : NULL, cnn_tensor_data(out[0]), NULL,
                         workspace ? workspace->data : NULL);
    cnn_tensor_release(&input);
    cnn_tensor_release(&weight);
    cnn_tensor_release(&bias);
    cnn_storage_release(&workspace);
    return status;
}

static cnn_status conv2d_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    static const cnn_shape all_but_channels = {3, {0, 2, 3}};
    const cnn_shape *input = &g->in_spec[0].shape, *weight = &g->in_spec[1].shape;
    conv2d_backward_params params = {.conv = *(const conv2d_params *)g->params};
    cnn_tensor *dout = g->dout[0], *dense = NULL;
    /* one copy to channels-last, if it takes one, for the three that read it */
    cnn_status status = cnn_apply(&cnn_op_channels_last, NULL, &dout, &dense, err);
    if (status == CNN_OK && g->wanted[0]) {
        cnn_tensor *in[2] = {dense, g->in[1]};
        params.size_h = input->size[2];
        params.size_w = input->size[3];
        status = cnn_apply(&cnn_op_conv2d_backward_input, &params, in, &din[0], err);
    }
    if (status == CNN_OK && g->wanted[1]) {
        cnn_tensor *in[2] = {g->in[0], dense};
        params.size_h = weight->size[2];
        params.size_w = weight->size[3];
        status = cnn_apply(&cnn_op_conv2d_backward_weight, &params, in, &din[1], err);
    }
    if (status == CNN_OK && g->wanted[2]) status = cnn_sum(dense, &all_but_channels, false, &din[2], err);
    cnn_tensor_release(&dense);
    return status;
}

/* Every output is a sum over one filter. */
static int64_t conv2d_multiply_adds(const cnn_call *call, const cnn_tensor *out) {
    const cnn_shape *weight = &call->in[1]->shape;
    return cnn_tensor_numel(out) * weight->size[1] * weight->size[2] * weight->size[3];
}

const cnn_op cnn_op_conv2d = {
    .name = "conv2d",
    .inputs = 3,
    .outputs = 1,
    .optional = 4,
    .saves_in = 3,
    .saves_for = {2, 1, 0},
    .multiply_adds = conv2d_multiply_adds,
    .param_bytes = sizeof(conv2d_params),
    .fields = conv2d_fields,
    .infer = conv2d_infer,
    .forward = conv2d_forward,
    .backward = conv2d_backward,
};
