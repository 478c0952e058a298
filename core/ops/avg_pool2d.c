/* SPDX-License-Identifier: MIT
 * avg_pool2d: the mean under each window; contract in kernels/pool2d.h.
 *
 * It is linear, so the gradient of its gradient is avg_pool2d again. Input and results lie channels-last. */
#include "core/ops/pool2d.h"
#include "core/ops/support.h"

typedef struct avg_pool2d_params {
    int64_t r, s, stride_h, stride_w, pad_h, pad_w;
    bool ceil_mode, count_include_pad;
    int64_t divisor; /* 0: the size of the window */
} avg_pool2d_params;

typedef struct avg_pool2d_backward_params {
    avg_pool2d_params pool;
    int64_t h, w;
} avg_pool2d_backward_params;

#define WINDOW(params, prefix, type, name)                                                                             \
    { #name, CNN_FIELD_##type, offsetof(params, prefix name) }
#define WINDOWS(params, prefix)                                                                                        \
    WINDOW(params, prefix, INT, r), WINDOW(params, prefix, INT, s), WINDOW(params, prefix, INT, stride_h),             \
        WINDOW(params, prefix, INT, stride_w), WINDOW(params, prefix, INT, pad_h), WINDOW(params, prefix, INT, pad_w), \
        WINDOW(params, prefix, BOOL, ceil_mode), WINDOW(params, prefix, BOOL, count_include_pad),                      \
        WINDOW(params, prefix, INT, divisor)

static const cnn_field avg_fields[] = {WINDOWS(avg_pool2d_params, ), {0}};
static const cnn_field backward_fields[] = {WINDOWS(avg_pool2d_backward_params, pool.),
                                            CNN_FIELD(avg_pool2d_backward_params, INT, h),
                                            CNN_FIELD(avg_pool2d_backward_params, INT, w),
                                            {0}};

static cnn_status avg_sizes(const char *op, const avg_pool2d_params *p, const cnn_shape *input, cnn_pool2d_params *s,
                            cnn_error *err) {
    *s = (cnn_pool2d_params){
        .r = p->r,
        .s = p->s,
        .stride_h = p->stride_h,
        .stride_w = p->stride_w,
        .pad_h = p->pad_h,
        .pad_w = p->pad_w,
        .dilation_h = 1,
        .dilation_w = 1,
        .divisor = p->divisor,
        .count_include_pad = p->count_include_pad,
    };
    cnn_status status = cnn_ops_need_int(op, "a divisor", p->divisor, 0, err);
    return status == CNN_OK ? cnn_pool2d_sizes(op, input, p->ceil_mode, s, err) : status;
}

/* ---- forward ---- */

static cnn_status avg_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    static const char *const names[] = {"input"};
    cnn_pool2d_params s;
    cnn_status status = cnn_ops_need_image("avg_pool2d", call->in[0], err);
    if (status == CNN_OK) status = cnn_ops_need_real(call, 1, names, err);
    if (status == CNN_OK) status = avg_sizes("avg_pool2d", call->params, &call->in[0]->shape, &s, err);
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
    cnn_status status = avg_sizes("avg_pool2d", call->params, &call->in[0]->shape, &s, err);
    if (status == CNN_OK) status = cnn_dense_channels_last(call->in[0], &input, err);
    if (status == CNN_OK && s.n > 0)
        kernels->avg_forward(call->team, &s, cnn_tensor_data(input), cnn_tensor_data(out[0]));
    cnn_tensor_release(&input);
    return status;
}

static cnn_status avg_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    const cnn_shape *input = &g->in_spec[0].shape;
    avg_pool2d_backward_params params = {*(const avg_pool2d_params *)g->params, input->size[2], input->size[3]};
    return cnn_apply(&cnn_op_avg_pool2d_backward, &params, g->dout, &din[0], err);
}

/* ---- gradient: doutput -> dinput ---- */

static cnn_status backward_sizes(const cnn_call *call, cnn_pool2d_params *s, cnn_error *err) {
    const avg_pool2d_backward_params *params = call->params;
    const char *op = call->op->name;
    cnn_status status = cnn_ops_need_image(op, call->in[0], err);
    if (status == CNN_OK) status = cnn_ops_need_int(op, "h", params->h, 1, err);
    if (status == CNN_OK) status = cnn_ops_need_int(op, "w", params->w, 1, err);
    if (status != CNN_OK) return status;
    cnn_shape input = {4, {call->in[0]->shape.size[0], call->in[0]->shape.size[1], params->h, params->w}};
    status = avg_sizes(op, &params->pool, &input, s, err);
    return status == CNN_OK ? cnn_pool2d_check_doutput(op, s, call->in[0], err) : status;
}

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
    const avg_pool2d_backward_params *params = g->params;
    return cnn_apply(&cnn_op_avg_pool2d, &params->pool, g->dout, &din[0], err);
}

const cnn_op cnn_op_avg_pool2d = {
    .name = "avg_pool2d",
    .inputs = 1,
    .outputs = 1,
    .param_bytes = sizeof(avg_pool2d_params),
    .fields = avg_fields,
    .infer = avg_infer,
    .forward = avg_forward,
    .backward = avg_backward,
};

const cnn_op cnn_op_avg_pool2d_backward = {
    .name = "avg_pool2d_backward",
    .inputs = 1,
    .outputs = 1,
    .param_bytes = sizeof(avg_pool2d_backward_params),
    .fields = backward_fields,
    .infer = backward_infer,
    .forward = backward_forward,
    .backward = backward_backward,
};
