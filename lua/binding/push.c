/* SPDX-License-Identifier: MIT
 * From C to Lua: slots for results, shared tensors, shapes, single elements.
 *
 * A slot is a userdata that holds NULL until the core has made the tensor; it exists before, so that nothing can be
 * lost between the two. A tensor that C hands out more than once (a gradient) is the same userdata each time: a table
 * with weak values maps its address to it, so that x.grad == x.grad and tensors work as keys. */
#include "lua/binding/binding.h"
#include "lua/binding/tensor.h"

const char binding_tensor_key;
static const char shared_key; /* registry: the weak table address → userdata */
static const char shape_key;  /* registry: the metatable of shapes */

static size_t boxes;

size_t binding_boxes(void) {
    return boxes;
}

cnn_tensor **binding_slot(lua_State *L) {
    binding_box *box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = (binding_box){NULL, 0};
    lua_rawgetp(L, LUA_REGISTRYINDEX, &binding_tensor_key);
    lua_setmetatable(L, -2);
    boxes++; /* from here on __gc will take it back */
    binding_scope_note(L);
    return &box->tensor;
}

/* A hook may be found to live on after the tensor went: on a node that an in-place op has moved it away from. */
static int tensor_gc(lua_State *L) {
    binding_box *box = lua_touserdata(L, 1);
    if (box->hooks > 0 && binding_keep_hooked(L, box)) return 0;
    cnn_tensor_release(&box->tensor);
    if (box->hooks > 0 && binding_keep_hooked(L, box)) return 0;
    if (box->hooks > 0) binding_forget_hooked(box);
    boxes--;
    return 0;
}

/* <close> frees at once; the userdata itself goes when Lua collects it. A finalizer may run in the middle of any C
 * function, which may be using the tensor: there it is left to the collector, which says so by refusing orders. */
static int tensor_close(lua_State *L) {
    binding_check_tensor(L, 1, "close", "the value");
    if (lua_gc(L, LUA_GCISRUNNING) < 0) return 0;
    binding_box *box = lua_touserdata(L, 1);
    cnn_tensor_release(&box->tensor);
    return 0;
}

void binding_share(lua_State *L, int index) {
    index = lua_absindex(L, index);
    binding_box *box = lua_touserdata(L, index);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &shared_key);
    lua_pushvalue(L, index);
    lua_rawsetp(L, -2, box->tensor);
    lua_pop(L, 1);
}

void binding_push_shared(lua_State *L, cnn_tensor *x) {
    if (x == NULL) {
        lua_pushnil(L);
        return;
    }
    lua_rawgetp(L, LUA_REGISTRYINDEX, &shared_key);
    lua_rawgetp(L, -1, x);
    lua_remove(L, -2);
    binding_box *box = lua_touserdata(L, -1);
    if (box != NULL && box->tensor == x) return; /* a closed one may still lie there under an address used anew */
    lua_pop(L, 1);
    cnn_tensor **slot = binding_slot(L);
    *slot = cnn_tensor_retain(x);
    binding_share(L, -1);
}

