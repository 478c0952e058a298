/* SPDX-License-Identifier: MIT
 * Gradients: backward, the switch that records, and the mark of parameters. */
#include <stdio.h>

#include "lua/binding/binding.h"

typedef struct backward_run {
    cnn_tensor *x, *grad;
    bool retain, create;
} backward_run;

static cnn_status backward_work(void *context, cnn_error *err) {
    backward_run *run = context;
    return cnn_backward(run->x, run->grad, run->retain, run->create, err);
}

/* (x, grad or nil, retain_graph, create_graph). Not tried twice: half of the gradients may have been added. */
static int backward(lua_State *L) {
    cnn_error err;
    backward_run run = {.x = binding_check_tensor(L, 1, "backward", "the value")};
    if (!lua_isnoneornil(L, 2)) run.grad = binding_check_tensor(L, 2, "backward", "the gradient");
    run.retain = lua_toboolean(L, 3);
    run.create = lua_toboolean(L, 4);
    if (binding_run_once(L, backward_work, &run, &err) == CNN_OK) return 0;
    if (err.op[0] == '\0') snprintf(err.op, sizeof err.op, "backward");
    return binding_raise(L, &err);
}

static int grad_enabled(lua_State *L) {
    lua_pushboolean(L, cnn_grad_enabled());
    return 1;
}

/* (enabled) -> what it was */
static int set_grad_enabled(lua_State *L) {
    if (!lua_isboolean(L, 1))
        binding_fail(L, CNN_BAD_TYPE, "set_grad_enabled", "expected true or false; got %s", binding_what(L, 1));
    lua_pushboolean(L, cnn_grad_enable(lua_toboolean(L, 1)));
    return 1;
}

/* (x, is_parameter) -> x */
static int set_parameter(lua_State *L) {
    cnn_tensor_parameter_set(binding_check_tensor(L, 1, "set_parameter", "the value"), lua_toboolean(L, 2));
    lua_settop(L, 1);
    return 1;
}

/* (any value) -> is it a tensor with the mark? */
static int is_parameter(lua_State *L) {
    cnn_tensor *x = binding_test_tensor(L, 1);
    lua_pushboolean(L, x != NULL && cnn_tensor_is_parameter(x));
    return 1;
}

/* (x) -> x, out of the graph */
static int detach_(lua_State *L) {
    cnn_error err;
    if (cnn_tensor_detach_inplace(binding_check_tensor(L, 1, "detach_", "the value"), &err) != CNN_OK)
        return binding_raise(L, &err);
    lua_settop(L, 1);
    return 1;
}

/* (x, source or nil): raises where a write into x would go past a gradient */
static int check_writable(lua_State *L) {
    cnn_tensor *x = binding_check_tensor(L, 1, "write", "the value");
    binding_check_writable(L, "write", x,
                           lua_isnoneornil(L, 2) ? NULL : binding_check_tensor(L, 2, "write", "the source"));
    return 0;
}

void binding_open_gradient(lua_State *L) {
    static const luaL_Reg functions[] = {{"backward", backward},
                                         {"detach_", detach_},
                                         {"check_writable", check_writable},
                                         {"grad_enabled", grad_enabled},
                                         {"set_grad_enabled", set_grad_enabled},
                                         {"set_parameter", set_parameter},
                                         {"is_parameter", is_parameter},
                                         {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
