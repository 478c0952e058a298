/* SPDX-License-Identifier: MIT
 * The steps of optimisers: each changes a parameter and what is remembered about it, outside the graph.
 *
 * A step is run once: whatever fails halfway must not be tried again on a parameter that has moved already. */
#include "core/functions.h"
#include "lua/binding/binding.h"

typedef struct step_args {
    const char *op;
    cnn_tensor *param, *grad, *memory[3];
    union {
        cnn_adam_options adam;
        cnn_rmsprop_options rmsprop;
        cnn_adagrad_options adagrad;
    } options;
} step_args;

/* Arguments 1, 2 and `memories` more; what may be nil is NULL then. [raises] */
static void check_tensors(lua_State *L, step_args *args, int memories, const char *const names[]) {
    args->param = binding_check_tensor(L, 1, args->op, "the parameter");
    args->grad = binding_check_tensor(L, 2, args->op, "the gradient");
    for (int i = 0; i < memories; i++)
        if (!lua_isnoneornil(L, i + 3)) args->memory[i] = binding_check_tensor(L, i + 3, args->op, names[i]);
}

static double number(lua_State *L, const step_args *args, int index, const char *name) {
    return binding_check_number(L, index, args->op, name);
}

static int finish(lua_State *L, binding_work work, step_args *args) {
    cnn_error err;
    if (binding_run_once(L, work, args, &err) != CNN_OK) return binding_raise(L, &err);
    return 0;
}

typedef struct sgd_args {
    int64_t count;
    cnn_sgd_parameter *parameter;
    cnn_sgd_options options;
} sgd_args;

static cnn_status sgd_work(void *context, cnn_error *err) {
    const sgd_args *args = context;
    return cnn_sgd_steps(args->count, args->parameter, &args->options, err);
}

/* Element i of the list at `index`, a tensor; it stays on the list. [raises] */
static cnn_tensor *list_tensor(lua_State *L, int index, int64_t i, const char *name) {
    lua_rawgeti(L, index, (lua_Integer)i);
    cnn_tensor *x = binding_check_tensor(L, -1, "sgd_step", name);
    lua_pop(L, 1);
    return x;
}

/* (params, grads, buffers or nil, lr, momentum, dampening, weight_decay, nesterov, maximize, first): lists of tensors
 */
static int sgd_step(lua_State *L) {
    const step_args names = {.op = "sgd_step"};
    for (int i = 1; i <= 2; i++)
        if (!lua_istable(L, i))
            binding_fail(L, CNN_BAD_TYPE, "sgd_step", "%s must be a list of tensors; got %s",
                         i == 1 ? "the parameters" : "the gradients", binding_what(L, i));
    sgd_args args = {.count = (int64_t)lua_rawlen(L, 1)};
    args.options = (cnn_sgd_options){.lr = number(L, &names, 4, "lr"),
                                     .momentum = number(L, &names, 5, "momentum"),
                                     .dampening = number(L, &names, 6, "dampening"),
                                     .weight_decay = number(L, &names, 7, "weight_decay"),
                                     .nesterov = lua_toboolean(L, 8),
                                     .maximize = lua_toboolean(L, 9),
                                     .first = lua_toboolean(L, 10)};
    args.parameter = lua_newuserdatauv(L, (size_t)args.count * sizeof *args.parameter, 0);
    for (int64_t i = 0; i < args.count; i++)
        args.parameter[i] =
            (cnn_sgd_parameter){list_tensor(L, 1, i + 1, "a parameter"), list_tensor(L, 2, i + 1, "a gradient"),
                                lua_istable(L, 3) ? list_tensor(L, 3, i + 1, "a momentum buffer") : NULL};
    cnn_error err;
    if (binding_run_once(L, sgd_work, &args, &err) != CNN_OK) return binding_raise(L, &err);
    return 0;
}

static cnn_status adam_work(void *context, cnn_error *err) {
    step_args *args = context;
    return cnn_adam_step(args->param, args->grad, args->memory[0], args->memory[1], args->memory[2],
                         &args->options.adam, err);
}

/* (param, grad, exp_avg, exp_avg_sq, max_exp_avg_sq or nil, step, lr, beta1, beta2, eps, weight_decay, decoupled,
 *  maximize) */
static int adam_step(lua_State *L) {
    static const char *const names[] = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"};
    step_args args = {.op = "adam_step"};
    check_tensors(L, &args, 3, names);
    args.options.adam = (cnn_adam_options){.step = binding_check_integer(L, 6, args.op, "the step"),
                                           .lr = number(L, &args, 7, "lr"),
                                           .beta1 = number(L, &args, 8, "beta1"),
                                           .beta2 = number(L, &args, 9, "beta2"),
                                           .eps = number(L, &args, 10, "eps"),
                                           .weight_decay = number(L, &args, 11, "weight_decay"),
                                           .decoupled = lua_toboolean(L, 12),
                                           .maximize = lua_toboolean(L, 13)};
    return finish(L, adam_work, &args);
}

static cnn_status rmsprop_work(void *context, cnn_error *err) {
    step_args *args = context;
    return cnn_rmsprop_step(args->param, args->grad, args->memory[0], args->memory[1], args->memory[2],
                            &args->options.rmsprop, err);
}

/* (param, grad, square_avg, grad_avg or nil, momentum_buffer or nil, lr, alpha, eps, weight_decay, momentum, maximize)
 */
static int rmsprop_step(lua_State *L) {
    static const char *const names[] = {"square_avg", "grad_avg", "the momentum buffer"};
    step_args args = {.op = "rmsprop_step"};
    check_tensors(L, &args, 3, names);
    args.options.rmsprop = (cnn_rmsprop_options){.lr = number(L, &args, 6, "lr"),
                                                 .alpha = number(L, &args, 7, "alpha"),
                                                 .eps = number(L, &args, 8, "eps"),
                                                 .weight_decay = number(L, &args, 9, "weight_decay"),
                                                 .momentum = number(L, &args, 10, "momentum"),
                                                 .maximize = lua_toboolean(L, 11)};
    return finish(L, rmsprop_work, &args);
}

static cnn_status adagrad_work(void *context, cnn_error *err) {
    step_args *args = context;
    return cnn_adagrad_step(args->param, args->grad, args->memory[0], &args->options.adagrad, err);
}

/* (param, grad, sum, step, lr, lr_decay, eps, weight_decay, maximize) */
static int adagrad_step(lua_State *L) {
    static const char *const names[] = {"sum"};
    step_args args = {.op = "adagrad_step"};
    check_tensors(L, &args, 1, names);
    args.options.adagrad = (cnn_adagrad_options){.step = binding_check_integer(L, 4, args.op, "the step"),
                                                 .lr = number(L, &args, 5, "lr"),
                                                 .lr_decay = number(L, &args, 6, "lr_decay"),
                                                 .eps = number(L, &args, 7, "eps"),
                                                 .weight_decay = number(L, &args, 8, "weight_decay"),
                                                 .maximize = lua_toboolean(L, 9)};
    return finish(L, adagrad_work, &args);
}

void binding_open_optim(lua_State *L) {
    static const luaL_Reg functions[] = {{"sgd_step", sgd_step},
                                         {"adam_step", adam_step},
                                         {"rmsprop_step", rmsprop_step},
                                         {"adagrad_step", adagrad_step},
                                         {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
