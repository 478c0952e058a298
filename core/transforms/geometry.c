/* SPDX-License-Identifier: MIT
 * Steps that move pixels along their rows and columns: each says where every row and column comes from, and several of
 * them in turn are one pass over the image. Semantics and the order of padding and cropping are torchvision's.
 *
 *   pad              left, top, right, bottom, mode, colour…
 *   random_crop      height, width, pad_if_needed, mode, colour…
 *   center_crop      height, width; what is missing of an image that is smaller is 0
 *   flip_horizontal  probability            flip_vertical  probability
 *
 * mode 0: a border in a colour, one number or one per channel; 1: the edge repeated; 2: reflected, without the edge
 * itself; 3: mirrored, with it. */
#include "core/transforms/transforms.h"

#include <math.h>

enum { CONSTANT, EDGE, REFLECT, SYMMETRIC };

static const char *const mode_names[] = {"constant", "edge", "reflect", "symmetric"};

/* Where place i of an axis of n places comes from. */
static int64_t fetch(int64_t i, int64_t n, int mode) {
    if (i >= 0 && i < n) return i;
    if (mode == EDGE) return i < 0 ? 0 : n - 1;
    if (mode == REFLECT) return i < 0 ? -i : 2 * (n - 1) - i;
    if (mode == SYMMETRIC) return i < 0 ? -1 - i : 2 * n - 1 - i;
    return -1;
}

/* The axis becomes `size` places from `offset` on, which may begin before it and end behind it. */
static void take(cnn_window *window, int axis, int64_t size, int64_t offset, int mode) {
    const int32_t *from = window->from[axis];
    int32_t *to = window->spare;
    for (int64_t i = 0; i < size; i++) {
        const int64_t place = fetch(i + offset, window->size[axis], mode);
        to[i] = place < 0 ? -1 - window->step : from[place];
    }
    window->spare = window->from[axis];
    window->from[axis] = to;
    window->size[axis] = size;
}

/* Reflections reach no further than the image. */
static cnn_status check_border(const cnn_step *step, int64_t border, int64_t side, int mode, cnn_error *err) {
    const int64_t needed = border <= 0 || mode == CONSTANT ? 0 : mode == EDGE ? 1 : border + (mode == REFLECT);
    if (side >= needed) return CNN_OK;
    return cnn_fail(err, CNN_BAD_SHAPE,
                    "%s: a border of %lld in mode %s needs a side of at least %lld; this one has %lld",
                    step->kind->title, (long long)border, mode_names[mode], (long long)needed, (long long)side);
}

/* ---- pad ---- */

static cnn_status pad_infer(const cnn_step *step, cnn_sample_type *type, cnn_error *err) {
    cnn_status status = cnn_image_check(step, type, err);
    if (status == CNN_OK) status = cnn_image_check_colour(step, type, step->kind->fill, err);
    if (status != CNN_OK) return status;
    const cnn_image image = cnn_image_of(type);
    const int64_t left = (int64_t)step->number[0], top = (int64_t)step->number[1];
    const int64_t right = (int64_t)step->number[2], bottom = (int64_t)step->number[3];
    const int mode = (int)step->number[4];
    status = check_border(step, left > right ? left : right, image.width, mode, err);
    if (status == CNN_OK) status = check_border(step, top > bottom ? top : bottom, image.height, mode, err);
    if (status == CNN_OK) cnn_image_resize(type, image.height + top + bottom, image.width + left + right);
    return status;
}

static void pad_map(const cnn_step *step, cnn_window *window, cnn_chance *chance) {
    (void)chance;
    const int mode = (int)step->number[4];
    for (int axis = 0; axis < 2; axis++) {
        const int64_t before = (int64_t)step->number[1 - axis], after = (int64_t)step->number[3 - axis];
        take(window, axis, window->size[axis] + before + after, -before, mode);
    }
}

const cnn_step_kind cnn_step_pad = {
    .name = "pad", .title = "Pad", .least = 5, .most = CNN_STEP_NUMBERS, .fill = 5, .infer = pad_infer, .map = pad_map};

/* ---- crops ---- */

static cnn_status too_large(const cnn_step *step, const cnn_sample_type *type, cnn_error *err) {
    const cnn_image image = cnn_image_of(type);
    cnn_fail(err, CNN_BAD_SHAPE, "RandomCrop of %lld x %lld does not fit into images of %lld x %lld",
             (long long)step->number[0], (long long)step->number[1], (long long)image.height, (long long)image.width);
    cnn_error_fix(err, "padding= or pad_if_needed=true of RandomCrop, or Resize before it");
    return CNN_BAD_SHAPE;
}

