/* SPDX-License-Identifier: MIT
 * Writing into tensors, outside the graph: fill_, copy_, the random fills. Each returns the tensor.
 *
 * A write that would go past a gradient is refused (binding_check_writable); an optimiser's step (optim.c) is meant to.
 */
#include "core/functions.h"
#include "lua/binding/binding.h"

typedef struct write_run {
    cnn_tensor *x, *source;
    cnn_number value;
    double a, b;
    int64_t low, high;
} write_run;

/* Runs a fill whose arguments have been checked, and returns x. */
static int finish(lua_State *L, binding_work work, write_run *run) {
    cnn_error err;
    if (binding_run(L, work, run, &err) != CNN_OK) return binding_raise(L, &err);
    lua_settop(L, 1);
    return 1;
}

static void check_target(lua_State *L, const char *op, write_run *run) {
    run->x = binding_check_tensor(L, 1, op, "the value");
    binding_check_writable(L, op, run->x, NULL);
}

static cnn_status fill_work(void *context, cnn_error *err) {
    write_run *run = context;
    return cnn_fill_number(run->x, &run->value, err);
}

/* (x, value) */
static int fill(lua_State *L) {
    write_run run = {.x = NULL};
    check_target(L, "fill_", &run);
    run.value = binding_check_value(L, 2, "fill_", "the value");
    return finish(L, fill_work, &run);
}

static cnn_status copy_work(void *context, cnn_error *err) {
    write_run *run = context;
    return cnn_copy_into(run->x, run->source, err);
}

/* (x, source), which is broadcast and converted */
static int copy(lua_State *L) {
    write_run run = {.x = binding_check_tensor(L, 1, "copy_", "the value")};
    run.source = binding_check_tensor(L, 2, "copy_", "the source");
    binding_check_writable(L, "copy_", run.x, run.source);
    return finish(L, copy_work, &run);
}

static cnn_status uniform_work(void *context, cnn_error *err) {
    write_run *run = context;
    return cnn_fill_uniform(run->x, run->a, run->b, err);
}

/* (x, low, high): low <= value < high */
static int uniform(lua_State *L) {
    write_run run = {.x = NULL};
    check_target(L, "uniform_", &run);
    run.a = binding_check_number(L, 2, "uniform_", "the lower end");
    run.b = binding_check_number(L, 3, "uniform_", "the upper end");
    if (!(run.a <= run.b))
        binding_fail(L, CNN_BAD_VALUE, "uniform_", "the lower end %g is not below the upper end %g", run.a, run.b);
    return finish(L, uniform_work, &run);
}

static cnn_status normal_work(void *context, cnn_error *err) {
    write_run *run = context;
    return cnn_fill_normal(run->x, run->a, run->b, err);
}

/* (x, mean, std) */
static int normal(lua_State *L) {
    write_run run = {.x = NULL};
    check_target(L, "normal_", &run);
    run.a = binding_check_number(L, 2, "normal_", "the mean");
    run.b = binding_check_number(L, 3, "normal_", "the standard deviation");
    if (!(run.b >= 0)) binding_fail(L, CNN_BAD_VALUE, "normal_", "the standard deviation is negative: %g", run.b);
    return finish(L, normal_work, &run);
}

static cnn_status bernoulli_work(void *context, cnn_error *err) {
    write_run *run = context;
    return cnn_fill_bernoulli(run->x, run->a, err);
}

/* (x, p): 1 with probability p, else 0 */
static int bernoulli(lua_State *L) {
    write_run run = {.x = NULL};
    check_target(L, "bernoulli_", &run);
    run.a = binding_check_number(L, 2, "bernoulli_", "the probability");
    if (!(run.a >= 0 && run.a <= 1))
        binding_fail(L, CNN_BAD_VALUE, "bernoulli_", "a probability lies between 0 and 1; got %g", run.a);
    return finish(L, bernoulli_work, &run);
}

static cnn_status integers_work(void *context, cnn_error *err) {
    write_run *run = context;
    return cnn_fill_integers(run->x, run->low, run->high, err);
}

/* (x, low, high), both included */
static int integers(lua_State *L) {
    write_run run = {.x = NULL};
    check_target(L, "integers_", &run);
    run.low = binding_check_integer(L, 2, "integers_", "the lowest");
    run.high = binding_check_integer(L, 3, "integers_", "the highest");
    if (run.low > run.high)
        binding_fail(L, CNN_BAD_VALUE, "integers_", "the lowest, %lld, is above the highest, %lld", (long long)run.low,
                     (long long)run.high);
    return finish(L, integers_work, &run);
}

static cnn_status permutation_work(void *context, cnn_error *err) {
    write_run *run = context;
    return cnn_fill_permutation(run->x, err);
}

/* (x): 1 … n in random order */
static int permutation(lua_State *L) {
    write_run run = {.x = NULL};
    check_target(L, "permutation_", &run);
    return finish(L, permutation_work, &run);
}

void binding_open_write(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"fill_", fill},           {"copy_", copy},         {"uniform_", uniform},         {"normal_", normal},
        {"bernoulli_", bernoulli}, {"integers_", integers}, {"permutation_", permutation}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
