/* SPDX-License-Identifier: MIT
 * Stochastic gradient descent, element by element, in the order of its contract.
 * A term with factor 0 is left out rather than added, so that an infinite parameter does not become NaN by 0 * inf. */
#include "kernels/sgd.h"

static void step_item(const cnn_team *team, const cnn_sgd_params *params, const cnn_sgd_item *item) {
    const REAL lr = (REAL)params->lr, momentum = (REAL)params->momentum;
    const REAL weight_decay = (REAL)params->weight_decay, fresh = 1 - (REAL)params->dampening;
    REAL *p = item->param, *velocity = item->buffer;
    for (int64_t i = 0; i < item->n; i++) {
        if (i % 65536 == 0 && *team->stop) return;
        REAL g = ((const REAL *)item->grad)[i];
        if (params->maximize) g = -g;
        if (weight_decay != 0) g += weight_decay * p[i];
        if (momentum != 0) {
            velocity[i] = params->first ? g : momentum * velocity[i] + fresh * g;
            g = params->nesterov ? g + momentum * velocity[i] : velocity[i];
        }
        p[i] -= lr * g;
    }
}

static void step(const cnn_team *team, const cnn_sgd_params *params, int64_t count, const cnn_sgd_item *item) {
    for (int64_t i = 0; i < count; i++) step_item(team, params, &item[i]);
}

const cnn_sgd_kernels CNN_VARIANT(cnn_sgd) = {step};
