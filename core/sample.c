/* SPDX-License-Identifier: MIT
 * The steps that sample.h describes.
 *
 *   to_tensor   an image of bytes, [H, W] or [C, H, W], becomes float32 from 0 to 1, [C, H, W]; an image of another
 *               type only gets its channel dimension. As torchvision's ToTensor, but images are stored channels first.
 */
#include "core/sample.h"

#include <string.h>

static cnn_status to_tensor_infer(const cnn_step *step, cnn_sample_type *type, cnn_error *err) {
    (void)step;
    char text[CNN_SHAPE_TEXT];
    cnn_shape *shape = &type->shape;
    if (shape->ndim != 2 && shape->ndim != 3)
        return cnn_fail(err, CNN_BAD_SHAPE, "ToTensor takes images [H, W] or [C, H, W]; got %s",
                        cnn_shape_print(shape, text));
    if (shape->ndim == 2) *shape = (cnn_shape){3, {1, shape->size[0], shape->size[1]}};
    if (type->dtype == CNN_U8) type->dtype = CNN_F32;
    return CNN_OK;
}

static cnn_status to_tensor_run(const cnn_step *step, const cnn_sample_type *type, const void *in, void *out,
                                cnn_chance *chance, cnn_error *err) {
    (void)step, (void)chance, (void)err;
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

static const cnn_step_kind step_kinds[] = {
    {"to_tensor", 0, to_tensor_infer, to_tensor_run},
};

const cnn_step_kind *cnn_step_kind_named(const char *name) {
    for (size_t i = 0; i < sizeof step_kinds / sizeof *step_kinds; i++) {
        if (strcmp(step_kinds[i].name, name) == 0) return &step_kinds[i];
    }
    return NULL;
}
