/* SPDX-License-Identifier: MIT
 * Anomaly mode: tells the core at which of the user's lines, and in which layer, an op runs. cnn.errors knows both. */
#include <stdio.h>

#include "lua/binding/binding.h"

typedef struct place_call {
    char *buffer;
    size_t bytes;
} place_call;

/* Runs under pcall. */
static int find_place(lua_State *L) {
    place_call *call = lua_touserdata(L, 1);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    if (lua_getfield(L, -1, "cnn.errors") != LUA_TTABLE) return 0;
    lua_getfield(L, -1, "place");
    lua_call(L, 0, 1);
    if (lua_type(L, -1) == LUA_TSTRING) snprintf(call->buffer, call->bytes, "%s", lua_tostring(L, -1));
    return 0;
}

/* Called by the core, which holds things: nothing may raise. */
static void place(char *buffer, size_t bytes) {
    lua_State *L = binding_runner();
    place_call call = {buffer, bytes};
    if (L == NULL || !lua_checkstack(L, 8)) return;
    lua_pushcfunction(L, find_place);
    lua_pushlightuserdata(L, &call);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) lua_pop(L, 1);
}

/* (enabled) -> what it was */
static int set_detect_anomaly(lua_State *L) {
    if (!lua_isboolean(L, 1))
        binding_fail(L, CNN_BAD_TYPE, "set_detect_anomaly", "expected true or false; got %s", binding_what(L, 1));
    lua_pushboolean(L, cnn_anomaly_enable(lua_toboolean(L, 1), place));
    return 1;
}

static int detect_anomaly(lua_State *L) {
    lua_pushboolean(L, cnn_anomaly_enabled());
    return 1;
}

void binding_open_anomaly(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"set_detect_anomaly", set_detect_anomaly}, {"detect_anomaly", detect_anomaly}, {NULL, NULL}};
    cnn_anomaly_enable(false, place);
    luaL_setfuncs(L, functions, 0);
}
