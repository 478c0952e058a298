/* SPDX-License-Identifier: MIT
 * The part in Lua of a fuzz target: a state that lives as long as the process, and a table of counters by which
 * libFuzzer learns which lines of Lua an input reached.
 *
 * CNN_FUZZ_ROOT is the root of the sources (by default the current folder). */
#include "tests/fuzz/fuzz.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

int luaopen_cnn_core(lua_State *L);

/* libFuzzer looks for this section. One byte per line of Lua, by a hash. */
__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t counters[1 << 15];

static void count_line(lua_State *L, lua_Debug *ar) {
    lua_getinfo(L, "Sl", ar);
    uint32_t hash = (uint32_t)ar->currentline;
    for (const char *at = ar->source; *at; at++) hash = (hash ^ (uint8_t)*at) * 16777619u;
    uint8_t *counter = &counters[(hash ^ hash >> 15) % sizeof counters];
    if (*counter < 255) ++*counter;
}

static int with_traceback(lua_State *L) {
    luaL_traceback(L, L, luaL_tolstring(L, 1, NULL), 1);
    return 1;
}

/* The state, with the message handler at index 1 and the target's function at 2. */
static lua_State *state_new(const char *name, bool lines) {
    lua_State *L = luaL_newstate();
    const char *root = getenv("CNN_FUZZ_ROOT") ? getenv("CNN_FUZZ_ROOT") : ".";
    FUZZ_CHECK(L != NULL, "no memory for Lua");
    luaL_openlibs(L);
    luaL_requiref(L, "cnn.core", luaopen_cnn_core, 0);
    lua_settop(L, 0);
    lua_getglobal(L, "package");
    lua_pushfstring(L, "%s/lua/?.lua;%s/lua/?/init.lua;%s/tests/fuzz/targets/?.lua", root, root, root);
    lua_setfield(L, -2, "path");
    lua_settop(L, 0);
    if (lines) lua_sethook(L, count_line, LUA_MASKLINE, 0);
    lua_pushcfunction(L, with_traceback);
    lua_getglobal(L, "require");
    lua_pushstring(L, name);
    FUZZ_CHECK(lua_pcall(L, 1, 1, 1) == LUA_OK, "%s", lua_tostring(L, -1));
    return L;
}

void fuzz_lua(const char *name, bool lines, const uint8_t *data, size_t bytes) {
    static lua_State *L;
    if (L == NULL) L = state_new(name, lines);
    lua_settop(L, 2);
    lua_pushvalue(L, 2);
    lua_pushlstring(L, (const char *)data, bytes);
    FUZZ_CHECK(lua_pcall(L, 1, 0, 1) == LUA_OK, "%s", lua_tostring(L, -1));
}
