/* SPDX-License-Identifier: MIT
 * Gradients: backward, those of chosen tensors, the switch that records, and the mark of parameters. */
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

typedef struct gradients_run {
    cnn_gradients request;
    cnn_tensor **result;
} gradients_run;

static cnn_status gradients_work(void *context, cnn_error *err) {
    gradients_run *run = context;
    return cnn_gradients_run(&run->request, run->result, err);
}

/* Pushes an array with the tensors of the list at `index`, which have to stay there; entries may be false, for none. */
static cnn_tensor **push_array(lua_State *L, int index, const char *op, const char *name, int *count) {
    luaL_checktype(L, index, LUA_TTABLE);
    *count = (int)lua_rawlen(L, index);
    cnn_tensor **array = lua_newuserdatauv(L, ((size_t)*count + 1) * sizeof *array, 0);
    for (int i = 0; i < *count; i++) {
        array[i] = NULL;
        if (lua_rawgeti(L, index, i + 1) != LUA_TBOOLEAN) array[i] = binding_check_tensor(L, -1, op, name);
        lua_pop(L, 1);
    }
    return array;
}

/* Pushes a list of `count` empty tensors; each is filled in through slot[i]. */
static void push_results(lua_State *L, int count, cnn_tensor ****slots) {
    lua_createtable(L, count, 0);
    *slots = lua_newuserdatauv(L, ((size_t)count + 1) * sizeof **slots, 0);
    for (int i = 0; i < count; i++) {
        (*slots)[i] = binding_slot(L);
        lua_rawseti(L, -3, i + 1);
    }
}

/* (outputs, inputs, grad_outputs or nil, retain_graph, create_graph, allow_unused) -> list of gradients, with false
 * where there is none. Without inputs the gradients go to the leaves, as in backward. */
static int gradients(lua_State *L) {
    cnn_error err;
    gradients_run run = {.request = {.retain_graph = lua_toboolean(L, 4),
                                     .create_graph = lua_toboolean(L, 5),
                                     .allow_unused = lua_toboolean(L, 6)}};
    int grads = 0;
    cnn_tensor ***slots;
    lua_settop(L, 3);
    run.request.output = push_array(L, 1, "autograd.grad", "an output", &run.request.outputs);
    run.request.input = push_array(L, 2, "autograd.grad", "an input", &run.request.inputs);
    if (!lua_isnil(L, 3)) run.request.grad_output = push_array(L, 3, "autograd.grad", "a gradient", &grads);
    if (grads != 0 && grads != run.request.outputs)
        return binding_fail(L, CNN_BAD_VALUE, "autograd.grad", "there are %d gradients for %d outputs", grads,
                            run.request.outputs);
    for (int i = 0; i < run.request.outputs; i++)
        if (!run.request.output[i]) return binding_fail(L, CNN_BAD_TYPE, "autograd.grad", "an output must be a tensor");
    for (int i = 0; i < run.request.inputs; i++)
        if (!run.request.input[i]) return binding_fail(L, CNN_BAD_TYPE, "autograd.grad", "an input must be a tensor");
    run.result = lua_newuserdatauv(L, ((size_t)run.request.inputs + 1) * sizeof *run.result, 0);
    push_results(L, run.request.inputs, &slots);
    int results = lua_gettop(L) - 1;
    if (binding_run_once(L, gradients_work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    for (int i = 0; i < run.request.inputs; i++) *slots[i] = run.result[i];
    for (int i = 0; i < run.request.inputs; i++) {
        if (run.result[i] != NULL) continue;
        lua_pushboolean(L, 0);
        lua_rawseti(L, results, i + 1);
    }
    lua_settop(L, results);
    return 1;
}

/* (list) -> the tensors that the graphs behind those of the list have saved, the names of the ops that will read them,
 * and which of the list leads there. The slots come first: making them may run finalizers, which may free a part of a
 * graph. */
static int graph(lua_State *L) {
    cnn_error err;
    int count;
    size_t room, found;
    cnn_tensor ***slots;
    lua_settop(L, 1);
    cnn_tensor **x = push_array(L, 1, "graph", "a value", &count);
    for (int i = 0; i < count; i++)
        if (!x[i]) return binding_fail(L, CNN_BAD_TYPE, "graph", "a value must be a tensor");
    if (cnn_graph_kept(x, count, NULL, 0, &room, &err) != CNN_OK) return binding_raise(L, &err);
    cnn_kept *kept = lua_newuserdatauv(L, (room + 1) * sizeof *kept, 0);
    push_results(L, (int)room, &slots);
    lua_createtable(L, (int)room, 0);
    lua_createtable(L, (int)room, 0);
    if (cnn_graph_kept(x, count, kept, room, &found, &err) != CNN_OK) return binding_raise(L, &err);
    size_t given = found < room ? found : room;
    for (size_t i = 0; i < given; i++) *slots[i] = kept[i].tensor;
    for (size_t i = 0; i < given; i++) {
        lua_pushstring(L, kept[i].op);
        lua_rawseti(L, -3, (lua_Integer)i + 1);
        lua_pushinteger(L, kept[i].below + 1);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_pushvalue(L, 4);
    lua_insert(L, -3);
    return 3;
}

/* (x) -> x: its grad is filled in, too, though it is no leaf */
static int retain_grad(lua_State *L) {
    cnn_error err;
    if (cnn_tensor_retain_grad(binding_check_tensor(L, 1, "retain_grad", "the value"), &err) != CNN_OK)
        return binding_raise(L, &err);
    lua_settop(L, 1);
    return 1;
}

/* (x, source) -> x, which now has source's type and memory */
static int adopt(lua_State *L) {
    cnn_error err;
    cnn_tensor *x = binding_check_tensor(L, 1, "adopt", "the value");
    if (cnn_tensor_adopt(x, binding_check_tensor(L, 2, "adopt", "the source"), &err) != CNN_OK)
        return binding_raise(L, &err);
    lua_settop(L, 1);
    return 1;
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

static int autocast_enabled(lua_State *L) {
    lua_pushboolean(L, cnn_autocast_enabled());
    return 1;
}

/* (enabled) -> what it was */
static int set_autocast(lua_State *L) {
    if (!lua_isboolean(L, 1))
        binding_fail(L, CNN_BAD_TYPE, "set_autocast", "expected true or false; got %s", binding_what(L, 1));
    lua_pushboolean(L, cnn_autocast_enable(lua_toboolean(L, 1)));
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

/* (x) -> how often its memory was written: what was read of it is still there while this stays the same */
static int write_count(lua_State *L) {
    lua_pushinteger(L, (lua_Integer)cnn_tensor_version(binding_check_tensor(L, 1, "write_count", "the value")));
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
                                         {"gradients", gradients},
                                         {"adopt", adopt},
                                         {"retain_grad", retain_grad},
                                         {"graph", graph},
                                         {"detach_", detach_},
                                         {"write_count", write_count},
                                         {"check_writable", check_writable},
                                         {"grad_enabled", grad_enabled},
                                         {"set_grad_enabled", set_grad_enabled},
                                         {"autocast_enabled", autocast_enabled},
                                         {"set_autocast", set_autocast},
                                         {"set_parameter", set_parameter},
                                         {"is_parameter", is_parameter},
                                         {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
