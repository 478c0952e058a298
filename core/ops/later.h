/* SPDX-License-Identifier: MIT
 * Forward functions that need not compute at once: each lets its result wait (core/waiting.h) where that saves a pass
 * over memory, and says whether it did.
 *
 *   batch_norm   begins a chain                    relu   ends it
 *   add          of a waiting batch_norm, or of two gradients that are gathered
 *   relu's gradient, which batch_norm's takes on its way in, and batch_norm's, which a convolution's does
 * An in-place form adds its step to what its tensor waits for. */
#ifndef CNN_CORE_OPS_LATER_H
#define CNN_CORE_OPS_LATER_H

#include "core/waiting.h"

/* out = fma(rows - mean, invstd * weight, bias) per channel; all dense, rows channels-last; weight and bias may be
 * NULL. */
bool cnn_later_norm(cnn_tensor *rows, const cnn_tensor *mean, const cnn_tensor *invstd, const cnn_tensor *weight,
                    const cnn_tensor *bias, cnn_tensor *out);
/* out = max(0, x), where x waits */
bool cnn_later_relu(cnn_tensor *x, cnn_tensor *out);
/* out = a + b, where one of the two is a waiting batch_norm; the sum waits for any two, as gradients are gathered */
bool cnn_later_add(cnn_tensor *a, cnn_tensor *b, cnn_tensor *out);
bool cnn_later_sum(cnn_tensor *a, cnn_tensor *b, cnn_tensor *out);
/* out = y > 0 ? dout : 0 */
bool cnn_later_gate(cnn_tensor *dout, cnn_tensor *y, cnn_tensor *out);

/* out = the gradient of a batch norm from doutput and its input; factors are [5][channels]: mean, scale, shift,
 * slope, and what out adds up to */
bool cnn_later_linear(cnn_tensor *doutput, cnn_tensor *input, cnn_storage *factors, cnn_tensor *out);

/* Mean, scale and shift of a batch normalisation, one after the other: [3][channels]. */
CNN_CHECKED cnn_status cnn_norm_factors(const cnn_tensor *mean, const cnn_tensor *invstd, const cnn_tensor *weight,
                                        const cnn_tensor *bias, cnn_storage **out, cnn_error *err);

#endif
