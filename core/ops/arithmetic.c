/* SPDX-License-Identifier: MIT
 * Arithmetic of two broadcast operands: one descriptor per ARITHMETIC line of kernels/pointwise.list.
 *
 * The type is cnn_ops_arithmetic_dtype's; div and pow are always real: integers are divided as float32 (as Lua's /
 * and ^ always give a float). The result lies in memory as the operand that has its shape does.
 * Gradients: those of maximum and minimum are shared by two equal operands; that of pow at a = 0 is 0 for the exponent,
 * and for the base where b = 0. */
#include "core/ops/later.h"
#include "core/narrow.h"
#include "core/ops/support.h"

static cnn_status arithmetic_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    const cnn_tensor *a = call->in[0], *b = call->in[1];
    cnn_shape shape;
    cnn_status status = cnn_shape_broadcast(&a->shape, &b->shape, &shape, err);
    if (status != CNN_OK) return status;
    cnn_spec_like(out, cnn_ops_arithmetic_dtype(a, b), &shape, cnn_shape_equal(&shape, &a->shape) ? a : b);
    return CNN_OK;
}

static cnn_status real_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    cnn_status status = arithmetic_infer(call, out, err);
    if (status == CNN_OK && !cnn_dtype_is_real(out->dtype)) out->dtype = CNN_F32;
    return status;
}

static cnn_status arithmetic_forward(const cnn_call *call, int which, cnn_tensor *const *out, cnn_error *err) {
    cnn_tensor *a = NULL, *b = NULL;
    if (which == CNN_ARITHMETIC_add && cnn_later_add(call->in[0], call->in[1], out[0])) return CNN_OK;
    cnn_status status = cnn_ops_operand(call, call->in[0], out[0], out[0]->dtype, &a, err);
    if (status == CNN_OK) status = cnn_ops_operand(call, call->in[1], out[0], out[0]->dtype, &b, err);
    if (status == CNN_OK) status = cnn_ops_arithmetic(call, which, a, b, out[0], err);
    cnn_tensor_release(&a);
    cnn_tensor_release(&b);
    return status;
}

/* ---- gradients ---- */

static cnn_status add_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    cnn_status status = CNN_OK;
    for (int i = 0; i < 2 && status == CNN_OK; i++) {
        if (!g->wanted[i]) continue;
        cnn_tensor *t = cnn_tensor_retain(g->dout[0]);
        status = cnn_ops_give(g, i, &t, din, err);
    }
    return status;
}

static cnn_status sub_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    cnn_status status = CNN_OK;
    cnn_tensor *summed = NULL;
    if (g->wanted[0]) {
        cnn_tensor *t = cnn_tensor_retain(g->dout[0]);
        status = cnn_ops_give(g, 0, &t, din, err);
    }
    if (status != CNN_OK || !g->wanted[1]) return status;
    status = cnn_sum_to(g->dout[0], &g->in_spec[1].shape, &summed, err); /* summed first: fewer numbers to negate */
    if (status == CNN_OK) {
        cnn_tensor *t = NULL;
        status = cnn_neg(summed, &t, err);
        if (status == CNN_OK) status = cnn_ops_give(g, 1, &t, din, err);
    }
    cnn_tensor_release(&summed);
    return status;
}

static cnn_status mul_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    cnn_status status = CNN_OK;
    for (int i = 0; i < 2 && status == CNN_OK; i++) {
        cnn_tensor *t = NULL;
        if (!g->wanted[i]) continue;
        status = cnn_mul(g->dout[0], g->in[1 - i], &t, err);
        if (status == CNN_OK) status = cnn_ops_give(g, i, &t, din, err);
    }
    return status;
}

/* y = a / b: da = dy / b, db = -(dy / b) * a / b */
static cnn_status div_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    cnn_tensor *quotient = NULL, *product = NULL, *negative = NULL, *t = NULL;
    cnn_status status = cnn_div(g->dout[0], g->in[1], &quotient, err);
    if (status == CNN_OK && g->wanted[1]) {
        status = cnn_mul(quotient, g->in[0], &product, err);
        if (status == CNN_OK) status = cnn_neg(product, &negative, err);
        if (status == CNN_OK) status = cnn_div(negative, g->in[1], &t, err);
        if (status == CNN_OK) status = cnn_ops_give(g, 1, &t, din, err);
    }
    if (status == CNN_OK && g->wanted[0]) status = cnn_ops_give(g, 0, &quotient, din, err);
    cnn_tensor_release(&quotient);
    cnn_tensor_release(&product);
    cnn_tensor_release(&negative);
    return status;
}

/* *t = mask ? 0 : *t, replaced; mask = (x == 0) */
static cnn_status zero_where_zero(cnn_tensor *x, cnn_tensor **t, cnn_error *err) {
    cnn_tensor *zero = NULL, *mask = NULL, *kept = NULL;
    cnn_status status = cnn_ops_number((*t)->dtype, 0, &zero, err);
    if (status == CNN_OK) status = cnn_ops_apply2(&cnn_op_eq, x, zero, &mask, err);
    if (status == CNN_OK) status = cnn_ops_where(mask, zero, *t, &kept, err);
    if (status == CNN_OK) {
        cnn_tensor_release(t);
        *t = kept;
    }
    cnn_tensor_release(&zero);
    cnn_tensor_release(&mask);
    return status;
}

