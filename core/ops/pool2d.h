/* SPDX-License-Identifier: MIT
 * What max_pool2d and avg_pool2d share: the window that they are called with, its sizes, and the sentences for those
 * that do not fit. */
#ifndef CNN_CORE_OPS_POOL2D_H
#define CNN_CORE_OPS_POOL2D_H

#include "core/op.h"

/* Only max knows a dilation, only averages what comes after ceil_mode. */
typedef struct pool2d_window {
    int64_t r, s, stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w;
    bool ceil_mode, count_include_pad;
    int64_t divisor; /* 0: the size of the window */
} pool2d_window;

typedef struct pool2d_backward_params {
    pool2d_window window;
    int64_t h, w;     /* of the input                                                         */
    bool own_indices; /* they are max_pool2d's own, so in range: no field, users cannot say it */
} pool2d_backward_params;

/* The fields of a window that lies at `prefix` in `params`. */
#define POOL2D_FIELD(params, prefix, type, name)                                                                       \
    { #name, CNN_FIELD_##type, offsetof(params, prefix name) }
#define POOL2D_FIELDS(params, prefix)                                                                                  \
    POOL2D_FIELD(params, prefix, INT, r), POOL2D_FIELD(params, prefix, INT, s),                                        \
        POOL2D_FIELD(params, prefix, INT, stride_h), POOL2D_FIELD(params, prefix, INT, stride_w),                      \
        POOL2D_FIELD(params, prefix, INT, pad_h), POOL2D_FIELD(params, prefix, INT, pad_w)

/* For cnn_op.reads_bf16: there are kernels for it; of gradients only for windows that lie side by side. */
bool cnn_pool2d_reads_bf16(const cnn_call *call, cnn_tensor *const *out);
bool cnn_pool2d_backward_reads_bf16(const cnn_call *call, cnn_tensor *const *out);
/* Fills in `s` from the window and `input` (a 4-d shape), and checks all of it. */
CNN_CHECKED cnn_status cnn_pool2d_sizes(const char *op, const cnn_shape *input, const pool2d_window *window,
                                        cnn_pool2d_params *s, cnn_error *err);
/* The same for a gradient op, whose inputs must be images of the pooling's own size. */
CNN_CHECKED cnn_status cnn_pool2d_backward_sizes(const cnn_call *call, const pool2d_window *window,
                                                 cnn_pool2d_params *s, cnn_error *err);

#endif