static cnn_status random_crop_infer(const cnn_step *step, cnn_sample_type *type, cnn_error *err) {
    cnn_status status = cnn_image_check(step, type, err);
    if (status == CNN_OK) status = cnn_image_check_colour(step, type, step->kind->fill, err);
    if (status != CNN_OK) return status;
    const cnn_image image = cnn_image_of(type);
    const int64_t height = (int64_t)step->number[0], width = (int64_t)step->number[1];
    const int64_t more_rows = height - image.height, more_columns = width - image.width;
    const int mode = (int)step->number[3];
    if ((more_rows > 0 || more_columns > 0) && step->number[2] == 0) return too_large(step, type, err);
    status = check_border(step, more_rows, image.height, mode, err);
    if (status == CNN_OK) status = check_border(step, more_columns, image.width, mode, err);
    if (status == CNN_OK) cnn_image_resize(type, height, width);
    return status;
}

/* A side that is too short by d gets a border of d on both ends, as torchvision does, so the crop may lie in 1 + d
 * places. */
static void random_crop_map(const cnn_step *step, cnn_window *window, cnn_chance *chance) {
    for (int axis = 0; axis < 2; axis++) {
        const int64_t size = (int64_t)step->number[axis], room = window->size[axis] - size;
        const int64_t border = room < 0 ? -room : 0, places = room + 2 * border + 1;
        const int64_t first = cnn_chance_below(chance, (int)places);
        take(window, axis, size, first - border, (int)step->number[3]);
    }
}

const cnn_step_kind cnn_step_random_crop = {.name = "random_crop",
                                            .title = "RandomCrop",
                                            .least = 4,
                                            .most = CNN_STEP_NUMBERS,
                                            .fill = 4,
                                            .infer = random_crop_infer,
                                            .map = random_crop_map};

static cnn_status center_crop_infer(const cnn_step *step, cnn_sample_type *type, cnn_error *err) {
    const cnn_status status = cnn_image_check(step, type, err);
    if (status == CNN_OK) cnn_image_resize(type, (int64_t)step->number[0], (int64_t)step->number[1]);
    return status;
}

/* The middle, where half a pixel is rounded to the even one; a border gets the odd pixel at its end. */
static void center_crop_map(const cnn_step *step, cnn_window *window, cnn_chance *chance) {
    (void)chance;
    for (int axis = 0; axis < 2; axis++) {
        const int64_t size = (int64_t)step->number[axis], room = window->size[axis] - size;
        const int64_t first = room < 0 ? -(-room / 2) : (int64_t)nearbyint((double)room / 2);
        take(window, axis, size, first, CONSTANT);
    }
}

const cnn_step_kind cnn_step_center_crop = {.name = "center_crop",
                                            .title = "CenterCrop",
                                            .least = 2,
                                            .most = 2,
                                            .infer = center_crop_infer,
                                            .map = center_crop_map};

/* ---- flips ---- */

static void flip(const cnn_step *step, cnn_window *window, int axis, cnn_chance *chance) {
    if (cnn_chance_between(chance, 0, 1) >= (float)step->number[0]) return;
    int32_t *from = window->from[axis];
    for (int64_t i = 0, j = window->size[axis] - 1; i < j; i++, j--) {
        const int32_t other = from[i];
        from[i] = from[j];
        from[j] = other;
    }
}

static void flip_horizontal_map(const cnn_step *step, cnn_window *window, cnn_chance *chance) {
    flip(step, window, 1, chance);
}

static void flip_vertical_map(const cnn_step *step, cnn_window *window, cnn_chance *chance) {
    flip(step, window, 0, chance);
}

static cnn_status flip_infer(const cnn_step *step, cnn_sample_type *type, cnn_error *err) {
    return cnn_image_check(step, type, err);
}

const cnn_step_kind cnn_step_flip_horizontal = {.name = "flip_horizontal",
                                                .title = "RandomHorizontalFlip",
                                                .least = 1,
                                                .most = 1,
                                                .infer = flip_infer,
                                                .map = flip_horizontal_map};

const cnn_step_kind cnn_step_flip_vertical = {.name = "flip_vertical",
                                              .title = "RandomVerticalFlip",
                                              .least = 1,
                                              .most = 1,
                                              .infer = flip_infer,
                                              .map = flip_vertical_map};
