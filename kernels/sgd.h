/* SPDX-License-Identifier: MIT
 * CONTRACT sgd: one step of stochastic gradient descent with momentum, over all parameters in one pass.
 *
 *   g = grad + weight_decay * param          (grad negated first when maximize)
 *   buffer = first ? g : momentum * buffer + (1 - dampening) * g      (only if momentum != 0; else buffer may be NULL)
 *   g = nesterov ? g + momentum * buffer : buffer
 *   param -= lr * g
 *
 * As PyTorch's SGD orders it. param, grad and buffer are dense with one layout; hyperparameters are rounded to the
 * element type first. Source: Sutskever et al. 2013, in PyTorch's form. */
#ifndef CNN_KERNELS_SGD_H
#define CNN_KERNELS_SGD_H

#include "base.h"

typedef struct cnn_sgd_params {
    double lr, momentum, dampening, weight_decay;
    bool nesterov, maximize;
    bool first; /* the buffer holds nothing yet */
} cnn_sgd_params;

/* A parameter's n elements. */
typedef struct cnn_sgd_item {
    int64_t n;
    const void *grad;
    void *param, *buffer;
} cnn_sgd_item;

typedef struct cnn_sgd_kernels {
    void (*step)(const cnn_team *team, const cnn_sgd_params *params, int64_t count, const cnn_sgd_item *item);
} cnn_sgd_kernels;

#endif
