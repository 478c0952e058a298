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

void cnn_image_resize(cnn_sample_type *type, int64_t height, int64_t width) {
    type->shape.size[type->shape.ndim - 2] = height;
    type->shape.size[type->shape.ndim - 1] = width;
}
