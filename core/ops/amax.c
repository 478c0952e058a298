/* SPDX-License-Identifier: MIT
 * amax: the largest (smallest) values over some dimensions, or all; the result is row-major. NaN wins.
 *
 * Where it is found several times, the gradient is shared evenly between those places: extreme, which returns one
 * position, gives all of it to that one. */
#include "core/narrow.h"
#include "core/ops/support.h"

typedef struct amax_params {
    cnn_shape dims; /* ndim 0: all */
    bool largest, keepdim;
} amax_params;

static const cnn_field amax_fields[] = {CNN_FIELD(amax_params, DIMS, dims),
                                        CNN_FIELD(amax_params, BOOL, largest),
                                        CNN_FIELD(amax_params, BOOL, keepdim),
                                        {0}};

static cnn_status amax_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    const amax_params *params = call->params;
    const cnn_shape *x = &call->in[0]->shape;
    const char *word = params->largest ? "amax" : "amin";
    char got[CNN_SHAPE_TEXT];
    uint32_t mask;
    cnn_status status = cnn_ops_dims_mask(word, &params->dims, x->ndim, &mask, err);
    if (status != CNN_OK) return status;
    for (int i = 0; i < x->ndim; i++)
        if (mask >> i & 1 && x->size[i] == 0)
            return cnn_fail(err, CNN_BAD_SHAPE, "%s needs at least one element in dimension %d; got %s", word, i + 1,
                            cnn_shape_print(x, got));
    cnn_shape shape = cnn_ops_reduced_shape(x, mask, params->keepdim);
    cnn_spec_dense(out, call->in[0]->dtype, &shape);
    return CNN_OK;
}

static cnn_status amax_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const amax_params *params = call->params;
    const cnn_tensor *x = call->in[0];
    const cnn_reduce_kernels *table = call->kernels->reduce[x->dtype];
    cnn_reduce_walk walk;
    uint32_t mask;
    if (!table || !table->extreme) return cnn_ops_no_kernel(call, x->dtype, err);
    cnn_status status = cnn_ops_dims_mask("amax", &params->dims, x->shape.ndim, &mask, err);
    if (status != CNN_OK || cnn_tensor_numel(out[0]) == 0) return status;
    cnn_ops_reduce_walk(x, mask, &walk);
    table->extreme(call->team, &walk, params->largest, cnn_tensor_data(x), cnn_tensor_data(out[0]), NULL);
    return CNN_OK;
}

/* ---- gradient ---- */

/* Where x holds the value that won; where that is a NaN, every NaN. */
static cnn_status winners(cnn_tensor *x, cnn_tensor *value, cnn_tensor **out, cnn_error *err) {
    cnn_tensor *equal = NULL, *x_nan = NULL, *value_nan = NULL;
    cnn_status status = cnn_ops_apply2(&cnn_op_eq, x, value, &equal, err);
    if (status == CNN_OK) status = cnn_ops_apply2(&cnn_op_ne, x, x, &x_nan, err);
    if (status == CNN_OK) status = cnn_ops_apply2(&cnn_op_ne, value, value, &value_nan, err);
    if (status == CNN_OK) status = cnn_ops_where(value_nan, x_nan, equal, out, err);
    cnn_tensor_release(&equal);
    cnn_tensor_release(&x_nan);
    cnn_tensor_release(&value_nan);
    return status;
}

/* dout, divided by the number of winners. */
static cnn_status shares(cnn_tensor *dout, cnn_tensor *found, const cnn_shape *dims, cnn_tensor **out, cnn_error *err) {
    cnn_tensor *count = NULL, *real = NULL;
    cnn_status status = cnn_sum(found, dims, true, &count, err);
    if (status == CNN_OK) status = cnn_cast(count, dout->dtype, &real, err);
    if (status == CNN_OK) status = cnn_div(dout, real, out, err);
    cnn_tensor_release(&count);
    cnn_tensor_release(&real);
    return status;
}

static cnn_status amax_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    const amax_params *params = g->params;
    const cnn_shape *shape = &g->in_spec[0].shape;
    cnn_tensor *value = NULL, *dout = NULL, *found = NULL, *share = NULL, *zero = NULL;
    uint32_t mask;
    cnn_status status = cnn_ops_dims_mask("amax", &params->dims, shape->ndim, &mask, err);
    if (status != CNN_OK) return status;
    const cnn_shape kept = cnn_ops_reduced_shape(shape, mask, true);
    status = cnn_reshape(g->out[0], &kept, &value, err);
    if (status == CNN_OK) status = cnn_reshape(g->dout[0], &kept, &dout, err);
    if (status == CNN_OK) status = winners(g->in[0], value, &found, err);
    if (status == CNN_OK) status = shares(dout, found, &params->dims, &share, err);
    if (status == CNN_OK) status = cnn_ops_number(dout->dtype, 0, &zero, err);
    if (status == CNN_OK) status = cnn_ops_where(found, share, zero, &din[0], err);
    cnn_tensor_release(&value);
    cnn_tensor_release(&dout);
    cnn_tensor_release(&found);
    cnn_tensor_release(&share);
    cnn_tensor_release(&zero);
    return status;
}

const cnn_op cnn_op_amax = {
    .name = "amax",
    .inputs = 1,
    .outputs = 1,
    .saves_in = 1,
    .saves_out = 1,
    .param_bytes = sizeof(amax_params),
    .fields = amax_fields,
    .infer = amax_infer,
    .forward = amax_forward,
    .reads_bf16 = cnn_narrow_always,
    .backward = amax_backward,
};
