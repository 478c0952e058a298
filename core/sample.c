/* SPDX-License-Identifier: MIT
 * The kinds of steps by name, and what they share about images. */
#include "core/transforms/transforms.h"

#include <string.h>

static const cnn_step_kind *const step_kinds[] = {
#define STEP(name) &cnn_step_##name,
#include "core/transforms.list"
#undef STEP
};

const cnn_step_kind *cnn_step_kind_named(const char *name) {
    for (size_t i = 0; i < sizeof step_kinds / sizeof *step_kinds; i++) {
        if (strcmp(step_kinds[i]->name, name) == 0) return step_kinds[i];
    }
    return NULL;
}

cnn_image cnn_image_of(const cnn_sample_type *type) {
    const cnn_shape *shape = &type->shape;
    const int last = shape->ndim - 1;
    return (cnn_image){shape->ndim == 3 ? shape->size[0] : 1, shape->size[last - 1], shape->size[last]};
}

cnn_status cnn_image_check(const cnn_step *step, const cnn_sample_type *type, cnn_error *err) {
    char text[CNN_SHAPE_TEXT];
    if (type->shape.ndim == 2 || type->shape.ndim == 3) return CNN_OK;
    return cnn_fail(err, CNN_BAD_SHAPE, "%s takes images [H, W] or [C, H, W]; got %s", step->kind->title,
                    cnn_shape_print(&type->shape, text));
}

cnn_status cnn_image_check_type(const cnn_step *step, const cnn_sample_type *type, cnn_error *err) {
    if (type->dtype == CNN_U8 || type->dtype == CNN_F32) return CNN_OK;
    return cnn_fail(err, CNN_BAD_TYPE, "%s takes uint8 or float32 images; these are %s", step->kind->title,
                    cnn_dtype_name(type->dtype));
}

cnn_status cnn_image_check_colour(const cnn_step *step, const cnn_sample_type *type, int first, cnn_error *err) {
    const int64_t channels = cnn_image_of(type).channels, given = step->numbers - first;
    if (given > 1 && given != channels)
        return cnn_fail(err, CNN_BAD_SHAPE, "%s: fill has %lld numbers, but the images have %lld channel%s",
                        step->kind->title, (long long)given, (long long)channels, channels == 1 ? "" : "s");
    const double most = type->dtype == CNN_U8 ? 255 : type->dtype == CNN_BOOL ? 1 : 0x1p53;
    const double least = type->dtype == CNN_U8 || type->dtype == CNN_BOOL ? 0 : -most;
    for (int i = first; i < step->numbers; i++) {
        const double x = step->number[i];
        if (!cnn_dtype_is_real(type->dtype) && !(x >= least && x <= most))
            return cnn_fail(err, CNN_BAD_VALUE, "%s: fill of %s images is a number from %.0f to %.0f; got %g",
                            step->kind->title, cnn_dtype_name(type->dtype), least, most, x);
    }
    return CNN_OK;
}

void cnn_image_resize(cnn_sample_type *type, int64_t height, int64_t width) {
    type->shape.size[type->shape.ndim - 2] = height;
    type->shape.size[type->shape.ndim - 1] = width;
}
