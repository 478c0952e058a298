/* SPDX-License-Identifier: MIT
 * What the ops share: the rule of types, kernels run on whole tensors, gradients brought to an input's shape,
 * the checks and sizes of sliding windows.
 *
 * Two kinds of helpers, never mixed: those that take a `cnn_call` compute numbers outside the graph, for forward
 * functions; those that run ops (cnn_apply) are for backward functions and are recorded when gradients of
 * gradients are asked for. */
#ifndef CNN_CORE_OPS_SUPPORT_H
#define CNN_CORE_OPS_SUPPORT_H

#include "core/functions.h"
#include "core/op.h"

/* ---- types ---- */

/* The type that arithmetic on a and b computes in and returns; cnn.h's cnn_dtype_promote with two exceptions:
 * 1. An operand without dimensions (a number, mostly) does not promote one that has dimensions, unless its kind is
 *    higher: bool < integer < real. Real then means float32: x + 0.5 is float32 for an int64 x.
 * 2. Two bools are computed as int64: true + true is 2. */
cnn_dtype cnn_ops_arithmetic_dtype(const cnn_tensor *a, const cnn_tensor *b);
/* The same where no arithmetic is done (where): bool stays bool. */
cnn_dtype cnn_ops_common_dtype(const cnn_tensor *a, const cnn_tensor *b);

/* ---- numbers, outside the graph ---- */

/* "this device has no … for float64", for an empty slot of the kernel table. */
cnn_status cnn_ops_no_kernel(const cnn_call *call, cnn_dtype dtype, cnn_error *err);
/* out = x, broadcast and converted. */
CNN_CHECKED cnn_status cnn_ops_copy(const cnn_call *call, const cnn_tensor *x, cnn_tensor *out, cnn_error *err);
/* x with this type and its layout: x itself (retained) when it already has it. */
CNN_CHECKED cnn_status cnn_ops_as(const cnn_call *call, cnn_tensor *x, cnn_dtype dtype, cnn_tensor **out,
                                  cnn_error *err);
/* x with this type, ready to be walked together with `out`: a large x that is dense in another order is turned first.
 */
CNN_CHECKED cnn_status cnn_ops_operand(const cnn_call *call, cnn_tensor *x, const cnn_tensor *out, cnn_dtype dtype,
                                       cnn_tensor **ready, cnn_error *err);
/* A copy of x, dense in x's order of dimensions. */
CNN_CHECKED cnn_status cnn_ops_clone(const cnn_call *call, const cnn_tensor *x, cnn_tensor **out, cnn_error *err);
/* out = value everywhere. */
CNN_CHECKED cnn_status cnn_ops_fill(const cnn_call *call, cnn_tensor *out, double value, cnn_error *err);
/* out = f(a, b), all of one type, a and b broadcast; `which` is CNN_ARITHMETIC_… . */
CNN_CHECKED cnn_status cnn_ops_arithmetic(const cnn_call *call, int which, const cnn_tensor *a, const cnn_tensor *b,
                                          cnn_tensor *out, cnn_error *err);
/* out = f(a, value) */
CNN_CHECKED cnn_status cnn_ops_arithmetic_number(const cnn_call *call, int which, const cnn_tensor *a, double value,
                                                 cnn_tensor *out, cnn_error *err);
/* out = sum of x over the dimensions in the mask (bit i: dimension i); out is row-major over the others. */
CNN_CHECKED cnn_status cnn_ops_sum(const cnn_call *call, const cnn_tensor *x, uint32_t reduced, cnn_tensor *out,
                                   cnn_error *err);
/* The dimensions of x for a reduce kernel: those in the mask go, in the order of memory unless `in_order`. */
void cnn_ops_reduce_walk(const cnn_tensor *x, uint32_t reduced, cnn_reduce_walk *walk);

/* ---- gradients, by ops ---- */

/* Runs an op of two inputs and one output without parameters. */
CNN_CHECKED cnn_status cnn_ops_apply2(const cnn_op *op, cnn_tensor *a, cnn_tensor *b, cnn_tensor **out, cnn_error *err);
/* condition ? a : b, by the op. */
CNN_CHECKED cnn_status cnn_ops_where(cnn_tensor *condition, cnn_tensor *a, cnn_tensor *b, cnn_tensor **out,
                                     cnn_error *err);
/* a ^ value, by the op. */
CNN_CHECKED cnn_status cnn_ops_power(cnn_tensor *a, double value, cnn_tensor **out, cnn_error *err);
/* din[i] = t summed down to input i's shape and converted to its type. t is released and cleared. Returns `status`
 * at once if that is not CNN_OK, so that steps can be chained. */
CNN_CHECKED cnn_status cnn_ops_give(const cnn_gradient *g, int i, cnn_tensor **t, cnn_tensor **din, cnn_error *err);
/* 1, 2 … n as int64 along dimension `dim` of `ndim`; the other dimensions have size 1. */
CNN_CHECKED cnn_status cnn_ops_count(int64_t n, int dim, int ndim, cnn_tensor **out, cnn_error *err);
/* 0-dimensional number of this type. */
CNN_CHECKED cnn_status cnn_ops_number(cnn_dtype dtype, double value, cnn_tensor **out, cnn_error *err);

/* ---- checks ---- */

/* BAD_TYPE unless all given tensors (NULL skipped) have one real type. `names` are for the message. */
CNN_CHECKED cnn_status cnn_ops_need_real(const cnn_call *call, int count, const char *const *names, cnn_error *err);
/* BAD_SHAPE unless x is [N, C, H, W] with C, H, W >= 1; recognises a missing batch dimension. */
CNN_CHECKED cnn_status cnn_ops_need_image(const char *op, const cnn_tensor *x, cnn_error *err);
/* dims (ndim 0: all) as a bit mask; BAD_VALUE for one that is not there or named twice. */
CNN_CHECKED cnn_status cnn_ops_dims_mask(const char *op, const cnn_shape *dims, int ndim, uint32_t *mask,
                                         cnn_error *err);
/* BAD_VALUE unless 0 <= dim < ndim, with the sentence that counts from 1. */
CNN_CHECKED cnn_status cnn_ops_need_dim(const char *op, int64_t dim, const cnn_shape *shape, cnn_error *err);
/* Adds to the text of a failed error where x's last size comes from: a line "12544 = 64*14*14, flattened from
 * [128, 64, 14, 14]"; nothing where it is not known. Where a view changed the number of rows, the line says that they
 * are no samples, and the result is true. */
bool cnn_ops_tell_origin(const cnn_tensor *x, cnn_error *err);
/* BAD_VALUE unless low <= value <= 2^31 - 1. */
CNN_CHECKED cnn_status cnn_ops_need_int(const char *op, const char *name, int64_t value, int64_t low, cnn_error *err);

/* How often a window of `window` places, `dilation` apart, fits: floor((extent + 2 pad - dilation (window - 1) - 1)
 * / stride) + 1; with `ceil` a last window may stick out, but not begin in the right padding. Less than 1: never. */
int64_t cnn_ops_windows(int64_t extent, int64_t window, int64_t stride, int64_t pad, int64_t dilation, bool ceil);
/* shape without the dimensions in the mask, or with 1 in their place. */
cnn_shape cnn_ops_reduced_shape(const cnn_shape *shape, uint32_t mask, bool keepdim);

#endif
