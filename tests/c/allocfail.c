/* SPDX-License-Identifier: MIT
 * Every allocation of every function of the binding is made to fail in turn: nothing may leak, crash or be half done.
 *
 * Calls come from tests/helpers/binding_calls.lua. Each is run once to count its allocations, those of Lua's allocator
 * and those of the library (malloc and its kin are wrapped by the linker), then again for every k: the k-th and all
 * later ones of that kind fail until the call has returned. The state is closed, the cache of the allocator trimmed,
 * and what is still allocated must be what it was before. Run it in the root of the sources. Usage: allocfail [part of
 * a name] */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lualib.h>

#include "core/cnn.h"

int luaopen_cnn_core(lua_State *L);

/* ---- allocators that fail when told to ---- */

typedef struct failing {
    bool armed;
    long count;   /* allocations since armed */
    long fail_at; /* this one and later ones fail; 0: none */
} failing;

static failing in_lua, in_library;
static long live_blocks; /* of the library */

static bool fails(failing *f) {
    return f->armed && ++f->count >= f->fail_at && f->fail_at > 0;
}

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *old, size_t bytes);
int __real_posix_memalign(void **out, size_t align, size_t bytes);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t bytes);
char *__real_realpath(const char *path, char *resolved);
void __real_free(void *block);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);
int __wrap_posix_memalign(void **out, size_t align, size_t bytes);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t bytes);
char *__wrap_realpath(const char *path, char *resolved);
void __wrap_free(void *block);

static void *counted(void *block) {
    if (block) live_blocks++;
    return block;
}

void *__wrap_malloc(size_t bytes) {
    return fails(&in_library) ? NULL : counted(__real_malloc(bytes));
}

void *__wrap_calloc(size_t count, size_t bytes) {
    return fails(&in_library) ? NULL : counted(__real_calloc(count, bytes));
}

void *__wrap_realloc(void *old, size_t bytes) {
    if (fails(&in_library)) return NULL;
    void *block = __real_realloc(old, bytes);
    return old ? block : counted(block);
}

int __wrap_posix_memalign(void **out, size_t align, size_t bytes) {
    if (fails(&in_library)) return ENOMEM;
    int code = __real_posix_memalign(out, align, bytes);
    if (code == 0) live_blocks++;
    return code;
}

char *__wrap_strdup(const char *text) {
    return fails(&in_library) ? NULL : counted(__real_strdup(text));
}

char *__wrap_strndup(const char *text, size_t bytes) {
    return fails(&in_library) ? NULL : counted(__real_strndup(text, bytes));
}

/* Allocates only without a buffer of the caller's. */
char *__wrap_realpath(const char *path, char *resolved) {
    if (resolved) return __real_realpath(path, resolved);
    if (fails(&in_library)) {
        errno = ENOMEM;
        return NULL;
    }
    return counted(__real_realpath(path, resolved));
}

void __wrap_free(void *block) {
    if (block) live_blocks--;
    __real_free(block);
}

static void *lua_memory(void *unused, void *old, size_t old_bytes, size_t bytes) {
    (void)unused;
    if (bytes == 0) {
        __real_free(old);
        return NULL;
    }
    bool grows = old == NULL || bytes > old_bytes; /* Lua relies on shrinking */
    if (grows && fails(&in_lua)) return NULL;
    return __real_realloc(old, bytes);
}

/* ---- one run of one call ---- */

/* A state with the list of calls at stack index 1, or exit: nothing fails here. */
static lua_State *state_new(void) {
    lua_State *L = lua_newstate(lua_memory, NULL);
    luaL_openlibs(L);
    if (luaL_dostring(L, "package.path = 'lua/?.lua;lua/?/init.lua;tests/?.lua'") != LUA_OK) exit(2);
    luaL_requiref(L, "cnn.core", luaopen_cnn_core, 0);
    if (luaL_dostring(L, "require 'cnn.errors' return (require 'helpers.binding_calls')") != LUA_OK) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        exit(2);
    }
    lua_insert(L, -2);
    if (lua_pcall(L, 1, 2, 0) != LUA_OK) {
        fprintf(stderr, "%s\n", luaL_tolstring(L, -1, NULL));
        exit(2);
    }
    return L;
}

