/* SPDX-License-Identifier: MIT
 * avg_pool2d: the mean under each window; contract in kernels/pool2d.h.
 *
 * It is linear, so the gradient of its gradient is avg_pool2d again. Input and results lie channels-last. */
#include "core/ops/pool2d.h"
#include "core/ops/support.h"

#define WINDOW(params, prefix)                                                                                         \
    POOL2D_FIELDS(params, prefix), POOL2D_FIELD(params, prefix, BOOL, ceil_mode),                                      \
        POOL2D_FIELD(params, prefix, BOOL, count_include_pad), POOL2D_FIELD(params, prefix, INT, divisor)

static const cnn_field avg_fields[] = {WINDOW(pool2d_window, ), {0}};
static const cnn_field backward_fields[] = {WINDOW(pool2d_backward_params, window.),
                                            CNN_FIELD(pool2d_backward_params, INT, h),
                                            CNN_FIELD(pool2d_backward_params, INT, w),
                                            {0}};

/* Averages have no dilation; a caller cannot set it. */
static pool2d_window undilated(const pool2d_window *window) {
    pool2d_window copy = *window;
    copy.dilation_h = copy.dilation_w = 1;
    return copy;
}

static cnn_status avg_sizes(const cnn_call *call, cnn_pool2d_params *s, cnn_error *err) {
    const pool2d_window window = undilated(call->params);
    cnn_status status = cnn_ops_need_int(call->op->name, "a divisor", window.divisor, 0, err);
    return status == CNN_OK ? cnn_pool2d_sizes(call->op->name, &call->in[0]->shape, &window, s, err) : status;
}

static cnn_status backward_sizes(const cnn_call *call, cnn_pool2d_params *s, cnn_error *err) {
    const pool2d_window window = undilated(&((const pool2d_backward_params *)call->params)->window);
    cnn_status status = cnn_ops_need_int(call->op->name, "a divisor", window.divisor, 0, err);
    return status == CNN_OK ? cnn_pool2d_backward_sizes(call, &window, s, err) : status;
}

/* ---- forward ---- */

static cnn_status avg_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    static const char *const names[] = {"input"};
    cnn_pool2d_params s;
    cnn_status status = cnn_ops_need_image("avg_pool2d", call->in[0], err);
    if (status == CNN_OK) status = cnn_ops_need_real(call, 1, names, err);
    if (status == CNN_OK) status = avg_sizes(call, &s, err);
    if (status != CNN_OK) return status;
    cnn_shape shape = {4, {s.n, s.c, s.p, s.q}};
    cnn_spec_channels_last(out, call->in[0]->dtype, &shape);
    return CNN_OK;
}

static cnn_status avg_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const cnn_pool2d_kernels *kernels = call->kernels->pool2d[out[0]->dtype];
    cnn_tensor *input = NULL;
    cnn_pool2d_params s;
    if (!kernels || !kernels->avg_forward) return cnn_ops_no_kernel(call, out[0]->dtype, err);
    cnn_status status = avg_sizes(call, &s, err);
    if (status == CNN_OK) status = cnn_dense_channels_last(call->in[0], &input, err);
    if (status == CNN_OK && s.n > 0)
        kernels->avg_forward(call->team, &s, cnn_tensor_data(input), cnn_tensor_data(out[0]));
    cnn_tensor_release(&input);
    return status;
}

static cnn_status avg_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    const cnn_shape *input = &g->in_spec[0].shape;
    pool2d_backward_params params = {*(const pool2d_window *)g->params, input->size[2], input->size[3], false};
    return cnn_apply(&cnn_op_avg_pool2d_backward, &params, g->dout, &din[0], err);
}

/* ---- gradient: doutput -> dinput ---- */

static cnn_status backward_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    static const char *const names[] = {"doutput"};
    cnn_pool2d_params s;
    cnn_status status = backward_sizes(call, &s, err);
    if (status == CNN_OK) status = cnn_ops_need_real(call, 1, names, err);
    if (status != CNN_OK) return status;
    cnn_shape shape = {4, {s.n, s.c, s.h, s.w}};
    cnn_spec_channels_last(out, call->in[0]->dtype, &shape);
    return CNN_OK;
}

static cnn_status backward_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const cnn_pool2d_kernels *kernels = call->kernels->pool2d[out[0]->dtype];
    cnn_tensor *dout = NULL;
    cnn_pool2d_params s;
    if (!kernels || !kernels->avg_backward) return cnn_ops_no_kernel(call, out[0]->dtype, err);
    cnn_status status = backward_sizes(call, &s, err);
    if (status == CNN_OK) status = cnn_dense_channels_last(call->in[0], &dout, err);
    if (status == CNN_OK && s.n > 0)
        kernels->avg_backward(call->team, &s, cnn_tensor_data(dout), cnn_tensor_data(out[0]));
    cnn_tensor_release(&dout);
    return status;
}

static cnn_status backward_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    const pool2d_backward_params *params = g->params;
    return cnn_apply(&cnn_op_avg_pool2d, &params->window, g->dout, &din[0], err);
}

const cnn_op cnn_op_avg_pool2d = {
    .name = "avg_pool2d",
    .inputs = 1,
    .outputs = 1,
    .param_bytes = sizeof(pool2d_window),
    .fields = avg_fields,
    .infer = avg_infer,
    .forward = avg_forward,
    .reads_bf16 = cnn_pool2d_reads_bf16,
    .backward = avg_backward,
};

const cnn_op cnn_op_avg_pool2d_backward = {
    .name = "avg_pool2d_backward",
    .inputs = 1,
    .outputs = 1,
    .param_bytes = sizeof(pool2d_backward_params),
    .fields = backward_fields,
    .infer = backward_infer,
    .forward = backward_forward,
    .reads_bf16 = cnn_pool2d_backward_reads_bf16,
    .backward = backward_backward,
};