/* dy * b * a^(b - 1) */
static cnn_status pow_backward_base(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    cnn_tensor *less = NULL, *power = NULL, *slope = NULL, *t = NULL;
    cnn_status status = cnn_shift(g->in[1], -1, &less, err);
    if (status == CNN_OK) status = cnn_ops_apply2(&cnn_op_pow, g->in[0], less, &power, err);
    if (status == CNN_OK) status = cnn_mul(power, g->in[1], &slope, err);
    if (status == CNN_OK) status = zero_where_zero(g->in[1], &slope, err);
    if (status == CNN_OK) status = cnn_mul(g->dout[0], slope, &t, err);
    if (status == CNN_OK) status = cnn_ops_give(g, 0, &t, din, err);
    cnn_tensor_release(&less);
    cnn_tensor_release(&power);
    cnn_tensor_release(&slope);
    return status;
}

/* dy * a^b * ln a */
static cnn_status pow_backward_exponent(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    cnn_tensor *logarithm = NULL, *power = NULL, *slope = NULL, *t = NULL;
    cnn_status status = cnn_apply(&cnn_op_log, NULL, &g->in[0], &logarithm, err);
    if (status == CNN_OK) status = cnn_ops_apply2(&cnn_op_pow, g->in[0], g->in[1], &power, err);
    if (status == CNN_OK) status = cnn_mul(power, logarithm, &slope, err);
    if (status == CNN_OK) status = zero_where_zero(g->in[0], &slope, err);
    if (status == CNN_OK) status = cnn_mul(g->dout[0], slope, &t, err);
    if (status == CNN_OK) status = cnn_ops_give(g, 1, &t, din, err);
    cnn_tensor_release(&logarithm);
    cnn_tensor_release(&power);
    cnn_tensor_release(&slope);
    return status;
}

static cnn_status pow_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    cnn_status status = g->wanted[0] ? pow_backward_base(g, din, err) : CNN_OK;
    if (status == CNN_OK && g->wanted[1]) status = pow_backward_exponent(g, din, err);
    return status;
}

/* dy, or its half where a equals b */
static cnn_status share_ties(const cnn_gradient *g, cnn_tensor **out, cnn_error *err) {
    cnn_tensor *equal = NULL, *half = NULL;
    cnn_status status = cnn_ops_apply2(&cnn_op_eq, g->in[0], g->in[1], &equal, err);
    if (status == CNN_OK) status = cnn_scale(g->dout[0], 0.5, &half, err);
    if (status == CNN_OK) status = cnn_ops_where(equal, half, g->dout[0], out, err);
    cnn_tensor_release(&equal);
    cnn_tensor_release(&half);
    return status;
}

/* That share, but 0 where the operand loses against the other one: `loses` compares the two. A NaN never does. */
static cnn_status choice_backward(const cnn_op *loses, const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    cnn_tensor *shared = NULL, *zero = NULL;
    cnn_status status = share_ties(g, &shared, err);
    if (status == CNN_OK) status = cnn_ops_number(g->dout[0]->dtype, 0, &zero, err);
    for (int i = 0; i < 2 && status == CNN_OK; i++) {
        cnn_tensor *mask = NULL, *t = NULL;
        if (!g->wanted[i]) continue;
        status = cnn_ops_apply2(loses, g->in[i], g->in[1 - i], &mask, err);
        if (status == CNN_OK) status = cnn_ops_where(mask, zero, shared, &t, err);
        if (status == CNN_OK) status = cnn_ops_give(g, i, &t, din, err);
        cnn_tensor_release(&mask);
    }
    cnn_tensor_release(&shared);
    cnn_tensor_release(&zero);
    return status;
}

static cnn_status maximum_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    return choice_backward(&cnn_op_lt, g, din, err);
}

static cnn_status minimum_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    return choice_backward(&cnn_op_gt, g, din, err);
}

/* ---- descriptors ---- */

/* reads_a, reads_b: what the gradients of a and of b read (bit 0: a, bit 1: b). */
#define DESCRIBE(op_name, infer_name, reads_a, reads_b)                                                                \
    static cnn_status op_name##_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {                \
        return arithmetic_forward(call, CNN_ARITHMETIC_##op_name, out, err);                                           \
    }                                                                                                                  \
    const cnn_op cnn_op_##op_name = {                                                                                  \
        .name = #op_name,                                                                                              \
        .inputs = 2,                                                                                                   \
        .outputs = 1,                                                                                                  \
        .saves_in = (reads_a) | (reads_b),                                                                             \
        .saves_for = {reads_a, reads_b},                                                                               \
        .elementwise = true,                                                                                           \
        .infer = infer_name,                                                                                           \
        .forward = op_name##_forward,                                                                                  \
        .reads_bf16 = cnn_narrow_alike,                                                                                \
        .backward = op_name##_backward,                                                                                \
    };

DESCRIBE(add, arithmetic_infer, 0, 0)
DESCRIBE(sub, arithmetic_infer, 0, 0)
DESCRIBE(mul, arithmetic_infer, 2, 1)
DESCRIBE(div, real_infer, 2, 3)
DESCRIBE(pow, real_infer, 3, 3)
DESCRIBE(maximum, arithmetic_infer, 3, 3)
DESCRIBE(minimum, arithmetic_infer, 3, 3)
