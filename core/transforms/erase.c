/* SPDX-License-Identifier: MIT
 * random_erasing: probability, least and greatest part of the area, least and greatest height / width, colour…
 *
 * Covers a rectangle of random size and shape at a random place, as torchvision's RandomErasing does; an image in which
 * none of ten rectangles fits stays as it is. As much is drawn for every image. */
#include "core/transforms/transforms.h"

#include <math.h>
#include <string.h>

enum { TRIES = 10, COLOUR = 5 };

typedef struct box {
    int64_t top, left, height, width;
} box;

static cnn_status erase_infer(const cnn_step *step, cnn_sample_type *type, cnn_error *err) {
    cnn_status status = cnn_image_check(step, type, err);
    if (status == CNN_OK) status = cnn_image_check_type(step, type, err);
    if (status == CNN_OK) status = cnn_image_check_colour(step, type, COLOUR, err);
    return status;
}

/* Of height 0 where nothing is to be covered. */
static box draw_box(const cnn_step *step, const cnn_image *image, cnn_chance *chance) {
    const double area = (double)image->height * (double)image->width;
    const bool wanted = cnn_chance_between(chance, 0, 1) < (float)step->number[0];
    const float low = (float)log(step->number[3]), high = (float)log(step->number[4]);
    box b = {0};
    for (int i = 0; i < TRIES; i++) {
        const double part = (double)cnn_chance_between(chance, (float)step->number[1], (float)step->number[2]);
        const double ratio = exp((double)cnn_chance_between(chance, low, high));
        const double height = nearbyint(sqrt(area * part * ratio)), width = nearbyint(sqrt(area * part / ratio));
        if (b.height == 0 && height >= 1 && width >= 1 && height < (double)image->height &&
            width < (double)image->width)
            b.height = (int64_t)height, b.width = (int64_t)width;
    }
    const double down = (double)cnn_chance_between(chance, 0, 1), right = (double)cnn_chance_between(chance, 0, 1);
    b.top = (int64_t)(down * (double)(image->height - b.height + 1));
    b.left = (int64_t)(right * (double)(image->width - b.width + 1));
    if (!wanted) b.height = 0;
    return b;
}

static cnn_status erase_run(const cnn_step *step, const cnn_sample_type *type, const void *in, void *out, void *work,
                            cnn_chance *chance, cnn_error *err) {
    (void)work, (void)err;
    const cnn_image image = cnn_image_of(type);
    const box b = draw_box(step, &image, chance);
    const int given = step->numbers - COLOUR;
    memcpy(out, in, (size_t)cnn_shape_numel(&type->shape) * cnn_dtype_bytes(type->dtype));
    for (int64_t c = 0; c < image.channels; c++) {
        const double colour = given > 0 ? step->number[COLOUR + (given == 1 ? 0 : c)] : 0;
        for (int64_t i = b.top; i < b.top + b.height; i++) {
            for (int64_t j = b.left; j < b.left + b.width; j++) {
                const int64_t at = (c * image.height + i) * image.width + j;
                if (type->dtype == CNN_U8)
                    ((uint8_t *)out)[at] = (uint8_t)colour;
                else
                    ((float *)out)[at] = (float)colour;
            }
        }
    }
    return CNN_OK;
}

const cnn_step_kind cnn_step_random_erasing = {.name = "random_erasing",
                                               .title = "RandomErasing",
                                               .least = COLOUR,
                                               .most = CNN_STEP_NUMBERS,
                                               .infer = erase_infer,
                                               .run = erase_run};
