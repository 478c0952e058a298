/* SPDX-License-Identifier: MIT
 * Functions of one number, element by element: one descriptor per UNARY line of kernels/pointwise.list.
 *
 * Real types keep their type. neg, abs, square, relu, sign and the roundings of integers stay integers (bool counts as
 * int64); the others turn integers into float32. The result lies in memory as x does.
 * Each gradient is one op (run by the kernels' unary_backward) of what the derivative reads and of doutput. That op's
 * own gradient needs the second derivative, which the table `bends` has as c * read^p + d or as a function made of ops;
 * a function that is not in the table says so when somebody asks. */
#include "core/ops/later.h"
#include "core/narrow.h"
#include "core/ops/support.h"

enum { READS_NOTHING, READS_INPUT, READS_OUTPUT };

/* The derivative's derivative, with respect to what it reads: c * read^p + d, unless `curves` has a function. */
typedef struct bend {
    bool known;
    double c, p, d;
} bend;

typedef cnn_status curve_function(cnn_tensor *read, cnn_tensor **out, cnn_error *err);

/* a x + b */
static cnn_status line(cnn_tensor *x, double a, double b, cnn_tensor **out, cnn_error *err) {
    cnn_tensor *scaled = NULL;
    cnn_status status = cnn_scale(x, a, &scaled, err);
    if (status == CNN_OK) status = cnn_shift(scaled, b, out, err);
    cnn_tensor_release(&scaled);
    return status;
}

/* silu'' = s (1 - s) (2 + x (1 - 2 s)) for s = sigmoid(x) */
static cnn_status silu_curve(cnn_tensor *x, cnn_tensor **out, cnn_error *err) {
    cnn_tensor *s = NULL, *rest = NULL, *slope = NULL, *odd = NULL, *part = NULL, *factor = NULL;
    cnn_status status = cnn_apply(&cnn_op_sigmoid, NULL, &x, &s, err);
    if (status == CNN_OK) status = line(s, -1, 1, &rest, err);
    if (status == CNN_OK) status = cnn_mul(s, rest, &slope, err);
    if (status == CNN_OK) status = line(s, -2, 1, &odd, err);
    if (status == CNN_OK) status = cnn_mul(x, odd, &part, err);
    if (status == CNN_OK) status = cnn_shift(part, 2, &factor, err);
    if (status == CNN_OK) status = cnn_mul(slope, factor, out, err);
    cnn_tensor **const steps[] = {&s, &rest, &slope, &odd, &part, &factor};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) cnn_tensor_release(steps[i]);
    return status;
}

/* gelu'' = (2 - x^2) exp(-x^2 / 2) / sqrt(2 pi) */
static cnn_status gelu_curve(cnn_tensor *x, cnn_tensor **out, cnn_error *err) {
    cnn_tensor *square = NULL, *exponent = NULL, *bell = NULL, *factor = NULL;
    const double height = 0.39894228040143268;
    cnn_status status = cnn_mul(x, x, &square, err);
    if (status == CNN_OK) status = cnn_scale(square, -0.5, &exponent, err);
    if (status == CNN_OK) status = cnn_apply(&cnn_op_exp, NULL, &exponent, &bell, err);
    if (status == CNN_OK) status = line(square, -height, 2 * height, &factor, err);
    if (status == CNN_OK) status = cnn_mul(factor, bell, out, err);
    cnn_tensor **const steps[] = {&square, &exponent, &bell, &factor};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) cnn_tensor_release(steps[i]);
    return status;
}

/* sin'' = -sin, cos'' = -cos */
static cnn_status sin_curve(cnn_tensor *x, cnn_tensor **out, cnn_error *err) {
    cnn_tensor *wave = NULL;
    cnn_status status = cnn_apply(&cnn_op_sin, NULL, &x, &wave, err);
    if (status == CNN_OK) status = cnn_neg(wave, out, err);
    cnn_tensor_release(&wave);
    return status;
}

static cnn_status cos_curve(cnn_tensor *x, cnn_tensor **out, cnn_error *err) {
    cnn_tensor *wave = NULL;
    cnn_status status = cnn_apply(&cnn_op_cos, NULL, &x, &wave, err);
    if (status == CNN_OK) status = cnn_neg(wave, out, err);
    cnn_tensor_release(&wave);
    return status;
}

