/* SPDX-License-Identifier: MIT
 * What ops promise besides their numbers: types, layouts, views that share memory, in-place forms, fills from the
 * generator, and every sentence that wrong arguments get. */
#include "core/alloc.h"
#include "core/ops/params.h"
#include "core/ops/pool2d.h"
#include "tests/c/tensors.h"

#include <math.h>

/* ---- types ---- */

static cnn_dtype type_of(const cnn_op *op, cnn_tensor *a, cnn_tensor *b) {
    cnn_tensor *y = apply2(op, a, b);
    cnn_dtype dtype = y->dtype;
    drop(a);
    drop(b);
    drop(y);
    return dtype;
}

static cnn_tensor *some(cnn_dtype dtype) {
    return random_tensor(dtype, SHAPE(2, 3), DENSE, 1, 2);
}

static void test_types(void) {
    for (cnn_dtype a = 0; a < CNN_DTYPES; a++)
        for (cnn_dtype b = 0; b < CNN_DTYPES; b++) {
            cnn_dtype common = cnn_dtype_promote(a, b);
            CHECK(type_of(&cnn_op_add, some(a), some(b)) == (common == CNN_BOOL ? CNN_I64 : common));
            CHECK(type_of(&cnn_op_div, some(a), some(b)) == (cnn_dtype_is_real(common) ? common : CNN_F32));
            CHECK(type_of(&cnn_op_lt, some(a), some(b)) == CNN_BOOL);
        }
    CHECK(type_of(&cnn_op_mul, some(CNN_F32), number(CNN_F64, 2)) == CNN_F32);
    CHECK(type_of(&cnn_op_mul, number(CNN_F64, 2), some(CNN_F32)) == CNN_F32);
    CHECK(type_of(&cnn_op_mul, number(CNN_F32, 2), number(CNN_F64, 2)) == CNN_F64);
    CHECK(type_of(&cnn_op_mul, some(CNN_I64), number(CNN_F64, 0.5)) == CNN_F32);
    CHECK(type_of(&cnn_op_mul, some(CNN_U8), number(CNN_I64, 2)) == CNN_U8);
    CHECK(type_of(&cnn_op_mul, some(CNN_BOOL), number(CNN_I64, 2)) == CNN_I64);
    CHECK(type_of(&cnn_op_pow, some(CNN_I64), number(CNN_I64, 2)) == CNN_F32);
}

static double value_of(const cnn_op *op, cnn_tensor *a, cnn_tensor *b) {
    cnn_tensor *y = b ? apply2(op, a, b) : apply1(op, NULL, a);
    double value = cnn_tensor_get(y, cnn_tensor_numel(y) - 1);
    drop(a);
    drop(b);
    drop(y);
    return value;
}

/* A tensor [2] whose last element is `value`. */
static cnn_tensor *pair(cnn_dtype dtype, double value) {
    cnn_tensor *x = tensor(dtype, SHAPE(2), DENSE);
    put(x, 1, value);
    return x;
}

static void test_values(void) {
    CHECK(value_of(&cnn_op_neg, pair(CNN_I64, 5), NULL) == -5);
    CHECK(value_of(&cnn_op_neg, pair(CNN_U8, 5), NULL) == 251);
    CHECK(value_of(&cnn_op_abs, pair(CNN_I64, -5), NULL) == 5);
    CHECK(value_of(&cnn_op_abs, pair(CNN_U8, 200), NULL) == 200);
    CHECK(value_of(&cnn_op_relu, pair(CNN_I64, -5), NULL) == 0);
    CHECK(value_of(&cnn_op_square, pair(CNN_I64, -5), NULL) == 25);
    CHECK(value_of(&cnn_op_sqrt, pair(CNN_I64, 9), NULL) == 3);
    CHECK(value_of(&cnn_op_add, pair(CNN_BOOL, 1), pair(CNN_BOOL, 1)) == 2);
    CHECK(value_of(&cnn_op_div, pair(CNN_I64, 7), pair(CNN_I64, 2)) == 3.5);
    CHECK(value_of(&cnn_op_eq, pair(CNN_F32, 0.1), number(CNN_F64, 0.1)) == 1); /* 0.1 as float32 knows it */
    CHECK(value_of(&cnn_op_gt, pair(CNN_U8, 255), number(CNN_I64, 300)) == 0);  /* not 255 > 44 */
    CHECK(value_of(&cnn_op_eq, pair(CNN_I64, 16777217), number(CNN_F64, 16777216)) == 0);
    CHECK(isnan(value_of(&cnn_op_relu, pair(CNN_F32, NAN), NULL)));
}

