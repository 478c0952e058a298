/* SPDX-License-Identifier: MIT
 * CONTRACT adaptive: one step of the optimisers that scale each element's step by how large its gradients were.
 * Each goes over n elements in one pass. With g = grad (negated when maximize) + weight_decay * param:
 *
 *   adam      m += (1 - beta1) * (g - m);   v = beta2 * v + (1 - beta2) * g * g;   vmax = max(vmax, v)  (only if given)
 *             param -= step_size * m / (sqrt(vmax or v) / root_correction + eps)
 *             decoupled (AdamW): param *= 1 - lr * weight_decay first, and g is without the decay
 *   rmsprop   s = alpha * s + (1 - alpha) * g * g;   a += (1 - alpha) * (g - a)  (centered: only if a is given)
 *             d = g / (sqrt(s - a * a) + eps);   b = momentum * b + d  (only if b is given);   param -= lr * (b or d)
 *   adagrad   s += g * g;   param -= lr * g / (sqrt(s) + eps)
 *
 * As PyTorch orders them. All arrays are dense with one layout; what is NULL is left out. Hyperparameters are computed
 * in double and rounded to the element type once; a decay of 0 is left out, so that an infinite parameter stays
 * infinite. vmax keeps NaN. Sources: Kingma & Ba 2015 (Adam), Loshchilov & Hutter 2019 (AdamW), Reddi et al. 2018
 * (amsgrad), Hinton 2012 and Graves 2013 (RMSprop, centered), Duchi et al. 2011 (Adagrad). */
#ifndef CNN_KERNELS_ADAPTIVE_H
#define CNN_KERNELS_ADAPTIVE_H

#include "base.h"

typedef struct cnn_adaptive_params {
    double step_size; /* what the direction is multiplied by: lr, corrected where the rule says so   */
    double eps, weight_decay;
    double shrink;          /* adam, decoupled: param is multiplied by this first; else 1              */
    double beta1, beta2;    /* adam                                                                    */
    double root_correction; /* adam: sqrt(1 - beta2^t)                                                 */
    double alpha, momentum; /* rmsprop                                                                 */
    bool maximize;
} cnn_adaptive_params;

typedef struct cnn_adaptive_kernels {
    /* m, v in and out; vmax in and out, or NULL */
    void (*adam)(const cnn_team *team, const cnn_adaptive_params *params, int64_t n, const void *grad, void *param,
                 void *m, void *v, void *vmax);
    /* s in and out; a (centered) and b (momentum) in and out, or NULL */
    void (*rmsprop)(const cnn_team *team, const cnn_adaptive_params *params, int64_t n, const void *grad, void *param,
                    void *s, void *a, void *b);
    void (*adagrad)(const cnn_team *team, const cnn_adaptive_params *params, int64_t n, const void *grad, void *param,
                    void *s);
} cnn_adaptive_kernels;

#endif