static const char *call_name(lua_State *L, int which) {
    lua_rawgeti(L, 1, which);
    lua_rawgeti(L, -1, 1);
    const char *name = lua_tostring(L, -1);
    lua_pop(L, 2);
    return name;
}

/* Runs call number `which`; returns its Lua status. With `text` what it raised is kept there. */
static int run(lua_State *L, int which, failing *f, long fail_at, char text[300]) {
    lua_rawgeti(L, 1, which);
    lua_rawgeti(L, -1, 2);
    lua_gc(L, LUA_GCCOLLECT);
    *f = (failing){.armed = true, .fail_at = fail_at};
    int status = lua_pcall(L, 0, 0, 0);
    f->armed = false;
    if (status != LUA_OK) snprintf(text, 300, "%s", luaL_tolstring(L, -1, NULL));
    lua_settop(L, 2);
    return status;
}

/* ---- the walk ---- */

static int passed, failed;

static void complain(const char *name, const char *what, long k, const char *text) {
    if (failed++ < 20) printf("FAIL allocfail: %s: %s (allocation %ld) %s\n", name, what, k, text);
}

static void fresh_run(int which, failing *f, long fail_at, long blocks) {
    char text[300] = "", name[80];
    const bool grad = cnn_grad_enabled();
    const size_t bytes = cnn_memory().live_bytes;
    lua_State *L = state_new();
    snprintf(name, sizeof name, "%s, %s", call_name(L, which), f == &in_lua ? "Lua" : "library");
    int status = run(L, which, f, fail_at, text);
    if (status != LUA_OK && status != LUA_ERRMEM && !strstr(text, "memory")) complain(name, "raises", fail_at, text);
    lua_close(L);
    cnn_memory_trim();
    if (cnn_memory().live_bytes != bytes) complain(name, "keeps tensors", fail_at, text);
    if (live_blocks != blocks) complain(name, "leaks", fail_at, text);
    live_blocks = blocks;
    if (cnn_grad_enabled() != grad) complain(name, "leaves gradients switched", fail_at, text);
    cnn_grad_enable(grad);
}

static void walk(int which, failing *f) {
    char text[300] = "";
    lua_State *L = state_new();
    int status = run(L, which, f, 0, text);
    const long allocations = f->count;
    if (status != LUA_OK) complain(call_name(L, which), "does not work", 0, text);
    lua_close(L);
    cnn_memory_trim();
    const long blocks = live_blocks;
    for (long k = 1; k <= allocations; k++) fresh_run(which, f, k, blocks);
}

/* Functions of cnn.core that no call is named after. */
static void check_complete(lua_State *L) {
    lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_getfield(L, -1, "cnn.core");
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        if (!lua_isfunction(L, -1)) continue;
        lua_pushvalue(L, -2);
        if (lua_rawget(L, 2) == LUA_TNIL) complain(lua_tostring(L, -3), "has no call in binding_calls.lua", 0, "");
        lua_pop(L, 1);
    }
}

int main(int argc, char **argv) {
    lua_State *L = state_new();
    const int calls = (int)lua_rawlen(L, 1);
    check_complete(L);
    for (int i = 1; i <= calls; i++) { /* warm up what is made once */
        char text[300];
        if (run(L, i, &in_lua, 0, text) != LUA_OK) complain(call_name(L, i), "does not work", 0, text);
    }
    for (int i = 1; i <= calls; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s", call_name(L, i));
        if (argc > 1 && !strstr(name, argv[1])) continue;
        const int before = failed;
        walk(i, &in_lua);
        walk(i, &in_library);
        passed += failed == before;
    }
    lua_close(L);
    printf("%d passed, %d failed\n", passed, failed);
    return failed ? 1 : 0;
}
