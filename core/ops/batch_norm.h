/* SPDX-License-Identifier: MIT
 * What batch_norm and its gradient share: parameters, and inputs seen as rows of channels. */
#ifndef CNN_CORE_OPS_BATCH_NORM_H
#define CNN_CORE_OPS_BATCH_NORM_H

#include "core/op.h"

typedef struct batch_norm_params {
    bool training;        /* statistics of this batch, not the running ones */
    double momentum, eps; /* running = (1 - momentum) running + momentum batch */
} batch_norm_params;

typedef struct batch_norm_backward_params {
    bool training;
    double eps;
} batch_norm_backward_params;

/* x ([N, C], [N, C, L] or [N, C, H, W]) with each channel's values side by side over rows, as the kernel reads it: x
 * itself where it already lies so, else a copy. */
CNN_CHECKED cnn_status cnn_batch_norm_rows(cnn_tensor *x, cnn_tensor **out, cnn_error *err);
/* Such strides for a result. */
void cnn_batch_norm_spec(cnn_spec *spec, cnn_dtype dtype, const cnn_shape *shape);
/* Values per channel. */
int64_t cnn_batch_norm_row_count(const cnn_shape *shape);
/* BAD_SHAPE unless x has 2 to 4 dimensions and at least one channel. */
CNN_CHECKED cnn_status cnn_batch_norm_check(const char *op, const cnn_tensor *x, cnn_error *err);
/* What a channel's numbers are computed in and kept as: x's type, float32 for bfloat16. */
cnn_dtype cnn_batch_norm_dtype(const cnn_tensor *x);
/* For cnn_op.reads_bf16: there are kernels for it, and what is per channel is float32. */
bool cnn_batch_norm_reads_bf16(const cnn_call *call, cnn_tensor *const *out);
/* BAD_TYPE unless all inputs (NULL is fine) have one real type; what is per channel may be float32 beside bfloat16. */
CNN_CHECKED cnn_status cnn_batch_norm_check_types(const cnn_call *call, const char *const *names, cnn_error *err);
/* BAD_SHAPE unless x (NULL is fine) is [C]. */
CNN_CHECKED cnn_status cnn_batch_norm_check_channel(const char *op, const char *name, const cnn_tensor *x,
                                                    const cnn_shape *input, cnn_error *err);

#endif
