/* SPDX-License-Identifier: MIT
 * The sizes of a convolution and the sentences for those that do not fit: see conv2d.h. */
#include "core/ops/conv2d.h"
#include "core/ops/support.h"
#include "core/state.h"

#include <stdio.h>

static cnn_status check_params(const char *op, const conv2d_params *p, cnn_error *err) {
    cnn_status status = cnn_ops_need_int(op, "a stride", p->stride_h, 1, err);
    if (status == CNN_OK) status = cnn_ops_need_int(op, "a stride", p->stride_w, 1, err);
    if (status == CNN_OK) status = cnn_ops_need_int(op, "a padding", p->pad_h, 0, err);
    if (status == CNN_OK) status = cnn_ops_need_int(op, "a padding", p->pad_w, 0, err);
    if (status == CNN_OK) status = cnn_ops_need_int(op, "a dilation", p->dilation_h, 1, err);
    if (status == CNN_OK) status = cnn_ops_need_int(op, "a dilation", p->dilation_w, 1, err);
    if (status == CNN_OK) status = cnn_ops_need_int(op, "groups", p->groups, 1, err);
    return status;
}

static cnn_status check_weight(const char *op, const conv2d_params *p, const cnn_shape *weight, cnn_error *err) {
    char got[CNN_SHAPE_TEXT];
    cnn_shape_print(weight, got);
    if (weight->ndim != 4)
        return cnn_fail(err, CNN_BAD_SHAPE, "%s needs weight [K, C, R, S] (filters, channels, height, width); got %s",
                        op, got);
    for (int i = 0; i < 4; i++) {
        if (weight->size[i] >= 1 && weight->size[i] <= INT32_MAX) continue;
        return cnn_fail(err, CNN_BAD_SHAPE, "%s needs a weight with sizes of at least 1; got %s", op, got);
    }
    if (weight->size[0] % p->groups != 0)
        return cnn_fail(err, CNN_BAD_SHAPE,
                        "%s needs filters in %lld groups of one size; %lld (weight is %s) is not a "
                        "multiple of %lld",
                        op, (long long)p->groups, (long long)weight->size[0], got, (long long)p->groups);
    return CNN_OK;
}

/* The channel mismatch, with a guess at its cause. */
static cnn_status channels_fail(const char *op, const conv2d_params *p, const cnn_shape *input, const cnn_shape *weight,
                                cnn_error *err) {
    char from[CNN_SHAPE_TEXT], got[CNN_SHAPE_TEXT], grouped[48] = "";
    int64_t needed = weight->size[1] * p->groups;
    cnn_shape_print(weight, from);
    cnn_shape_print(input, got);
    if (p->groups > 1) snprintf(grouped, sizeof grouped, " in %lld groups", (long long)p->groups);
    cnn_fail(err, CNN_BAD_SHAPE, "%s needs input with %lld channel%s (weight is %s%s); got %s", op, (long long)needed,
             needed == 1 ? "" : "s", from, grouped, got);
    if (input->size[3] == needed) {
        cnn_error_fix(err, "channels last? use x:permute(1, 4, 2, 3)");
    } else if (p->groups == 1) {
        cnn_error_fix(err, "nn.Conv2d(%lld, %lld, …)", (long long)input->size[1], (long long)weight->size[0]);
    }
    return CNN_BAD_SHAPE;
}

static cnn_status too_small_fail(const char *op, const cnn_conv2d_params *s, const cnn_shape *input, cnn_error *err) {
    char got[CNN_SHAPE_TEXT], dilated[80] = "";
    int64_t reach_h = s->dilation_h * (s->r - 1) + 1, reach_w = s->dilation_w * (s->s - 1) + 1;
    int64_t lack_h = reach_h - s->h - 2 * s->pad_h, lack_w = reach_w - s->w - 2 * s->pad_w;
    if (s->dilation_h > 1 || s->dilation_w > 1)
        snprintf(dilated, sizeof dilated, " (%lldx%lld places, dilated)", (long long)s->r, (long long)s->s);
    cnn_fail(err, CNN_BAD_SHAPE,
             "%s needs an input that the %lldx%lld kernel%s fits into; %s with padding %lldx%lld is "
             "%lldx%lld",
             op, (long long)reach_h, (long long)reach_w, dilated, cnn_shape_print(input, got), (long long)s->pad_h,
             (long long)s->pad_w, (long long)(s->h + 2 * s->pad_h), (long long)(s->w + 2 * s->pad_w));
    if (lack_h < 0) lack_h = 0;
    if (lack_w < 0) lack_w = 0;
    cnn_error_fix(err, "padding={%lld, %lld} or a smaller kernel", (long long)(s->pad_h + (lack_h + 1) / 2),
                  (long long)(s->pad_w + (lack_w + 1) / 2));
    return CNN_BAD_SHAPE;
}

