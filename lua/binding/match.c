/* SPDX-License-Identifier: MIT
 * Patterns such as ".-.-.-x" make Lua's matcher try every way to split a text: in C, where no hook is called. It only
 * reads meanwhile, so the handler of Ctrl-C may jump out of it, if it is certain that it is the matcher that runs:
 * Lua's functions find and match touch the state at their very end, where they push (the stack is higher then) or
 * allocate (which is counted). A handler that sees either leaves them alone: they are about to return.
 *
 * Only patterns that could take long are guarded, by a protected call around them; all others cost a look at the
 * pattern. Strings alone are guarded: numbers would be converted, which allocates. */
#include "lua/binding/match.h"

#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include <lauxlib.h>

#include "lua/binding/interrupt.h"

#define LONG_WORK 1e7 /* steps that nobody notices */

static lua_CFunction plain_find, plain_match;
static lua_Alloc allocate;
static volatile sig_atomic_t allocations; /* counted to tell whether there were any; it may wrap */

static struct {
    volatile sig_atomic_t armed;
    sigjmp_buf place;
    lua_State *L;
    lua_CFunction function;
    int top;
    sig_atomic_t allocations;
} guard;

static void *counting(void *data, void *block, size_t old_size, size_t new_size) {
    allocations = (sig_atomic_t)((unsigned)allocations + 1);
    return allocate(data, block, old_size, new_size);
}

void cnn_match_abandon(void) {
    if (!guard.armed || lua_gettop(guard.L) != guard.top || allocations != guard.allocations) return;
    guard.armed = 0;
    siglongjmp(guard.place, 1);
}

/* Runs guard.function on the arguments of this call. */
static int matching(lua_State *L) {
    if (sigsetjmp(guard.place, 1) != 0) return cnn_interrupt_raise(L);
    guard.L = L;
    guard.top = lua_gettop(L);
    guard.allocations = allocations;
    guard.armed = 1;
    int results = guard.function(L);
    guard.armed = 0;
    return results;
}

/* Each repetition may begin and end anywhere in the text, and so may the match. */
static bool may_take_long(lua_State *L) {
    if (lua_type(L, 1) != LUA_TSTRING || lua_type(L, 2) != LUA_TSTRING || lua_toboolean(L, 4)) return false;
    if (lua_type(L, 3) != LUA_TNUMBER && !lua_isnoneornil(L, 3)) return false;
    size_t length;
    const char *pattern = lua_tolstring(L, 2, &length);
    double text = (double)lua_rawlen(L, 1), work = text + 2;
    for (size_t i = 0; i < length; i++)
        if (strchr("*+-?b", pattern[i]) && pattern[i] != '\0') work *= text + 2; /* %b, too */
    return work > LONG_WORK;
}

static int guarded(lua_State *L, lua_CFunction function) {
    if (guard.armed || !may_take_long(L)) return function(L);
    guard.function = function;
    lua_pushcfunction(L, matching);
    lua_insert(L, 1);
    int status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
    guard.armed = 0;
    if (status == LUA_OK) return lua_gettop(L);
    if (status == LUA_ERRRUN && lua_type(L, -1) == LUA_TSTRING) { /* of a malformed pattern: the caller's line */
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

static int guarded_find(lua_State *L) {
    return guarded(L, plain_find);
}

static int guarded_match(lua_State *L) {
    return guarded(L, plain_match);
}

static void replace(lua_State *L, const char *name, lua_CFunction own, lua_CFunction *plain) {
    lua_getfield(L, -1, name);
    lua_CFunction found = lua_tocfunction(L, -1);
    lua_pop(L, 1);
    if (found == NULL || found == own) return;
    *plain = found;
    lua_pushcfunction(L, own);
    lua_setfield(L, -2, name);
}

void cnn_match_install(lua_State *L) {
    void *data;
    lua_Alloc current = lua_getallocf(L, &data);
    if (current != counting) {
        allocate = current;
        lua_setallocf(L, counting, data);
    }
    if (lua_getglobal(L, "string") == LUA_TTABLE) {
        replace(L, "find", guarded_find, &plain_find);
        replace(L, "match", guarded_match, &plain_match);
    }
    lua_pop(L, 1);
}
