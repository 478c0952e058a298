/* SPDX-License-Identifier: MIT
 * Steps that change numbers and leave them where they are.
 *
 *   to_tensor   an image of bytes becomes float32 from 0 to 1, [C, H, W]; one of another type only gets its channel
 *               dimension. As torchvision's ToTensor, but images are stored channels first.
 *   normalize   numbers: mean of each channel, then deviation of each; (x - mean) / std in float32, as torchvision
 * does.
 */
#include "core/transforms/transforms.h"

#include <string.h>

/* ---- to_tensor ---- */

static cnn_status to_tensor_infer(const cnn_step *step, cnn_sample_type *type, cnn_error *err) {
    const cnn_status status = cnn_image_check(step, type, err);
    if (status != CNN_OK) return status;
    cnn_shape *shape = &type->shape;
    if (shape->ndim == 2) *shape = (cnn_shape){3, {1, shape->size[0], shape->size[1]}};
    if (type->dtype == CNN_U8) type->dtype = CNN_F32;
    return CNN_OK;
}

static cnn_status to_tensor_run(const cnn_step *step, const cnn_sample_type *type, const void *in, void *out,
                                void *work, cnn_chance *chance, cnn_error *err) {
    (void)step, (void)work, (void)chance, (void)err;
    const int64_t count = cnn_shape_numel(&type->shape);
    if (type->dtype != CNN_U8) {
        memcpy(out, in, (size_t)count * cnn_dtype_bytes(type->dtype));
        return CNN_OK;
    }
    const uint8_t *byte = in;
    float *to = out;
    for (int64_t i = 0; i < count; i++) to[i] = (float)byte[i] / 255.0f;
    return CNN_OK;
}

const cnn_step_kind cnn_step_to_tensor = {
    .name = "to_tensor", .title = "ToTensor", .pointwise = true, .infer = to_tensor_infer, .run = to_tensor_run};

/* ---- normalize ---- */

/* One mean and one deviation serve any number of channels. */
static cnn_status normalize_infer(const cnn_step *step, cnn_sample_type *type, cnn_error *err) {
    const cnn_status status = cnn_image_check(step, type, err);
    if (status != CNN_OK) return status;
    if (type->dtype != CNN_F32) {
        cnn_fail(err, CNN_BAD_TYPE, "Normalize takes float32 images; these are %s", cnn_dtype_name(type->dtype));
        cnn_error_fix(err, "transforms.Compose { transforms.ToTensor(), transforms.Normalize { … } }");
        return err->status;
    }
    const int64_t channels = cnn_image_of(type).channels, given = step->numbers / 2;
    if (given == 1 || given == channels) return CNN_OK;
    cnn_fail(err, CNN_BAD_SHAPE, "Normalize has %lld means, but the images have %lld channel%s", (long long)given,
             (long long)channels, channels == 1 ? "" : "s");
    if (channels == 1 && given == 3)
        cnn_error_fix(err, "transforms.Normalize(0.5, 0.5) for grey images, or transforms.Grayscale(3) before it");
    return err->status;
}

static cnn_status normalize_run(const cnn_step *step, const cnn_sample_type *type, const void *in, void *out,
                                void *work, cnn_chance *chance, cnn_error *err) {
    (void)work, (void)chance, (void)err;
    const cnn_image image = cnn_image_of(type);
    const int64_t plane = image.height * image.width;
    const int given = step->numbers / 2;
    for (int64_t c = 0; c < image.channels; c++) {
        const float mean = (float)step->number[given == 1 ? 0 : c];
        const float deviation = (float)step->number[given + (given == 1 ? 0 : c)];
        const float *x = (const float *)in + c * plane;
        float *y = (float *)out + c * plane;
        for (int64_t i = 0; i < plane; i++) y[i] = (x[i] - mean) / deviation;
    }
    return CNN_OK;
}

const cnn_step_kind cnn_step_normalize = {.name = "normalize",
                                          .title = "Normalize",
                                          .least = 2,
                                          .most = CNN_STEP_NUMBERS,
                                          .pointwise = true,
                                          .infer = normalize_infer,
                                          .run = normalize_run};
