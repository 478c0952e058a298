/* SPDX-License-Identifier: MIT
 * Every gradient against finite differences in float64, in every layout; and the gradients' gradients.
 *
 * With fixed random weights w, loss = sum(op(in) * w) is differentiated by cnn_backward and, element by element, by
 * (loss(x + h) - loss(x - h)) / 2h. For the second order the loss is the sum of the gradients times fixed weights.
 * Then memory is made to run out at every allocation of forward and both backward passes in turn: the error must be
 * NO_MEMORY, and nothing may be left behind. Every storage lies between red zones. */
#include "core/alloc.h"
#include "core/ops/pool2d.h"
#include "tests/c/tensors.h"

#include <math.h>

typedef struct trial {
    const char *name;
    const cnn_op *op;
    const void *params;
    cnn_tensor *in[CNN_MAX_INPUTS];
    uint32_t wanted; /* bit i: check the gradient of input i */
} trial;

/* Weights that depend on the position alone. */
static cnn_tensor *weights_like(const cnn_tensor *x, double phase) {
    cnn_tensor *w = tensor(x->dtype, x->shape, DENSE);
    for (int64_t i = 0, n = cnn_tensor_numel(w); i < n; i++) put(w, i, sin(1.7 * (double)i + phase));
    return w;
}

/* sum(x * weights), by ops */
static cnn_tensor *weighted_sum(cnn_tensor *x, double phase) {
    const cnn_shape all = {0};
    cnn_tensor *w = weights_like(x, phase), *sum = NULL, *product = apply2(&cnn_op_mul, x, w);
    cnn_error err;
    must(cnn_sum(product, &all, false, &sum, &err), &err);
    drop(w);
    drop(product);
    return sum;
}

static cnn_tensor *first_loss(const trial *t) {
    *cnn_default_generator() = (cnn_generator){7, 0}; /* dropout: the same mask each time */
    cnn_tensor *y = apply(t->op, t->params, t->in);
    cnn_tensor *loss = weighted_sum(y, 0.3);
    drop(y);
    return loss;
}

static void clear_gradients(const trial *t) {
    cnn_error err;
    for (int i = 0; i < t->op->inputs; i++)
        if (t->in[i]) must(cnn_tensor_grad_set(t->in[i], NULL, &err), &err);
}

/* The sum of the gradients times weights, as something to differentiate. */
static cnn_tensor *second_loss(const trial *t) {
    cnn_tensor *loss = first_loss(t), *total = NULL;
    cnn_error err;
    clear_gradients(t);
    must(cnn_backward(loss, NULL, true, true, &err), &err);
    for (int i = 0; i < t->op->inputs; i++) {
        if (!(t->wanted >> i & 1)) continue;
        cnn_tensor *part = weighted_sum(cnn_tensor_grad(t->in[i]), 0.9 + i), *sum = part;
        if (total) {
            sum = apply2(&cnn_op_add, total, part);
            drop(part);
            drop(total);
        }
        total = sum;
    }
    clear_gradients(t);
    drop(loss);
    return total;
}

typedef cnn_tensor *loss_function(const trial *t);

static double loss_at(loss_function *loss, const trial *t) {
    cnn_tensor *value = loss(t);
    double number = cnn_tensor_get(value, 0);
    drop(value);
    return number;
}

static void compare(const trial *t, loss_function *loss, const char *order, int i, const cnn_tensor *gradient) {
    cnn_tensor *x = t->in[i];
    const double h = 1e-5;
    double worst = 0, numeric_worst = 0, found_worst = 0;
    for (int64_t j = 0, n = cnn_tensor_numel(x); j < n; j++) {
        double before = cnn_tensor_get(x, j), high, low;
        put(x, j, before + h);
        high = loss_at(loss, t);
        put(x, j, before - h);
        low = loss_at(loss, t);
        put(x, j, before);
        double numeric = (high - low) / (2 * h), found = gradient ? cnn_tensor_get(gradient, j) : 0;
        double off = fabs(numeric - found) / (1 + fabs(numeric));
        if (!(off <= worst)) worst = off, numeric_worst = numeric, found_worst = found;
    }
    CHECK_SHOW(worst < 2e-6, "%s, %s order, input %d: gradient %g, differences give %g", t->name, order, i, found_worst,
               numeric_worst);
}

