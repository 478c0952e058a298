/* SPDX-License-Identifier: MIT
 * Batch normalisation in the formulas of its contract, channel by channel, every sum in float64.
 * The variance takes a second pass over the data, so a large mean costs no digits. */
#include <math.h>

#include "kernels/batch_norm.h"

static size_t workspace_bytes(const cnn_team *team, int64_t rows, int64_t channels) {
    (void)team, (void)rows, (void)channels;
    return 0;
}

static void statistics(const cnn_team *team, int64_t rows, int64_t channels, const void *input, void *mean, void *var,
                       void *workspace) {
    const REAL *x = input;
    (void)workspace;
    for (int64_t c = 0; c < channels; c++) {
        if (*team->stop) return;
        double sum = 0, squares = 0;
        for (int64_t i = 0; i < rows; i++) sum += x[i * channels + c];
        const double average = sum / (double)rows;
        for (int64_t i = 0; i < rows; i++) {
            const double deviation = x[i * channels + c] - average;
            squares += deviation * deviation;
        }
        ((REAL *)mean)[c] = (REAL)average;
        ((REAL *)var)[c] = (REAL)(squares / (double)rows);
    }
}

/* Is the gate of channel c open? */
static bool is_open(const cnn_chain *chain, int64_t i, int64_t c) {
    const REAL *gate = chain->gate, *mean = chain->gate_mean, *scale = chain->gate_scale, *shift = chain->gate_shift;
    return !gate || (mean ? (REAL)fma(gate[i] - mean[c], scale[c], shift[c]) : gate[i]) > 0;
}

/* One element of a chain without a mean. */
static REAL gradient_at(const cnn_chain *chain, int64_t i, int64_t c) {
    const REAL *x = chain->x, *y = chain->y;
    const REAL value = y ? x[i] + y[i] : x[i];
    return is_open(chain, i, c) ? value : 0;
}

static void backward(const cnn_team *team, int64_t rows, int64_t channels, bool training, const void *input,
                     const cnn_chain *doutput, void *gathered, const void *mean, const void *invstd, const void *weight,
                     void *dinput, void *dweight, void *dbias, void *workspace) {
    const REAL *x = input, *m = mean, *s = invstd, *w = weight;
    REAL *dx = dinput, *all = gathered;
    (void)workspace;
    for (int64_t c = 0; c < channels; c++) {
        if (*team->stop) return;
        double dw = 0, db = 0;
        for (int64_t i = c; i < rows * channels; i += channels) {
            const REAL dy = gradient_at(doutput, i, c);
            dw += (double)dy * (((double)x[i] - m[c]) * s[c]);
            db += dy;
            if (all) all[i] = dy;
        }
        ((REAL *)dweight)[c] = (REAL)dw;
        ((REAL *)dbias)[c] = (REAL)db;
        const double scale = (double)s[c] * (w ? w[c] : 1);
        for (int64_t i = c; dx && i < rows * channels; i += channels) {
            const double xhat = ((double)x[i] - m[c]) * s[c], dy = all ? all[i] : gradient_at(doutput, i, c);
            const double centered = training ? dy - db / (double)rows - xhat * (dw / (double)rows) : dy;
            dx[i] = (REAL)(scale * centered);
        }
    }
}

const cnn_batch_norm_kernels CNN_VARIANT(cnn_batch_norm) = {workspace_bytes, statistics, backward};
