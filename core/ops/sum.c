/* SPDX-License-Identifier: MIT
 * sum and mean over some dimensions, or all: the result is row-major.
 *
 * Integers and bools are summed as int64; a mean needs real numbers, and at least one of them. The gradient of each
 * element is that of its sum, so it is expanded, not copied. */
#include "core/narrow.h"
#include "core/ops/params.h"
#include "core/ops/support.h"

static const cnn_field sum_fields[] = {CNN_FIELD(sum_params, DIMS, dims), CNN_FIELD(sum_params, BOOL, keepdim), {0}};

static cnn_status sum_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    const sum_params *params = call->params;
    const cnn_tensor *x = call->in[0];
    uint32_t mask;
    cnn_status status = cnn_ops_dims_mask(call->op->name, &params->dims, x->shape.ndim, &mask, err);
    if (status != CNN_OK) return status;
    cnn_shape shape = cnn_ops_reduced_shape(&x->shape, mask, params->keepdim);
    cnn_spec_dense(out, cnn_dtype_is_real(x->dtype) ? x->dtype : CNN_I64, &shape);
    return CNN_OK;
}

/* How many elements go into one result. */
static int64_t sum_count(const cnn_shape *shape, const cnn_shape *dims) {
    int64_t count = 1;
    if (dims->ndim == 0) return cnn_shape_numel(shape);
    for (int i = 0; i < dims->ndim; i++) count *= shape->size[dims->size[i]];
    return count;
}

static cnn_status mean_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    static const char *const names[] = {"x"};
    const sum_params *params = call->params;
    char got[CNN_SHAPE_TEXT];
    cnn_status status = cnn_ops_need_real(call, 1, names, err);
    if (status == CNN_OK) status = sum_infer(call, out, err);
    if (status == CNN_OK && sum_count(&call->in[0]->shape, &params->dims) == 0)
        return cnn_fail(err, CNN_BAD_SHAPE, "the mean of no elements is not a number; got %s",
                        cnn_shape_print(&call->in[0]->shape, got));
    return status;
}

static cnn_status sum_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const sum_params *params = call->params;
    uint32_t mask;
    cnn_status status = cnn_ops_dims_mask(call->op->name, &params->dims, call->in[0]->shape.ndim, &mask, err);
    return status == CNN_OK ? cnn_ops_sum(call, call->in[0], mask, out[0], err) : status;
}

static cnn_status mean_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const sum_params *params = call->params;
    double count = (double)sum_count(&call->in[0]->shape, &params->dims);
    cnn_status status = sum_forward(call, out, err);
    if (status != CNN_OK) return status;
    return cnn_ops_arithmetic_number(call, CNN_ARITHMETIC_div, out[0], count, out[0], err);
}

/* dout with its dimensions back (of size 1), then expanded to the input's shape. */
static cnn_status spread(const cnn_gradient *g, cnn_tensor *dout, cnn_tensor **out, cnn_error *err) {
    const sum_params *params = g->params;
    const cnn_shape *shape = &g->in_spec[0].shape;
    uint32_t mask;
    cnn_tensor *kept = NULL;
    cnn_status status = cnn_ops_dims_mask("sum", &params->dims, shape->ndim, &mask, err);
    if (status != CNN_OK) return status;
    cnn_shape with_ones = cnn_ops_reduced_shape(shape, mask, true);
    status = cnn_reshape(dout, &with_ones, &kept, err);
    if (status == CNN_OK) status = cnn_expand(kept, shape, out, err);
    cnn_tensor_release(&kept);
    return status;
}

static cnn_status sum_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    return spread(g, g->dout[0], &din[0], err);
}

static cnn_status mean_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    const sum_params *params = g->params;
    cnn_tensor *scaled = NULL;
    double count = (double)sum_count(&g->in_spec[0].shape, &params->dims);
    cnn_status status = cnn_scale(g->dout[0], 1 / count, &scaled, err);
    if (status == CNN_OK) status = spread(g, scaled, &din[0], err);
    cnn_tensor_release(&scaled);
    return status;
}

const cnn_op cnn_op_sum = {
    .name = "sum",
    .inputs = 1,
    .outputs = 1,
    .param_bytes = sizeof(sum_params),
    .fields = sum_fields,
    .infer = sum_infer,
    .forward = sum_forward,
    .reads_bf16 = cnn_narrow_always,
    .backward = sum_backward,
};

const cnn_op cnn_op_mean = {
    .name = "mean",
    .inputs = 1,
    .outputs = 1,
    .param_bytes = sizeof(sum_params),
    .fields = sum_fields,
    .infer = mean_infer,
    .forward = mean_forward,
    .backward = mean_backward,
};
