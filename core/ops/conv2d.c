/* SPDX-License-Identifier: MIT
 * conv2d: 2-d cross-correlation, as deep learning says "convolution"; formula and layout in kernels/conv2d.h.
 *
 *   input [N, C, H, W]   weight [K, C/groups, R, S]   bias [K], may be absent   ->   output [N, K, P, Q]
 *
 * The output lies channels-last, and so does the input that the kernel reads: it is copied only if it does not.
 * A batch norm and a ReLU that the input waits for are done on the way in, and the output's moments, which a batch norm
 * behind will want, are summed on the way out. What the kernel keeps of the input for the weight's gradient is a hidden
 * result. The gradients are ops of their own (conv2d_backward.c); the bias's is a sum. */
#include "core/ops/conv2d.h"
#include "core/ops/support.h"

#include <string.h>

enum { OUTPUT, KEPT };

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
    cnn_shape shape = {4, {s.n, s.k, s.p, s.q}}, kept = {1, {0}};
    if (call->in[1]->requires_grad && cnn_grad_enabled()) kept.size[0] = cnn_conv2d_kept_floats(call, &s);
    cnn_spec_channels_last(&out[OUTPUT], call->in[0]->dtype, &shape);
    cnn_spec_dense(&out[KEPT], CNN_F32, &kept);
    return CNN_OK;
}

#define WORTH_MOMENTS 32768 /* outputs from which a batch norm behind spares a pass over them */

/* Room for the output's moments, if a batch norm in training may come. */
static cnn_status moments_of(const cnn_conv2d_params *s, const cnn_tensor *out, cnn_storage **moments, cnn_error *err) {
    if (!cnn_grad_enabled() || out->dtype == CNN_F64 || cnn_tensor_numel(out) < WORTH_MOMENTS) return CNN_OK;
    return cnn_storage_new((size_t)(3 * s->n * s->k) * sizeof(float), moments, err);
}

static cnn_status convolve(const cnn_call *call, const cnn_conv2d_kernels *kernels, const cnn_conv2d_params *s,
                           cnn_tensor *const *in, cnn_tensor *const *out, cnn_error *err) {
    cnn_storage *workspace = NULL, *moments = NULL;
    cnn_status status = cnn_conv2d_workspace(call, kernels, s, CNN_CONV2D_FORWARD, &workspace, err);
    if (status == CNN_OK) status = moments_of(s, out[OUTPUT], &moments, err);
    if (status == CNN_OK && s->n > 0) {
        const conv2d_wishes wishes = {.pass = CNN_CONV2D_FORWARD, .moments = moments ? moments->data : NULL};
        const conv2d_taken taken = cnn_conv2d_take(call, kernels, s, &wishes, in[0], NULL);
        kernels->forward(call->team, s, taken.fused ? &taken.fusion : NULL, taken.input, cnn_tensor_data(in[1]),
                         in[2] ? cnn_tensor_data(in[2]) : NULL, cnn_tensor_data(out[OUTPUT]),
                         cnn_tensor_numel(out[KEPT]) > 0 ? cnn_tensor_data(out[KEPT]) : NULL,
                         workspace ? workspace->data : NULL);
        cnn_conv2d_stamp(call, s, out[KEPT]);
        if (taken.staged && !cnn_interrupted()) cnn_wait_done(in[0]->storage);
        if (taken.fusion.moments) {
            out[OUTPUT]->storage->moments = moments;
            moments = NULL;
        }
    }
    cnn_storage_release(&moments);
    cnn_storage_release(&workspace);
    return status;
}

static cnn_status conv2d_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const cnn_conv2d_kernels *kernels = call->kernels->conv2d[out[OUTPUT]->dtype];
    cnn_tensor *in[3] = {NULL};
    cnn_conv2d_params s;
    if (!kernels || !kernels->forward) return cnn_ops_no_kernel(call, out[OUTPUT]->dtype, err);
    cnn_status status = cnn_conv2d_sizes("conv2d", call->params, call->in[0], call->in[1], &s, err);
    if (status == CNN_OK) status = cnn_dense_channels_last(call->in[0], &in[0], err);
    if (status == CNN_OK) status = cnn_conv2d_weight(call, call->in[1], &in[1], err);
    if (status == CNN_OK && call->in[2]) status = cnn_conv2d_weight(call, call->in[2], &in[2], err);
    if (status == CNN_OK) status = convolve(call, kernels, &s, in, out, err);
    for (int i = 0; i < 3; i++) cnn_tensor_release(&in[i]);
    return status;
}

