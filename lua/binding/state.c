/* SPDX-License-Identifier: MIT
 * The process-wide state: the random generator, threads, the instruction-set level. */
#include "lua/binding/binding.h"

/* (n): the numbers that follow depend on n only */
static int seed(lua_State *L) {
    *cnn_default_generator() =
        (cnn_generator){.seed = (uint64_t)binding_check_integer(L, 1, "manual_seed", "the seed"), .offset = 0};
    return 0;
}

/* () -> seed, offset: enough to continue from here later */
static int generator(lua_State *L) {
    const cnn_generator *g = cnn_default_generator();
    lua_pushinteger(L, (lua_Integer)g->seed);
    lua_pushinteger(L, (lua_Integer)g->offset);
    return 2;
}

/* (seed, offset) */
static int set_generator(lua_State *L) {
    uint64_t new_seed = (uint64_t)binding_check_integer(L, 1, "set_generator", "the seed");
    uint64_t offset = (uint64_t)binding_check_integer(L, 2, "set_generator", "the offset");
    *cnn_default_generator() = (cnn_generator){.seed = new_seed, .offset = offset};
    return 0;
}

/* ([n]) -> how many threads */
static int threads(lua_State *L) {
    cnn_error err;
    if (!lua_isnoneornil(L, 1)) {
        int64_t count = binding_check_integer(L, 1, "threads", "the number of threads");
        int clipped = count < 0 ? 0 : count > INT32_MAX ? INT32_MAX : (int)count;
        if (cnn_threads_set(clipped, &err) != CNN_OK) return binding_raise(L, &err);
    }
    lua_pushinteger(L, cnn_threads());
    return 1;
}

/* ([level]) -> the level in use */
static int cpu(lua_State *L) {
    cnn_error err;
    if (!lua_isnoneornil(L, 1)) {
        if (lua_type(L, 1) != LUA_TSTRING)
            binding_fail(L, CNN_BAD_TYPE, "cpu", "a level is a name such as \"avx2\"; got %s", binding_what(L, 1));
        if (cnn_cpu_level_set(lua_tostring(L, 1), &err) != CNN_OK) return binding_raise(L, &err);
    }
    lua_pushstring(L, cnn_cpu_level());
    return 1;
}

void binding_open_state(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"seed", seed}, {"generator", generator}, {"set_generator", set_generator}, {"threads", threads}, {"cpu", cpu},
        {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
    lua_pushliteral(L, CNN_VERSION);
    lua_setfield(L, -2, "version");
}
