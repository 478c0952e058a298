/* SPDX-License-Identifier: MIT
 * The sizes of pooling windows and the sentences for those that do not fit, for max_pool2d and avg_pool2d. */
#ifndef CNN_CORE_OPS_POOL2D_H
#define CNN_CORE_OPS_POOL2D_H

#include "core/op.h"

/* Fills in n, c, h, w from `input` (a 4-d shape) and p, q from the window in `s`, and checks all of it. */
CNN_CHECKED cnn_status cnn_pool2d_sizes(const char *op, const cnn_shape *input, bool ceil_mode, cnn_pool2d_params *s,
                                        cnn_error *err);
/* BAD_SHAPE unless x is [n, c, p, q]. */
CNN_CHECKED cnn_status cnn_pool2d_check_doutput(const char *op, const cnn_pool2d_params *s, const cnn_tensor *x,
                                                cnn_error *err);

#endif
