/* SPDX-License-Identifier: MIT
 * Sets up a Lua state. The program finds its Lua files from its own place in the file system (/proc/self/exe), so that
 * it works from wherever it is called: beside them in a clone, above them in build/, or installed below share/.
 * Nothing is loaded here: `require "cnn"` happens when a script says so or when a global such as `nn` is first read,
 * which keeps the start under the 20 ms that people feel. */
#include "lua/shell/program.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lualib.h>

#include "lua/binding/interrupt.h"

int luaopen_cnn_core(lua_State *L);

static char program_folder[PATH_MAX]; /* where the executable lies */
static char lua_folder[PATH_MAX + 64];

/* Tells this program's Lua folder from any other folder called lua. */
static bool has_modules(const char *folder) {
    char probe[sizeof lua_folder + 32];
    snprintf(probe, sizeof probe, "%s/shell/repl.lua", folder);
    return access(probe, R_OK) == 0;
}

static void find_lua_folder(void) {
    static const char *const places[] = {"lua", "../share/cnnsh/lua", "../lua", "../../lua"};
    ssize_t length = readlink("/proc/self/exe", program_folder, sizeof program_folder - 1);
    if (length <= 0) return;
    program_folder[length] = '\0';
    char *slash = strrchr(program_folder, '/');
    if (slash == NULL) return;
    *slash = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char candidate[sizeof lua_folder];
        snprintf(candidate, sizeof candidate, "%s/%s", program_folder, places[i]);
        if (!has_modules(candidate)) continue;
        char resolved[PATH_MAX];
        snprintf(lua_folder, sizeof lua_folder, "%s", realpath(candidate, resolved) ? resolved : candidate);
        return;
    }
}

const char *shell_lua_folder(void) {
    return lua_folder;
}

void shell_program_open(lua_State *L, bool bare) {
    if (bare) { /* the sign for the package library to leave LUA_PATH alone */
        lua_pushboolean(L, 1);
        lua_setfield(L, LUA_REGISTRYINDEX, "LUA_NOENV");
    }
    luaL_openlibs(L);
    cnn_interrupt_install(L);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushcfunction(L, luaopen_cnn_core);
    lua_setfield(L, -2, "cnn.core");
    lua_pop(L, 1);
    find_lua_folder();
    if (lua_folder[0] == '\0') return;
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "cpath"); /* optional modules: beside a built program, or where make install puts them */
    lua_pushfstring(L, "%s/?.so;%s/build/?.so;%s/../lib/cnnsh/?.so;%s", program_folder, program_folder, program_folder,
                    lua_tostring(L, -1));
    lua_setfield(L, -3, "cpath");
    lua_pop(L, 1);
    lua_getfield(L, -1, "path");
    lua_pushfstring(L, "%s/?.lua;%s/?/init.lua;%s", lua_folder, lua_folder, lua_tostring(L, -1));
    lua_setfield(L, -3, "path");
    lua_pop(L, 2);
}

void shell_program_script(lua_State *L, const char *script) {
    const char *slash = strrchr(script, '/');
    if (slash == NULL) return; /* ./?.lua is in the path already */
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "path");
    lua_pushlstring(L, script, (size_t)(slash - script));
    const char *folder = lua_tostring(L, -1);
    lua_pushfstring(L, "%s;%s/?.lua;%s/?/init.lua", lua_tostring(L, -2), folder, folder);
    lua_setfield(L, -4, "path");
    lua_pop(L, 3);
}

/* ---- names that need no require ---- */

/* cnn's own field for a global, "" for cnn itself, NULL for any other name. */
static const char *lazy_field(const char *name) {
    static const char *const fields[][2] = {
        {"cnn", ""},
        {"nn", "nn"},
        {"F", "functional"},
        {"optim", "optim"},
        {"data", "data"},
        {"datasets", "datasets"},
        {"transforms", "transforms"},
        {"plt", "plt"},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strcmp(fields[i][0], name) == 0) return fields[i][1];
    return NULL;
}

/* Python's constants would be nil here, and bias=False then the default, without a word. */
static void check_constant(lua_State *L, const char *name) {
    static const char *const constants[][2] = {{"True", "true"}, {"False", "false"}, {"None", "nil"}};
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        if (strcmp(constants[i][0], name) == 0) luaL_error(L, "%s is written %s", name, constants[i][1]);
}

/* What the prompt answers to names such as _, _3 and Out, if there is one: it leaves its function in the metatable. */
static bool answered(lua_State *L, const char *name) {
    if (name[0] != '_' && strcmp(name, "Out") != 0 && strcmp(name, "In") != 0) return false;
    if (!lua_getmetatable(L, 1)) return false;
    if (lua_getfield(L, -1, "results") != LUA_TFUNCTION) return false;
    lua_pushvalue(L, 2);
    lua_call(L, 1, 1);
    return !lua_isnil(L, -1);
}

/* __index of the globals: (table, name) → value, kept in the table from then on. */
static int lazy_index(lua_State *L) {
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "", *field = lazy_field(name);
    if (answered(L, name)) return 1;
    if (field == NULL) check_constant(L, name);
    if (field == NULL) return 0;
    lua_getglobal(L, "require");
    lua_pushliteral(L, "cnn");
    lua_call(L, 1, 1);
    if (strcmp(field, "functional") == 0) lua_getfield(L, -1, "nn");
    if (field[0] != '\0') lua_getfield(L, -1, field);
    if (lua_isnil(L, -1)) return 1;
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -2);
    lua_rawset(L, 1);
    return 1;
}

void shell_program_globals(lua_State *L) {
    lua_pushglobaltable(L);
    if (!lua_getmetatable(L, -1)) { /* a program that gave its globals a metatable keeps that one */
        lua_createtable(L, 0, 1);
        lua_pushcfunction(L, lazy_index);
        lua_setfield(L, -2, "__index");
        lua_setmetatable(L, -2);
        lua_pop(L, 1);
    } else {
        lua_pop(L, 2);
    }
}
