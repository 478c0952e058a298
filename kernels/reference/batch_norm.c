/* SPDX-License-Identifier: MIT
 * Batch normalisation in the formulas of its contract, channel by channel, every sum in float64.
 * The variance takes a second pass over the data, so a large mean costs no digits. */
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

static void apply(const cnn_team *team, int64_t rows, int64_t channels, const void *input, const void *mean,
                  const void *invstd, const void *weight, const void *bias, void *output) {
    const REAL *x = input, *m = mean, *s = invstd, *w = weight, *b = bias;
    REAL *y = output;
    for (int64_t i = 0; i < rows; i++) {
        if (*team->stop) return;
        for (int64_t c = 0; c < channels; c++) {
            const REAL xhat = (x[i * channels + c] - m[c]) * s[c];
            y[i * channels + c] = xhat * (w ? w[c] : 1) + (b ? b[c] : 0);
        }
    }
}

static void backward(const cnn_team *team, int64_t rows, int64_t channels, bool training, const void *input,
                     const void *doutput, const void *mean, const void *invstd, const void *weight, void *dinput,
                     void *dweight, void *dbias, void *workspace) {
    const REAL *x = input, *dy = doutput, *m = mean, *s = invstd, *w = weight;
    REAL *dx = dinput;
    (void)workspace;
    for (int64_t c = 0; c < channels; c++) {
        if (*team->stop) return;
        double dw = 0, db = 0;
        for (int64_t i = c; i < rows * channels; i += channels) {
            dw += (double)dy[i] * (((double)x[i] - m[c]) * s[c]);
            db += dy[i];
        }
        ((REAL *)dweight)[c] = (REAL)dw;
        ((REAL *)dbias)[c] = (REAL)db;
        const double scale = (double)s[c] * (w ? w[c] : 1);
        for (int64_t i = c; dx && i < rows * channels; i += channels) {
            const double xhat = ((double)x[i] - m[c]) * s[c];
            const double centered = training ? dy[i] - db / (double)rows - xhat * (dw / (double)rows) : dy[i];
            dx[i] = (REAL)(scale * centered);
        }
    }
}

const cnn_batch_norm_kernels CNN_VARIANT(cnn_batch_norm) = {workspace_bytes, statistics, apply, backward};