/* Both gradients of the operands by one op, where the kernels have one look at doutput for both. */
static cnn_status both_gradients(const cnn_gradient *g, cnn_tensor *dout, cnn_tensor **din, cnn_error *err) {
    const conv2d_both_params params = {.conv = *(const conv2d_params *)g->params, .gated = g->unseen[0]};
    cnn_tensor *in[4] = {dout, g->in[0], g->in[1], g->out[KEPT]}, *out[2];
    cnn_status status = cnn_apply(&cnn_op_conv2d_backward, &params, in, out, err);
    if (status == CNN_OK) din[0] = out[0], din[1] = out[1];
    return status;
}

/* The sum of doutput over all pixels. The gradient of a batch norm that still waits has brought its own. */
static cnn_status bias_gradient(const cnn_gradient *g, cnn_tensor *dout, cnn_tensor **din, cnn_error *err) {
    static const cnn_shape all_but_channels = {3, {0, 2, 3}};
    const cnn_waiting *waiting = cnn_wait_of(dout);
    if (!waiting || !waiting->linear || g->in_spec[2].dtype != CNN_F32)
        return cnn_sum(dout, &all_but_channels, false, din, err);
    cnn_status status = cnn_tensor_empty(CNN_F32, &g->in_spec[2].shape, din, err);
    if (status != CNN_OK) return status;
    const float *sums = (const float *)waiting->factors->data + 4 * waiting->channels;
    memcpy(cnn_tensor_data(*din), sums, (size_t)waiting->channels * sizeof(float));
    return CNN_OK;
}

static cnn_status conv2d_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    const cnn_shape *input = &g->in_spec[0].shape, *weight = &g->in_spec[1].shape;
    conv2d_backward_params params = {.conv = *(const conv2d_params *)g->params};
    cnn_tensor *dout = g->dout[0], *dense = NULL;
    /* one copy to channels-last, if it takes one, for the three that read it */
    cnn_status status = cnn_apply(&cnn_op_channels_last, NULL, &dout, &dense, err);
    if (status == CNN_OK && g->wanted[0] && g->wanted[1]) {
        status = both_gradients(g, dense, din, err);
    } else if (status == CNN_OK && g->wanted[0]) {
        cnn_tensor *in[2] = {dense, g->in[1]};
        params.size_h = input->size[2];
        params.size_w = input->size[3];
        status = cnn_apply(&cnn_op_conv2d_backward_input, &params, in, &din[0], err);
    } else if (status == CNN_OK && g->wanted[1]) {
        cnn_tensor *in[3] = {g->in[0], dense, g->out[KEPT]};
        params.size_h = weight->size[2];
        params.size_w = weight->size[3];
        status = cnn_apply(&cnn_op_conv2d_backward_weight, &params, in, &din[1], err);
    }
    if (status == CNN_OK && g->wanted[2]) status = bias_gradient(g, dense, &din[2], err);
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
    .outputs = 2,
    .optional = 4,
    .saves_in = 3,
    .saves_out = 1u << KEPT,
    .hidden_out = 1u << KEPT,
    .saves_for = {2, 1, 0},
    .multiply_adds = conv2d_multiply_adds,
    .param_bytes = sizeof(conv2d_params),
    .fields = conv2d_fields,
    .autocast = CNN_AUTOCAST_BF16,
    .infer = conv2d_infer,
    .forward = conv2d_forward,
    .reads_bf16 = cnn_conv2d_reads_bf16,
    .backward = conv2d_backward,
};

cnn_status cnn_conv2d(const conv2d_params *params, cnn_tensor *input, cnn_tensor *weight, cnn_tensor *bias,
                      cnn_tensor **out, cnn_error *err) {
    cnn_tensor *in[3] = {input, weight, bias}, *made[2];
    cnn_status status = cnn_apply(&cnn_op_conv2d, params, in, made, err);
    if (status != CNN_OK) return status;
    *out = made[OUTPUT];
    cnn_tensor_release(&made[KEPT]);
    return CNN_OK;
}
