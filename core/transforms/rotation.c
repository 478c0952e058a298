/* SPDX-License-Identifier: MIT
 * rotation: least and greatest angle in degrees, 0 nearest or 1 bilinear, colour…
 *
 * Turns the image around its middle, counter-clockwise, by a random angle; corners that nothing falls on get the
 * colour. Each pixel of the result looks for its place in the image. As torchvision's rotate of tensors, where bilinear
 * pixels at the rim are mixed twice with the colour. */
#include "core/transforms/transforms.h"

#include <math.h>

static cnn_status rotation_infer(const cnn_step *step, cnn_sample_type *type, cnn_error *err) {
    cnn_status status = cnn_image_check(step, type, err);
    if (status == CNN_OK) status = cnn_image_check_type(step, type, err);
    if (status == CNN_OK) status = cnn_image_check_colour(step, type, 3, err);
    return status;
}

/* A point of the image, and the pixels around it that there are. */
typedef struct place {
    int64_t at[4];
    float weight[4], inside;
} place;

static place look(const cnn_image *image, double x, double y) {
    place p = {{0}, {0}, 0};
    const double left = floor(x), top = floor(y), right_part = x - left, lower_part = y - top;
    for (int k = 0; k < 4; k++) {
        const int right = k % 2, lower = k / 2;
        const double column = left + right, row = top + lower;
        if (!(column >= 0 && column < (double)image->width && row >= 0 && row < (double)image->height)) continue;
        p.at[k] = (int64_t)row * image->width + (int64_t)column;
        p.weight[k] = (float)((right ? right_part : 1 - right_part) * (lower ? lower_part : 1 - lower_part));
        p.inside += p.weight[k];
    }
    return p;
}

static place look_nearest(const cnn_image *image, double x, double y) {
    return look(image, nearbyint(x), nearbyint(y));
}

static float pixel(const cnn_sample_type *type, const void *plane, const place *p) {
    float sum = 0;
    for (int k = 0; k < 4; k++)
        sum += p->weight[k] *
               (type->dtype == CNN_U8 ? (float)((const uint8_t *)plane)[p->at[k]] : ((const float *)plane)[p->at[k]]);
    return sum;
}

/* One pixel of the result in all channels. */
static void put(const cnn_step *step, const cnn_sample_type *type, const place *p, const char *in, int64_t at,
                void *out) {
    const cnn_image image = cnn_image_of(type);
    const int64_t plane = image.height * image.width;
    const int given = step->numbers - 3;
    for (int64_t c = 0; c < image.channels; c++) {
        const float colour = given > 0 ? (float)step->number[3 + (given == 1 ? 0 : c)] : 0;
        const float value = pixel(type, in + (size_t)(c * plane) * cnn_dtype_bytes(type->dtype), p);
        const float mixed = p->inside == 1 ? value : p->inside == 0 ? colour : (value - colour) * p->inside + colour;
        if (type->dtype == CNN_U8)
            ((uint8_t *)out)[c * plane + at] = (uint8_t)nearbyintf(mixed);
        else
            ((float *)out)[c * plane + at] = mixed;
    }
}

static cnn_status rotation_run(const cnn_step *step, const cnn_sample_type *type, const void *in, void *out, void *work,
                               cnn_chance *chance, cnn_error *err) {
    (void)work, (void)err;
    const cnn_image image = cnn_image_of(type);
    const double angle = (double)cnn_chance_between(chance, (float)step->number[0], (float)step->number[1]);
    const double radians = angle * (3.14159265358979323846 / 180), cosine = cos(radians), sine = sin(radians);
    const double middle_x = ((double)image.width - 1) / 2, middle_y = ((double)image.height - 1) / 2;
    for (int64_t i = 0; i < image.height; i++) {
        for (int64_t j = 0; j < image.width; j++) {
            const double x = (double)j - middle_x, y = (double)i - middle_y;
            const double from_x = cosine * x - sine * y + middle_x, from_y = sine * x + cosine * y + middle_y;
            const place p = step->number[2] == 0 ? look_nearest(&image, from_x, from_y) : look(&image, from_x, from_y);
            put(step, type, &p, in, i * image.width + j, out);
        }
    }
    return CNN_OK;
}

const cnn_step_kind cnn_step_rotation = {.name = "rotation",
                                         .title = "RandomRotation",
                                         .least = 3,
                                         .most = CNN_STEP_NUMBERS,
                                         .infer = rotation_infer,
                                         .run = rotation_run};