static void check_order(const trial *t, loss_function *loss, const char *order) {
    cnn_error err;
    cnn_tensor *gradient[CNN_MAX_INPUTS] = {NULL}, *value = loss(t);
    clear_gradients(t);
    if (value->requires_grad) must(cnn_backward(value, NULL, false, false, &err), &err);
    drop(value);
    for (int i = 0; i < t->op->inputs; i++) /* the losses that follow write their own */
        if ((t->wanted >> i & 1) && cnn_tensor_grad(t->in[i]))
            gradient[i] = cnn_tensor_retain(cnn_tensor_grad(t->in[i]));
    for (int i = 0; i < t->op->inputs; i++)
        if (t->wanted >> i & 1) compare(t, loss, order, i, gradient[i]);
    for (int i = 0; i < t->op->inputs; i++) cnn_tensor_release(&gradient[i]);
    clear_gradients(t);
}

/* ---- memory that runs out ---- */

/* The sum of x, differentiated. */
static cnn_status try_backward(cnn_tensor *x, bool create_graph, cnn_error *err) {
    const cnn_shape all = {0};
    cnn_tensor *sum = NULL;
    cnn_status status = cnn_sum(x, &all, false, &sum, err);
    if (status == CNN_OK && sum->requires_grad) status = cnn_backward(sum, NULL, true, create_graph, err);
    cnn_tensor_release(&sum);
    return status;
}

static cnn_status try_all(const trial *t, int orders, cnn_error *err) {
    cnn_tensor *out[CNN_MAX_OUTPUTS] = {NULL}, *gradient[CNN_MAX_INPUTS] = {NULL};
    cnn_status status = cnn_apply(t->op, t->params, t->in, out, err);
    if (status == CNN_OK) status = try_backward(out[0], orders > 1, err);
    for (int i = 0; i < t->op->inputs; i++)
        if (t->in[i] && cnn_tensor_grad(t->in[i])) gradient[i] = cnn_tensor_retain(cnn_tensor_grad(t->in[i]));
    clear_gradients(t);
    for (int i = 0; i < t->op->inputs && status == CNN_OK && orders > 1; i++)
        if (gradient[i]) status = try_backward(gradient[i], false, err);
    clear_gradients(t);
    for (int i = 0; i < t->op->inputs; i++) cnn_tensor_release(&gradient[i]);
    for (int i = 0; i < t->op->outputs; i++) cnn_tensor_release(&out[i]);
    return status;
}

static void check_memory(const trial *t, int orders) {
    size_t before = cnn_memory().live_bytes, budget = cnn_memory().budget_bytes;
    cnn_status status = CNN_NO_MEMORY;
    cnn_error err;
    for (size_t room = 0; status == CNN_NO_MEMORY; room += 16) {
        cnn_memory_budget_set(before + room);
        status = try_all(t, orders, &err);
        size_t left = cnn_memory().live_bytes;
        if (left != before)
            CHECK_SHOW(left == before, "%s with %zu bytes of room leaves %zu", t->name, room, left - before);
    }
    cnn_memory_budget_set(budget);
    CHECK_SHOW(status == CNN_OK, "%s: %s: %s", t->name, err.op, err.text);
}

/* ---- all of it ---- */

/* Checks and releases the inputs. */
static void check_gradients(trial t, int orders) {
    cnn_error err;
    for (int i = 0; i < t.op->inputs; i++)
        if (t.wanted >> i & 1) must(cnn_tensor_requires_grad_set(t.in[i], true, &err), &err);
    check_order(&t, first_loss, "first");
    if (orders > 1) check_order(&t, second_loss, "second");
    check_memory(&t, orders);
    for (int i = 0; i < t.op->inputs; i++) cnn_tensor_release(&t.in[i]);
}

static cnn_tensor *real(cnn_shape shape, layout kind) {
    return random_tensor(CNN_F64, shape, kind, -1, 1);
}

static cnn_tensor *positive(cnn_shape shape, layout kind) {
    return random_tensor(CNN_F64, shape, kind, 0.5, 2);
}

