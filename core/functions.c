/* SPDX-License-Identifier: MIT
 * Ops as C functions (see functions.h): each builds the op's parameters and runs cnn_apply. Where an op would change
 * nothing, x itself is returned. */
#include "core/functions.h"
#include "core/ops/params.h"
#include "core/ops/support.h"

cnn_status cnn_add(cnn_tensor *a, cnn_tensor *b, cnn_tensor **out, cnn_error *err) {
    return cnn_ops_apply2(&cnn_op_add, a, b, out, err);
}

cnn_status cnn_sub(cnn_tensor *a, cnn_tensor *b, cnn_tensor **out, cnn_error *err) {
    return cnn_ops_apply2(&cnn_op_sub, a, b, out, err);
}

cnn_status cnn_mul(cnn_tensor *a, cnn_tensor *b, cnn_tensor **out, cnn_error *err) {
    return cnn_ops_apply2(&cnn_op_mul, a, b, out, err);
}

cnn_status cnn_div(cnn_tensor *a, cnn_tensor *b, cnn_tensor **out, cnn_error *err) {
    return cnn_ops_apply2(&cnn_op_div, a, b, out, err);
}

static cnn_status with_number(const cnn_op *op, cnn_tensor *a, double value, cnn_tensor **out, cnn_error *err) {
    cnn_tensor *number = NULL;
    cnn_status status = cnn_ops_number(a->dtype, value, &number, err);
    if (status == CNN_OK) status = cnn_ops_apply2(op, a, number, out, err);
    cnn_tensor_release(&number);
    return status;
}

cnn_status cnn_scale(cnn_tensor *a, double value, cnn_tensor **out, cnn_error *err) {
    return with_number(&cnn_op_mul, a, value, out, err);
}

cnn_status cnn_shift(cnn_tensor *a, double value, cnn_tensor **out, cnn_error *err) {
    return with_number(&cnn_op_add, a, value, out, err);
}

cnn_status cnn_neg(cnn_tensor *a, cnn_tensor **out, cnn_error *err) {
    return cnn_apply(&cnn_op_neg, NULL, &a, out, err);
}

static cnn_status itself(cnn_tensor *a, cnn_tensor **out) {
    *out = cnn_tensor_retain(a);
    return CNN_OK;
}

cnn_status cnn_cast(cnn_tensor *a, cnn_dtype dtype, cnn_tensor **out, cnn_error *err) {
    const cast_params params = {dtype};
    return a->dtype == dtype ? itself(a, out) : cnn_apply(&cnn_op_cast, &params, &a, out, err);
}

static cnn_status with_shape(const cnn_op *op, cnn_tensor *a, const cnn_shape *shape, cnn_tensor **out,
                             cnn_error *err) {
    const size_params params = {*shape};
    return cnn_apply(op, &params, &a, out, err);
}

cnn_status cnn_reshape(cnn_tensor *a, const cnn_shape *size, cnn_tensor **out, cnn_error *err) {
    return cnn_shape_equal(&a->shape, size) ? itself(a, out) : with_shape(&cnn_op_reshape, a, size, out, err);
}

cnn_status cnn_expand(cnn_tensor *a, const cnn_shape *size, cnn_tensor **out, cnn_error *err) {
    return cnn_shape_equal(&a->shape, size) ? itself(a, out) : with_shape(&cnn_op_expand, a, size, out, err);
}

cnn_status cnn_sum_to(cnn_tensor *a, const cnn_shape *size, cnn_tensor **out, cnn_error *err) {
    return cnn_shape_equal(&a->shape, size) ? itself(a, out) : with_shape(&cnn_op_sum_to, a, size, out, err);
}

cnn_status cnn_permute(cnn_tensor *a, const cnn_shape *dims, cnn_tensor **out, cnn_error *err) {
    const permute_params params = {*dims};
    return cnn_apply(&cnn_op_permute, &params, &a, out, err);
}

cnn_status cnn_matmul(cnn_tensor *a, bool transpose_a, cnn_tensor *b, bool transpose_b, cnn_tensor **out,
                      cnn_error *err) {
    const matmul_params params = {transpose_a, transpose_b};
    cnn_tensor *in[2] = {a, b};
    return cnn_apply(&cnn_op_matmul, &params, in, out, err);
}

cnn_status cnn_sum(cnn_tensor *a, const cnn_shape *dims, bool keepdim, cnn_tensor **out, cnn_error *err) {
    const sum_params params = {*dims, keepdim};
    return cnn_apply(&cnn_op_sum, &params, &a, out, err);
}
