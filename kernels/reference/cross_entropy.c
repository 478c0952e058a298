/* SPDX-License-Identifier: MIT
 * Cross entropy of a row of logits against its label, in float64.
 * The row's maximum is subtracted before exp, so finite logits cannot overflow; a NaN anywhere reaches the result. */
#include "kernels/cross_entropy.h"
#include <math.h>

/* max over the row, and sum of exp(logit - max) */
static double softmax_sum(int64_t classes, const REAL *logits, double *max) {
    double sum = 0;
    *max = logits[0];
    for (int64_t j = 1; j < classes; j++) *max = logits[j] > *max ? logits[j] : *max;
    for (int64_t j = 0; j < classes; j++) sum += exp(logits[j] - *max);
    return sum;
}

static void forward(const cnn_team *team, int64_t rows, int64_t classes, const void *logits, const int64_t *labels,
                    void *loss) {
    for (int64_t i = 0; i < rows; i++) {
        if (*team->stop) return;
        const REAL *row = (const REAL *)logits + i * classes;
        double max, sum = softmax_sum(classes, row, &max);
        ((REAL *)loss)[i] = (REAL)(log(sum) + (max - row[labels[i] - 1]));
    }
}

static void backward(const cnn_team *team, int64_t rows, int64_t classes, const void *logits, const int64_t *labels,
                     const void *dloss, void *dlogits) {
    for (int64_t i = 0; i < rows; i++) {
        if (*team->stop) return;
        const REAL *row = (const REAL *)logits + i * classes;
        const double upstream = ((const REAL *)dloss)[i];
        double max, sum = softmax_sum(classes, row, &max);
        for (int64_t j = 0; j < classes; j++) {
            const double softmax = exp(row[j] - max) / sum;
            ((REAL *)dlogits)[i * classes + j] = (REAL)((softmax - (j == labels[i] - 1)) * upstream);
        }
    }
}

const cnn_cross_entropy_kernels CNN_VARIANT(cnn_cross_entropy) = {forward, backward};
