/* SPDX-License-Identifier: MIT
 * The process-wide state: the random generator, threads, the instruction-set level. */
#include "core/profile.h"
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

/* (): measures from here on */
static int profile_start(lua_State *L) {
    (void)L;
    cnn_profile_start();
    return 0;
}

/* () -> a list of {name, calls, seconds} with fields seconds, page_faults, system_allocations; nil if none was running
 */
static int profile_stop(lua_State *L) {
    cnn_profile p;
    if (!cnn_profile_stop(&p)) return 0;
    lua_createtable(L, (int)p.rows, 3);
    for (size_t i = 0; i < p.rows; i++) {
        lua_createtable(L, 0, 3);
        lua_pushstring(L, p.row[i].name);
        lua_setfield(L, -2, "name");
        lua_pushinteger(L, (lua_Integer)p.row[i].calls);
        lua_setfield(L, -2, "calls");
        lua_pushnumber(L, p.row[i].seconds);
        lua_setfield(L, -2, "seconds");
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_pushnumber(L, p.seconds);
    lua_setfield(L, -2, "seconds");
    lua_pushinteger(L, (lua_Integer)p.page_faults);
    lua_setfield(L, -2, "page_faults");
    lua_pushinteger(L, (lua_Integer)p.system_allocations);
    lua_setfield(L, -2, "system_allocations");
    return 1;
}

void binding_open_state(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"seed", seed}, {"generator", generator},         {"set_generator", set_generator}, {"threads", threads},
        {"cpu", cpu},   {"profile_start", profile_start}, {"profile_stop", profile_stop},   {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
    lua_pushliteral(L, CNN_VERSION);
    lua_setfield(L, -2, "version");
}
