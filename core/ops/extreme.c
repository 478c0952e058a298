/* SPDX-License-Identifier: MIT
 * extreme: the largest (smallest) values along one dimension and their positions, counted from 1.
 *
 * Of equals the first counts, and a NaN wins. The gradient goes to the position that was found, and nowhere else:
 * where(position == 1, 2 … n, doutput, 0). */
#include "core/narrow.h"
#include "core/ops/support.h"

typedef struct extreme_params {
    int64_t dim;
    bool largest, keepdim;
} extreme_params;

static const cnn_field extreme_fields[] = {CNN_FIELD(extreme_params, DIM, dim),
                                           CNN_FIELD(extreme_params, BOOL, largest),
                                           CNN_FIELD(extreme_params, BOOL, keepdim),
                                           {0}};

static cnn_status extreme_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    const extreme_params *params = call->params;
    const cnn_tensor *x = call->in[0];
    const char *word = params->largest ? "max" : "min";
    char got[CNN_SHAPE_TEXT];
    cnn_status status = cnn_ops_need_dim(word, params->dim, &x->shape, err);
    if (status != CNN_OK) return status;
    if (x->shape.size[params->dim] == 0)
        return cnn_fail(err, CNN_BAD_SHAPE, "%s needs at least one element in dimension %lld; got %s", word,
                        (long long)params->dim + 1, cnn_shape_print(&x->shape, got));
    cnn_shape shape = cnn_ops_reduced_shape(&x->shape, 1u << params->dim, params->keepdim);
    cnn_spec_dense(&out[0], x->dtype, &shape);
    cnn_spec_dense(&out[1], CNN_I64, &shape);
    return CNN_OK;
}

static cnn_status extreme_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const extreme_params *params = call->params;
    const cnn_reduce_kernels *table = call->kernels->reduce[call->in[0]->dtype];
    if (!table || !table->extreme) return cnn_ops_no_kernel(call, call->in[0]->dtype, err);
    if (cnn_tensor_numel(out[0]) == 0) return CNN_OK;
    cnn_reduce_walk walk;
    cnn_ops_reduce_walk(call->in[0], 1u << params->dim, &walk);
    table->extreme(call->team, &walk, params->largest, cnn_tensor_data(call->in[0]), cnn_tensor_data(out[0]),
                   cnn_tensor_data(out[1]));
    return CNN_OK;
}

static cnn_status extreme_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    const extreme_params *params = g->params;
    const cnn_shape *shape = &g->in_spec[0].shape;
    cnn_shape kept = cnn_ops_reduced_shape(shape, 1u << params->dim, true);
    cnn_tensor *count = NULL, *position = NULL, *found = NULL, *dout = NULL, *zero = NULL;
    cnn_status status = cnn_ops_count(shape->size[params->dim], (int)params->dim, shape->ndim, &count, err);
    if (status == CNN_OK) status = cnn_reshape(g->out[1], &kept, &position, err);
    if (status == CNN_OK) status = cnn_ops_apply2(&cnn_op_eq, position, count, &found, err);
    if (status == CNN_OK) status = cnn_reshape(g->dout[0], &kept, &dout, err);
    if (status == CNN_OK) status = cnn_ops_number(dout->dtype, 0, &zero, err);
    if (status == CNN_OK) status = cnn_ops_where(found, dout, zero, &din[0], err);
    cnn_tensor_release(&count);
    cnn_tensor_release(&position);
    cnn_tensor_release(&found);
    cnn_tensor_release(&dout);
    cnn_tensor_release(&zero);
    return status;
}

const cnn_op cnn_op_extreme = {
    .name = "extreme",
    .inputs = 1,
    .outputs = 2,
    .saves_out = 2,
    .param_bytes = sizeof(extreme_params),
    .fields = extreme_fields,
    .infer = extreme_infer,
    .forward = extreme_forward,
    .reads_bf16 = cnn_narrow_always,
    .backward = extreme_backward,
};