/* ---- layouts ---- */

static void check_channels_last(const cnn_op *op, const void *params, cnn_tensor *in0, cnn_tensor *in1) {
    cnn_tensor *in[CNN_MAX_INPUTS] = {in0, in1};
    cnn_tensor *y = apply(op, params, in);
    CHECK_SHOW(cnn_tensor_is_channels_last(y), "%s leaves channels-last", op->name);
    drop(y);
}

static void test_layouts(void) {
    static const int64_t conv[7] = {1, 1, 1, 1, 1, 1, 1};
    const pool2d_window max = {2, 2, 2, 2, 0, 0, 1, 1, .ceil_mode = false},
                        avg = {2, 2, 2, 2, .count_include_pad = true};
    static const struct {
        bool training;
        double momentum, eps;
    } norm = {true, 0.1, 1e-5};
    static const struct {
        double p;
        bool channels;
    } drop_some = {0.5, false};
    const cast_params to_double = {CNN_F64};
    const pad_params pad = {SHAPE(1, 1, 1, 1), 0};
    cnn_shape shape = SHAPE(2, 3, 4, 5);
    cnn_tensor *last = random_tensor(CNN_F32, shape, CHANNELS_LAST, -1, 1), *one = number(CNN_F32, 2);
    cnn_tensor *first = random_tensor(CNN_F32, shape, DENSE, -1, 1);
    cnn_tensor *per_channel = random_tensor(CNN_F32, SHAPE(3, 1, 1), DENSE, -1, 1);
    cnn_tensor *weight = random_tensor(CNN_F32, SHAPE(4, 3, 3, 3), DENSE, -1, 1);
    check_channels_last(&cnn_op_relu, NULL, last, NULL);
    check_channels_last(&cnn_op_add, NULL, last, one);
    check_channels_last(&cnn_op_mul, NULL, per_channel, last);
    check_channels_last(&cnn_op_gt, NULL, last, one);
    check_channels_last(&cnn_op_cast, &to_double, last, NULL);
    check_channels_last(&cnn_op_pad, &pad, last, NULL);
    check_channels_last(&cnn_op_dropout, &drop_some, last, NULL);
    check_channels_last(&cnn_op_conv2d, conv, last, weight);
    check_channels_last(&cnn_op_conv2d, conv, first, weight);
    check_channels_last(&cnn_op_max_pool2d, &max, first, NULL);
    check_channels_last(&cnn_op_avg_pool2d, &avg, first, NULL);
    check_channels_last(&cnn_op_batch_norm, &norm, first, NULL);
    cnn_tensor *y = apply1(&cnn_op_relu, NULL, first);
    CHECK(cnn_tensor_is_contiguous(y) && !cnn_tensor_is_channels_last(y));
    drop(y);
    drop(first);
    drop(last);
    drop(one);
    drop(per_channel);
    drop(weight);
}

/* ---- views ---- */

static void check_shares(const cnn_op *op, const void *params, cnn_tensor *x, bool shares, cnn_shape shape) {
    cnn_tensor *y = apply1(op, params, x);
    char got[CNN_SHAPE_TEXT];
    CHECK_SHOW(cnn_tensor_shares_storage(x, y) == shares, "%s: shares memory: %d", op->name, !shares);
    CHECK_SHOW(cnn_shape_equal(&y->shape, &shape), "%s gives %s", op->name, cnn_shape_print(&y->shape, got));
    drop(y);
}

