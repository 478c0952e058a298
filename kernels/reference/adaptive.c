/* SPDX-License-Identifier: MIT
 * Adam, RMSprop and Adagrad, element by element, in the order of their contract. */
#include "kernels/adaptive.h"

#include <math.h>

/* The gradient of element i as all rules begin with it. */
static REAL slope(const cnn_adaptive_params *params, int64_t i, const void *grad, const REAL *param) {
    REAL g = ((const REAL *)grad)[i];
    if (params->maximize) g = -g;
    if (params->weight_decay != 0) g += (REAL)params->weight_decay * param[i];
    return g;
}

static REAL root(REAL x) {
    return (REAL)sqrt((double)x); /* correctly rounded for float too: double has more than twice its digits */
}

static bool stopped(const cnn_team *team, int64_t i) {
    return i % 65536 == 0 && *team->stop;
}

static void adam(const cnn_team *team, const cnn_adaptive_params *params, int64_t n, const void *grad, void *param,
                 void *m, void *v, void *vmax) {
    const REAL step_size = (REAL)params->step_size, eps = (REAL)params->eps, shrink = (REAL)params->shrink;
    const REAL fresh = (REAL)(1 - params->beta1), keep = (REAL)params->beta2, new = (REAL)(1 - params->beta2);
    const REAL correction = (REAL)params->root_correction;
    REAL *p = param, *first = m, *second = v, *largest = vmax;
    for (int64_t i = 0; i < n; i++) {
        if (stopped(team, i)) return;
        if (shrink != 1) p[i] *= shrink;
        const REAL g = slope(params, i, grad, p);
        first[i] += fresh * (g - first[i]);
        second[i] = keep * second[i] + new *g *g;
        REAL scale = second[i];
        if (largest) {
            if (scale > largest[i] || isnan(scale)) largest[i] = scale;
            scale = largest[i];
        }
        p[i] -= step_size * first[i] / (root(scale) / correction + eps);
    }
}

static void rmsprop(const cnn_team *team, const cnn_adaptive_params *params, int64_t n, const void *grad, void *param,
                    void *s, void *a, void *b) {
    const REAL step_size = (REAL)params->step_size, eps = (REAL)params->eps, momentum = (REAL)params->momentum;
    const REAL keep = (REAL)params->alpha, fresh = (REAL)(1 - params->alpha);
    REAL *p = param, *square = s, *average = a, *buffer = b;
    for (int64_t i = 0; i < n; i++) {
        if (stopped(team, i)) return;
        const REAL g = slope(params, i, grad, p);
        square[i] = keep * square[i] + fresh * g * g;
        REAL variance = square[i];
        if (average) {
            average[i] += fresh * (g - average[i]);
            variance -= average[i] * average[i];
        }
        REAL direction = g / (root(variance) + eps);
        if (buffer) {
            buffer[i] = momentum * buffer[i] + direction;
            direction = buffer[i];
        }
        p[i] -= step_size * direction;
    }
}

static void adagrad(const cnn_team *team, const cnn_adaptive_params *params, int64_t n, const void *grad, void *param,
                    void *s) {
    const REAL step_size = (REAL)params->step_size, eps = (REAL)params->eps;
    REAL *p = param, *sum = s;
    for (int64_t i = 0; i < n; i++) {
        if (stopped(team, i)) return;
        const REAL g = slope(params, i, grad, p);
        sum[i] += g * g;
        p[i] -= step_size * (g / (root(sum[i]) + eps));
    }
}

const cnn_adaptive_kernels CNN_VARIANT(cnn_adaptive) = {adam, rmsprop, adagrad};
