/* SPDX-License-Identifier: MIT
 * Inside the library: hollow tensors, which have a shape but no numbers; see hollow.c and cnn_tensor_hollow. */
#ifndef CNN_CORE_HOLLOW_H
#define CNN_CORE_HOLLOW_H

#include "core/op.h"

/* A storage without memory that says it has `bytes`. */
CNN_CHECKED cnn_status cnn_storage_hollow(size_t bytes, cnn_storage **out, cnn_error *err);
CNN_CHECKED cnn_status cnn_tensor_hollow_strided(cnn_dtype dtype, const cnn_shape *shape, const int64_t *stride,
                                                 cnn_tensor **out, cnn_error *err);
bool cnn_any_hollow(const cnn_op *op, cnn_tensor *const *in);
/* BAD_VALUE if x (which may be NULL) is hollow. */
CNN_CHECKED cnn_status cnn_need_numbers(const cnn_tensor *x, cnn_error *err);
/* Adds what running the op would have cost to the count of cnn_work_spared. */
void cnn_work_count(const cnn_call *call, cnn_tensor *const *out);

#endif
