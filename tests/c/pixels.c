/* SPDX-License-Identifier: MIT
 * Images of bytes through maps and tables: every level against the reference, bit for bit, on maps that crops, flips
 * and borders make and on any others; and the joined steps of a pipeline against the same steps one by one. */
#include "core/functions.h"
#include "core/pipeline.h"
#include "tests/c/kernel_harness.h"

/* ---- the kernels ---- */

enum { BORDERS = 3 };

/* A map from `size` places to `in`: a run between borders, backwards for some, or anything. */
static int32_t *random_map(int64_t size, int64_t in) {
    int32_t *map = harness_array(size, sizeof *map);
    const int64_t offset = harness_int(-size, in), border = harness_int(1, BORDERS);
    const bool back = harness_int(0, 1), any = harness_int(0, 5) == 0;
    for (int64_t i = 0; i < size; i++) {
        const int64_t from = any ? harness_int(-1, in - 1) : offset + (back ? size - 1 - i : i);
        map[i] = (int32_t)(from >= 0 && from < in ? from : -(any ? harness_int(1, BORDERS) : border));
    }
    return map;
}

static void test_look_up(int64_t channels) {
    char what[128];
    const int64_t in_height = harness_int(1, 40), in_width = harness_int(1, 70);
    const int64_t height = harness_int(1, 20), width = harness_int(1, 80), n = height * width * channels;
    cnn_pixels_params p = {channels,
                           in_height,
                           in_width,
                           height,
                           width,
                           random_map(height, in_height),
                           random_map(width, in_width),
                           harness_array(BORDERS * channels, 1),
                           NULL};
    uint8_t *input = harness_array(channels * in_height * in_width, 1);
    double *table = harness_reals(channels * 256), *want = harness_array(n, sizeof(double));
    for (int64_t i = 0; i < channels * in_height * in_width; i++) input[i] = (uint8_t)harness_int(0, 255);
    for (int64_t i = 0; i < BORDERS * channels; i++) ((uint8_t *)(uintptr_t)p.fill)[i] = (uint8_t)harness_int(0, 255);
    const float *table_f32 = harness_as(CNN_F32, table, channels * 256);
    harness_kernels(CNN_LEVEL_REFERENCE)->pixels[CNN_F64]->look_up(&p, input, table, want, NULL);
    const float *want_f32 = harness_as(CNN_F32, want, n);
    p.next = harness_int(0, 1) ? input : NULL;
    for (cnn_level level = CNN_LEVEL_REFERENCE; level <= cnn_level_detect(); level++) {
        const cnn_pixels_kernels *k = harness_kernels(level)->pixels[CNN_F32];
        float *out = harness_array(n, sizeof(float));
        k->look_up(&p, input, table_f32, out, harness_workspace(k->workspace_bytes(channels, width)));
        snprintf(what, sizeof what, "%s: %lld channels, %lld x %lld of %lld x %lld", cnn_level_name(level),
                 (long long)channels, (long long)height, (long long)width, (long long)in_height, (long long)in_width);
        CHECK_SHOW(memcmp(out, want_f32, (size_t)n * sizeof *out) == 0, "%s", what);
        harness_zones(what);
    }
    harness_free_all();
}

/* ---- the pipeline ---- */

static cnn_step step_of(const char *name, int numbers, const double *number) {
    cnn_step step = {.kind = cnn_step_kind_named(name), .numbers = numbers};
    memcpy(step.number, number, (size_t)numbers * sizeof *number);
    return step;
}

#define STEP(name, ...)                                                                                                \
    step_of(name, (int)(sizeof((double[]){__VA_ARGS__}) / sizeof(double)), (const double[]){__VA_ARGS__})

static cnn_tensor *apply(cnn_tensor *x, const cnn_step *step, int steps, cnn_chance *chance) {
    cnn_tensor *y = NULL;
    cnn_error err = {0};
    CHECK_SHOW(cnn_transform_image(x, step, steps, chance, &y, &err) == CNN_OK, "%s", err.text);
    return y;
}

static size_t bytes_of(const cnn_tensor *x) {
    return (size_t)cnn_tensor_numel(x) * cnn_dtype_bytes(cnn_tensor_dtype(x));
}

