/* SPDX-License-Identifier: MIT
 * Steps between a stored sample and what a network eats, run sample by sample in the loader's threads.
 *
 * A kind of step is a descriptor: `infer` says, once and before any sample is touched, what comes out; then either
 * `run` makes the new sample from the old one, or `map` says for every row and column of the new image which one of the
 * old image it shows (crops, flips and borders: pipeline.h turns a series of them into one pass). A new kind is a
 * descriptor in core/transforms/ and a line in transforms.list. Steps must not touch tensors, Lua or any global: what
 * is random comes from the sample's own stream, and how much a step draws must not depend on the image. */
#ifndef CNN_CORE_SAMPLE_H
#define CNN_CORE_SAMPLE_H

#include "core/chance.h"
#include "core/cnn.h"

#define CNN_MAX_STEPS    16
#define CNN_STEP_NUMBERS 40

typedef struct cnn_sample_type {
    cnn_dtype dtype;
    cnn_shape shape; /* dense, row-major */
} cnn_sample_type;

typedef struct cnn_step cnn_step;

/* Where the rows (0) and columns (1) of an image come from: `from[axis][i]` is a row or column of the image before all
 * steps of the series, or -1 - k for the border that step k of the series drew. `spare` holds as much as either. */
typedef struct cnn_window {
    int64_t size[2];
    int32_t *from[2], *spare;
    int step; /* the number in the series of the step that is being asked */
} cnn_window;

typedef struct cnn_step_kind {
    const char *name;  /* as the binding gives it: "to_tensor"                                       */
    const char *title; /* as users know it: "ToTensor"                                               */
    int least, most;   /* how many numbers it takes                                                  */
    int fill;          /* with `map`: place of the border's colour among them, which go on to the last; 0: none */
    bool pointwise;    /* each element from the one at its place, alike in a channel, without chance */
    /* Changes *type, what goes in, to what comes out; BAD_SHAPE, BAD_TYPE, BAD_VALUE where that cannot be. */
    cnn_status (*infer)(const cnn_step *step, cnn_sample_type *type, cnn_error *err);
    /* `in` and `out` do not overlap; `work` has work_bytes. Fails only for what is wrong with this one sample. */
    cnn_status (*run)(const cnn_step *step, const cnn_sample_type *type, const void *in, void *out, void *work,
                      cnn_chance *chance, cnn_error *err);
    void (*map)(const cnn_step *step, cnn_window *window, cnn_chance *chance);
    /* Scratch memory of `run` for one sample; NULL: none. */
    size_t (*work_bytes)(const cnn_step *step, const cnn_sample_type *type);
    /* What is the same for all samples of a type and costs time: made once, found in step->prepared. NULL: nothing. */
    size_t (*prepared_bytes)(const cnn_step *step, const cnn_sample_type *type);
    void (*prepare)(const cnn_step *step, const cnn_sample_type *type, void *prepared);
} cnn_step_kind;

struct cnn_step {
    const cnn_step_kind *kind;
    int numbers;
    double number[CNN_STEP_NUMBERS];
    void *prepared; /* a pipeline's own, NULL outside */
};

/* NULL where there is none. */
const cnn_step_kind *cnn_step_kind_named(const char *name);

/* ---- for the steps themselves ---- */

/* Channels, height and width of an image [H, W] or [C, H, W]. */
typedef struct cnn_image {
    int64_t channels, height, width;
} cnn_image;

cnn_image cnn_image_of(const cnn_sample_type *type);
/* BAD_SHAPE with the step's title where samples are no images. */
CNN_CHECKED cnn_status cnn_image_check(const cnn_step *step, const cnn_sample_type *type, cnn_error *err);
/* BAD_TYPE where images are neither uint8 nor float32. */
CNN_CHECKED cnn_status cnn_image_check_type(const cnn_step *step, const cnn_sample_type *type, cnn_error *err);
/* The numbers from `first` on are one colour: a number, or one per channel, that the images' type can have. */
CNN_CHECKED cnn_status cnn_image_check_colour(const cnn_step *step, const cnn_sample_type *type, int first,
                                              cnn_error *err);
/* Changes the last two sizes. */
void cnn_image_resize(cnn_sample_type *type, int64_t height, int64_t width);

#endif
