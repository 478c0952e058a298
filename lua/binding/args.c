/* SPDX-License-Identifier: MIT
 * Arguments of the C functions: tensors, numbers, lists, types, and Lua's counting from 1.
 *
 * Users meet the checks of cnn.signature first; these are the floor below them, for whoever calls cnn.core directly and
 * for what only the tensor knows (how many dimensions, how long they are). Tensors are borrowed from the Lua stack. */
#include <string.h>

#include "lua/binding/binding.h"
#include "lua/binding/tensor.h"

cnn_tensor *binding_test_tensor(lua_State *L, int index) {
    binding_box *box = lua_touserdata(L, index);
    if (box == NULL || !lua_getmetatable(L, index)) return NULL;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &binding_tensor_key);
    bool is_tensor = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return is_tensor ? box->tensor : NULL;
}

/* The same userdata type, but closed. */
static bool is_closed(lua_State *L, int index) {
    if (lua_touserdata(L, index) == NULL || !lua_getmetatable(L, index)) return false;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &binding_tensor_key);
    bool is_tensor = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return is_tensor;
}

cnn_tensor *binding_check_tensor(lua_State *L, int index, const char *op, const char *name) {
    cnn_tensor *x = binding_test_tensor(L, index);
    if (x != NULL) return x;
    if (is_closed(L, index))
        binding_fail(L, CNN_BAD_VALUE, op, "%s was freed: by <close>, or at the end of cnn.scope", name);
    binding_fail(L, CNN_BAD_TYPE, op, "%s must be a tensor; got %s", name, binding_what(L, index));
    return NULL;
}

cnn_tensor *binding_check_numbers(lua_State *L, int index, const char *op, const char *name) {
    cnn_tensor *x = binding_check_tensor(L, index, op, name);
    char text[CNN_SHAPE_TEXT];
    if (cnn_tensor_is_hollow(x))
        binding_fail_fix(L, CNN_BAD_VALUE, op, "call the network with real numbers: net(cnn.randn(…))",
                         "%s %s has a shape but no numbers: only shapes are being followed", name,
                         cnn_shape_print(cnn_tensor_shape(x), text));
    return x;
}

int64_t binding_check_integer(lua_State *L, int index, const char *op, const char *name) {
    int is_integer = 0;
    lua_Integer value = lua_type(L, index) == LUA_TNUMBER ? lua_tointegerx(L, index, &is_integer) : 0;
    if (!is_integer) binding_fail(L, CNN_BAD_TYPE, op, "%s must be an integer; got %s", name, binding_what(L, index));
    return value;
}

double binding_check_number(lua_State *L, int index, const char *op, const char *name) {
    if (lua_type(L, index) != LUA_TNUMBER)
        binding_fail(L, CNN_BAD_TYPE, op, "%s must be a number; got %s", name, binding_what(L, index));
    return lua_tonumber(L, index);
}

cnn_number binding_check_value(lua_State *L, int index, const char *op, const char *name) {
    cnn_number value = {.is_integer = lua_isboolean(L, index) || lua_isinteger(L, index)};
    value.integer = lua_isboolean(L, index) ? lua_toboolean(L, index) : lua_tointeger(L, index);
    value.real = value.is_integer ? (double)value.integer : binding_check_number(L, index, op, name);
    return value;
}

cnn_dtype binding_check_dtype(lua_State *L, int index, const char *op) {
    const char *name = lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : "";
    for (int i = 0; i < CNN_DTYPES; i++)
        if (strcmp(name, cnn_dtype_name((cnn_dtype)i)) == 0) return (cnn_dtype)i;
    binding_fail(L, CNN_BAD_TYPE, op,
                 "the type must be \"float32\", \"float64\", \"bfloat16\", \"int64\", \"uint8\" or \"bool\"; got %s",
                 binding_what(L, index));
    return CNN_F32;
}

void binding_check_list(lua_State *L, int index, const char *op, const char *what, cnn_shape *out) {
    if (lua_type(L, index) != LUA_TTABLE)
        binding_fail(L, CNN_BAD_TYPE, op, "%s must be a list of integers; got %s", what, binding_what(L, index));
    lua_Unsigned count = lua_rawlen(L, index);
    if (count > CNN_MAX_DIMS)
        binding_fail(L, CNN_BAD_SHAPE, op, "%s may have at most %d entries; got %d", what, CNN_MAX_DIMS, (int)count);
    out->ndim = (int)count;
    for (int i = 0; i < out->ndim; i++) {
        lua_rawgeti(L, index, i + 1);
        int is_integer = 0;
        out->size[i] = lua_type(L, -1) == LUA_TNUMBER ? lua_tointegerx(L, -1, &is_integer) : 0;
        if (!is_integer)
            binding_fail(L, CNN_BAD_TYPE, op, "%s must be integers; number %d is %s", what, i + 1, binding_what(L, -1));
        lua_pop(L, 1);
    }
}

void binding_check_sizes(lua_State *L, int index, const char *op, cnn_shape *out) {
    cnn_error err;
    binding_check_list(L, index, op, "sizes", out);
    if (cnn_shape_check(out, &err) != CNN_OK) binding_raise(L, &err);
}

int64_t binding_dim(lua_State *L, const char *op, const cnn_shape *shape, int64_t dim) {
    char text[CNN_SHAPE_TEXT];
    if (dim == 0) binding_fail(L, CNN_BAD_VALUE, op, "dimensions count from 1 (-1 is the last); got 0");
    if (dim > shape->ndim || dim < -shape->ndim)
        binding_fail(L, CNN_BAD_VALUE, op, "there is no dimension %lld: the tensor is %s, with %d dimension%s",
                     (long long)dim, cnn_shape_print(shape, text), shape->ndim, shape->ndim == 1 ? "" : "s");
    return dim > 0 ? dim - 1 : shape->ndim + dim;
}

int64_t binding_index(lua_State *L, int64_t index, int64_t size, int dim) {
    if (index == 0) binding_fail(L, CNN_BAD_VALUE, "index", "indices count from 1 (-1 is the last); got 0");
    if (index > size || index < -size)
        binding_fail(L, CNN_BAD_VALUE, "index", "index %lld is out of range: dimension %d has size %lld",
                     (long long)index, dim, (long long)size);
    return index > 0 ? index - 1 : size + index;
}

const char *binding_check_path(lua_State *L, int index, const char *op) {
    size_t length = 0;
    if (lua_type(L, index) != LUA_TSTRING)
        binding_fail(L, CNN_BAD_TYPE, op, "the path must be a string; got %s", binding_what(L, index));
    const char *path = lua_tolstring(L, index, &length);
    if (strlen(path) != length) binding_fail(L, CNN_BAD_VALUE, op, "the path has a zero byte in it");
    return path;
}