static void test_views(void) {
    const struct { int64_t dim, start, length; } slice = {1, 1, 2};
    const struct { int64_t dim, index; } select = {0, 1};
    const cnn_shape flat = SHAPE(-1), halves = SHAPE(2, 2, -1), wide = SHAPE(3, -1, -1), swap = SHAPE(1, 0);
    cnn_tensor *x = random_tensor(CNN_F32, SHAPE(2, 6), DENSE, -1, 1);
    cnn_tensor *columns = random_tensor(CNN_F32, SHAPE(2, 6), BACKWARDS, -1, 1);
    check_shares(&cnn_op_view, &flat, x, true, SHAPE(12));
    check_shares(&cnn_op_reshape, &halves, x, true, SHAPE(2, 2, 3));
    check_shares(&cnn_op_reshape, &flat, columns, false, SHAPE(12));
    check_shares(&cnn_op_reshape, &halves, columns, true, SHAPE(2, 2, 3));
    check_shares(&cnn_op_expand, &wide, x, true, SHAPE(3, 2, 6));
    check_shares(&cnn_op_permute, &swap, x, true, SHAPE(6, 2));
    check_shares(&cnn_op_slice, &slice, x, true, SHAPE(2, 2));
    check_shares(&cnn_op_select, &select, x, true, SHAPE(6));
    check_shares(&cnn_op_contiguous, NULL, x, true, SHAPE(2, 6));
    check_shares(&cnn_op_contiguous, NULL, columns, false, SHAPE(2, 6));
    cnn_tensor *flattened = apply1(&cnn_op_reshape, &flat, columns), *row = apply1(&cnn_op_select, &select, x);
    bool same = true;
    for (int i = 0; i < 12; i++) same &= cnn_tensor_get(flattened, i) == cnn_tensor_get(columns, i);
    CHECK(same);
    put(row, 2, 42);
    CHECK(cnn_tensor_get(x, 8) == 42);
    drop(x);
    drop(columns);
    drop(flattened);
    drop(row);
}

/* ---- in place ---- */

static void test_inplace(void) {
    const cnn_shape swap = SHAPE(1, 0);
    cnn_error err;
    cnn_tensor *x = random_tensor(CNN_F32, SHAPE(3, 3), GAPS, -1, 1), *before = apply1(&cnn_op_square, NULL, x);
    cnn_tensor *turned = apply1(&cnn_op_permute, &swap, x), *in[2] = {x, turned};
    double sum = cnn_tensor_get(x, 1) + cnn_tensor_get(x, 3);
    must(cnn_apply_inplace(&cnn_op_add, NULL, in, &err), &err); /* reads what it writes, in another order */
    CHECK((float)sum == (float)cnn_tensor_get(x, 1) && (float)sum == (float)cnn_tensor_get(x, 3));
    cnn_tensor *number_half = number(CNN_F32, 0.5), *half[2] = {x, number_half}, *leaf = number(CNN_F32, 3);
    must(cnn_apply_inplace(&cnn_op_mul, NULL, half, &err), &err);
    CHECK((float)cnn_tensor_get(x, 1) == (float)(sum * 0.5));
    must(cnn_tensor_requires_grad_set(leaf, true, &err), &err);
    cnn_tensor *y = apply1(&cnn_op_square, NULL, leaf), *scaled[2] = {y, number_half};
    must(cnn_apply_inplace(&cnn_op_mul, NULL, scaled, &err), &err); /* keeps no y, so it may be overwritten */
    must(cnn_apply_inplace(&cnn_op_div, NULL, scaled, &err), &err);
    must(cnn_backward(y, NULL, false, false, &err), &err);
    CHECK(cnn_tensor_get(y, 0) == 9 && cnn_tensor_get(cnn_tensor_grad(leaf), 0) == 6);
    drop(x);
    drop(before);
    drop(turned);
    drop(number_half);
    drop(leaf);
    drop(y);
}

/* ---- writing outside of the graph ---- */

static void test_copy(void) {
    const struct { int64_t dim, start, length; } front = {0, 0, 4}, back = {0, 1, 4};
    cnn_error err;
    cnn_tensor *x = tensor(CNN_F32, SHAPE(5), DENSE);
    for (int i = 0; i < 5; i++) put(x, i, i);
    cnn_tensor *from = apply1(&cnn_op_slice, &front, x), *to = apply1(&cnn_op_slice, &back, x);
    must(cnn_copy_into(to, from, &err), &err);
    CHECK(cnn_tensor_get(x, 0) == 0 && cnn_tensor_get(x, 1) == 0 && cnn_tensor_get(x, 4) == 3);
    cnn_tensor *rows = tensor(CNN_I64, SHAPE(2, 5), GAPS);
    uint64_t version = cnn_tensor_version(rows);
    must(cnn_copy_into(rows, x, &err), &err);
    CHECK(cnn_tensor_get(rows, 9) == 3 && cnn_tensor_version(rows) > version);
    CHECK(cnn_copy_into(x, rows, &err) == CNN_BAD_SHAPE);
    CHECK_CONTAINS(err.text, "[2, 5] does not fit into [5]");
    const cnn_shape wide = SHAPE(3, 5);
    cnn_tensor *expanded = apply1(&cnn_op_expand, &wide, x);
    CHECK(cnn_fill(expanded, 1, &err) == CNN_BAD_VALUE);
    CHECK_CONTAINS(err.text, "share one place");
    drop(x);
    drop(from);
    drop(to);
    drop(rows);
    drop(expanded);
}

