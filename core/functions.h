/* SPDX-License-Identifier: MIT
 * Ops as C functions, for whoever writes a gradient or uses the library from C. Each one runs cnn_apply on its
 * descriptor; `out` receives a new reference. */
#ifndef CNN_CORE_FUNCTIONS_H
#define CNN_CORE_FUNCTIONS_H

#include "core/cnn.h"

CNN_CHECKED cnn_status cnn_add(cnn_tensor *a, cnn_tensor *b, cnn_tensor **out, cnn_error *err);
CNN_CHECKED cnn_status cnn_sub(cnn_tensor *a, cnn_tensor *b, cnn_tensor **out, cnn_error *err);
CNN_CHECKED cnn_status cnn_mul(cnn_tensor *a, cnn_tensor *b, cnn_tensor **out, cnn_error *err);
CNN_CHECKED cnn_status cnn_div(cnn_tensor *a, cnn_tensor *b, cnn_tensor **out, cnn_error *err);
/* a * value and a + value, computed in a's type. */
CNN_CHECKED cnn_status cnn_scale(cnn_tensor *a, double value, cnn_tensor **out, cnn_error *err);
CNN_CHECKED cnn_status cnn_shift(cnn_tensor *a, double value, cnn_tensor **out, cnn_error *err);
CNN_CHECKED cnn_status cnn_neg(cnn_tensor *a, cnn_tensor **out, cnn_error *err);
CNN_CHECKED cnn_status cnn_cast(cnn_tensor *a, cnn_dtype dtype, cnn_tensor **out, cnn_error *err);
CNN_CHECKED cnn_status cnn_reshape(cnn_tensor *a, const cnn_shape *size, cnn_tensor **out, cnn_error *err);
CNN_CHECKED cnn_status cnn_expand(cnn_tensor *a, const cnn_shape *size, cnn_tensor **out, cnn_error *err);
CNN_CHECKED cnn_status cnn_sum_to(cnn_tensor *a, const cnn_shape *size, cnn_tensor **out, cnn_error *err);
CNN_CHECKED cnn_status cnn_permute(cnn_tensor *a, const cnn_shape *dims, cnn_tensor **out, cnn_error *err);
CNN_CHECKED cnn_status cnn_matmul(cnn_tensor *a, bool transpose_a, cnn_tensor *b, bool transpose_b, cnn_tensor **out,
                                  cnn_error *err);
/* Sum over the listed dimensions (from 0); ndim 0 means all. */
CNN_CHECKED cnn_status cnn_sum(cnn_tensor *a, const cnn_shape *dims, bool keepdim, cnn_tensor **out, cnn_error *err);

/* Not ops: they write into x, outside the graph. */
/* x = source, broadcast and converted. */
CNN_CHECKED cnn_status cnn_copy_into(cnn_tensor *x, cnn_tensor *source, cnn_error *err);
CNN_CHECKED cnn_status cnn_fill(cnn_tensor *x, double value, cnn_error *err);
/* A number as users write it: whole ones beyond 2^53 do not fit in `real`, which is near them then. */
typedef struct cnn_number {
    bool is_integer;
    int64_t integer;
    double real;
} cnn_number;
CNN_CHECKED cnn_status cnn_fill_number(cnn_tensor *x, const cnn_number *value, cnn_error *err);
/* Random numbers from the default generator, whatever x's strides are: element order is row-major. Real types. */
CNN_CHECKED cnn_status cnn_fill_uniform(cnn_tensor *x, double low, double high, cnn_error *err);
CNN_CHECKED cnn_status cnn_fill_normal(cnn_tensor *x, double mean, double std, cnn_error *err);
CNN_CHECKED cnn_status cnn_fill_bernoulli(cnn_tensor *x, double p, cnn_error *err);
/* x (int64) = integers low … high, both included; a random permutation of 1 … n for a 1-d int64 x. */
CNN_CHECKED cnn_status cnn_fill_integers(cnn_tensor *x, int64_t low, int64_t high, cnn_error *err);
CNN_CHECKED cnn_status cnn_fill_permutation(cnn_tensor *x, cnn_error *err);

typedef struct cnn_sgd_options {
    double lr, momentum, dampening, weight_decay;
    bool nesterov, maximize;
    bool first; /* the buffer holds nothing yet */
} cnn_sgd_options;
/* A parameter with what moves it; buffer may be NULL when momentum is 0. All three have one shape and type. */
typedef struct cnn_sgd_parameter {
    cnn_tensor *param, *grad, *buffer;
} cnn_sgd_parameter;
/* One step on `count` parameters, in one pass; or on one. One that does not fit is an error before any in its row of
 * one type has moved. */
CNN_CHECKED cnn_status cnn_sgd_steps(int64_t count, const cnn_sgd_parameter *parameters, const cnn_sgd_options *options,
                                     cnn_error *err);
CNN_CHECKED cnn_status cnn_sgd_step(cnn_tensor *param, cnn_tensor *grad, cnn_tensor *buffer,
                                    const cnn_sgd_options *options, cnn_error *err);

/* The rules that scale each element's step (kernels/adaptive.h has the formulas). What is remembered about a parameter
 * begins with zeros, has the parameter's type and shape, and is changed by the step. BAD_VALUE without it. */
typedef struct cnn_adam_options {
    double lr, beta1, beta2, eps, weight_decay;
    bool decoupled; /* AdamW: the decay acts on the parameter, not on the gradient */
    bool maximize;
    int64_t step; /* number of this step, from 1 */
} cnn_adam_options;
/* `largest` is for amsgrad, else NULL. */
CNN_CHECKED cnn_status cnn_adam_step(cnn_tensor *param, cnn_tensor *grad, cnn_tensor *mean, cnn_tensor *square,
                                     cnn_tensor *largest, const cnn_adam_options *options, cnn_error *err);
typedef struct cnn_rmsprop_options {
    double lr, alpha, eps, weight_decay, momentum;
    bool maximize;
} cnn_rmsprop_options;
/* `mean` is for the centered form, `buffer` for momentum; else NULL. */
CNN_CHECKED cnn_status cnn_rmsprop_step(cnn_tensor *param, cnn_tensor *grad, cnn_tensor *square, cnn_tensor *mean,
                                        cnn_tensor *buffer, const cnn_rmsprop_options *options, cnn_error *err);
typedef struct cnn_adagrad_options {
    double lr, lr_decay, eps, weight_decay;
    bool maximize;
    int64_t step; /* number of this step, from 1 */
} cnn_adagrad_options;
CNN_CHECKED cnn_status cnn_adagrad_step(cnn_tensor *param, cnn_tensor *grad, cnn_tensor *sum,
                                        const cnn_adagrad_options *options, cnn_error *err);

#endif
