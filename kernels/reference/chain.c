/* SPDX-License-Identifier: MIT
 * The steps of the contract chain, one after the other, element by element. */
#include <math.h>

#include "kernels/chain.h"
#include "kernels/element.h"

/* What a step gives, as memory would hold it. */
static REAL rounded(REAL x) {
    return element_load(element_store(x));
}

static REAL normal(REAL x, const REAL *mean, const REAL *scale, const REAL *shift, int64_t c) {
    return mean ? rounded((REAL)fma(x - mean[c], scale[c], shift[c])) : x;
}

static REAL element(const cnn_chain *chain, int64_t i, int64_t c) {
    const STORED *x = chain->x, *y = chain->y, *gate = chain->gate;
    const REAL *slope = chain->slope;
    if (slope) {
        const REAL *mean = chain->mean, *scale = chain->scale, *shift = chain->shift;
        return (REAL)fma(scale[c], element_load(x[i]), (REAL)fma(slope[c], element_load(y[i]) - mean[c], shift[c]));
    }
    REAL value = normal(element_load(x[i]), chain->mean, chain->scale, chain->shift, c);
    if (y) value = rounded(value + element_load(y[i]));
    if (!gate) return chain->relu && value < 0 ? 0 : value;
    const REAL open = normal(element_load(gate[i]), chain->gate_mean, chain->gate_scale, chain->gate_shift, c);
    return open > 0 ? value : 0;
}

static void run(const cnn_team *team, int64_t rows, int64_t channels, const cnn_chain *chain, void *output) {
    STORED *out = output;
    for (int64_t i = 0; i < rows; i++) {
        if (*team->stop) return;
        for (int64_t c = 0; c < channels; c++)
            out[i * channels + c] = element_store(element(chain, i * channels + c, c));
    }
}

const cnn_chain_kernels CNN_VARIANT(cnn_chain) = {run};
