/* SPDX-License-Identifier: MIT
 * index_select: whole rows of x along a dimension, in the order of an index; index_add adds rows there. Contract in
 * kernels/select.h (take and put).
 *
 *   index_select  x, index [m]          -> y, x's shape with m along dim      y[j] = x[index[j]]      (dim = the first)
 *   index_add     x, index [m], source  -> x with x[index[j]] += source[j]
 * Results keep the layout of x. Each op is the other one's gradient. */
#include "core/ops/lines.h"

enum { X, INDEX, SOURCE };

static const cnn_field index_fields[] = {CNN_FIELD(index_params, DIM, dim), {0}};

static cnn_status check_shapes(const cnn_call *call, cnn_error *err) {
    char got[CNN_SHAPE_TEXT];
    const int64_t dim = ((const index_params *)call->params)->dim;
    const cnn_tensor *index = call->in[INDEX];
    cnn_status status = cnn_ops_need_dim(call->op->name, dim, &call->in[X]->shape, err);
    if (status == CNN_OK) status = cnn_ops_need_index(call, index, err);
    if (status != CNN_OK || index->shape.ndim == 1) return status;
    return cnn_fail(err, CNN_BAD_SHAPE, "%s needs an index with one dimension; got %s", call->op->name,
                    cnn_shape_print(&index->shape, got));
}

/* x's shape with the index's length along dim. */
static cnn_shape picked_shape(const cnn_call *call) {
    cnn_shape shape = call->in[X]->shape;
    shape.size[((const index_params *)call->params)->dim] = call->in[INDEX]->shape.size[0];
    return shape;
}

static cnn_select_params sizes(const cnn_call *call, const int *order, bool add) {
    const int64_t dim = ((const index_params *)call->params)->dim;
    const cnn_shape *shape = &call->in[X]->shape;
    const cnn_lines lines = cnn_ops_lines(shape, order, dim);
    return (cnn_select_params){lines.outer, shape->size[dim], call->in[INDEX]->shape.size[0], lines.inner, add};
}

static cnn_status ready_index(const cnn_call *call, cnn_tensor **index, cnn_error *err) {
    const int64_t dim = ((const index_params *)call->params)->dim;
    cnn_status status = cnn_dense(call->in[INDEX], index, err);
    return status == CNN_OK ? cnn_ops_check_index(*index, &call->in[X]->shape, dim, err) : status;
}

/* ---- index_select ---- */

static cnn_status select_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    cnn_status status = check_shapes(call, err);
    if (status != CNN_OK) return status;
    const cnn_shape shape = picked_shape(call);
    int order[CNN_MAX_DIMS];
    cnn_spec_dense(out, call->in[X]->dtype, &shape);
    cnn_ops_order(call->in[X], order);
    cnn_ops_order_strides(&shape, order, out->stride);
    return CNN_OK;
}

static cnn_status select_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const cnn_select_kernels *kernels = call->kernels->select[out[0]->dtype];
    cnn_tensor *x = NULL, *index = NULL;
    int64_t stride[CNN_MAX_DIMS];
    int order[CNN_MAX_DIMS];
    if (!kernels) return cnn_ops_no_kernel(call, out[0]->dtype, err);
    cnn_ops_order(call->in[X], order);
    cnn_ops_order_strides(&call->in[X]->shape, order, stride);
    cnn_status status = ready_index(call, &index, err);
    if (status == CNN_OK) status = cnn_ops_ordered(call, call->in[X], stride, &x, err);
    if (status == CNN_OK) {
        const cnn_select_params p = sizes(call, order, false);
        kernels->take(call->team, &p, cnn_tensor_data(x), cnn_tensor_data(index), cnn_tensor_data(out[0]));
    }
    cnn_tensor_release(&x);
    cnn_tensor_release(&index);
    return status;
}

static cnn_status select_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    cnn_tensor *zeros = NULL;
    cnn_status status = cnn_ops_zeros(g->dout[0]->dtype, &g->in_spec[X].shape, &zeros, err);
    cnn_tensor *in[3] = {zeros, g->in[INDEX], g->dout[0]};
    if (status == CNN_OK) status = cnn_apply(&cnn_op_index_add, g->params, in, &din[X], err);
    cnn_tensor_release(&zeros);
    return status;
}

/* ---- index_add ---- */