/* The numbers and the counters used do not depend on the layout. */
static void test_random(void) {
    cnn_error err;
    cnn_tensor *dense = tensor(CNN_F32, SHAPE(3, 7), DENSE);
    for (layout kind = 0; kind < LAYOUTS; kind++) {
        cnn_tensor *x = tensor(CNN_F32, SHAPE(3, 7), kind);
        *cnn_default_generator() = (cnn_generator){5, 10};
        must(cnn_fill_normal(dense, 0, 1, &err), &err);
        *cnn_default_generator() = (cnn_generator){5, 10};
        must(cnn_fill_normal(x, 0, 1, &err), &err);
        CHECK(cnn_default_generator()->offset == 16);
        bool same = true;
        for (int i = 0; i < 21; i++) same &= cnn_tensor_get(x, i) == cnn_tensor_get(dense, i);
        CHECK(same);
        drop(x);
    }
    must(cnn_fill_uniform(dense, 2, 3, &err), &err);
    bool inside = true;
    for (int i = 0; i < 21; i++) inside &= cnn_tensor_get(dense, i) >= 2 && cnn_tensor_get(dense, i) < 3;
    CHECK(inside);
    must(cnn_fill_bernoulli(dense, 0.5, &err), &err);
    bool bits = true;
    for (int i = 0; i < 21; i++) bits &= cnn_tensor_get(dense, i) == 0 || cnn_tensor_get(dense, i) == 1;
    CHECK(bits);
    CHECK(cnn_fill_uniform(dense, 3, 2, &err) == CNN_BAD_VALUE);
    CHECK(cnn_fill_bernoulli(dense, 1.5, &err) == CNN_BAD_VALUE);
    CHECK(cnn_fill_normal(dense, 0, -1, &err) == CNN_BAD_VALUE);
    drop(dense);
}

static void test_integers(void) {
    cnn_error err;
    cnn_tensor *x = tensor(CNN_I64, SHAPE(1000), DENSE);
    int seen[5] = {0}, twice[1001] = {0};
    bool inside = true, once = true, high = false, low = false;
    must(cnn_fill_integers(x, -2, 2, &err), &err);
    for (int i = 0; i < 1000; i++) {
        int64_t v = cnn_tensor_get_integer(x, i);
        inside &= v >= -2 && v <= 2;
        if (inside) seen[v + 2]++;
    }
    CHECK(inside && seen[0] > 100 && seen[4] > 100);
    must(cnn_fill_permutation(x, &err), &err);
    for (int i = 0; i < 1000; i++) twice[cnn_tensor_get_integer(x, i)]++;
    for (int i = 1; i <= 1000; i++) once &= twice[i] == 1;
    CHECK(once);
    must(cnn_fill_integers(x, INT64_MIN, INT64_MAX, &err), &err);
    for (int i = 0; i < 1000; i++) {
        high |= cnn_tensor_get_integer(x, i) > INT64_MAX / 2;
        low |= cnn_tensor_get_integer(x, i) < INT64_MIN / 2;
    }
    CHECK(high && low);
    CHECK(cnn_fill_integers(x, 2, 1, &err) == CNN_BAD_VALUE);
    drop(x);
}

/* A parameter, gradient and buffer of three layouts make the step that dense ones make. */
static void test_sgd(void) {
    const cnn_sgd_options options = {.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01, .nesterov = true};
    cnn_error err;
    cnn_shape shape = SHAPE(2, 3, 2, 2);
    cnn_tensor *x[3], *y[3];
    static const layout kinds[3] = {CHANNELS_LAST, GAPS, BACKWARDS};
    for (int i = 0; i < 3; i++) {
        x[i] = random_tensor(CNN_F64, shape, DENSE, -1, 1);
        y[i] = tensor(CNN_F64, shape, kinds[i]);
        must(cnn_copy_into(y[i], x[i], &err), &err);
    }
    must(cnn_sgd_step(x[0], x[1], x[2], &options, &err), &err);
    must(cnn_sgd_step(y[0], y[1], y[2], &options, &err), &err);
    bool same = true;
    for (int i = 0; i < 24; i++)
        same &=
            cnn_tensor_get(x[0], i) == cnn_tensor_get(y[0], i) && cnn_tensor_get(x[2], i) == cnn_tensor_get(y[2], i);
    CHECK(same);
    CHECK(cnn_sgd_step(x[0], x[1], NULL, &options, &err) == CNN_BAD_VALUE);
    for (int i = 0; i < 3; i++) drop(x[i]), drop(y[i]);
}

