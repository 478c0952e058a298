/* SPDX-License-Identifier: MIT
 * What the steps of all optimisers share: a parameter, its gradient and what is remembered about it, brought into one
 * dense layout for a kernel and back.
 *
 * Gradients mostly have their parameter's layout; what does not is copied first, and copied back after the step if the
 * step changed it. Whoever calls cnn_step_begin calls cnn_step_end, with the status so far. */
#ifndef CNN_CORE_STEP_H
#define CNN_CORE_STEP_H

#include "core/cnn.h"
#include "core/ops/support.h"

enum { CNN_STEP_PARAM, CNN_STEP_GRAD, CNN_STEP_MEMORY, CNN_STEP_TENSORS = CNN_STEP_MEMORY + 3 };

typedef struct cnn_step_run {
    const char *optimiser;               /* for messages                              */
    cnn_tensor *given[CNN_STEP_TENSORS]; /* borrowed; memories may be NULL            */
    const char *name[CNN_STEP_TENSORS];  /* of the memories, for messages             */
    cnn_tensor *ready[CNN_STEP_TENSORS]; /* in the parameter's dense layout, bfloat16 as float32 */
    void *data[CNN_STEP_TENSORS];        /* their elements, NULL for what is not there */
    int64_t n;                           /* elements of each                          */
    cnn_call call;                       /* kernels and team                          */
    double begun;                        /* for the profile                           */
} cnn_step_run;

/* Checks that all are real, of one type and shape (BAD_TYPE, BAD_SHAPE), and fills in ready, data, n and call. */
CNN_CHECKED cnn_status cnn_step_begin(cnn_step_run *run, cnn_error *err);
/* After the kernel has run, or with the error that came before: writes the parameter and the memories back. */
CNN_CHECKED cnn_status cnn_step_end(cnn_step_run *run, cnn_status status, cnn_error *err);

#endif
