/* SPDX-License-Identifier: MIT
 * Stochastic gradient descent in one pass over param, grad and buffer: memory is the limit, so the compiler's vectors
 * are enough. The team shares the blocks of all parameters, most of which are too small for it each. The operations and
 * their order are the reference's, so every level gives the same bits. */
#include "kernels/sgd.h"
#include <omp.h>

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

/* The block of an item that begins at element `at`. */
static void step_block(const cnn_sgd_params *params, const cnn_sgd_item *item, int64_t at) {
    const int64_t length = item->n - at < BLOCK ? item->n - at : BLOCK;
    const float *g = (const float *)item->grad + at;
    float *p = (float *)item->param + at;
    if ((float)params->momentum != 0)
        step_momentum(params, length, g, p, (float *)item->buffer + at);
    else
        step_plain(params, length, g, p);
}

static void step(const cnn_team *team, const cnn_sgd_params *params, int64_t count, const cnn_sgd_item *item) {
    int64_t elements = 0;
    for (int64_t i = 0; i < count; i++) elements += item[i].n;
#pragma omp parallel num_threads(team->threads) if (team->threads > 1 && elements >= PARALLEL)
    {
        const int64_t me = omp_get_thread_num(), all = omp_get_num_threads();
        int64_t block = 0; /* dealt out in turn */
        for (int64_t i = 0; i < count; i++) {
            for (int64_t at = 0; at < item[i].n; at += BLOCK)
                if (block++ % all == me && !*team->stop) step_block(params, &item[i], at);
        }
    }
}

const cnn_sgd_kernels CNN_VARIANT(cnn_sgd) = {step};
