/* SPDX-License-Identifier: MIT
 * CONTRACT gemm: the matrix product C = A * B + beta * C.
 *
 *   A [m, k], B [k, n], C [m, n]; row-major with leading dimensions lda, ldb, ldc (elements between rows).
 *   transpose_a: A is stored as [k, m]; transpose_b: B is stored as [n, k].
 *   beta is 0 (C need not be initialised) or 1. k may be 0: C is then beta * C.
 *
 * The same bits for any number of threads: the work is cut into fixed blocks of C, each computed by one thread. */
#ifndef CNN_KERNELS_GEMM_H
#define CNN_KERNELS_GEMM_H

#include "base.h"

typedef struct cnn_gemm_params {
    bool transpose_a, transpose_b;
    int64_t m, n, k;
    int64_t lda, ldb, ldc;
    int beta;
} cnn_gemm_params;

typedef struct cnn_gemm_kernels {
    void (*gemm)(const cnn_team *team, const cnn_gemm_params *params, const void *a, const void *b, void *c);
} cnn_gemm_kernels;

#endif
