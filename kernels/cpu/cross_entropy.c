/* SPDX-License-Identifier: MIT
 * Cross entropy, rows shared out to the team: exponentials of float32 by vectors (math.h), their sum in float64.
 * exp(logit - max) of a row is computed by each pass anew: writing and reading it back would cost as much. */
#include "kernels/cross_entropy.h"
#include "kernels/cpu/math.h"

enum { PARALLEL = 16384 };

/* The largest logit. With a NaN in the row it may be any, the sum of exponentials is NaN all the same. */
static float row_max(int64_t classes, const float *logits) {
    float max = logits[0];
#pragma omp simd reduction(max : max)
    for (int64_t j = 0; j < classes; j++) max = logits[j] > max ? logits[j] : max;
    return max;
}

static double row_sum(int64_t classes, const float *logits, float max) {
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t j = 0; j < classes; j++) sum += (double)math_exp(logits[j] - max);
    return sum;
}

static void forward(const cnn_team *team, int64_t rows, int64_t classes, const void *logits, const int64_t *labels,
                    void *loss) {
#pragma omp parallel for num_threads(team->threads)                                                                    \
    schedule(static) if (team->threads > 1 && rows * classes >= PARALLEL)
    for (int64_t i = 0; i < rows; i++) {
        if (*team->stop) continue;
        const float *row = (const float *)logits + i * classes;
        const float max = row_max(classes, row);
        ((float *)loss)[i] = (float)(log(row_sum(classes, row, max)) + ((double)max - row[labels[i] - 1]));
    }
}

static void row_gradient(int64_t classes, const float *logits, int64_t label, float upstream, float *dlogits) {
    const float max = row_max(classes, logits), scale = (float)(1 / row_sum(classes, logits, max));
#pragma omp simd
    for (int64_t j = 0; j < classes; j++) dlogits[j] = math_exp(logits[j] - max) * scale * upstream;
    const float own = math_exp(logits[label - 1] - max) * scale;
    dlogits[label - 1] = (own - 1) * upstream;
}

static void backward(const cnn_team *team, int64_t rows, int64_t classes, const void *logits, const int64_t *labels,
                     const void *dloss, void *dlogits) {
#pragma omp parallel for num_threads(team->threads)                                                                    \
    schedule(static) if (team->threads > 1 && rows * classes >= PARALLEL)
    for (int64_t i = 0; i < rows; i++) {
        if (*team->stop) continue;
        row_gradient(classes, (const float *)logits + i * classes, labels[i], ((const float *)dloss)[i],
                     (float *)dlogits + i * classes);
    }
}

const cnn_cross_entropy_kernels CNN_VARIANT(cnn_cross_entropy) = {forward, backward};