/* ---- pointwise ---- */

static void test_unary(layout kind) {
#define UNARY(op_name, reads, f, df) {#op_name, &cnn_op_##op_name},
    static const struct {
        const char *name;
        const cnn_op *op;
    } all[] = {
#include "kernels/pointwise.list"
    };
#undef UNARY
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const cnn_op *op = all[i].op;
        bool domain = op == &cnn_op_log || op == &cnn_op_sqrt || op == &cnn_op_log1p;
        cnn_tensor *x = domain ? positive(SHAPE(2, 3, 2, 2), kind) : real(SHAPE(2, 3, 2, 2), kind);
        check_gradients((trial){all[i].name, all[i].op, NULL, {x}, 1}, 2);
    }
}

static void test_arithmetic(layout kind) {
#define ARITHMETIC(op_name, f) {#op_name, &cnn_op_##op_name},
    static const struct {
        const char *name;
        const cnn_op *op;
    } all[] = {
#include "kernels/pointwise.list"
    };
#undef ARITHMETIC
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        cnn_shape full = SHAPE(2, 3, 2, 2);
        cnn_tensor *a = positive(full, kind), *b = positive(full, DENSE);
        check_gradients((trial){all[i].name, all[i].op, NULL, {a, b}, 3}, 2);
        cnn_tensor *row = positive(SHAPE(3, 1, 2), kind), *one = positive((cnn_shape){0}, DENSE);
        check_gradients((trial){all[i].name, all[i].op, NULL, {positive(full, kind), row}, 3}, 1);
        check_gradients((trial){all[i].name, all[i].op, NULL, {one, positive(full, kind)}, 3}, 1);
        check_gradients(
            (trial){all[i].name, all[i].op, NULL, {positive(SHAPE(2, 1), kind), positive(SHAPE(1, 3), kind)}, 3}, 1);
    }
}

static void test_where(layout kind) {
    cnn_tensor *condition = random_tensor(CNN_BOOL, SHAPE(2, 3, 1, 2), kind, 0, 2);
    check_gradients(
        (trial){
            "where", &cnn_op_where, NULL, {condition, real(SHAPE(2, 3, 2, 2), kind), real(SHAPE(3, 1, 1), kind)}, 6},
        2);
}

static void test_dropout(layout kind) {
    static const struct {
        double p;
        bool channels;
    } params[] = {{0.5, false}, {0.3, true}, {0, false}, {1, true}};
    for (int i = 0; i < 4; i++)
        check_gradients((trial){"dropout", &cnn_op_dropout, &params[i], {real(SHAPE(2, 3, 2, 2), kind)}, 1}, 2);
}

/* ---- shapes ---- */

static void test_views(layout kind) {
    const cnn_shape reshaped = SHAPE(4, -1), expanded = SHAPE(2, -1, 3, 4), one_row = SHAPE(3, 1),
                    dims = SHAPE(2, 0, 3, 1);
    const struct {
        cnn_shape pad;
        double value;
    } pad = {SHAPE(1, 2, 0, 1, -1, 1), 5};
    const struct { int64_t dim, start, length; } slice = {1, 1, 2}, front = {0, 1, 1};
    const struct { int64_t dim, index; } select = {2, 1}, front_select = {0, 1};
    const int64_t last_dim = 3;
    cnn_shape x = SHAPE(2, 3, 2, 2);
    check_gradients((trial){"contiguous", &cnn_op_contiguous, NULL, {real(x, kind)}, 1}, 2);
    check_gradients((trial){"channels_last", &cnn_op_channels_last, NULL, {real(x, kind)}, 1}, 2);
    check_gradients((trial){"reshape", &cnn_op_reshape, &reshaped, {real(x, kind)}, 1}, 2);
    check_gradients((trial){"expand", &cnn_op_expand, &expanded, {real(SHAPE(3, 1, 4), kind)}, 1}, 2);
    check_gradients((trial){"sum_to", &cnn_op_sum_to, &one_row, {real(SHAPE(2, 3, 4), kind)}, 1}, 2);
    check_gradients((trial){"permute", &cnn_op_permute, &dims, {real(x, kind)}, 1}, 2);
    check_gradients((trial){"pad", &cnn_op_pad, &pad, {real(x, kind)}, 1}, 2);
    check_gradients((trial){"slice", &cnn_op_slice, &slice, {real(x, kind)}, 1}, 2);
    check_gradients((trial){"select", &cnn_op_select, &select, {real(x, kind)}, 1}, 2);
    check_gradients((trial){"slice, 6-d", &cnn_op_slice, &front, {real(SHAPE(2, 1, 2, 1, 2, 1), kind)}, 1}, 2);
    check_gradients((trial){"select, 6-d", &cnn_op_select, &front_select, {real(SHAPE(2, 1, 2, 1, 2, 1), kind)}, 1}, 2);
    check_gradients((trial){"cat", &cnn_op_cat, &last_dim, {real(x, kind), real(SHAPE(2, 3, 2, 1), DENSE)}, 3}, 2);
    if (kind == DENSE) check_gradients((trial){"view", &cnn_op_view, &reshaped, {real(x, kind)}, 1}, 2);
}

