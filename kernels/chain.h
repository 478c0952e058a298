/* SPDX-License-Identifier: MIT
 * CONTRACT chain: what follows one another element by element, in one pass over memory.
 *
 *   x, y, gate, output   [rows, channels] dense: the pixels of channels-last images, or rows of features
 *   mean, scale, shift   [channels]; all NULL: x is taken as it is
 *   gate_mean, _scale, _shift   likewise of the gate, which is then fma(gate - gate_mean, gate_scale, gate_shift)
 *   y, gate              may be NULL
 *   of bfloat16 x, y, gate and output; vectors per channel are float32 then
 *
 *   term = fma(x - mean, scale, shift)            a batch normalisation: scale = weight / deviation, shift = bias
 *   output = max(0, term + y)                     the maximum only if relu; NaN stays NaN
 *   term = fma(scale, x, fma(slope, y - mean, shift))   instead of both, with a slope [channels]: what a batch
 *                                                 normalisation's gradient makes of doutput x and input y
 *   output = gate > 0 ? term + y : 0              instead, with a gate: the gradient of a ReLU whose result the gate is
 *
 * Every step is rounded, so the bits are those of the single steps. output may be x or y. */
#ifndef CNN_KERNELS_CHAIN_H
#define CNN_KERNELS_CHAIN_H

#include "base.h"

typedef struct cnn_chain {
    const void *x, *mean, *scale, *shift;
    const void *slope; /* without gate and relu */
    const void *y;
    const void *gate, *gate_mean, *gate_scale, *gate_shift;
    bool relu; /* not together with a gate */
} cnn_chain;

typedef struct cnn_chain_kernels {
    void (*run)(const cnn_team *team, int64_t rows, int64_t channels, const cnn_chain *chain, void *output);
} cnn_chain_kernels;

#endif
