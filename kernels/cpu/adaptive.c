/* SPDX-License-Identifier: MIT
 * Adam, RMSprop and Adagrad in one pass over the parameter and its memories: memory is the limit, so the compiler's
 * vectors are enough. The operations and their order are the reference's, so every level gives the same bits. What is
 * optional is decided outside of the loops: each loop body below is compiled for every combination that is asked for.
 */
#include "kernels/adaptive.h"

#include <math.h>

enum { BLOCK = 8192, PARALLEL = 32768 };

/* One block of arrays, at most BLOCK elements; a memory that is not there is NULL. */
typedef struct block {
    int64_t n;
    const float *grad;
    float *param, *memory[3];
} block;

typedef void block_step(const cnn_adaptive_params *params, const block *b);

static inline float slope(float grad, float param, float sign, bool decays, float decay) {
    const float g = sign * grad;
    return decays ? g + decay * param : g;
}

static inline void adam_loop(const cnn_adaptive_params *params, const block *b, bool amsgrad, bool decays) {
    const float step_size = (float)params->step_size, eps = (float)params->eps, shrink = (float)params->shrink;
    const float fresh = (float)(1 - params->beta1), keep = (float)params->beta2, new = (float)(1 - params->beta2);
    const float correction = (float)params->root_correction, decay = (float)params->weight_decay;
    const float sign = params->maximize ? -1 : 1, *grad = b->grad;
    float *param = b->param, *first = b->memory[0], *second = b->memory[1], *largest = b->memory[2];
#pragma omp simd
    for (int64_t i = 0; i < b->n; i++) {
        const float p = shrink * param[i], g = slope(grad[i], p, sign, decays, decay);
        const float m = first[i] + fresh * (g - first[i]), v = keep * second[i] + new *g *g;
        float scale = v;
        first[i] = m;
        second[i] = v;
        if (amsgrad) {
            scale = v > largest[i] || v != v ? v : largest[i];
            largest[i] = scale;
        }
        param[i] = p - step_size * m / (sqrtf(scale) / correction + eps);
    }
}

static void adam_block(const cnn_adaptive_params *params, const block *b) {
    const bool decays = (float)params->weight_decay != 0;
    if (b->memory[2])
        adam_loop(params, b, true, decays);
    else if (decays)
        adam_loop(params, b, false, true);
    else
        adam_loop(params, b, false, false);
}

static inline void rmsprop_loop(const cnn_adaptive_params *params, const block *b, bool centered, bool buffered) {
    const float step_size = (float)params->step_size, eps = (float)params->eps, momentum = (float)params->momentum;
    const float keep = (float)params->alpha, fresh = (float)(1 - params->alpha), decay = (float)params->weight_decay;
    const float sign = params->maximize ? -1 : 1, *grad = b->grad;
    const bool decays = decay != 0;
    float *param = b->param, *square = b->memory[0], *average = b->memory[1], *buffer = b->memory[2];
#pragma omp simd
    for (int64_t i = 0; i < b->n; i++) {
        const float g = slope(grad[i], param[i], sign, decays, decay), s = keep * square[i] + fresh * g * g;
        float variance = s;
        square[i] = s;
        if (centered) {
            const float a = average[i] + fresh * (g - average[i]);
            average[i] = a;
            variance = s - a * a;
        }
        float direction = g / (sqrtf(variance) + eps);
        if (buffered) {
            direction = momentum * buffer[i] + direction;
            buffer[i] = direction;
        }
        param[i] -= step_size * direction;
    }
}

static void rmsprop_block(const cnn_adaptive_params *params, const block *b) {
    if (b->memory[1] && b->memory[2])
        rmsprop_loop(params, b, true, true);
    else if (b->memory[1])
        rmsprop_loop(params, b, true, false);
    else if (b->memory[2])
        rmsprop_loop(params, b, false, true);
    else
        rmsprop_loop(params, b, false, false);
}

static void adagrad_block(const cnn_adaptive_params *params, const block *b) {
    const float step_size = (float)params->step_size, eps = (float)params->eps, decay = (float)params->weight_decay;
    const float sign = params->maximize ? -1 : 1, *grad = b->grad;
    const bool decays = decay != 0;
    float *param = b->param, *sum = b->memory[0];
#pragma omp simd
    for (int64_t i = 0; i < b->n; i++) {
        const float g = slope(grad[i], param[i], sign, decays, decay), s = sum[i] + g * g;
        sum[i] = s;
        param[i] -= step_size * (g / (sqrtf(s) + eps));
    }
}

/* All blocks, shared among the team. */
static void each_block(const cnn_team *team, const cnn_adaptive_params *params, const block *all, block_step *step) {
#pragma omp parallel for num_threads(team->threads) schedule(static) if (team->threads > 1 && all->n >= PARALLEL)
    for (int64_t at = 0; at < all->n; at += BLOCK) {
        block b = {all->n - at < BLOCK ? all->n - at : BLOCK, all->grad + at, all->param + at, {NULL}};
        if (*team->stop) continue;
        for (int i = 0; i < 3; i++) b.memory[i] = all->memory[i] ? all->memory[i] + at : NULL;
        step(params, &b);
    }
}

static void adam(const cnn_team *team, const cnn_adaptive_params *params, int64_t n, const void *grad, void *param,
                 void *m, void *v, void *vmax) {
    each_block(team, params, &(block){n, grad, param, {m, v, vmax}}, adam_block);
}

static void rmsprop(const cnn_team *team, const cnn_adaptive_params *params, int64_t n, const void *grad, void *param,
                    void *s, void *a, void *b) {
    each_block(team, params, &(block){n, grad, param, {s, a, b}}, rmsprop_block);
}

static void adagrad(const cnn_team *team, const cnn_adaptive_params *params, int64_t n, const void *grad, void *param,
                    void *s) {
    each_block(team, params, &(block){n, grad, param, {s}}, adagrad_block);
}

const cnn_adaptive_kernels CNN_VARIANT(cnn_adaptive) = {adam, rmsprop, adagrad};