/* ---- reductions ---- */

static void test_reductions(layout kind) {
    const struct {
        cnn_shape dims;
        bool keepdim;
    } sums[] = {{SHAPE(1, 3), false}, {SHAPE(0, 2, 3), true}, {(cnn_shape){0}, false}};
    const struct {
        cnn_shape dims;
        int64_t correction;
        bool keepdim;
    } vars[] = {{SHAPE(0, 2), 1, false}, {SHAPE(1), 0, true}, {(cnn_shape){0}, 1, false}};
    const struct {
        int64_t dim;
        bool largest, keepdim;
    } extremes[] = {{1, true, false}, {3, false, true}};
    cnn_shape x = SHAPE(2, 3, 2, 2);
    for (int i = 0; i < 3; i++) {
        check_gradients((trial){"sum", &cnn_op_sum, &sums[i], {real(x, kind)}, 1}, 2);
        check_gradients((trial){"mean", &cnn_op_mean, &sums[i], {real(x, kind)}, 1}, 2);
        check_gradients((trial){"var", &cnn_op_var, &vars[i], {real(x, kind)}, 1}, 2);
    }
    const struct {
        cnn_shape dims;
        bool largest, keepdim;
    } bounds[] = {{SHAPE(0, 2), true, false}, {(cnn_shape){0}, false, true}};
    for (int i = 0; i < 2; i++) check_gradients((trial){"amax", &cnn_op_amax, &bounds[i], {real(x, kind)}, 1}, 2);
    for (int i = 0; i < 2; i++)
        check_gradients((trial){"extreme", &cnn_op_extreme, &extremes[i], {real(x, kind)}, 1}, 2);
}

/* ---- places ---- */

static cnn_tensor *places(cnn_shape shape, int64_t n, layout kind) {
    cnn_tensor *index = tensor(CNN_I64, shape, kind);
    for (int64_t i = 0, count = cnn_tensor_numel(index); i < count; i++)
        put(index, i, (double)(i % 3 == 0 ? -1 - i % n : 1 + (i * i + 1) % n));
    return index;
}

/* [2, 2, 2, 2] without a place twice along dimension 1: of those that scatter overwrites, the last one counts. */
static cnn_tensor *places_once(layout kind) {
    cnn_tensor *index = tensor(CNN_I64, SHAPE(2, 2, 2, 2), kind);
    for (int64_t i = 0; i < 16; i++) put(index, i, (double)(1 + (i % 4 + (i & 4 ? 1 : 0)) % 3));
    return index;
}

