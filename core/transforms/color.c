/* SPDX-License-Identifier: MIT
 * Steps that change colours, by torchvision's formulas for tensors.
 *
 *   grayscale     channels of the result, 1 or 3
 *   random_grayscale  probability; the channels stay as many as they are
 *   color_jitter  least and greatest factor of brightness, contrast, saturation, then of the turn of the hue
 *
 * Floats are taken to lie between 0 and 1. Bytes are computed as floats and cut off to whole numbers after every
 * change. Jitter makes its four changes in a random order; a range from 1 to 1 (hue: from 0 to 0) is no change. */
#include "core/transforms/transforms.h"

#include <math.h>
#include <string.h>

/* ---- pixels as floats ---- */

/* An image in memory of either type. */
typedef struct pixels {
    bool bytes;
    int64_t channels, plane;
    void *data;
} pixels;

static inline float get(const pixels *x, int64_t at) {
    return x->bytes ? (float)((const uint8_t *)x->data)[at] : ((const float *)x->data)[at];
}

/* Within what the type can have. */
static inline void put(const pixels *x, int64_t at, float value) {
    const float most = x->bytes ? 255 : 1;
    value = value < 0 ? 0 : value > most ? most : value;
    if (x->bytes)
        ((uint8_t *)x->data)[at] = (uint8_t)value;
    else
        ((float *)x->data)[at] = value;
}

/* Luminance as ITU-R BT.601 weighs it, with torchvision's digits. */
static inline float grey_at(const pixels *x, int64_t i) {
    if (x->channels == 1) return get(x, i);
    const float grey = get(x, i) * 0.2989f + get(x, x->plane + i) * 0.587f + get(x, 2 * x->plane + i) * 0.114f;
    return x->bytes ? floorf(grey) : grey;
}

static pixels pixels_of(const cnn_sample_type *type, void *data) {
    const cnn_image image = cnn_image_of(type);
    return (pixels){type->dtype == CNN_U8, image.channels, image.height * image.width, data};
}

/* Grey or RGB, in bytes or floats. */
static cnn_status check_colours(const cnn_step *step, const cnn_sample_type *type, cnn_error *err) {
    cnn_status status = cnn_image_check(step, type, err);
    if (status == CNN_OK) status = cnn_image_check_type(step, type, err);
    if (status != CNN_OK) return status;
    const int64_t channels = cnn_image_of(type).channels;
    if (channels == 1 || channels == 3) return CNN_OK;
    return cnn_fail(err, CNN_BAD_SHAPE, "%s takes images with 1 or 3 channels; these have %lld", step->kind->title,
                    (long long)channels);
}

/* ---- grey ---- */

static cnn_status grayscale_infer(const cnn_step *step, cnn_sample_type *type, cnn_error *err) {
    const cnn_status status = check_colours(step, type, err);
    if (status != CNN_OK) return status;
    const cnn_image image = cnn_image_of(type);
    type->shape = (cnn_shape){3, {(int64_t)step->number[0], image.height, image.width}};
    return CNN_OK;
}

static cnn_status grayscale_run(const cnn_step *step, const cnn_sample_type *type, const void *in, void *out,
                                void *work, cnn_chance *chance, cnn_error *err) {
    (void)work, (void)chance, (void)err;
    const pixels x = pixels_of(type, (void *)(uintptr_t)in);
    pixels y = pixels_of(type, out);
    for (int64_t c = 0; c < (int64_t)step->number[0]; c++) {
        for (int64_t i = 0; i < x.plane; i++) {
            if (x.bytes)
                ((uint8_t *)y.data)[c * y.plane + i] = (uint8_t)grey_at(&x, i);
            else
                ((float *)y.data)[c * y.plane + i] = grey_at(&x, i);
        }
    }
    return CNN_OK;
}

const cnn_step_kind cnn_step_grayscale = {
    .name = "grayscale", .title = "Grayscale", .least = 1, .most = 1, .infer = grayscale_infer, .run = grayscale_run};

static cnn_status random_grayscale_infer(const cnn_step *step, cnn_sample_type *type, cnn_error *err) {
    return check_colours(step, type, err);
}

static cnn_status random_grayscale_run(const cnn_step *step, const cnn_sample_type *type, const void *in, void *out,
                                       void *work, cnn_chance *chance, cnn_error *err) {
    const cnn_step grey = {.kind = &cnn_step_grayscale, .number = {(double)cnn_image_of(type).channels}};
    if (cnn_chance_between(chance, 0, 1) < (float)step->number[0])
        return grayscale_run(&grey, type, in, out, work, chance, err);
    memcpy(out, in, (size_t)cnn_shape_numel(&type->shape) * cnn_dtype_bytes(type->dtype));
    return CNN_OK;
}

