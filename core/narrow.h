/* SPDX-License-Identifier: MIT
 * bfloat16 in ops: the one place where numbers of that type are widened for those that compute in float32. */
#ifndef CNN_CORE_NARROW_H
#define CNN_CORE_NARROW_H

#include "core/op.h"

/* Runs the op's forward function. If bfloat16 is among its inputs or results and the op does not read and write it by
 * itself, it sees float32 copies, and what it computes is rounded once, at the end. */
CNN_CHECKED cnn_status cnn_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err);

/* For cnn_op.reads_bf16: every run; or those whose kernels have a table for it. */
bool cnn_narrow_always(const cnn_call *call, cnn_tensor *const *out);
/* Not when a float32 or float64 operand goes into a bfloat16 result: it would be rounded before it is computed with. */
bool cnn_narrow_alike(const cnn_call *call, cnn_tensor *const *out);

#endif