static void test_places(layout kind) {
    cnn_shape x = SHAPE(2, 3, 2, 2), few = SHAPE(2, 4, 1, 2);
    const int64_t dim = 1;
    const struct {
        int64_t dim;
        bool down;
    } sort = {2, true};
    const struct {
        int64_t dim, k;
        bool largest;
    } topk = {1, 2, false};
    check_gradients((trial){"gather", &cnn_op_gather, &dim, {real(x, kind), places(few, 3, kind)}, 1}, 2);
    check_gradients(
        (trial){"scatter_add", &cnn_op_scatter_add, &dim, {real(x, kind), places(few, 3, DENSE), real(few, kind)}, 5},
        2);
    check_gradients(
        (trial){"scatter", &cnn_op_scatter, &dim, {real(x, kind), places_once(kind), real(SHAPE(2, 2, 2, 2), kind)}, 5},
        2);
    check_gradients((trial){"index_select", &cnn_op_index_select, &dim, {real(x, kind), places(SHAPE(4), 3, kind)}, 1},
                    2);
    cnn_tensor *rows = places(SHAPE(4), 3, kind);
    check_gradients(
        (trial){"index_add", &cnn_op_index_add, &dim, {real(x, kind), rows, real(SHAPE(2, 4, 2, 2), kind)}, 5}, 2);
    check_gradients((trial){"sort", &cnn_op_sort, &sort, {real(x, kind)}, 1}, 2);
    check_gradients((trial){"topk", &cnn_op_topk, &topk, {real(x, kind)}, 1}, 2);
}

static void test_scans(layout kind) {
    const struct {
        int64_t dim;
        bool reverse;
    } ways[LAYOUTS] = {{1, false}, {0, true}, {3, true}, {2, false}};
    cnn_shape x = SHAPE(2, 3, 2, 2), deep = SHAPE(2, 2, 1, 1, 2, 2);
    check_gradients((trial){"cumsum", &cnn_op_cumsum, &ways[kind], {real(x, kind)}, 1}, 2);
    check_gradients((trial){"cumprod", &cnn_op_cumprod, &ways[kind], {real(kind == GAPS ? deep : x, kind)}, 1}, 2);
    check_gradients((trial){"scan", &cnn_op_scan, &ways[kind], {real(x, kind), real(x, DENSE)}, 3}, 2);
}

/* ---- layers ---- */

static void test_conv2d(layout kind) {
    static const int64_t params[][7] = {{1, 1, 0, 0, 1, 1, 1}, {2, 1, 1, 2, 1, 2, 1}, {1, 2, 2, 0, 1, 1, 2}};
    for (int i = 0; i < 3; i++) {
        int64_t groups = params[i][6];
        cnn_tensor *x = real(SHAPE(2, 4, 5, 4), kind), *w = real(SHAPE(2, 4 / groups, 3, 2), kind);
        check_gradients((trial){"conv2d", &cnn_op_conv2d, params[i], {x, w, real(SHAPE(2), kind)}, 7}, i == 1 ? 2 : 1);
    }
}

static void test_linear(layout kind) {
    static const struct { bool a, b; } transposes[] = {{false, false}, {true, false}, {false, true}, {true, true}};
    cnn_tensor *w = real(SHAPE(2, 4), kind);
    check_gradients((trial){"linear", &cnn_op_linear, NULL, {real(SHAPE(3, 4), kind), w, real(SHAPE(2), kind)}, 7}, 2);
    w = real(SHAPE(2, 4), kind);
    check_gradients((trial){"linear, 3-d", &cnn_op_linear, NULL, {real(SHAPE(2, 3, 4), kind), w, NULL}, 3}, 2);
    w = real(SHAPE(2, 4), kind);
    check_gradients((trial){"linear, 1-d", &cnn_op_linear, NULL, {real(SHAPE(4), kind), w, real(SHAPE(2), kind)}, 7},
                    2);
    for (int i = 0; i < 4; i++) {
        cnn_tensor *a = real(transposes[i].a ? SHAPE(3, 2) : SHAPE(2, 3), kind);
        cnn_tensor *b = real(transposes[i].b ? SHAPE(4, 3) : SHAPE(3, 4), kind);
        check_gradients((trial){"matmul", &cnn_op_matmul, &transposes[i], {a, b}, 3}, 2);
    }
}