void binding_push_shape(lua_State *L, const cnn_shape *shape) {
    lua_createtable(L, shape->ndim, 0);
    for (int i = 0; i < shape->ndim; i++) {
        lua_pushinteger(L, shape->size[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_rawgetp(L, LUA_REGISTRYINDEX, &shape_key);
    lua_setmetatable(L, -2);
}

static int shape_tostring(lua_State *L) {
    luaL_Buffer buffer;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Unsigned count = lua_rawlen(L, 1);
    luaL_buffinit(L, &buffer);
    luaL_addchar(&buffer, '[');
    for (lua_Unsigned i = 1; i <= count; i++) {
        if (i > 1) luaL_addstring(&buffer, ", ");
        lua_rawgeti(L, 1, (lua_Integer)i);
        luaL_tolstring(L, -1, NULL);
        lua_remove(L, -2);
        luaL_addvalue(&buffer);
    }
    luaL_addchar(&buffer, ']');
    luaL_pushresult(&buffer);
    return 1;
}

static int shape_eq(lua_State *L) {
    bool equal = lua_istable(L, 1) && lua_istable(L, 2) && lua_rawlen(L, 1) == lua_rawlen(L, 2);
    for (lua_Unsigned i = 1; equal && i <= lua_rawlen(L, 1); i++) {
        lua_rawgeti(L, 1, (lua_Integer)i);
        lua_rawgeti(L, 2, (lua_Integer)i);
        equal = lua_rawequal(L, -1, -2);
        lua_pop(L, 2);
    }
    lua_pushboolean(L, equal);
    return 1;
}

/* x.shape[-1] counts from the end; what is beyond the end is nil, as in any list. */
static int shape_index(lua_State *L) {
    lua_Integer i = lua_isinteger(L, 2) ? lua_tointeger(L, 2) : 1, count = (lua_Integer)lua_rawlen(L, 1);
    if (i == 0) return binding_fail(L, CNN_BAD_VALUE, "shape", "dimensions count from 1 (-1 is the last); got 0");
    if (i > 0 || i < -count) return 0;
    lua_rawgeti(L, 1, count + 1 + i);
    return 1;
}

/* Stopped by concat_as_text, which an error for want of memory may have left. */
static bool collector_rests;

void binding_wake_collector(lua_State *L) {
    if (collector_rests) lua_gc(L, LUA_GCRESTART);
    collector_rests = false;
}

static int join_texts(lua_State *L) {
    luaL_tolstring(L, 1, NULL);
    luaL_tolstring(L, 2, NULL);
    lua_concat(L, 2);
    return 1;
}

/* In a chain such as "x = " .. x .. "\n" Lua 5.4.4 loses its place when its stack moves meanwhile, and crashes. So the
 * text is made on another stack, while the collector, which shrinks stacks, rests: what is left is the room that any C
 * function is given. */
static int concat_as_text(lua_State *L) {
    bool collecting = lua_gc(L, LUA_GCISRUNNING) > 0;
    if (collecting) lua_gc(L, LUA_GCSTOP);
    collector_rests |= collecting; /* not by a concatenation inside of this one */
    lua_State *apart = lua_newthread(L);
    lua_pushcfunction(apart, join_texts);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    lua_xmove(L, apart, 2);
    int status = lua_pcall(apart, 2, 1, 0);
    if (collecting) binding_wake_collector(L);
    lua_xmove(apart, L, 1);
    return status == LUA_OK ? 1 : lua_error(L);
}

void binding_push_element(lua_State *L, const cnn_tensor *x, int64_t position) {
    switch (cnn_tensor_dtype(x)) {
    case CNN_F32:
    case CNN_F64:
    case CNN_BF16:
        lua_pushnumber(L, cnn_tensor_get(x, position));
        break;
    case CNN_BOOL:
        lua_pushboolean(L, cnn_tensor_get_integer(x, position) != 0);
        break;
    default:
        lua_pushinteger(L, cnn_tensor_get_integer(x, position));
    }
}

/* The module table is on top; tensor.c has made the metatable. */
void binding_open_push(lua_State *L) {
    static const luaL_Reg shape_methods[] = {{"__tostring", shape_tostring},
                                             {"__eq", shape_eq},
                                             {"__concat", concat_as_text},
                                             {"__index", shape_index},
                                             {NULL, NULL}};
    static const luaL_Reg tensor_methods[] = {
        {"__gc", tensor_gc}, {"__close", tensor_close}, {"__concat", concat_as_text}, {NULL, NULL}};
    /* for errors, too, which need it more than others: a stack shrinks after an error */
    lua_pushcfunction(L, concat_as_text);
    lua_setfield(L, -2, "concat");

    lua_newtable(L);
    luaL_setfuncs(L, shape_methods, 0);
    lua_pushliteral(L, "shape");
    lua_setfield(L, -2, "__name");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &shape_key);

    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "v");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &shared_key);

    lua_newtable(L);
    luaL_setfuncs(L, tensor_methods, 0);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &binding_tensor_key);
}
