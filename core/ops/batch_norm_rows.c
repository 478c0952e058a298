/* SPDX-License-Identifier: MIT
 * Inputs of batch_norm as rows of channels: see batch_norm.h. Every allowed shape is an image with sizes of 1 added,
 * so that one layout, channels-last, serves all. */
#include "core/ops/batch_norm.h"
#include "core/ops/support.h"

/* [N, C] -> [N, C, 1, 1], [N, C, L] -> [N, C, L, 1] */
static cnn_shape as_image(const cnn_shape *shape) {
    cnn_shape image = {.ndim = 4};
    for (int i = 0; i < 4; i++) image.size[i] = i < shape->ndim ? shape->size[i] : 1;
    return image;
}

void cnn_batch_norm_spec(cnn_spec *spec, cnn_dtype dtype, const cnn_shape *shape) {
    cnn_shape image = as_image(shape);
    cnn_spec_channels_last(spec, dtype, &image);
    spec->shape = *shape;
}

cnn_status cnn_batch_norm_rows(cnn_tensor *x, cnn_tensor **out, cnn_error *err) {
    cnn_shape image = as_image(&x->shape);
    int64_t stride[4];
    cnn_tensor *view = NULL;
    for (int i = 0; i < 4; i++) stride[i] = i < x->shape.ndim ? x->stride[i] : 1;
    cnn_status status = cnn_tensor_over(x->storage, x->dtype, &image, stride, x->offset, &view, err);
    if (status == CNN_OK) status = cnn_dense_channels_last(view, out, err);
    cnn_tensor_release(&view);
    return status;
}

int64_t cnn_batch_norm_row_count(const cnn_shape *shape) {
    cnn_shape image = as_image(shape);
    return image.size[0] * image.size[2] * image.size[3];
}

cnn_status cnn_batch_norm_check(const char *op, const cnn_tensor *x, cnn_error *err) {
    char got[CNN_SHAPE_TEXT];
    cnn_shape_print(&x->shape, got);
    if (x->shape.ndim < 2 || x->shape.ndim > 4)
        return cnn_fail(err, CNN_BAD_SHAPE, "%s needs input [N, C], [N, C, L] or [N, C, H, W]; got %s", op, got);
    if (x->shape.size[1] < 1) return cnn_fail(err, CNN_BAD_SHAPE, "%s needs at least one channel; got %s", op, got);
    return CNN_OK;
}

cnn_dtype cnn_batch_norm_dtype(const cnn_tensor *x) {
    return x->dtype == CNN_BF16 ? CNN_F32 : x->dtype;
}

bool cnn_batch_norm_reads_bf16(const cnn_call *call, cnn_tensor *const *out) {
    (void)out;
    for (int i = 0; i < call->op->inputs; i++)
        if (call->in[i] && call->in[i]->shape.ndim == 1 && call->in[i]->dtype == CNN_BF16) return false;
    return call->kernels->batch_norm[CNN_BF16] && call->kernels->chain[CNN_BF16];
}

cnn_status cnn_batch_norm_check_types(const cnn_call *call, const char *const *names, cnn_error *err) {
    cnn_tensor *in[CNN_MAX_INPUTS];
    cnn_call alike = *call;
    for (int i = 0; i < call->op->inputs; i++) {
        cnn_tensor *x = call->in[i];
        in[i] = x && x->shape.ndim == 1 && x->dtype == cnn_batch_norm_dtype(call->in[0]) ? NULL : x;
    }
    in[0] = call->in[0];
    alike.in = in;
    return cnn_ops_need_real(&alike, call->op->inputs, names, err);
}

cnn_status cnn_batch_norm_check_channel(const char *op, const char *name, const cnn_tensor *x, const cnn_shape *input,
                                        cnn_error *err) {
    char got[CNN_SHAPE_TEXT], from[CNN_SHAPE_TEXT];
    if (!x || (x->shape.ndim == 1 && x->shape.size[0] == input->size[1])) return CNN_OK;
    cnn_shape_print(input, from);
    if (x->shape.ndim != 1)
        return cnn_fail(err, CNN_BAD_SHAPE, "%s needs %s [C], one value per channel; got %s", op, name,
                        cnn_shape_print(&x->shape, got));
    cnn_fail(err, CNN_BAD_SHAPE, "%s needs input with %lld channels (%s is %s); got %s", op,
             (long long)x->shape.size[0], name, cnn_shape_print(&x->shape, got), from);
    if (input->ndim == 4 && input->size[3] == x->shape.size[0])
        cnn_error_fix(err, "channels last? use x:permute(1, 4, 2, 3)");
    else
        cnn_error_fix(err, "nn.BatchNorm%dd(%lld)", input->ndim == 4 ? 2 : 1, (long long)input->size[1]);
    return CNN_BAD_SHAPE;
}