/* Parameters of two types and of all layouts together make the steps that each makes alone; a misfit moves none. */
static void test_sgd_together(void) {
    enum { COUNT = 7 };
    const cnn_sgd_options options = {.lr = 0.1, .momentum = 0.9};
    cnn_sgd_parameter together[COUNT], alone[COUNT];
    cnn_error err;
    bool same = true;
    for (int i = 0; i < COUNT; i++) {
        const cnn_dtype dtype = i == 2 || i == 3 ? CNN_F64 : CNN_F32;
        const cnn_shape shape = SHAPE(2, 3, i == 5 ? 3000 : 2, i == 6 ? 0 : 4);
        cnn_tensor *x[6];
        for (int k = 0; k < 3; k++) {
            x[k] = random_tensor(dtype, shape, (layout)(i % LAYOUTS), -1, 1);
            x[3 + k] = tensor(dtype, shape, DENSE);
            must(cnn_copy_into(x[3 + k], x[k], &err), &err);
        }
        together[i] = (cnn_sgd_parameter){x[0], x[1], x[2]};
        alone[i] = (cnn_sgd_parameter){x[3], x[4], x[5]};
    }
    cnn_sgd_parameter misfit[2] = {together[0], {together[1].param, together[5].grad, together[1].buffer}};
    CHECK(cnn_sgd_steps(2, misfit, &options, &err) == CNN_BAD_SHAPE);
    must(cnn_sgd_steps(COUNT, together, &options, &err), &err);
    must(cnn_sgd_steps(0, together, &options, &err), &err);
    for (int i = 0; i < COUNT; i++) {
        must(cnn_sgd_step(alone[i].param, alone[i].grad, alone[i].buffer, &options, &err), &err);
        for (int64_t k = 0; k < cnn_tensor_numel(alone[i].param); k++)
            same &= cnn_tensor_get(together[i].param, k) == cnn_tensor_get(alone[i].param, k);
        drop(together[i].param), drop(together[i].grad), drop(together[i].buffer);
        drop(alone[i].param), drop(alone[i].grad), drop(alone[i].buffer);
    }
    CHECK(same);
}

/* Running statistics: moved in training, as PyTorch moves them; read, not moved, otherwise. */
static void test_running(void) {
    struct {
        bool training;
        double momentum, eps;
    } params = {true, 0.1, 1e-5};
    cnn_tensor *x = tensor(CNN_F64, SHAPE(4, 1), DENSE), *mean = tensor(CNN_F64, SHAPE(1), DENSE);
    cnn_tensor *var = tensor(CNN_F64, SHAPE(1), DENSE), *in[5] = {x, NULL, NULL, mean, var};
    for (int i = 0; i < 4; i++) put(x, i, i + 1); /* mean 2.5, unbiased variance 5/3 */
    put(var, 0, 1);
    drop(apply(&cnn_op_batch_norm, &params, in));
    CHECK(fabs(cnn_tensor_get(mean, 0) - 0.25) < 1e-15 && fabs(cnn_tensor_get(var, 0) - (0.9 + 0.1 * 5 / 3)) < 1e-15);
    uint64_t version = cnn_tensor_version(mean);
    params.training = false;
    cnn_tensor *y = apply(&cnn_op_batch_norm, &params, in);
    CHECK(cnn_tensor_version(mean) == version);
    CHECK(fabs(cnn_tensor_get(y, 3) - 3.75 / sqrt(0.9 + 0.5 / 3 + 1e-5)) < 1e-12);
    drop(x);
    drop(mean);
    drop(var);
    drop(y);
}

int main(void) {
    cnn_error err;
    cnn_alloc_debug(true);
    size_t before = cnn_memory().live_bytes;
    must(cnn_start(&err), &err);
    test_types();
    test_values();
    test_layouts();
    test_views();
    test_inplace();
    test_copy();
    test_random();
    test_integers();
    test_sgd();
    test_sgd_together();
    test_running();
    CHECK(cnn_memory().live_bytes == before);
    CHECK(cnn_alloc_overruns() == 0);
    return check_result();
}
