/* SPDX-License-Identifier: MIT
 * Tensors as [outer, n, inner]: what the kernels that work along one dimension see; and the checks of positions.
 *
 * `outer` and `inner` are what lies outside and inside of that dimension *in memory*, which is row-major or any other
 * order of dimensions in which the tensor is dense: a channels-last image keeps its layout. */
#ifndef CNN_CORE_OPS_LINES_H
#define CNN_CORE_OPS_LINES_H

#include "core/ops/support.h"

typedef struct cnn_lines {
    int64_t outer, inner;
} cnn_lines;

typedef struct index_params {
    int64_t dim;
} index_params; /* gather, scatter, scatter_add, index_select, index_add */

/* The dimensions of x, the outermost in memory first; as they are where x is not dense. */
void cnn_ops_order(const cnn_tensor *x, int order[CNN_MAX_DIMS]);
/* Strides of a shape, dense in that order. */
void cnn_ops_order_strides(const cnn_shape *shape, const int *order, int64_t *stride);
/* What lies outside and inside of `dim` in that order. */
cnn_lines cnn_ops_lines(const cnn_shape *shape, const int *order, int64_t dim);
/* x with these dense strides: x itself (retained) when it has them. Outside the graph. */
CNN_CHECKED cnn_status cnn_ops_ordered(const cnn_call *call, cnn_tensor *x, const int64_t *stride, cnn_tensor **out,
                                       cnn_error *err);
/* The part of x that begins at its first element and has this shape, as a view outside the graph. */
CNN_CHECKED cnn_status cnn_ops_corner(cnn_tensor *x, const cnn_shape *shape, cnn_tensor **out, cnn_error *err);

/* BAD_TYPE unless it is int64. */
CNN_CHECKED cnn_status cnn_ops_need_index(const cnn_call *call, const cnn_tensor *index, cnn_error *err);
/* BAD_VALUE unless every element of a dense int64 index lies in 1 … n or -n … -1, with n = x's size along dim. */
CNN_CHECKED cnn_status cnn_ops_check_index(const cnn_tensor *index, const cnn_shape *x, int64_t dim, cnn_error *err);
/* Zeros of this type and shape without memory behind them, for gradients to be added to. */
CNN_CHECKED cnn_status cnn_ops_zeros(cnn_dtype dtype, const cnn_shape *shape, cnn_tensor **out, cnn_error *err);
/* x with `before` and `after` zeros around dimension `dim` (negative: that many places cut off), by the op pad. */
CNN_CHECKED cnn_status cnn_ops_pad_dim(cnn_tensor *x, int dim, int64_t before, int64_t after, cnn_tensor **out,
                                       cnn_error *err);

#endif