/* log1p'' = -1 / (1 + x)^2 */
static cnn_status log1p_curve(cnn_tensor *x, cnn_tensor **out, cnn_error *err) {
    cnn_tensor *sum = NULL, *power = NULL;
    cnn_status status = cnn_shift(x, 1, &sum, err);
    if (status == CNN_OK) status = cnn_ops_power(sum, -2, &power, err);
    if (status == CNN_OK) status = cnn_neg(power, out, err);
    cnn_tensor_release(&sum);
    cnn_tensor_release(&power);
    return status;
}

static const bend bends[CNN_UNARIES] = {
    [CNN_UNARY_relu] = {true, 0, 0, 0},     [CNN_UNARY_neg] = {true, 0, 0, 0},   [CNN_UNARY_exp] = {true, 0, 0, 1},
    [CNN_UNARY_log] = {true, -1, -2, 0},    [CNN_UNARY_abs] = {true, 0, 0, 0},   [CNN_UNARY_sqrt] = {true, -0.5, -2, 0},
    [CNN_UNARY_sigmoid] = {true, -2, 1, 1}, [CNN_UNARY_tanh] = {true, -2, 1, 0}, [CNN_UNARY_square] = {true, 0, 0, 2},
    [CNN_UNARY_expm1] = {true, 0, 0, 1},    [CNN_UNARY_sign] = {true, 0, 0, 0},  [CNN_UNARY_floor] = {true, 0, 0, 0},
    [CNN_UNARY_ceil] = {true, 0, 0, 0},     [CNN_UNARY_trunc] = {true, 0, 0, 0}, [CNN_UNARY_round] = {true, 0, 0, 0},
};
static curve_function *const curves[CNN_UNARIES] = {[CNN_UNARY_silu] = silu_curve,
                                                    [CNN_UNARY_gelu] = gelu_curve,
                                                    [CNN_UNARY_sin] = sin_curve,
                                                    [CNN_UNARY_cos] = cos_curve,
                                                    [CNN_UNARY_log1p] = log1p_curve};

/* ---- forward ---- */

static bool is_rounding(int which) {
    return which == CNN_UNARY_floor || which == CNN_UNARY_ceil || which == CNN_UNARY_trunc || which == CNN_UNARY_round;
}

static bool stays_integer(int which) {
    return which == CNN_UNARY_relu || which == CNN_UNARY_neg || which == CNN_UNARY_abs || which == CNN_UNARY_square ||
           which == CNN_UNARY_sign || is_rounding(which);
}

static cnn_status unary_infer(const cnn_call *call, int which, cnn_spec *out, cnn_error *err) {
    (void)err;
    const cnn_tensor *x = call->in[0];
    cnn_dtype dtype = x->dtype;
    if (!cnn_dtype_is_real(dtype)) dtype = !stays_integer(which) ? CNN_F32 : dtype == CNN_BOOL ? CNN_I64 : dtype;
    cnn_spec_like(out, dtype, &x->shape, x);
    return CNN_OK;
}

/* |x| = max(x, -x) needs -x beside x, which may be `out` itself. */
static cnn_status absolute_integer(const cnn_call *call, const cnn_tensor *x, cnn_tensor *out, cnn_error *err) {
    cnn_tensor *negative = NULL;
    cnn_status status = cnn_ops_clone(call, x, &negative, err);
    if (status == CNN_OK)
        status = cnn_ops_arithmetic_number(call, CNN_ARITHMETIC_mul, x, out->dtype == CNN_U8 ? 1 : -1, negative, err);
    if (status == CNN_OK) status = cnn_ops_arithmetic(call, CNN_ARITHMETIC_maximum, x, negative, out, err);
    cnn_tensor_release(&negative);
    return status;
}

/* between -1 and 1 */
static cnn_status sign_integer(const cnn_call *call, const cnn_tensor *x, cnn_tensor *out, cnn_error *err) {
    const double low = out->dtype == CNN_U8 ? 0 : -1;
    cnn_status status = cnn_ops_arithmetic_number(call, CNN_ARITHMETIC_maximum, x, low, out, err);
    if (status != CNN_OK) return status;
    return cnn_ops_arithmetic_number(call, CNN_ARITHMETIC_minimum, out, 1, out, err);
}

