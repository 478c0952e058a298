/* SPDX-License-Identifier: MIT
 * Parameters of those ops that other ops' gradients and functions.c run: one struct serves both sides. */
#ifndef CNN_CORE_OPS_PARAMS_H
#define CNN_CORE_OPS_PARAMS_H

#include "core/cnn.h"

typedef struct cast_params {
    cnn_dtype dtype;
} cast_params;

typedef struct size_params {
    cnn_shape size;
} size_params; /* view, reshape, expand, sum_to */

typedef struct permute_params {
    cnn_shape dims;
} permute_params;

typedef struct sum_params {
    cnn_shape dims; /* ndim 0: all */
    bool keepdim;
} sum_params; /* sum, mean */

typedef struct pad_params {
    cnn_shape pad; /* last dimension first: before, after, …; negative widths cut off */
    double value;
} pad_params;

typedef struct matmul_params {
    bool transpose_a, transpose_b;
} matmul_params;

typedef struct slice_params {
    int64_t dim, start, length; /* from 0 */
} slice_params;

#endif
