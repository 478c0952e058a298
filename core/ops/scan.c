/* SPDX-License-Identifier: MIT
 * cumsum and cumprod: running sums and products along a dimension; scan: the recurrence that their gradients need.
 * Contract in kernels/scan.h.
 *
 *   cumsum   y[k] = x[0] + … + x[k]                       dx = the same from the other end, of dy
 *   cumprod  y[k] = x[0] * … * x[k]                       dx[k] = y[k-1] * s[k],  s[k] = dy[k] + x[k+1] * s[k+1]
 *   scan     y[k] = a[k] * y[k-1] + x[k]                  dx[k] = dy[k] + a[k+1] * dx[k+1],  da[k] = dx[k] * y[k-1]
 * So zeros among the factors need no care, and gradients of gradients are scans again. `reverse` runs from the end.
 * Results keep the layout of x; integers give int64. */
#include "core/ops/lines.h"

typedef struct scan_params {
    int64_t dim;
    bool reverse;
} scan_params;

static const cnn_field scan_fields[] = {CNN_FIELD(scan_params, DIM, dim), CNN_FIELD(scan_params, BOOL, reverse), {0}};

static cnn_status running_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    const cnn_tensor *x = call->in[0];
    cnn_status status = cnn_ops_need_dim(call->op->name, ((const scan_params *)call->params)->dim, &x->shape, err);
    if (status == CNN_OK) cnn_spec_like(out, cnn_dtype_is_real(x->dtype) ? x->dtype : CNN_I64, &x->shape, x);
    return status;
}

static cnn_scan_params sizes(const cnn_call *call, const cnn_tensor *out) {
    const scan_params *params = call->params;
    int order[CNN_MAX_DIMS];
    cnn_ops_order(out, order);
    const cnn_lines lines = cnn_ops_lines(&out->shape, order, params->dim);
    return (cnn_scan_params){lines.outer, out->shape.size[params->dim], lines.inner, params->reverse};
}

static cnn_status running_forward(const cnn_call *call, cnn_tensor *out, bool product, cnn_error *err) {
    const cnn_scan_kernels *kernels = call->kernels->scan[call->in[0]->dtype];
    const cnn_scan_params p = sizes(call, out);
    cnn_tensor *x = NULL;
    if (!kernels) return cnn_ops_no_kernel(call, call->in[0]->dtype, err);
    if (cnn_tensor_numel(out) == 0) return CNN_OK;
    cnn_status status = cnn_ops_ordered(call, call->in[0], out->stride, &x, err);
    if (status == CNN_OK)
        (product ? kernels->product : kernels->sum)(call->team, &p, cnn_tensor_data(x), cnn_tensor_data(out));
    cnn_tensor_release(&x);
    return status;
}

/* x moved by one place along the scan: each element stands where the next one (before: the previous one) stood, seen
 * in the direction of the scan; a 0 fills the end. */
static cnn_status moved(cnn_tensor *x, const scan_params *params, bool before, cnn_tensor **out, cnn_error *err) {
    const int64_t front = before != params->reverse ? 1 : -1;
    return cnn_ops_pad_dim(x, (int)params->dim, front, -front, out, err);
}

/* a and x of one shape -> their recurrence, from the other end than `params` say. */
static cnn_status scan_back(cnn_tensor *a, cnn_tensor *x, const scan_params *params, cnn_tensor **out, cnn_error *err) {
    const scan_params back = {params->dim, !params->reverse};
    cnn_tensor *in[2] = {a, x};
    return cnn_apply(&cnn_op_scan, &back, in, out, err);
}

/* ---- cumsum ---- */

static cnn_status cumsum_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    return running_forward(call, out[0], false, err);
}

static cnn_status cumsum_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    const scan_params *params = g->params;
    const scan_params back = {params->dim, !params->reverse};
    return cnn_apply(&cnn_op_cumsum, &back, &g->dout[0], &din[0], err);
}

/* ---- cumprod ---- */

static cnn_status cumprod_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    return running_forward(call, out[0], true, err);
}

/* y[k-1], with 1 before the first: the 0 that fills the end is made a 1. */
static cnn_status products_before(const cnn_gradient *g, cnn_tensor **out, cnn_error *err) {
    const scan_params *params = g->params;
    const cnn_shape *shape = &g->in_spec[0].shape;
    cnn_tensor *before = NULL, *first = NULL, *one = NULL, *edge = NULL;
    cnn_shape row = *shape;
    row.size[params->dim] = 1;
    cnn_status status = moved(g->out[0], params, true, &before, err);
    if (status == CNN_OK) status = cnn_ops_number(g->dout[0]->dtype, 1, &one, err);
    if (status == CNN_OK) status = cnn_expand(one, &row, &first, err);
    const int64_t rest = shape->size[params->dim] - 1;
    if (status == CNN_OK)
        status = cnn_ops_pad_dim(first, (int)params->dim, params->reverse ? rest : 0, params->reverse ? 0 : rest, &edge,
                                 err);
    if (status == CNN_OK) status = cnn_add(before, edge, out, err);
    cnn_tensor_release(&before);
    cnn_tensor_release(&first);
    cnn_tensor_release(&one);
    cnn_tensor_release(&edge);
    return status;
}

