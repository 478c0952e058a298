/* SPDX-License-Identifier: MIT
 * What a tensor is to Lua: its metatable.
 *
 * x.name looks into core.methods, which Lua code fills, then at the properties below; then it asks the metatable of
 * core.methods, so that Lua may say "did you mean". x[i] and x[{…}] are in index.c. Operators are the ops themselves.
 */
#include "lua/binding/tensor.h"

#include <ctype.h>
#include <string.h>

#include "core/functions.h"
#include "lua/binding/binding.h"

/* ---- properties: (x) -> value ---- */

static int get_shape(lua_State *L) {
    binding_push_shape(L, cnn_tensor_shape(binding_test_tensor(L, 1)));
    return 1;
}

static int get_dtype(lua_State *L) {
    lua_pushstring(L, cnn_dtype_name(cnn_tensor_dtype(binding_test_tensor(L, 1))));
    return 1;
}

static int get_device(lua_State *L) {
    lua_pushstring(L, cnn_tensor_is_hollow(binding_test_tensor(L, 1)) ? "meta" : "cpu"); /* PyTorch's name for it */
    return 1;
}

static int get_grad(lua_State *L) {
    binding_push_shared(L, cnn_tensor_grad(binding_test_tensor(L, 1)));
    return 1;
}

static int get_requires_grad(lua_State *L) {
    lua_pushboolean(L, cnn_tensor_requires_grad(binding_test_tensor(L, 1)));
    return 1;
}

static int get_is_leaf(lua_State *L) {
    lua_pushboolean(L, cnn_tensor_is_leaf(binding_test_tensor(L, 1)));
    return 1;
}

static int get_retains_grad(lua_State *L) {
    lua_pushboolean(L, cnn_tensor_retains_grad(binding_test_tensor(L, 1)));
    return 1;
}

/* "batch_norm" -> "BatchNormBackward", as PyTorch calls them */
static int get_grad_fn(lua_State *L) {
    const char *op = cnn_tensor_grad_fn(binding_test_tensor(L, 1));
    if (op == NULL) {
        lua_pushnil(L);
        return 1;
    }
    char name[64];
    size_t length = 0;
    for (bool start = true; *op != '\0' && length < sizeof name - 1; op++) {
        if (*op != '_') name[length++] = start ? (char)toupper((unsigned char)*op) : *op;
        start = *op == '_';
    }
    lua_pushlstring(L, name, length);
    lua_pushliteral(L, "Backward");
    lua_concat(L, 2);
    return 1;
}

typedef struct one_to_one {
    cnn_tensor *x, **slot;
    cnn_shape dims;
} one_to_one;

static cnn_status transpose_work(void *context, cnn_error *err) {
    one_to_one *run = context;
    return cnn_permute(run->x, &run->dims, run->slot, err);
}

