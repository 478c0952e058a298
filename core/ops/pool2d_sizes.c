/* SPDX-License-Identifier: MIT
 * Sizes of pooling: see pool2d.h. */
#include "core/ops/pool2d.h"
#include "core/ops/support.h"

static cnn_status check_window(const char *op, const cnn_pool2d_params *s, cnn_error *err) {
    cnn_status status = cnn_ops_need_int(op, "a window", s->r, 1, err);
    if (status == CNN_OK) status = cnn_ops_need_int(op, "a window", s->s, 1, err);
    if (status == CNN_OK) status = cnn_ops_need_int(op, "a stride", s->stride_h, 1, err);
    if (status == CNN_OK) status = cnn_ops_need_int(op, "a stride", s->stride_w, 1, err);
    if (status == CNN_OK) status = cnn_ops_need_int(op, "a padding", s->pad_h, 0, err);
    if (status == CNN_OK) status = cnn_ops_need_int(op, "a padding", s->pad_w, 0, err);
    if (status == CNN_OK) status = cnn_ops_need_int(op, "a dilation", s->dilation_h, 1, err);
    if (status == CNN_OK) status = cnn_ops_need_int(op, "a dilation", s->dilation_w, 1, err);
    if (status != CNN_OK) return status;
    if (s->pad_h > s->r / 2 || s->pad_w > s->s / 2)
        return cnn_fail(err, CNN_BAD_VALUE, "%s needs a padding of at most half the window, %lldx%lld; got %lldx%lld",
                        op, (long long)(s->r / 2), (long long)(s->s / 2), (long long)s->pad_h, (long long)s->pad_w);
    return CNN_OK;
}

cnn_status cnn_pool2d_sizes(const char *op, const cnn_shape *input, const pool2d_window *window, cnn_pool2d_params *s,
                            cnn_error *err) {
    char got[CNN_SHAPE_TEXT];
    *s = (cnn_pool2d_params){
        .n = input->size[0],
        .c = input->size[1],
        .h = input->size[2],
        .w = input->size[3],
        .r = window->r,
        .s = window->s,
        .stride_h = window->stride_h,
        .stride_w = window->stride_w,
        .pad_h = window->pad_h,
        .pad_w = window->pad_w,
        .dilation_h = window->dilation_h,
        .dilation_w = window->dilation_w,
        .divisor = window->divisor,
        .count_include_pad = window->count_include_pad,
    };
    cnn_status status = check_window(op, s, err);
    if (status != CNN_OK) return status;
    s->p = cnn_ops_windows(s->h, s->r, s->stride_h, s->pad_h, s->dilation_h, window->ceil_mode);
    s->q = cnn_ops_windows(s->w, s->s, s->stride_w, s->pad_w, s->dilation_w, window->ceil_mode);
    if (s->h > 0 && s->w > INT32_MAX / s->h)
        return cnn_fail(err, CNN_BAD_SHAPE, "%s needs an image of fewer than 2^31 places; got %s", op,
                        cnn_shape_print(input, got));
    if (s->p >= 1 && s->q >= 1) return CNN_OK;
    cnn_fail(err, CNN_BAD_SHAPE,
             "%s needs an input that the %lldx%lld window fits into; %s with padding %lldx%lld is "
             "%lldx%lld",
             op, (long long)(s->dilation_h * (s->r - 1) + 1), (long long)(s->dilation_w * (s->s - 1) + 1),
             cnn_shape_print(input, got), (long long)s->pad_h, (long long)s->pad_w, (long long)(s->h + 2 * s->pad_h),
             (long long)(s->w + 2 * s->pad_w));
    cnn_error_fix(err, "a window of at most %lldx%lld", (long long)s->h, (long long)s->w);
    return CNN_BAD_SHAPE;
}

static cnn_status check_doutput(const char *op, const cnn_pool2d_params *s, const cnn_tensor *x, cnn_error *err) {
    const cnn_shape needed = {4, {s->n, s->c, s->p, s->q}};
    char want[CNN_SHAPE_TEXT], got[CNN_SHAPE_TEXT];
    if (cnn_shape_equal(&needed, &x->shape)) return CNN_OK;
    return cnn_fail(err, CNN_BAD_SHAPE, "%s needs %s, the pooling's own size; got %s", op,
                    cnn_shape_print(&needed, want), cnn_shape_print(&x->shape, got));
}

cnn_status cnn_pool2d_backward_sizes(const cnn_call *call, const pool2d_window *window, cnn_pool2d_params *s,
                                     cnn_error *err) {
    const pool2d_backward_params *params = call->params;
    const char *op = call->op->name;
    cnn_status status = cnn_ops_need_image(op, call->in[0], err);
    if (status == CNN_OK) status = cnn_ops_need_int(op, "h", params->h, 1, err);
    if (status == CNN_OK) status = cnn_ops_need_int(op, "w", params->w, 1, err);
    if (status != CNN_OK) return status;
    const cnn_shape input = {4, {call->in[0]->shape.size[0], call->in[0]->shape.size[1], params->h, params->w}};
    status = cnn_pool2d_sizes(op, &input, window, s, err);
    for (int i = 0; i < call->op->inputs && status == CNN_OK; i++) status = check_doutput(op, s, call->in[i], err);
    return status;
}

bool cnn_pool2d_reads_bf16(const cnn_call *call, cnn_tensor *const *out) {
    (void)out;
    return call->kernels->pool2d[CNN_BF16] != NULL;
}

bool cnn_pool2d_backward_reads_bf16(const cnn_call *call, cnn_tensor *const *out) {
    const pool2d_backward_params *params = call->params;
    const pool2d_window *w = &params->window;
    const int64_t *size = call->in[0]->shape.size;
    const bool dilated = call->op == &cnn_op_max_pool2d_backward && (w->dilation_h != 1 || w->dilation_w != 1);
    return cnn_pool2d_reads_bf16(call, out) && !dilated && w->stride_h == w->r && w->stride_w == w->s &&
           w->pad_h == 0 && w->pad_w == 0 && size[2] * w->r == params->h && size[3] * w->s == params->w;
}
