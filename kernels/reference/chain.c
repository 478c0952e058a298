/* SPDX-License-Identifier: MIT
 * The steps of the contract chain, one after the other, element by element. */
#include <math.h>

#include "kernels/chain.h"

static REAL normal(REAL x, const REAL *mean, const REAL *scale, const REAL *shift, int64_t c) {
    return mean ? (REAL)fma(x - mean[c], scale[c], shift[c]) : x;
}

static REAL element(const cnn_chain *chain, int64_t i, int64_t c) {
    const REAL *x = chain->x, *y = chain->y, *gate = chain->gate;
    const REAL *slope = chain->slope;
    if (slope) {
        const REAL *mean = chain->mean, *scale = chain->scale, *shift = chain->shift;
        return (REAL)fma(scale[c], x[i], (REAL)fma(slope[c], y[i] - mean[c], shift[c]));
    }
    REAL value = normal(x[i], chain->mean, chain->scale, chain->shift, c);
    if (y) value += y[i];
    if (gate) return normal(gate[i], chain->gate_mean, chain->gate_scale, chain->gate_shift, c) > 0 ? value : 0;
    return chain->relu && value < 0 ? 0 : value;
}

static void run(const cnn_team *team, int64_t rows, int64_t channels, const cnn_chain *chain, void *output) {
    for (int64_t i = 0; i < rows; i++) {
        if (*team->stop) return;
        for (int64_t c = 0; c < channels; c++) ((REAL *)output)[i * channels + c] = element(chain, i * channels + c, c);
    }
}

const cnn_chain_kernels CNN_VARIANT(cnn_chain) = {run};
