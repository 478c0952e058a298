/* SPDX-License-Identifier: MIT
 * The steps of a column made ready: checked, measured, and joined where several are one pass.
 *
 * Neighbouring steps that only move pixels (`map`) become one window on the image. Where bytes then only go through
 * pointwise steps up to the end, as in crop, flip, ToTensor, Normalize, these become a table of 256 floats per channel,
 * made by running them, and the whole tail is one pass of kernels/pixels.h. Nothing of this changes a bit of the
 * result. A pipeline is read only once it is made: threads share it, each with scratch memory of its own. */
#ifndef CNN_CORE_PIPELINE_H
#define CNN_CORE_PIPELINE_H

#include "core/sample.h"
#include "kernels/pixels.h"

typedef enum cnn_stage_kind {
    CNN_STAGE_RUN,     /* one step's `run`                                             */
    CNN_STAGE_WINDOW,  /* a series of `map` steps                                      */
    CNN_STAGE_LOOK_UP, /* such a series, perhaps none, then the table                  */
    CNN_STAGE_COPY     /* to where the sample belongs: as it is, or channels-last      */
} cnn_stage_kind;

typedef struct cnn_stage {
    cnn_stage_kind kind;
    int first, count;        /* the steps that it runs or maps               */
    cnn_sample_type in, out; /* of the stage                                 */
    bool woven;              /* channels-last; else a look-up goes channel by channel */
    int64_t side;            /* the longest that an image of the series has  */
    void *fill;              /* colours of borders, as `in`: [count, channels] if woven, else [channels, count] */
    float *table;            /* [channels, 256]                              */
} cnn_stage;

typedef struct cnn_pipeline {
    cnn_step step[CNN_MAX_STEPS];
    cnn_sample_type in, out;
    bool wants_channels_last, channels_last; /* what was asked for, and how `out` is stored */
    const cnn_pixels_kernels *kernels;
    cnn_stage stage[CNN_MAX_STEPS + 1];
    int stages;
    size_t buffer_bytes;  /* for a sample between two stages       */
    size_t scratch_bytes; /* what a thread needs: buffers and more */
} cnn_pipeline;

/* Checks the steps against samples of type `in`. With channels_last, float images [C, H, W] that steps have made are
 * stored [H, W, C]. Fails as the steps' infer do, or with NO_MEMORY; in any case free it. */
CNN_CHECKED cnn_status cnn_pipeline_make(cnn_pipeline *pipeline, const cnn_sample_type *in, const cnn_step *step,
                                         int steps, bool channels_last, cnn_error *err);
void cnn_pipeline_free(cnn_pipeline *pipeline);
/* Scratch memory for pipelines that need `bytes` at most, to be freed with free(); NULL where there is none left. */
char *cnn_pipeline_scratch(size_t bytes);
/* One sample; any thread. `scratch` has scratch_bytes; `next` is the sample after this one, if known: a hint. */
CNN_CHECKED cnn_status cnn_pipeline_run(const cnn_pipeline *pipeline, const void *in, const void *next, void *out,
                                        char *scratch, cnn_chance *chance, cnn_error *err);

/* The steps over one image, which comes out row-major. Draws from `chance` as a loader would. */
CNN_CHECKED cnn_status cnn_transform_image(cnn_tensor *image, const cnn_step *step, int steps, cnn_chance *chance,
                                           cnn_tensor **out, cnn_error *err);

#endif
