/* SPDX-License-Identifier: MIT
 * CONTRACT reduce: sums and extremes over some dimensions of a strided tensor.
 *
 * The input is described by the dimensions that stay (kept) and those that go (reduced); the output is dense, in the
 * order of the kept dimensions. ndim 0 on either side means one element. Both lists are merged where possible.
 * Sums run in a fixed order that does not depend on the number of threads; float32 sums are accumulated so that
 * the error stays below that of a plain float32 loop by far (blocks, or float64).
 * sum: f32 -> f32, f64 -> f64, i64 -> i64, u8 and bool -> i64. An empty sum is 0.
 * extreme: values of the input's type, and int64 positions counted from 1 over the reduced elements in their order
 * (the first of equals; a NaN wins). The caller has checked that there is at least one reduced element. */
#ifndef CNN_KERNELS_REDUCE_H
#define CNN_KERNELS_REDUCE_H

#include "base.h"

typedef struct cnn_reduce_walk {
    int kept_ndim, reduced_ndim;
    int64_t kept_size[CNN_MAX_DIMS], kept_stride[CNN_MAX_DIMS];
    int64_t reduced_size[CNN_MAX_DIMS], reduced_stride[CNN_MAX_DIMS];
} cnn_reduce_walk;

typedef struct cnn_reduce_kernels {
    void (*sum)(const cnn_team *team, const cnn_reduce_walk *walk, const void *input, void *output);
    /* largest = true: maximum, else minimum; values or positions may be NULL */
    void (*extreme)(const cnn_team *team, const cnn_reduce_walk *walk, bool largest, const void *input, void *values,
                    int64_t *positions);
} cnn_reduce_kernels;

#endif