static void test_pools(layout kind) {
    static const pool2d_window max[] = {{2, 2, 2, 2, 0, 0, 1, 1, .ceil_mode = false},
                                        {3, 2, 1, 2, 1, 1, 1, 1, .ceil_mode = true}};
    static const pool2d_window avg[] = {
        {2, 2, 2, 2, .count_include_pad = true},
        {3, 2, 1, 2, 1, 1, .ceil_mode = true},
        {2, 2, 1, 1, .divisor = 3},
    };
    for (int i = 0; i < 2; i++)
        check_gradients((trial){"max_pool2d", &cnn_op_max_pool2d, &max[i], {real(SHAPE(2, 2, 5, 5), kind)}, 1}, 2);
    for (int i = 0; i < 3; i++)
        check_gradients((trial){"avg_pool2d", &cnn_op_avg_pool2d, &avg[i], {real(SHAPE(2, 3, 5, 4), kind)}, 1}, 2);
}

static void test_batch_norm(layout kind) {
    static const struct {
        bool training;
        double momentum, eps;
    } params[] = {{true, 0.1, 1e-3}, {false, 0.1, 1e-3}};
    for (int i = 0; i < 2; i++) {
        const cnn_shape shapes[] = {SHAPE(3, 2, 2, 2), SHAPE(4, 2), SHAPE(2, 2, 3)};
        for (int j = 0; j < 3; j++) {
            cnn_tensor *w = real(SHAPE(2), kind), *b = real(SHAPE(2), kind);
            cnn_tensor *mean = real(SHAPE(2), kind), *var = positive(SHAPE(2), kind);
            check_gradients(
                (trial){"batch_norm", &cnn_op_batch_norm, &params[i], {real(shapes[j], kind), w, b, mean, var}, 7}, 2);
        }
    }
    check_gradients((trial){"batch_norm, bare", &cnn_op_batch_norm, &params[0], {real(SHAPE(3, 2, 2, 2), kind)}, 1}, 2);
}

static void test_cross_entropy(layout kind) {
    cnn_tensor *labels = tensor(CNN_I64, SHAPE(4), kind), *bytes = tensor(CNN_U8, SHAPE(4), kind);
    for (int i = 0; i < 4; i++) put(labels, i, 1 + i % 3);
    for (int i = 0; i < 4; i++) put(bytes, i, 3 - i % 3);
    check_gradients((trial){"cross_entropy", &cnn_op_cross_entropy, NULL, {real(SHAPE(4, 3), kind), labels}, 1}, 2);
    check_gradients((trial){"cross_entropy", &cnn_op_cross_entropy, NULL, {real(SHAPE(4, 3), kind), bytes}, 1}, 1);
}

/* float32 in, float64 computed: the gradient comes back as float32. */
static void test_mixed_types(void) {
    cnn_tensor *a = random_tensor(CNN_F32, SHAPE(2, 3), DENSE, 1, 2),
               *b = random_tensor(CNN_F64, SHAPE(3), DENSE, 1, 2);
    cnn_error err;
    must(cnn_tensor_requires_grad_set(a, true, &err), &err);
    cnn_tensor *product = apply2(&cnn_op_mul, a, b), *loss = weighted_sum(product, 0);
    CHECK(product->dtype == CNN_F64);
    must(cnn_backward(loss, NULL, false, false, &err), &err);
    CHECK(cnn_tensor_grad(a) && cnn_tensor_grad(a)->dtype == CNN_F32);
    CHECK(fabs(cnn_tensor_get(cnn_tensor_grad(a), 1) - sin(1.7) * cnn_tensor_get(b, 1)) < 1e-6);
    drop(a);
    drop(b);
    drop(product);
    drop(loss);
}

int main(void) {
    cnn_error err;
    cnn_alloc_debug(true);
    size_t before = cnn_memory().live_bytes;
    must(cnn_start(&err), &err);
    for (layout kind = 0; kind < LAYOUTS; kind++) {
        test_unary(kind);
        test_arithmetic(kind);
        test_where(kind);
        test_dropout(kind);
        test_views(kind);
        test_reductions(kind);
        test_places(kind);
        test_scans(kind);
        test_conv2d(kind);
        test_linear(kind);
        test_pools(kind);
        test_batch_norm(kind);
        test_cross_entropy(kind);
    }
    test_mixed_types();
    CHECK_SHOW(cnn_memory().live_bytes == before, "%zu bytes left", cnn_memory().live_bytes - before);
    CHECK(cnn_alloc_overruns() == 0);
    return check_result();
}
