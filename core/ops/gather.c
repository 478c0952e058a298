/* SPDX-License-Identifier: MIT
 * gather: one element of x for each element of an index, along a dimension; scatter and scatter_add bring elements to
 * such places. Contract in kernels/select.h.
 *
 *   gather       x, index          -> y [index's shape]      y[i][j] = x[i][index[i][j]]      (dim = the last of two)
 *   scatter      x, index, source  -> x with x[i][index[i][j]] = source[i][j]
 *   scatter_add  x, index, source  -> x with x[i][index[i][j]] += source[i][j]
 * index and source have one shape; along the other dimensions it may be smaller than x's, which then counts from its
 * first element. Each op is the other one's gradient. */
#include "core/ops/lines.h"

enum { X, INDEX, SOURCE };

static const cnn_field index_fields[] = {CNN_FIELD(index_params, DIM, dim), {0}};

static cnn_status shapes_fail(const cnn_call *call, cnn_error *err) {
    char x[CNN_SHAPE_TEXT], index[CNN_SHAPE_TEXT];
    const int64_t dim = ((const index_params *)call->params)->dim;
    return cnn_fail(err, CNN_BAD_SHAPE,
                    "%s needs an index with the dimensions of x, none but dimension %lld larger than x's; x is %s, the "
                    "index %s",
                    call->op->name, (long long)dim + 1, cnn_shape_print(&call->in[X]->shape, x),
                    cnn_shape_print(&call->in[INDEX]->shape, index));
}

static cnn_status check_shapes(const cnn_call *call, cnn_error *err) {
    const int64_t dim = ((const index_params *)call->params)->dim;
    const cnn_shape *x = &call->in[X]->shape, *index = &call->in[INDEX]->shape;
    cnn_status status = cnn_ops_need_dim(call->op->name, dim, x, err);
    if (status == CNN_OK) status = cnn_ops_need_index(call, call->in[INDEX], err);
    if (status != CNN_OK) return status;
    if (index->ndim != x->ndim) return shapes_fail(call, err);
    for (int i = 0; i < x->ndim; i++)
        if (i != dim && index->size[i] > x->size[i]) return shapes_fail(call, err);
    return CNN_OK;
}

/* The corner of x that the index reaches. */
static cnn_shape reached_shape(const cnn_call *call) {
    const int64_t dim = ((const index_params *)call->params)->dim;
    cnn_shape shape = call->in[INDEX]->shape;
    shape.size[dim] = call->in[X]->shape.size[dim];
    return shape;
}

static cnn_select_params sizes(const cnn_call *call, bool add) {
    const int64_t dim = ((const index_params *)call->params)->dim;
    const cnn_shape *index = &call->in[INDEX]->shape;
    cnn_select_params p = {1, call->in[X]->shape.size[dim], index->size[dim], 1, add};
    for (int i = 0; i < index->ndim; i++) {
        if (i < dim) p.outer *= index->size[i];
        if (i > dim) p.inner *= index->size[i];
    }
    return p;
}

/* The index as the kernel reads it, checked. */
static cnn_status ready_index(const cnn_call *call, cnn_tensor **index, cnn_error *err) {
    const int64_t dim = ((const index_params *)call->params)->dim;
    cnn_status status = cnn_dense(call->in[INDEX], index, err);
    return status == CNN_OK ? cnn_ops_check_index(*index, &call->in[X]->shape, dim, err) : status;
}

/* ---- gather ---- */

static cnn_status gather_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    cnn_status status = check_shapes(call, err);
    if (status == CNN_OK) cnn_spec_dense(out, call->in[X]->dtype, &call->in[INDEX]->shape);
    return status;
}

static cnn_status gather_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const cnn_select_kernels *kernels = call->kernels->select[out[0]->dtype];
    const cnn_shape reached = reached_shape(call);
    const cnn_select_params p = sizes(call, false);
    cnn_tensor *corner = NULL, *x = NULL, *index = NULL;
    if (!kernels) return cnn_ops_no_kernel(call, out[0]->dtype, err);
    cnn_status status = ready_index(call, &index, err);
    if (status == CNN_OK) status = cnn_ops_corner(call->in[X], &reached, &corner, err);
    if (status == CNN_OK) status = cnn_dense(corner, &x, err);
    if (status == CNN_OK)
        kernels->gather(call->team, &p, cnn_tensor_data(x), cnn_tensor_data(index), cnn_tensor_data(out[0]));
    cnn_tensor_release(&corner);
    cnn_tensor_release(&x);
    cnn_tensor_release(&index);
    return status;
}

static cnn_status gather_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    cnn_tensor *zeros = NULL;
    cnn_status status = cnn_ops_zeros(g->dout[0]->dtype, &g->in_spec[X].shape, &zeros, err);
    cnn_tensor *in[3] = {zeros, g->in[INDEX], g->dout[0]};
    if (status == CNN_OK) status = cnn_apply(&cnn_op_scatter_add, g->params, in, &din[X], err);
    cnn_tensor_release(&zeros);
    return status;
}

/* ---- scatter, scatter_add ---- */

