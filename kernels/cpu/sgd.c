/* SPDX-License-Identifier: MIT
 * Stochastic gradient descent in one pass over param, grad and buffer: memory is the limit, so the compiler's vectors
 * are enough. The operations and their order are the reference's, so every level gives the same bits. */
#include "kernels/sgd.h"

enum { BLOCK = 8192, PARALLEL = 32768 };

static void step_plain(const cnn_sgd_params *params, int64_t n, const float *grad, float *param) {
    const float lr = (float)params->lr, decay = (float)params->weight_decay, sign = params->maximize ? -1 : 1;
    if (decay == 0) {
        for (int64_t i = 0; i < n; i++) param[i] -= lr * (sign * grad[i]);
    } else {
        for (int64_t i = 0; i < n; i++) param[i] -= lr * (sign * grad[i] + decay * param[i]);
    }
}

static void step_momentum(const cnn_sgd_params *params, int64_t n, const float *grad, float *param, float *buffer) {
    const float lr = (float)params->lr, momentum = (float)params->momentum, sign = params->maximize ? -1 : 1;
    const float decay = (float)params->weight_decay, fresh = 1 - (float)params->dampening;
    const bool first = params->first, nesterov = params->nesterov, decays = decay != 0;
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        float g = sign * grad[i];
        g = decays ? g + decay * param[i] : g;
        const float velocity = first ? g : momentum * buffer[i] + fresh * g;
        buffer[i] = velocity;
        param[i] -= lr * (nesterov ? g + momentum * velocity : velocity);
    }
}

static void step(const cnn_team *team, const cnn_sgd_params *params, int64_t n, const void *grad, void *param,
                 void *buffer) {
    const bool momentum = (float)params->momentum != 0;
#pragma omp parallel for num_threads(team->threads) schedule(static) if (team->threads > 1 && n >= PARALLEL)
    for (int64_t at = 0; at < n; at += BLOCK) {
        const int64_t length = n - at < BLOCK ? n - at : BLOCK;
        const float *g = (const float *)grad + at;
        float *p = (float *)param + at;
        if (*team->stop) continue;
        if (momentum)
            step_momentum(params, length, g, p, (float *)buffer + at);
        else
            step_plain(params, length, g, p);
    }
}

const cnn_sgd_kernels CNN_VARIANT(cnn_sgd) = {step};