cnn_status cnn_conv2d_sizes_of(const char *op, const conv2d_params *p, const cnn_shape *input, const cnn_shape *weight,
                               cnn_conv2d_params *sizes, cnn_error *err) {
    cnn_status status = check_params(op, p, err);
    if (status == CNN_OK) status = check_weight(op, p, weight, err);
    if (status != CNN_OK) return status;
    if (input->size[1] != weight->size[1] * p->groups) return channels_fail(op, p, input, weight, err);
    cnn_conv2d_params s = {
        .n = input->size[0],
        .c = input->size[1],
        .h = input->size[2],
        .w = input->size[3],
        .k = weight->size[0],
        .r = weight->size[2],
        .s = weight->size[3],
        .stride_h = p->stride_h,
        .stride_w = p->stride_w,
        .pad_h = p->pad_h,
        .pad_w = p->pad_w,
        .dilation_h = p->dilation_h,
        .dilation_w = p->dilation_w,
        .groups = p->groups,
        .algorithm = cnn_current_conv_algorithm(),
    };
    s.p = cnn_ops_windows(s.h, s.r, s.stride_h, s.pad_h, s.dilation_h, false);
    s.q = cnn_ops_windows(s.w, s.s, s.stride_w, s.pad_w, s.dilation_w, false);
    if (s.p < 1 || s.q < 1) return too_small_fail(op, &s, input, err);
    *sizes = s;
    return CNN_OK;
}

cnn_status cnn_conv2d_sizes(const char *op, const conv2d_params *params, const cnn_tensor *input,
                            const cnn_tensor *weight, cnn_conv2d_params *sizes, cnn_error *err) {
    const cnn_shape *s = &input->shape, *w = &weight->shape;
    char got[CNN_SHAPE_TEXT];
    if (s->ndim == 3 && s->size[0] != 1 && w->ndim == 4 && w->size[1] == 1) { /* a batch of grey images */
        cnn_fail(err, CNN_BAD_SHAPE, "%s needs input [N, C, H, W]; got %s, which lacks the channel dimension", op,
                 cnn_shape_print(s, got));
        cnn_error_fix(err, "x:unsqueeze(2)");
        return CNN_BAD_SHAPE;
    }
    cnn_status status = cnn_ops_need_image(op, input, err);
    if (status != CNN_OK) return status;
    return cnn_conv2d_sizes_of(op, params, &input->shape, &weight->shape, sizes, err);
}

cnn_status cnn_conv2d_workspace(const cnn_call *call, const cnn_conv2d_kernels *kernels, const cnn_conv2d_params *sizes,
                                cnn_conv2d_pass pass, cnn_storage **out, cnn_error *err) {
    *out = NULL;
    if (!kernels->workspace_bytes) return CNN_OK;
    return cnn_scratch(kernels->workspace_bytes(call->team, sizes, pass), out, err);
}

cnn_status cnn_conv2d_choice(const char *op, const conv2d_params *params, const cnn_tensor *input,
                             const cnn_tensor *weight, cnn_conv2d_pass pass, cnn_conv2d_chosen *out, cnn_error *err) {
    const cnn_conv2d_kernels *kernels = NULL;
    cnn_conv2d_params sizes;
    cnn_status status = cnn_conv2d_sizes(op, params, input, weight, &sizes, err);
    if (status != CNN_OK) return status;
    if (cnn_dtype_is_real(input->dtype)) kernels = cnn_current_kernels()->conv2d[input->dtype];
    if (!kernels && input->dtype == CNN_BF16) kernels = cnn_current_kernels()->conv2d[CNN_F32]; /* it is widened */
    *out = (cnn_conv2d_chosen){CNN_CONV2D_REFERENCE, "nothing else does this type, or this level"};
    if (kernels && kernels->algorithm)
        out->algorithm = kernels->algorithm(cnn_current_team(), &sizes, pass, out->why);
    else if (sizes.algorithm == CNN_CONV2D_REFERENCE)
        snprintf(out->why, sizeof out->why, "asked for");
    return CNN_OK;
}
