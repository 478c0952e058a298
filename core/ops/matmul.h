/* SPDX-License-Identifier: MIT
 * Matrices of any strides for the gemm kernel. */
#ifndef CNN_CORE_OPS_MATMUL_H
#define CNN_CORE_OPS_MATMUL_H

#include "core/op.h"

/* C = op(A) op(B) + beta C for 2-d tensors of one real type; c is row-major. Operands that lie in rows or in columns
 * are read where they are, others are copied first. beta is 0 or 1. */
CNN_CHECKED cnn_status cnn_ops_gemm(const cnn_call *call, bool transpose_a, cnn_tensor *a, bool transpose_b,
                                    cnn_tensor *b, int beta, cnn_tensor *c, cnn_error *err);

#endif