const cnn_step_kind cnn_step_random_grayscale = {.name = "random_grayscale",
                                                 .title = "RandomGrayscale",
                                                 .least = 1,
                                                 .most = 1,
                                                 .infer = random_grayscale_infer,
                                                 .run = random_grayscale_run};

/* ---- changes ---- */

/* factor * x + (1 - factor) * other, where `other` is black, the mean grey, or each pixel's own grey. */
static void brighten(const pixels *x, float factor) {
    for (int64_t i = 0; i < x->channels * x->plane; i++) put(x, i, get(x, i) * factor);
}

static void contrast(const pixels *x, float factor) {
    double sum = 0;
    for (int64_t i = 0; i < x->plane; i++) sum += (double)grey_at(x, i);
    const float mean = (float)(sum / (double)(x->plane > 0 ? x->plane : 1)), rest = 1 - factor;
    for (int64_t i = 0; i < x->channels * x->plane; i++) put(x, i, get(x, i) * factor + mean * rest);
}

static void saturate(const pixels *x, float factor) {
    if (x->channels == 1) return;
    const float rest = 1 - factor;
    for (int64_t i = 0; i < x->plane; i++) {
        const float grey = grey_at(x, i);
        for (int64_t c = 0; c < 3; c++) put(x, c * x->plane + i, get(x, c * x->plane + i) * factor + grey * rest);
    }
}

/* The hue's place on the colour circle, from 0 up to 1; 0 for greys. */
static float hue_of(float r, float g, float b, float most, float range) {
    if (range == 0) return 0;
    const float rc = (most - r) / range, gc = (most - g) / range, bc = (most - b) / range;
    const float h = most == r ? bc - gc : most == g ? 2 + rc - bc : 4 + gc - rc;
    return fmodf(h * (1.0f / 6.0f) + 1, 1);
}

static inline float within(float x) {
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

/* From hue, saturation and value back to r, g, b. */
static void rgb_of(float h, float s, float v, float rgb[3]) {
    const float h6 = h * 6, sector = floorf(h6), f = h6 - sector;
    const float p = within((1 - s) * v), q = within((1 - s * f) * v), t = within((s * f + (1 - s)) * v);
    const float of[6][3] = {{v, t, p}, {q, v, p}, {p, v, t}, {p, q, v}, {t, p, v}, {v, p, q}};
    memcpy(rgb, of[sector >= 0 && sector < 6 ? (int)sector : 0],
           3 * sizeof *rgb); /* 6 is rounded up, or not a number */
}

static void turn_hue(const pixels *x, float turn) {
    if (x->channels == 1) return;
    const float scale = x->bytes ? 255 : 1;
    for (int64_t i = 0; i < x->plane; i++) {
        float rgb[3];
        for (int c = 0; c < 3; c++) rgb[c] = get(x, c * x->plane + i) / scale;
        const float most = fmaxf(rgb[0], fmaxf(rgb[1], rgb[2])), least = fminf(rgb[0], fminf(rgb[1], rgb[2]));
        const float range = most - least, s = range == 0 ? 0 : range / most;
        float h = hue_of(rgb[0], rgb[1], rgb[2], most, range) + turn;
        h -= floorf(h);
        rgb_of(h, s, most, rgb);
        for (int c = 0; c < 3; c++) put(x, c * x->plane + i, x->bytes ? rgb[c] * (256 - 1e-3f) : rgb[c]);
    }
}

/* ---- jitter ---- */

static cnn_status jitter_infer(const cnn_step *step, cnn_sample_type *type, cnn_error *err) {
    return check_colours(step, type, err);
}

static cnn_status jitter_run(const cnn_step *step, const cnn_sample_type *type, const void *in, void *out, void *work,
                             cnn_chance *chance, cnn_error *err) {
    static void (*const change[4])(const pixels *, float) = {brighten, contrast, saturate, turn_hue};
    (void)work, (void)err;
    const pixels x = pixels_of(type, out);
    int order[4] = {0, 1, 2, 3};
    float factor[4];
    memcpy(out, in, (size_t)(x.channels * x.plane) * cnn_dtype_bytes(type->dtype));
    for (int i = 3; i > 0; i--) {
        const int k = cnn_chance_below(chance, i + 1), other = order[k];
        order[k] = order[i], order[i] = other;
    }
    for (int i = 0; i < 4; i++)
        factor[i] = cnn_chance_between(chance, (float)step->number[2 * i], (float)step->number[2 * i + 1]);
    for (int i = 0; i < 4; i++) {
        const int k = order[i];
        const double none = k == 3 ? 0 : 1;
        if (step->number[2 * k] != none || step->number[2 * k + 1] != none) change[k](&x, factor[k]);
    }
    return CNN_OK;
}

const cnn_step_kind cnn_step_color_jitter = {
    .name = "color_jitter", .title = "ColorJitter", .least = 8, .most = 8, .infer = jitter_infer, .run = jitter_run};
