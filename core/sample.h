/* SPDX-License-Identifier: MIT
 * Steps between a stored sample and what a network eats, run sample by sample in the loader's threads.
 *
 * A kind of step is a descriptor: `infer` says, once and before any sample is touched, what comes out; `run` does it.
 * A new one (crop, flip, normalise) is a descriptor in sample.c and a line in the table there. Steps must not touch
 * tensors, Lua or any global: what is random comes from the sample's own stream. */
#ifndef CNN_CORE_SAMPLE_H
#define CNN_CORE_SAMPLE_H

#include "core/chance.h"
#include "core/cnn.h"

#define CNN_MAX_STEPS    8
#define CNN_STEP_NUMBERS 6

typedef struct cnn_sample_type {
    cnn_dtype dtype;
    cnn_shape shape; /* dense, row-major */
} cnn_sample_type;

typedef struct cnn_step cnn_step;

typedef struct cnn_step_kind {
    const char *name; /* as the binding gives it: "to_tensor" */
    int numbers;      /* parameters it takes                  */
    /* Changes *type, what goes in, to what comes out; BAD_SHAPE, BAD_TYPE, BAD_VALUE where that cannot be. */
    cnn_status (*infer)(const cnn_step *step, cnn_sample_type *type, cnn_error *err);
    /* `in` and `out` do not overlap. Fails only for what is wrong with this one sample. */
    cnn_status (*run)(const cnn_step *step, const cnn_sample_type *type, const void *in, void *out, cnn_chance *chance,
                      cnn_error *err);
} cnn_step_kind;

struct cnn_step {
    const cnn_step_kind *kind;
    double number[CNN_STEP_NUMBERS];
};

/* NULL where there is none. */
const cnn_step_kind *cnn_step_kind_named(const char *name);

#endif
