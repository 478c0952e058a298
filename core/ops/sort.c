/* SPDX-License-Identifier: MIT
 * sort: a dimension in ascending or descending order, and where its elements stood (from 1); topk: the first k of that.
 * Contract in kernels/sort.h.
 *
 * Equal elements keep their order and NaN counts as the largest, so there is one result. The kernel wants the dimension
 * innermost: x is turned, and the results lie in memory that way. Gradients of values go back to where they stood. */
#include "core/ops/lines.h"

typedef struct sort_params {
    int64_t dim;
    bool descending;
} sort_params;

typedef struct topk_params {
    int64_t dim, k;
    bool largest;
} topk_params;

static const cnn_field sort_fields[] = {
    CNN_FIELD(sort_params, DIM, dim), CNN_FIELD(sort_params, BOOL, descending), {0}};
static const cnn_field topk_fields[] = {
    CNN_FIELD(topk_params, DIM, dim), CNN_FIELD(topk_params, INT, k), CNN_FIELD(topk_params, BOOL, largest), {0}};

/* ---- shapes ---- */

/* Strides of a shape, dense with `dim` innermost. */
static void dim_innermost(const cnn_shape *shape, int64_t dim, int64_t *stride) {
    int order[CNN_MAX_DIMS], count = 0;
    for (int i = 0; i < shape->ndim; i++)
        if (i != dim) order[count++] = i;
    order[count] = (int)dim;
    cnn_ops_order_strides(shape, order, stride);
}

static cnn_status infer(const cnn_call *call, int64_t dim, int64_t k, cnn_spec *out, cnn_error *err) {
    const cnn_tensor *x = call->in[0];
    cnn_shape shape = x->shape;
    if (shape.size[dim] > INT32_MAX)
        return cnn_fail(err, CNN_BAD_SHAPE, "%s takes less than 2^31 elements along a dimension; got %lld",
                        call->op->name, (long long)shape.size[dim]);
    shape.size[dim] = k;
    cnn_spec_dense(&out[0], x->dtype, &shape);
    cnn_spec_dense(&out[1], CNN_I64, &shape);
    dim_innermost(&shape, dim, out[0].stride);
    dim_innermost(&shape, dim, out[1].stride);
    return CNN_OK;
}

static cnn_status sort_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    const sort_params *params = call->params;
    const cnn_shape *shape = &call->in[0]->shape;
    cnn_status status = cnn_ops_need_dim("sort", params->dim, shape, err);
    return status == CNN_OK ? infer(call, params->dim, shape->size[params->dim], out, err) : status;
}

static cnn_status topk_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    const topk_params *params = call->params;
    const cnn_shape *shape = &call->in[0]->shape;
    char got[CNN_SHAPE_TEXT];
    cnn_status status = cnn_ops_need_dim("topk", params->dim, shape, err);
    if (status != CNN_OK) return status;
    if (params->k < 0 || params->k > shape->size[params->dim])
        return cnn_fail(err, CNN_BAD_VALUE,
                        "topk takes 0 to %lld of the elements along dimension %lld of %s; got k = %lld",
                        (long long)shape->size[params->dim], (long long)params->dim + 1, cnn_shape_print(shape, got),
                        (long long)params->k);
    return infer(call, params->dim, params->k, out, err);
}

/* ---- numbers ---- */

static cnn_status run(const cnn_call *call, int64_t dim, bool descending, cnn_tensor *const *out, cnn_error *err) {
    cnn_tensor *x = call->in[0], *ready = NULL;
    const cnn_sort_kernels *kernels = call->kernels->sort[x->dtype];
    cnn_sort_params p = {.n = x->shape.size[dim], .k = out[0]->shape.size[dim], .descending = descending};
    cnn_storage *scratch = NULL;
    int64_t stride[CNN_MAX_DIMS];
    if (!kernels) return cnn_ops_no_kernel(call, x->dtype, err);
    if (cnn_tensor_numel(out[0]) == 0) return CNN_OK;
    p.rows = cnn_tensor_numel(out[0]) / p.k;
    dim_innermost(&x->shape, dim, stride);
    cnn_status status = cnn_ops_ordered(call, x, stride, &ready, err);
    if (status == CNN_OK) status = cnn_scratch(kernels->workspace_bytes(call->team, &p), &scratch, err);
    if (status == CNN_OK)
        kernels->sort(call->team, &p, cnn_tensor_data(ready), cnn_tensor_data(out[0]), cnn_tensor_data(out[1]),
                      scratch->data);
    cnn_storage_release(&scratch);
    cnn_tensor_release(&ready);
    return status;
}

static cnn_status sort_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const sort_params *params = call->params;
    return run(call, params->dim, params->descending, out, err);
}

static cnn_status topk_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const topk_params *params = call->params;
    return run(call, params->dim, params->largest, out, err);
}

/* ---- gradient ---- */

static cnn_status to_places(const cnn_gradient *g, int64_t dim, cnn_tensor **din, cnn_error *err) {
    const index_params params = {dim};
    cnn_tensor *zeros = NULL;
    cnn_status status = cnn_ops_zeros(g->dout[0]->dtype, &g->in_spec[0].shape, &zeros, err);
    cnn_tensor *in[3] = {zeros, g->out[1], g->dout[0]};
    if (status == CNN_OK) status = cnn_apply(&cnn_op_scatter_add, &params, in, &din[0], err);
    cnn_tensor_release(&zeros);
    return status;
}

static cnn_status sort_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    return to_places(g, ((const sort_params *)g->params)->dim, din, err);
}

static cnn_status topk_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    return to_places(g, ((const topk_params *)g->params)->dim, din, err);
}

const cnn_op cnn_op_sort = {
    .name = "sort",
    .inputs = 1,
    .outputs = 2,
    .saves_out = 2,
    .param_bytes = sizeof(sort_params),
    .fields = sort_fields,
    .infer = sort_infer,
    .forward = sort_forward,
    .backward = sort_backward,
};

const cnn_op cnn_op_topk = {
    .name = "topk",
    .inputs = 1,
    .outputs = 2,
    .saves_out = 2,
    .param_bytes = sizeof(topk_params),
    .fields = topk_fields,
    .infer = topk_infer,
    .forward = topk_forward,
    .backward = topk_backward,
};
