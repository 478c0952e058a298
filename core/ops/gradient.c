/* SPDX-License-Identifier: MIT
 * What backward functions share: see support.h. Only ops are run here, so gradients of gradients come for free. */
#include "core/ops/support.h"

cnn_status cnn_ops_apply2(const cnn_op *op, cnn_tensor *a, cnn_tensor *b, cnn_tensor **out, cnn_error *err) {
    cnn_tensor *in[2] = {a, b};
    return cnn_apply(op, NULL, in, out, err);
}

cnn_status cnn_ops_where(cnn_tensor *condition, cnn_tensor *a, cnn_tensor *b, cnn_tensor **out, cnn_error *err) {
    cnn_tensor *in[3] = {condition, a, b};
    return cnn_apply(&cnn_op_where, NULL, in, out, err);
}

cnn_status cnn_ops_number(cnn_dtype dtype, double value, cnn_tensor **out, cnn_error *err) {
    return cnn_tensor_number(dtype, value, out, err);
}

cnn_status cnn_ops_power(cnn_tensor *a, double value, cnn_tensor **out, cnn_error *err) {
    cnn_tensor *exponent = NULL;
    cnn_status status = cnn_ops_number(a->dtype, value, &exponent, err);
    if (status == CNN_OK) status = cnn_ops_apply2(&cnn_op_pow, a, exponent, out, err);
    cnn_tensor_release(&exponent);
    return status;
}

cnn_status cnn_ops_give(const cnn_gradient *g, int i, cnn_tensor **t, cnn_tensor **din, cnn_error *err) {
    cnn_tensor *summed = NULL;
    cnn_status status = cnn_sum_to(*t, &g->in_spec[i].shape, &summed, err);
    if (status == CNN_OK) status = cnn_cast(summed, g->in_spec[i].dtype, &din[i], err);
    cnn_tensor_release(&summed);
    cnn_tensor_release(t);
    return status;
}

cnn_status cnn_ops_count(int64_t n, int dim, int ndim, cnn_tensor **out, cnn_error *err) {
    cnn_shape shape = {.ndim = ndim};
    for (int i = 0; i < ndim; i++) shape.size[i] = i == dim ? n : 1;
    cnn_tensor *x = NULL;
    cnn_status status = cnn_tensor_empty(CNN_I64, &shape, &x, err);
    if (status != CNN_OK) return status;
    int64_t *data = cnn_tensor_data(x);
    for (int64_t i = 0; i < n; i++) data[i] = i + 1;
    *out = x;
    return CNN_OK;
}
