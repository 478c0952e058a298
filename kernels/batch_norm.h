/* SPDX-License-Identifier: MIT
 * CONTRACT batch_norm: each channel is shifted and scaled to mean 0 and variance 1 over all its values.
 *
 *   input, dinput                   [rows, channels] dense; rows = N*H*W of a channels-last image, or N
 *   doutput                         a chain (chain.h) of such arrays without mean: a gradient that is summed up, or
 *                                   passes a ReLU, on its way in
 *   gathered                        [rows, channels], receives that chain's result, or NULL
 *   mean, var, invstd, weight       [channels]; var is the biased variance (divided by rows), invstd =
 *                                   1 / sqrt(var + eps); weight NULL means 1
 *
 *   Of bfloat16 the arrays of rows; what is per channel is float32 then.
 *
 *   output = (input - mean) * invstd * weight + bias: a chain as well
 *
 * Sums run in a fixed order that does not depend on the number of threads, and must not lose digits when
 * |mean| is much larger than the deviation (shift the data, or accumulate in float64).
 * Source: Ioffe & Szegedy 2015, arXiv:1502.03167. */
#ifndef CNN_KERNELS_BATCH_NORM_H
#define CNN_KERNELS_BATCH_NORM_H

#include "chain.h"

typedef struct cnn_batch_norm_kernels {
    /* scratch bytes for statistics and backward */
    size_t (*workspace_bytes)(const cnn_team *team, int64_t rows, int64_t channels);

    void (*statistics)(const cnn_team *team, int64_t rows, int64_t channels, const void *input, void *mean, void *var,
                       void *workspace);
    /* dweight = sum(doutput * xhat), dbias = sum(doutput), xhat = (input - mean) * invstd, and
     *   training: dinput = weight * invstd * (doutput - dbias/rows - xhat * dweight/rows)
     *   else:     dinput = weight * invstd * doutput        (mean and invstd are constants)
     * dinput may be NULL; dweight and dbias may not. */
    void (*backward)(const cnn_team *team, int64_t rows, int64_t channels, bool training, const void *input,
                     const cnn_chain *doutput, void *gathered, const void *mean, const void *invstd, const void *weight,
                     void *dinput, void *dweight, void *dbias, void *workspace);
} cnn_batch_norm_kernels;

#endif