/* uint8 wraps around: -x = 255 x (mod 256). */
static cnn_status unary_integer(const cnn_call *call, int which, const cnn_tensor *x, cnn_tensor *out, cnn_error *err) {
    if (is_rounding(which)) return cnn_ops_arithmetic_number(call, CNN_ARITHMETIC_mul, x, 1, out, err);
    switch (which) {
    case CNN_UNARY_sign:
        return sign_integer(call, x, out, err);
    case CNN_UNARY_relu:
        return cnn_ops_arithmetic_number(call, CNN_ARITHMETIC_maximum, x, 0, out, err);
    case CNN_UNARY_neg:
        return cnn_ops_arithmetic_number(call, CNN_ARITHMETIC_mul, x, out->dtype == CNN_U8 ? 255 : -1, out, err);
    case CNN_UNARY_square:
        return cnn_ops_arithmetic(call, CNN_ARITHMETIC_mul, x, x, out, err);
    default:
        return absolute_integer(call, x, out, err);
    }
}

static cnn_status unary_forward(const cnn_call *call, int which, cnn_tensor *const *out, cnn_error *err) {
    cnn_dtype dtype = out[0]->dtype;
    const cnn_pointwise_kernels *table = call->kernels->pointwise[dtype];
    cnn_tensor *x = NULL;
    if (which == CNN_UNARY_relu && cnn_later_relu(call->in[0], out[0])) return CNN_OK;
    cnn_status status = cnn_ops_as(call, call->in[0], dtype, &x, err);
    if (status != CNN_OK) return status;
    if (!cnn_dtype_is_real(dtype)) {
        status = unary_integer(call, which, x, out[0], err);
    } else if (!table || !table->unary[which]) {
        status = cnn_ops_no_kernel(call, dtype, err);
    } else {
        cnn_walk walk;
        cnn_walk_make(out[0], 1, (const cnn_tensor *const *)&x, &walk);
        table->unary[which](call->team, &walk, cnn_tensor_data(x), cnn_tensor_data(out[0]));
    }
    cnn_tensor_release(&x);
    return status;
}

/* ---- gradient: an op of (what the derivative reads, doutput) ---- */

static cnn_status unary_backward_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {
    (void)err;
    const cnn_tensor *read = call->in[0];
    cnn_spec_like(out, call->in[1]->dtype, &read->shape, read);
    return CNN_OK;
}

static cnn_status unary_backward_forward(const cnn_call *call, int which, cnn_tensor *const *out, cnn_error *err) {
    const cnn_pointwise_kernels *table = call->kernels->pointwise[out[0]->dtype];
    cnn_tensor *read = call->in[0], *dout = NULL;
    if (!table || !table->unary_backward[which]) return cnn_ops_no_kernel(call, out[0]->dtype, err);
    if (which == CNN_UNARY_relu && cnn_later_gate(call->in[1], read, out[0])) return CNN_OK;
    cnn_status status = cnn_ops_operand(call, call->in[1], out[0], out[0]->dtype, &dout, err);
    if (status != CNN_OK) return status;
    const cnn_tensor *in[2] = {read, dout};
    cnn_walk walk;
    cnn_walk_make(out[0], 2, in, &walk);
    table->unary_backward[which](call->team, &walk, cnn_tensor_data(read), cnn_tensor_data(dout),
                                 cnn_tensor_data(out[0]));
    cnn_tensor_release(&dout);
    return CNN_OK;
}

/* out = c * read^p + d, for c other than 0 */
static cnn_status bend_of(const bend *b, cnn_tensor *read, cnn_tensor **out, cnn_error *err) {
    cnn_tensor *power = NULL, *factor = NULL;
    cnn_status status = cnn_ops_power(read, b->p, &power, err);
    if (status == CNN_OK) status = cnn_scale(power, b->c, &factor, err);
    cnn_tensor_release(&power);
    if (status == CNN_OK) status = cnn_shift(factor, b->d, out, err);
    cnn_tensor_release(&factor);
    return status;
}