static int get_transposed(lua_State *L) {
    cnn_error err;
    one_to_one run = {.x = binding_test_tensor(L, 1)};
    run.dims = *cnn_tensor_shape(run.x);
    for (int i = 0; i < run.dims.ndim; i++) run.dims.size[i] = run.dims.ndim - 1 - i;
    run.slot = binding_slot(L);
    if (binding_run(L, transpose_work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    return 1;
}

static cnn_status detach_work(void *context, cnn_error *err) {
    one_to_one *run = context;
    return cnn_tensor_detach(run->x, run->slot, err);
}

/* core.detach(x), and the property data */
static int detach(lua_State *L) {
    cnn_error err;
    one_to_one run = {.x = binding_check_tensor(L, 1, "detach", "the value")};
    run.slot = binding_slot(L);
    if (binding_run(L, detach_work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    return 1;
}

static const luaL_Reg properties[] = {{"shape", get_shape},
                                      {"dtype", get_dtype},
                                      {"device", get_device},
                                      {"grad", get_grad},
                                      {"requires_grad", get_requires_grad},
                                      {"is_leaf", get_is_leaf},
                                      {"retains_grad", get_retains_grad},
                                      {"grad_fn", get_grad_fn},
                                      {"T", get_transposed},
                                      {"data", detach},
                                      {NULL, NULL}};

/* ---- the metatable ---- */

/* Upvalues: 1 methods, 2 properties. */
static int tensor_index(lua_State *L) {
    if (lua_type(L, 2) != LUA_TSTRING) return binding_index_get(L);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TNIL) {
        lua_CFunction get = lua_tocfunction(L, -1);
        binding_check_tensor(L, 1, lua_tostring(L, 2), "the value");
        return get(L);
    }
    lua_pushvalue(L, 2);
    lua_gettable(L, lua_upvalueindex(1));
    return 1;
}

static void set_grad(lua_State *L, cnn_tensor *x, int index) {
    cnn_error err;
    cnn_tensor *grad = lua_isnoneornil(L, index) ? NULL : binding_check_tensor(L, index, "grad", "a gradient");
    if (grad != NULL) binding_share(L, index); /* so that x.grad is this very value */
    if (cnn_tensor_grad_set(x, grad, &err) != CNN_OK) binding_raise(L, &err);
}

static void set_requires_grad(lua_State *L, cnn_tensor *x, int index) {
    cnn_error err;
    if (lua_type(L, index) != LUA_TBOOLEAN)
        binding_fail(L, CNN_BAD_TYPE, "requires_grad", "requires_grad is true or false; got %s",
                     binding_what(L, index));
    if (cnn_tensor_requires_grad_set(x, lua_toboolean(L, index), &err) != CNN_OK) binding_raise(L, &err);
}

/* x.grad = g, x.requires_grad = b, x[i] = v, x[{…}] = v */
static int tensor_newindex(lua_State *L) {
    if (lua_type(L, 2) != LUA_TSTRING) return binding_index_set(L);
    cnn_tensor *x = binding_check_tensor(L, 1, "assignment", "the value");
    const char *name = lua_tostring(L, 2);
    if (strcmp(name, "grad") == 0)
        set_grad(L, x, 3);
    else if (strcmp(name, "requires_grad") == 0)
        set_requires_grad(L, x, 3);
    else
        binding_fail_fix(L, CNN_BAD_VALUE, "", "x:copy_(values), x.grad = g or x.requires_grad = true",
                         "a tensor has no field \"%s\" to assign to", name);
    return 0;
}

static int tensor_len(lua_State *L) {
    const cnn_shape *shape = cnn_tensor_shape(binding_check_tensor(L, 1, "#", "the value"));
    if (shape->ndim == 0) return binding_fail_fix(L, CNN_BAD_SHAPE, "#", "x:item()", "a scalar tensor has no length");
    lua_pushinteger(L, shape->size[0]);
    return 1;
}

/* The same tensor? (Two userdata can hold one: a result and what C hands out later.) */
static int tensor_eq(lua_State *L) {
    cnn_tensor *a = binding_test_tensor(L, 1);
    lua_pushboolean(L, a != NULL && a == binding_test_tensor(L, 2));
    return 1;
}

static int tensor_compare(lua_State *L) {
    return binding_fail_fix(L, CNN_BAD_TYPE, "comparison", "x:lt(y), x:le(y), x:gt(y), x:ge(y), or x:item() < 1",
                            "in Lua < and > can only give true or false, not a tensor");
}

/* cnn.format prints tensors; it is loaded when one is first printed. */
static int tensor_tostring(lua_State *L) {
    if (binding_test_tensor(L, 1) == NULL) {
        lua_pushliteral(L, "tensor(freed)");
        return 1;
    }
    lua_getglobal(L, "require");
    lua_pushliteral(L, "cnn.format");
    lua_call(L, 1, 1);
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

/* ---- small questions ---- */

/* (any value) -> is it a tensor? Also one that was freed, so that whoever uses it is told that. */
static int is_tensor(lua_State *L) {
    bool same = false;
    if (lua_touserdata(L, 1) != NULL && lua_getmetatable(L, 1)) {
        lua_rawgetp(L, LUA_REGISTRYINDEX, &binding_tensor_key);
        same = lua_rawequal(L, -1, -2);
    }
    lua_pushboolean(L, same);
    return 1;
}

static int is_contiguous(lua_State *L) {
    lua_pushboolean(L, cnn_tensor_is_contiguous(binding_check_tensor(L, 1, "is_contiguous", "the value")));
    return 1;
}

/* (x) -> list of strides, in elements */
static int stride(lua_State *L) {
    const cnn_tensor *x = binding_check_tensor(L, 1, "stride", "the value");
    cnn_shape strides = *cnn_tensor_shape(x);
    for (int i = 0; i < strides.ndim; i++) strides.size[i] = cnn_tensor_stride(x, i);
    binding_push_shape(L, &strides);
    return 1;
}

/* (x) -> number of elements, (x) -> number of dimensions, (x, dim or nil) -> its size, or the shape */
static int numel(lua_State *L) {
    lua_pushinteger(L, cnn_tensor_numel(binding_check_tensor(L, 1, "numel", "the value")));
    return 1;
}

static int ndim(lua_State *L) {
    lua_pushinteger(L, cnn_tensor_shape(binding_check_tensor(L, 1, "dim", "the value"))->ndim);
    return 1;
}

static int size(lua_State *L) {
    const cnn_shape *shape = cnn_tensor_shape(binding_check_tensor(L, 1, "size", "the value"));
    if (lua_isnoneornil(L, 2)) {
        binding_push_shape(L, shape);
        return 1;
    }
    lua_pushinteger(L,
                    shape->size[binding_dim(L, "size", shape, binding_check_integer(L, 2, "size", "the dimension"))]);
    return 1;
}

/* (x, y) -> do they share memory? */
static int shares_storage(lua_State *L) {
    cnn_tensor *x = binding_check_tensor(L, 1, "shares_storage", "the first value");
    lua_pushboolean(L, cnn_tensor_shares_storage(x, binding_check_tensor(L, 2, "shares_storage", "the second value")));
    return 1;
}

/* (x) -> what is the same for all tensors that share memory, and the bytes of that memory */
static int storage(lua_State *L) {
    size_t bytes;
    const void *key = cnn_tensor_storage(binding_check_tensor(L, 1, "storage", "the value"), &bytes);
    lua_pushlightuserdata(L, (void *)key);
    lua_pushinteger(L, (lua_Integer)bytes);
    return 2;
}

/* (x, grad or nil) and (x, true or false): the properties as functions */
static int core_set_grad(lua_State *L) {
    set_grad(L, binding_check_tensor(L, 1, "grad", "the value"), 2);
    return 0;
}

static int core_set_requires_grad(lua_State *L) {
    set_requires_grad(L, binding_check_tensor(L, 1, "requires_grad", "the value"), 2);
    lua_settop(L, 1);
    return 1;
}

static void set_operators(lua_State *L) {
    static const struct {
        const char *name;
        const cnn_op *op;
    } operators[] = {{"__add", &cnn_op_add}, {"__sub", &cnn_op_sub}, {"__mul", &cnn_op_mul},
                     {"__div", &cnn_op_div}, {"__pow", &cnn_op_pow}, {"__unm", &cnn_op_neg}};
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        binding_push_op(L, operators[i].op, false);
        lua_setfield(L, -2, operators[i].name);
    }
}

/* The module table is on top; push.c has made the metatable with what frees a tensor. */
void binding_open_tensor(lua_State *L) {
    static const luaL_Reg meta[] = {
        {"__newindex", tensor_newindex}, {"__len", tensor_len},           {"__eq", tensor_eq}, {"__lt", tensor_compare},
        {"__le", tensor_compare},        {"__tostring", tensor_tostring}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"is_tensor", is_tensor},
                                         {"is_contiguous", is_contiguous},
                                         {"stride", stride},
                                         {"numel", numel},
                                         {"dim", ndim},
                                         {"size", size},
                                         {"shares_storage", shares_storage},
                                         {"storage", storage},
                                         {"detach", detach},
                                         {"set_grad", core_set_grad},
                                         {"set_requires_grad", core_set_requires_grad},
                                         {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &binding_tensor_key);
    luaL_setfuncs(L, meta, 0);
    set_operators(L);
    lua_pushliteral(L, "tensor");
    lua_setfield(L, -2, "__name");
    lua_newtable(L); /* methods */
    lua_pushvalue(L, -1);
    lua_setfield(L, -4, "methods");
    luaL_newlib(L, properties);
    lua_pushvalue(L, -1);
    lua_setfield(L, -5, "properties");
    lua_pushcclosure(L, tensor_index, 2);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}
