/* SPDX-License-Identifier: MIT
 * where: out = condition ? a : b, all three broadcast.
 *
 * condition is bool (or uint8: not zero). a and b are brought to one type by the rule of arithmetic, bool staying bool.
 * The gradient flows to what was chosen. */
#include "core/narrow.h"
#include "core/ops/support.h"

static cnn_status where_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    const cnn_tensor *condition = call->in[0], *a = call->in[1], *b = call->in[2];
    cnn_shape shape;
    if (condition->dtype != CNN_BOOL && condition->dtype != CNN_U8) {
        cnn_fail(err, CNN_BAD_TYPE, "where needs a bool condition; got %s", cnn_dtype_name(condition->dtype));
        cnn_error_fix(err, "x:ne(0)");
        return CNN_BAD_TYPE;
    }
    cnn_status status = cnn_shape_broadcast(&a->shape, &b->shape, &shape, err);
    if (status == CNN_OK) status = cnn_shape_broadcast(&shape, &condition->shape, &shape, err);
    if (status != CNN_OK) return status;
    const cnn_tensor *like = cnn_shape_equal(&shape, &a->shape)   ? a
                             : cnn_shape_equal(&shape, &b->shape) ? b
                                                                  : condition;
    cnn_spec_like(out, cnn_ops_common_dtype(a, b), &shape, like);
    return CNN_OK;
}

/* bool lies in memory as uint8 does, and shares its kernel. */
static cnn_status where_run(const cnn_call *call, cnn_tensor *a, cnn_tensor *b, cnn_tensor *out, cnn_error *err) {
    cnn_dtype dtype = out->dtype == CNN_BOOL ? CNN_U8 : out->dtype;
    const cnn_pointwise_kernels *table = call->kernels->pointwise[dtype];
    if (!table || !table->where) return cnn_ops_no_kernel(call, dtype, err);
    const cnn_tensor *in[3] = {call->in[0], a, b};
    cnn_walk walk;
    cnn_walk_make(out, 3, in, &walk);
    table->where(call->team, &walk, cnn_tensor_data(in[0]), cnn_tensor_data(a), cnn_tensor_data(b),
                 cnn_tensor_data(out));
    return CNN_OK;
}

static cnn_status where_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {
    cnn_tensor *a = NULL, *b = NULL;
    cnn_status status = cnn_ops_operand(call, call->in[1], out[0], out[0]->dtype, &a, err);
    if (status == CNN_OK) status = cnn_ops_operand(call, call->in[2], out[0], out[0]->dtype, &b, err);
    if (status == CNN_OK) status = where_run(call, a, b, out[0], err);
    cnn_tensor_release(&a);
    cnn_tensor_release(&b);
    return status;
}

static cnn_status where_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    cnn_tensor *zero = NULL;
    cnn_status status = cnn_ops_number(g->dout[0]->dtype, 0, &zero, err);
    for (int i = 1; i < 3 && status == CNN_OK; i++) {
        cnn_tensor *t = NULL;
        if (!g->wanted[i]) continue;
        status = cnn_ops_where(g->in[0], i == 1 ? g->dout[0] : zero, i == 1 ? zero : g->dout[0], &t, err);
        if (status == CNN_OK) status = cnn_ops_give(g, i, &t, din, err);
    }
    cnn_tensor_release(&zero);
    return status;
}

const cnn_op cnn_op_where = {
    .name = "where",
    .inputs = 3,
    .outputs = 1,
    .saves_in = 1,
    .infer = where_infer,
    .forward = where_forward,
    .reads_bf16 = cnn_narrow_always,
    .backward = where_backward,
};