/* Together and one by one, from the same stream: the same bits, and as much drawn. */
static void test_joined(cnn_tensor *image, const cnn_step *step, int steps) {
    cnn_chance once = cnn_chance_start(7, (uint64_t)harness_int(0, 1000)), each = once;
    cnn_tensor *joined = apply(image, step, steps, &once), *x = cnn_tensor_retain(image);
    for (int i = 0; i < steps && x; i++) {
        cnn_tensor *y = apply(x, &step[i], 1, &each);
        cnn_tensor_release(&x);
        x = y;
    }
    CHECK(x && joined && cnn_shape_equal(cnn_tensor_shape(x), cnn_tensor_shape(joined)));
    if (x && joined) CHECK(memcmp(cnn_tensor_data(x), cnn_tensor_data(joined), bytes_of(x)) == 0);
    CHECK(once.counter == each.counter && once.left == each.left);
    cnn_tensor_release(&x);
    cnn_tensor_release(&joined);
}

static cnn_tensor *random_image(cnn_dtype dtype, int ndim, const int64_t *size) {
    cnn_tensor *x = NULL;
    cnn_error err;
    const cnn_shape shape = cnn_shape_make(ndim, size);
    CHECK(cnn_tensor_empty(dtype, &shape, &x, &err) == CNN_OK);
    for (int64_t i = 0; i < cnn_tensor_numel(x); i++) {
        if (dtype == CNN_U8) ((uint8_t *)cnn_tensor_data(x))[i] = (uint8_t)harness_int(0, 255);
        if (dtype == CNN_F32) ((float *)cnn_tensor_data(x))[i] = (float)harness_real();
        if (dtype == CNN_F64) ((double *)cnn_tensor_data(x))[i] = harness_real();
    }
    return x;
}

static void test_pipelines(void) {
    const double mode = (double)harness_int(0, 3);
    const cnn_step lab[] = {STEP("pad", 4, 4, 4, 4, mode, 7), STEP("random_crop", 32, 32, 0, 0, 0),
                            STEP("flip_horizontal", 0.5), STEP("to_tensor"),
                            STEP("normalize", 0.49, 0.48, 0.44, 0.2, 0.21, 0.22)};
    const cnn_step moves[] = {STEP("pad", 1, 2, 3, 0, 0, 1, 2, 3), STEP("flip_vertical", 0.5),
                              STEP("random_crop", 40, 9, 1, 0, 9), STEP("pad", 5, 5, 5, 5, mode, 50),
                              STEP("center_crop", 30, 31)};
    const cnn_step changes[] = {STEP("resize", 20, 45, 0, 1),
                                STEP("color_jitter", 0.5, 1.5, 0, 2, 1, 1, -0.5, 0.5),
                                STEP("rotation", -30, 30, 1, 5),
                                STEP("resize_nearest", 33, 0, 50),
                                STEP("random_resized_crop", 21, 30, 0.08, 1, 0.75, 1.333, 1),
                                STEP("flip_horizontal", 0.5),
                                STEP("random_grayscale", 0.5),
                                STEP("random_erasing", 0.7, 0.1, 0.3, 0.3, 3.3, 2),
                                STEP("to_tensor")};
    const int64_t colour[] = {3, 32, 32}, grey[] = {32, 32};
    for (int kind = 0; kind < 2; kind++) {
        cnn_tensor *image = random_image(CNN_U8, 3 - kind, kind ? grey : colour);
        for (int i = 0; i < 20; i++) {
            test_joined(image, lab, 4 + !kind);
            test_joined(image, moves + kind, 5 - kind);
            test_joined(image, changes, sizeof changes / sizeof *changes);
        }
        cnn_tensor_release(&image);
    }
    for (int dtype = CNN_F32; dtype <= CNN_F64; dtype++) {
        cnn_tensor *image = random_image((cnn_dtype)dtype, 3, colour);
        for (int i = 0; i < 10; i++) test_joined(image, moves, 5);
        if (dtype == CNN_F32) test_joined(image, changes, sizeof changes / sizeof *changes);
        cnn_tensor_release(&image);
    }
}

int main(void) {
    harness_seed();
    for (int i = 0; i < 400; i++) test_look_up(i % 3 == 0 ? harness_int(1, 5) : 3);
    for (int i = 0; i < 4; i++) test_pipelines();
    return check_result();
}