static cnn_status add_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    const cnn_tensor *x = call->in[X], *source = call->in[SOURCE];
    char want[CNN_SHAPE_TEXT], got[CNN_SHAPE_TEXT];
    cnn_status status = check_shapes(call, err);
    if (status != CNN_OK) return status;
    const cnn_shape shape = picked_shape(call);
    if (!cnn_shape_equal(&source->shape, &shape))
        return cnn_fail(err, CNN_BAD_SHAPE, "index_add needs a source %s here, a row for each index; got %s",
                        cnn_shape_print(&shape, want), cnn_shape_print(&source->shape, got));
    if (source->dtype != x->dtype) {
        cnn_fail(err, CNN_BAD_TYPE, "index_add needs x and source of one type; got %s and %s", cnn_dtype_name(x->dtype),
                 cnn_dtype_name(source->dtype));
        cnn_error_fix(err, "source:to(\"%s\")", cnn_dtype_name(x->dtype));
        return CNN_BAD_TYPE;
    }
    int order[CNN_MAX_DIMS];
    cnn_spec_dense(out, x->dtype, &x->shape);
    /* zeros for a gradient lie nowhere: then the source's layout decides */
    cnn_ops_order(cnn_strides_are_dense(&x->shape, x->stride) ? x : source, order);
    cnn_ops_order_strides(&x->shape, order, out->stride);
    return CNN_OK;
}

/* out holds x already, and is dense. */
static cnn_status add_into(const cnn_call *call, cnn_tensor *out, const cnn_tensor *index, cnn_error *err) {
    const cnn_select_kernels *kernels = call->kernels->select[out->dtype];
    cnn_tensor *source = NULL;
    int64_t stride[CNN_MAX_DIMS];
    int order[CNN_MAX_DIMS];
    if (!kernels) return cnn_ops_no_kernel(call, out->dtype, err);
    cnn_ops_order(out, order);
    cnn_ops_order_strides(&call->in[SOURCE]->shape, order, stride);
    cnn_status status = cnn_ops_ordered(call, call->in[SOURCE], stride, &source, err);
    if (status == CNN_OK) {
        const cnn_select_params p = sizes(call, order, true);
        kernels->put(call->team, &p, cnn_tensor_data(index), cnn_tensor_data(source), cnn_tensor_data(out));
    }
    cnn_tensor_release(&source);
    return status;
}

/* In place, out is x, whose memory may have gaps: a dense copy is worked on then. */
static cnn_status add_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    cnn_tensor *index = NULL, *dense = NULL;
    int64_t stride[CNN_MAX_DIMS];
    int order[CNN_MAX_DIMS];
    cnn_status status = ready_index(call, &index, err);
    if (status == CNN_OK && cnn_tensor_data(call->in[X]) != cnn_tensor_data(out[0]))
        status = cnn_ops_copy(call, call->in[X], out[0], err);
    cnn_ops_order(out[0], order);
    cnn_ops_order_strides(&out[0]->shape, order, stride);
    if (status == CNN_OK) status = cnn_ops_ordered(call, out[0], stride, &dense, err);
    if (status == CNN_OK) status = add_into(call, dense, index, err);
    if (status == CNN_OK && dense != out[0]) status = cnn_ops_copy(call, dense, out[0], err);
    cnn_tensor_release(&dense);
    cnn_tensor_release(&index);
    return status;
}

static cnn_status add_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    cnn_tensor *in[2] = {g->dout[0], g->in[INDEX]};
    if (g->wanted[X]) din[X] = cnn_tensor_retain(g->dout[0]);
    return g->wanted[SOURCE] ? cnn_apply(&cnn_op_index_select, g->params, in, &din[SOURCE], err) : CNN_OK;
}

const cnn_op cnn_op_index_select = {
    .name = "index_select",
    .inputs = 2,
    .outputs = 1,
    .saves_in = 1 << INDEX,
    .param_bytes = sizeof(index_params),
    .fields = index_fields,
    .infer = select_infer,
    .forward = select_forward,
    .backward = select_backward,
};

const cnn_op cnn_op_index_add = {
    .name = "index_add",
    .inputs = 3,
    .outputs = 1,
    .saves_in = 1 << INDEX,
    .elementwise = true,
    .param_bytes = sizeof(index_params),
    .fields = index_fields,
    .infer = add_infer,
    .forward = add_forward,
    .backward = add_backward,
};