/* din = dout * doutput * the derivative's derivative */
static cnn_status bend_times(int which, const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {
    const bend *b = &bends[which];
    cnn_tensor *product = NULL, *factor = NULL;
    cnn_status status = cnn_mul(g->dout[0], g->in[1], &product, err);
    if (status == CNN_OK && !curves[which] && b->c == 0) {
        status = cnn_scale(product, b->d, din, err);
    } else if (status == CNN_OK) {
        status = curves[which] ? curves[which](g->in[0], &factor, err) : bend_of(b, g->in[0], &factor, err);
        if (status == CNN_OK) status = cnn_mul(product, factor, din, err);
    }
    cnn_tensor_release(&product);
    cnn_tensor_release(&factor);
    return status;
}

static cnn_status unary_second(const cnn_op *first, int which, const cnn_gradient *g, cnn_tensor **din,
                               cnn_error *err) {
    const bend *b = &bends[which];
    cnn_status status = CNN_OK;
    if (g->wanted[1]) status = cnn_ops_apply2(first, g->in[0], g->dout[0], &din[1], err); /* linear in doutput */
    if (status != CNN_OK || !g->wanted[0]) return status;
    if (!b->known && !curves[which])
        return cnn_fail(err, CNN_BAD_VALUE, "%s has no second derivative here", first->name);
    const bool straight = b->known && b->c == 0 && b->d == 0;
    return straight ? CNN_OK : bend_times(which, g, &din[0], err);
}

/* ---- descriptors ---- */

#define UNARY(op_name, what, f, df)                                                                                    \
    static const cnn_op op_name##_gradient;                                                                            \
    static cnn_status op_name##_infer(const cnn_call *call, cnn_spec *out, cnn_error *err) {                           \
        return unary_infer(call, CNN_UNARY_##op_name, out, err);                                                       \
    }                                                                                                                  \
    static cnn_status op_name##_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {                \
        return unary_forward(call, CNN_UNARY_##op_name, out, err);                                                     \
    }                                                                                                                  \
    static cnn_status op_name##_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {                    \
        cnn_tensor *const read[] = {g->dout[0], g->in[0], g->out[0]};                                                  \
        return cnn_ops_apply2(&op_name##_gradient, read[READS_##what], g->dout[0], &din[0], err);                      \
    }                                                                                                                  \
    static cnn_status op_name##_gradient_forward(const cnn_call *call, cnn_tensor *const *out, cnn_error *err) {       \
        return unary_backward_forward(call, CNN_UNARY_##op_name, out, err);                                            \
    }                                                                                                                  \
    static cnn_status op_name##_gradient_backward(const cnn_gradient *g, cnn_tensor **din, cnn_error *err) {           \
        return unary_second(&op_name##_gradient, CNN_UNARY_##op_name, g, din, err);                                    \
    }                                                                                                                  \
    static const cnn_op op_name##_gradient = {                                                                         \
        .name = #op_name "_backward",                                                                                  \
        .inputs = 2,                                                                                                   \
        .outputs = 1,                                                                                                  \
        .saves_in = 3,                                                                                                 \
        .infer = unary_backward_infer,                                                                                 \
        .forward = op_name##_gradient_forward,                                                                         \
        .reads_bf16 = cnn_narrow_always,                                                                               \
        .backward = op_name##_gradient_backward,                                                                       \
    };                                                                                                                 \
    const cnn_op cnn_op_##op_name = {                                                                                  \
        .name = #op_name,                                                                                              \
        .inputs = 1,                                                                                                   \
        .outputs = 1,                                                                                                  \
        .saves_in = READS_##what == READS_INPUT,                                                                       \
        .saves_out = READS_##what == READS_OUTPUT,                                                                     \
        .elementwise = true,                                                                                           \
        .infer = op_name##_infer,                                                                                      \
        .forward = op_name##_forward,                                                                                  \
        .reads_bf16 = cnn_narrow_always,                                                                               \
        .backward = op_name##_backward,                                                                                \
    };
#include "kernels/pointwise.list"
#undef UNARY