static cnn_status scatter_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    const cnn_tensor *x = call->in[X], *source = call->in[SOURCE];
    char of_index[CNN_SHAPE_TEXT], got[CNN_SHAPE_TEXT];
    cnn_status status = check_shapes(call, err);
    if (status != CNN_OK) return status;
    if (!cnn_shape_equal(&source->shape, &call->in[INDEX]->shape))
        return cnn_fail(err, CNN_BAD_SHAPE, "%s needs a source of the index's shape %s; got %s", call->op->name,
                        cnn_shape_print(&call->in[INDEX]->shape, of_index), cnn_shape_print(&source->shape, got));
    if (source->dtype != x->dtype) {
        cnn_fail(err, CNN_BAD_TYPE, "%s needs x and source of one type; got %s and %s", call->op->name,
                 cnn_dtype_name(x->dtype), cnn_dtype_name(source->dtype));
        cnn_error_fix(err, "source:to(\"%s\")", cnn_dtype_name(x->dtype));
        return CNN_BAD_TYPE;
    }
    cnn_spec_dense(out, x->dtype, &x->shape);
    return CNN_OK;
}

/* `corner` is a part of a result that holds x already; where its memory has gaps, a dense copy is worked on. */
static cnn_status scatter_into(const cnn_call *call, cnn_tensor *corner, bool add, cnn_error *err) {
    const cnn_select_kernels *kernels = call->kernels->select[corner->dtype];
    const cnn_select_params p = sizes(call, add);
    cnn_tensor *dense = NULL, *index = NULL, *source = NULL;
    if (!kernels) return cnn_ops_no_kernel(call, corner->dtype, err);
    cnn_status status = ready_index(call, &index, err);
    if (status == CNN_OK) status = cnn_dense(call->in[SOURCE], &source, err);
    if (status == CNN_OK) status = cnn_dense(corner, &dense, err);
    if (status == CNN_OK)
        kernels->scatter(call->team, &p, cnn_tensor_data(index), cnn_tensor_data(source), cnn_tensor_data(dense));
    if (status == CNN_OK && dense != corner) status = cnn_ops_copy(call, dense, corner, err);
    cnn_tensor_release(&dense);
    cnn_tensor_release(&index);
    cnn_tensor_release(&source);
    return status;
}

static cnn_status scatter_run(const cnn_call *call, cnn_tensor *out, bool add, cnn_error *err) {
    const cnn_shape reached = reached_shape(call);
    cnn_tensor *corner = NULL, *index = NULL;
    cnn_status status = ready_index(call, &index, err); /* before anything is written: the in-place form */
    cnn_tensor_release(&index);
    if (status == CNN_OK && cnn_tensor_data(call->in[X]) != cnn_tensor_data(out))
        status = cnn_ops_copy(call, call->in[X], out, err);
    if (status == CNN_OK) status = cnn_ops_corner(out, &reached, &corner, err);
    if (status == CNN_OK) status = scatter_into(call, corner, add, err);
    cnn_tensor_release(&corner);
    return status;
}

static cnn_status scatter_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    return scatter_run(call, out[0], false, err);
}

static cnn_status scatter_add_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    return scatter_run(call, out[0], true, err);
}

/* What was written came from source: d source = gather(dout). */
static cnn_status source_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    cnn_tensor *in[2] = {g->dout[0], g->in[INDEX]};
    return g->wanted[SOURCE] ? cnn_apply(&cnn_op_gather, g->params, in, &din[SOURCE], err) : CNN_OK;
}

static cnn_status scatter_add_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    cnn_status status = source_backward(g, din, err);
    if (status == CNN_OK && g->wanted[X]) din[X] = cnn_tensor_retain(g->dout[0]);
    return status;
}

/* x keeps the gradient of what was not overwritten. */
static cnn_status scatter_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    cnn_tensor *zeros = NULL;
    cnn_status status = source_backward(g, din, err);
    if (status != CNN_OK || !g->wanted[X]) return status;
    status = cnn_ops_zeros(g->dout[0]->dtype, &g->in_spec[SOURCE].shape, &zeros, err);
    cnn_tensor *in[3] = {g->dout[0], g->in[INDEX], zeros};
    if (status == CNN_OK) status = cnn_apply(&cnn_op_scatter, g->params, in, &din[X], err);
    cnn_tensor_release(&zeros);
    return status;
}

const cnn_op cnn_op_gather = {
    .name = "gather",
    .inputs = 2,
    .outputs = 1,
    .saves_in = 1 << INDEX,
    .param_bytes = sizeof(index_params),
    .fields = index_fields,
    .infer = gather_infer,
    .forward = gather_forward,
    .backward = gather_backward,
};

const cnn_op cnn_op_scatter = {
    .name = "scatter",
    .inputs = 3,
    .outputs = 1,
    .saves_in = 1 << INDEX,
    .elementwise = true,
    .param_bytes = sizeof(index_params),
    .fields = index_fields,
    .infer = scatter_infer,
    .forward = scatter_forward,
    .backward = scatter_backward,
};

const cnn_op cnn_op_scatter_add = {
    .name = "scatter_add",
    .inputs = 3,
    .outputs = 1,
    .saves_in = 1 << INDEX,
    .elementwise = true,
    .param_bytes = sizeof(index_params),
    .fields = index_fields,
    .infer = scatter_infer,
    .forward = scatter_add_forward,
    .backward = scatter_add_backward,
};
