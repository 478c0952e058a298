/* SPDX-License-Identifier: MIT
 * var: the mean square deviation, sum((x - mean)^2) / (n - correction), over some dimensions or all.
 *
 * Two passes, so that no digits are lost when |mean| is much larger than the deviation. The gradient is
 * 2 (x - mean) / (n - correction) * doutput. */
#include "core/ops/support.h"

typedef struct var_params {
    cnn_shape dims;
    int64_t correction; /* 1: of a sample, 0: of the whole population */
    bool keepdim;
} var_params;

static const cnn_field var_fields[] = {CNN_FIELD(var_params, DIMS, dims),
                                       CNN_FIELD(var_params, INT, correction),
                                       CNN_FIELD(var_params, BOOL, keepdim),
                                       {0}};

static int64_t var_count(const cnn_shape *shape, uint32_t mask) {
    int64_t count = 1;
    for (int i = 0; i < shape->ndim; i++)
        if (mask >> i & 1) count *= shape->size[i];
    return count;
}

static cnn_status var_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    static const char *const names[] = {"x"};
    const var_params *params = call->params;
    const cnn_tensor *x = call->in[0];
    uint32_t mask = 0;
    char got[CNN_SHAPE_TEXT];
    cnn_status status = cnn_ops_need_real(call, 1, names, err);
    if (status == CNN_OK) status = cnn_ops_dims_mask("var", &params->dims, x->shape.ndim, &mask, err);
    if (status == CNN_OK) status = cnn_ops_need_int("var", "a correction", params->correction, 0, err);
    if (status != CNN_OK) return status;
    int64_t count = var_count(&x->shape, mask);
    if (count - params->correction < 1) {
        cnn_fail(err, CNN_BAD_SHAPE, "var with correction %lld needs at least %lld elements; %s gives %lld",
                 (long long)params->correction, (long long)params->correction + 1, cnn_shape_print(&x->shape, got),
                 (long long)count);
        if (count > 0) cnn_error_fix(err, "correction = 0");
        return CNN_BAD_SHAPE;
    }
    cnn_shape shape = cnn_ops_reduced_shape(&x->shape, mask, params->keepdim);
    cnn_spec_dense(out, x->dtype, &shape);
    return CNN_OK;
}

static cnn_status var_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const var_params *params = call->params;
    cnn_tensor *x = call->in[0], *mean = NULL, *deviation = NULL;
    uint32_t mask = 0;
    cnn_status status = cnn_ops_dims_mask("var", &params->dims, x->shape.ndim, &mask, err);
    cnn_shape with_ones = cnn_ops_reduced_shape(&x->shape, mask, true);
    double count = (double)var_count(&x->shape, mask);
    cnn_spec like;
    cnn_spec_like(&like, x->dtype, &x->shape, x);
    if (status == CNN_OK) status = cnn_tensor_empty(x->dtype, &with_ones, &mean, err);
    if (status == CNN_OK) status = cnn_tensor_empty_strided(x->dtype, &x->shape, like.stride, &deviation, err);
    if (status == CNN_OK) status = cnn_ops_sum(call, x, mask, mean, err);
    if (status == CNN_OK) status = cnn_ops_arithmetic_number(call, CNN_ARITHMETIC_div, mean, count, mean, err);
    if (status == CNN_OK) status = cnn_ops_arithmetic(call, CNN_ARITHMETIC_sub, x, mean, deviation, err);
    if (status == CNN_OK) status = cnn_ops_arithmetic(call, CNN_ARITHMETIC_mul, deviation, deviation, deviation, err);
    if (status == CNN_OK) status = cnn_ops_sum(call, deviation, mask, out[0], err);
    if (status == CNN_OK)
        status = cnn_ops_arithmetic_number(call, CNN_ARITHMETIC_div, out[0], count - (double)params->correction, out[0],
                                           err);
    cnn_tensor_release(&mean);
    cnn_tensor_release(&deviation);
    return status;
}

/* x - mean(x), by ops */
static cnn_status deviation_of(cnn_tensor *x, const cnn_shape *dims, double count, cnn_tensor **out, cnn_error *err) {
    cnn_tensor *sum = NULL, *mean = NULL;
    cnn_status status = cnn_sum(x, dims, true, &sum, err);
    if (status == CNN_OK) status = cnn_scale(sum, 1 / count, &mean, err);
    if (status == CNN_OK) status = cnn_sub(x, mean, out, err);
    cnn_tensor_release(&sum);
    cnn_tensor_release(&mean);
    return status;
}

static cnn_status var_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    const var_params *params = g->params;
    const cnn_shape *shape = &g->in_spec[0].shape;
    cnn_tensor *deviation = NULL, *kept = NULL, *scaled = NULL;
    uint32_t mask = 0;
    cnn_status status = cnn_ops_dims_mask("var", &params->dims, shape->ndim, &mask, err);
    double count = (double)var_count(shape, mask);
    cnn_shape with_ones = cnn_ops_reduced_shape(shape, mask, true);
    if (status == CNN_OK) status = deviation_of(g->in[0], &params->dims, count, &deviation, err);
    if (status == CNN_OK) status = cnn_reshape(g->dout[0], &with_ones, &kept, err);
    if (status == CNN_OK) status = cnn_scale(kept, 2 / (count - (double)params->correction), &scaled, err);
    if (status == CNN_OK) status = cnn_mul(deviation, scaled, &din[0], err);
    cnn_tensor_release(&deviation);
    cnn_tensor_release(&kept);
    cnn_tensor_release(&scaled);
    return status;
}

const cnn_op cnn_op_var = {
    .name = "var",
    .inputs = 1,
    .outputs = 1,
    .saves_in = 1,
    .param_bytes = sizeof(var_params),
    .fields = var_fields,
    .infer = var_infer,
    .forward = var_forward,
    .backward = var_backward,
};