static cnn_status cumprod_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    cnn_tensor *before = NULL, *next = NULL, *sums = NULL;
    if (cnn_shape_numel(&g->in_spec[0].shape) == 0) {
        din[0] = cnn_tensor_retain(g->dout[0]);
        return CNN_OK;
    }
    cnn_status status = products_before(g, &before, err);
    if (status == CNN_OK) status = moved(g->in[0], g->params, false, &next, err);
    if (status == CNN_OK) status = scan_back(next, g->dout[0], g->params, &sums, err);
    if (status == CNN_OK) status = cnn_mul(before, sums, &din[0], err);
    cnn_tensor_release(&before);
    cnn_tensor_release(&next);
    cnn_tensor_release(&sums);
    return status;
}

/* ---- scan ---- */

static cnn_status scan_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    static const char *const names[] = {"a", "x"};
    const cnn_tensor *a = call->in[0], *x = call->in[1];
    char of_a[CNN_SHAPE_TEXT], of_x[CNN_SHAPE_TEXT];
    cnn_status status = cnn_ops_need_dim("scan", ((const scan_params *)call->params)->dim, &a->shape, err);
    if (status == CNN_OK) status = cnn_ops_need_real(call, 2, names, err);
    if (status != CNN_OK) return status;
    if (!cnn_shape_equal(&a->shape, &x->shape))
        return cnn_fail(err, CNN_BAD_SHAPE, "scan needs factors and terms of one shape; got %s and %s",
                        cnn_shape_print(&a->shape, of_a), cnn_shape_print(&x->shape, of_x));
    cnn_spec_like(out, x->dtype, &x->shape, x);
    return CNN_OK;
}

static cnn_status scan_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    const cnn_scan_kernels *kernels = call->kernels->scan[out[0]->dtype];
    const cnn_scan_params p = sizes(call, out[0]);
    cnn_tensor *a = NULL, *x = NULL;
    if (!kernels || !kernels->linear) return cnn_ops_no_kernel(call, out[0]->dtype, err);
    if (cnn_tensor_numel(out[0]) == 0) return CNN_OK;
    cnn_status status = cnn_ops_ordered(call, call->in[0], out[0]->stride, &a, err);
    if (status == CNN_OK) status = cnn_ops_ordered(call, call->in[1], out[0]->stride, &x, err);
    if (status == CNN_OK)
        kernels->linear(call->team, &p, cnn_tensor_data(a), cnn_tensor_data(x), cnn_tensor_data(out[0]));
    cnn_tensor_release(&a);
    cnn_tensor_release(&x);
    return status;
}

static cnn_status scan_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    cnn_tensor *next = NULL, *dx = NULL, *before = NULL;
    if (cnn_shape_numel(&g->in_spec[0].shape) == 0) {
        for (int i = 0; i < 2; i++)
            if (g->wanted[i]) din[i] = cnn_tensor_retain(g->dout[0]);
        return CNN_OK;
    }
    cnn_status status = moved(g->in[0], g->params, false, &next, err);
    if (status == CNN_OK) status = scan_back(next, g->dout[0], g->params, &dx, err);
    if (status == CNN_OK && g->wanted[0]) status = moved(g->out[0], g->params, true, &before, err);
    if (status == CNN_OK && g->wanted[0]) status = cnn_mul(dx, before, &din[0], err);
    if (status == CNN_OK && g->wanted[1]) din[1] = cnn_tensor_retain(dx);
    cnn_tensor_release(&next);
    cnn_tensor_release(&dx);
    cnn_tensor_release(&before);
    return status;
}

const cnn_op cnn_op_cumsum = {
    .name = "cumsum",
    .inputs = 1,
    .outputs = 1,
    .param_bytes = sizeof(scan_params),
    .fields = scan_fields,
    .infer = running_infer,
    .forward = cumsum_forward,
    .backward = cumsum_backward,
};

const cnn_op cnn_op_cumprod = {
    .name = "cumprod",
    .inputs = 1,
    .outputs = 1,
    .saves_in = 1,
    .saves_out = 1,
    .param_bytes = sizeof(scan_params),
    .fields = scan_fields,
    .infer = running_infer,
    .forward = cumprod_forward,
    .backward = cumprod_backward,
};

const cnn_op cnn_op_scan = {
    .name = "scan",
    .inputs = 2,
    .outputs = 1,
    .saves_in = 1,
    .saves_out = 1,
    .param_bytes = sizeof(scan_params),
    .fields = scan_fields,
    .infer = scan_infer,
    .forward = scan_forward,
    .backward = scan_backward,
};
