/* SPDX-License-Identifier: MIT
 * Ctrl-C. The signal handler raises the core's flag, at which kernels stop, and sets a debug hook on the Lua thread
 * that is running: a hook on the main thread never fires while a coroutine runs. Which one runs is known because our
 * coroutine.resume and coroutine.wrap note it.
 *
 * The hook stays until cnn_interrupt_clear_lua, else a pcall in a loop would swallow the interrupt. After the first
 * error it leaves some instructions free, for message handlers and <close>; then it fires at each. There is no hook
 * while nothing happens: a permanent one would halve the speed of Lua.
 *
 * A program may hold interrupts, to end what must not be half done: then the first Ctrl-C only leaves a note, which the
 * program reads when it likes, and the second is answered at once. One that comes within half a second is the first
 * once more: fingers do that. */
#include "lua/binding/interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "lua/binding/binding.h"
#include "lua/binding/match.h"

#define GRACE      100000  /* instructions between the first error and the second */
#define MANY       1000000 /* items that Lua sorts in less than half a second */
#define SAME_PRESS 500     /* milliseconds within which Ctrl-C is pressed once, however often it comes */

static lua_State *volatile running; /* the thread whose instructions are executed; NULL: nobody asked for interrupts */
static pthread_t home;              /* the thread of the process that runs Lua */
static volatile sig_atomic_t fired; /* errors raised for this interrupt */
static volatile sig_atomic_t holds; /* how many want the first Ctrl-C to wait */
static volatile sig_atomic_t noted; /* one has come and waits */
static struct timespec noted_at;    /* when; only the handler uses it */

static void hook(lua_State *L, lua_Debug *ar) {
    (void)ar;
    if (!cnn_interrupted()) { /* cleared since: a coroutine that slept through it */
        lua_sethook(L, NULL, 0, 0);
        return;
    }
    cnn_interrupt_raise(L);
}

int cnn_interrupt_raise(lua_State *L) {
    lua_sethook(L, hook, LUA_MASKCOUNT, ++fired == 1 ? GRACE : 1);
    return binding_fail(L, CNN_INTERRUPTED, "", "stopped by Ctrl-C");
}

static void deliver(void) {
    cnn_interrupt();
    lua_State *L = running;
    if (L != NULL) lua_sethook(L, hook, LUA_MASKCOUNT, 1);
    cnn_match_abandon();
}

static bool is_same_press(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now); /* may be called in a handler */
    return (now.tv_sec - noted_at.tv_sec) * 1000 + (now.tv_nsec - noted_at.tv_nsec) / 1000000 < SAME_PRESS;
}

/* A signal may come to any thread of the process; only the one that runs Lua may touch a lua_State. */
static void handler(int signal_number) {
    if (!pthread_equal(pthread_self(), home)) {
        pthread_kill(home, signal_number);
        return;
    }
    if (holds > 0 && !noted) {
        clock_gettime(CLOCK_MONOTONIC, &noted_at);
        noted = 1;
        return;
    }
    if (holds > 0 && is_same_press()) return;
    deliver();
}

void cnn_interrupt_clear_lua(lua_State *L) {
    cnn_interrupt_clear();
    fired = 0;
    noted = 0;
    if (lua_gethook(L) == hook) lua_sethook(L, NULL, 0, 0);
    lua_State *other = running;
    if (other != NULL && lua_gethook(other) == hook) lua_sethook(other, NULL, 0, 0);
}

/* ---- coroutines ---- */

/* Makes `L` the running thread, with the hook where an interrupt is pending and without where it is over. */
static void now_running(lua_State *L) {
    running = L;
    if (cnn_interrupted()) {
        if (lua_gethook(L) != hook) lua_sethook(L, hook, LUA_MASKCOUNT, 1);
    } else if (lua_gethook(L) == hook) {
        lua_sethook(L, NULL, 0, 0);
    }
}

/* Resumes `co` with the `count` values on top of L's stack, and moves its results or its error there. Returns how many
 * results, or -1 for an error. */
static int resume(lua_State *L, lua_State *co, int count) {
    if (!lua_checkstack(co, count)) {
        lua_pushliteral(L, "too many arguments to resume");
        return -1;
    }
    int results = 0;
    lua_xmove(L, co, count);
    now_running(co);
    int status = lua_resume(co, L, count, &results);
    now_running(L);
    if (status != LUA_OK && status != LUA_YIELD) {
        lua_xmove(co, L, 1);
        return -1;
    }
    if (!lua_checkstack(L, results + 1)) {
        lua_pop(co, results);
        lua_pushliteral(L, "too many results to resume");
        return -1;
    }
    lua_xmove(co, L, results);
    return results;
}

static int coroutine_resume(lua_State *L) {
    lua_State *co = lua_tothread(L, 1);
    luaL_argexpected(L, co != NULL, 1, "coroutine");
    int results = resume(L, co, lua_gettop(L) - 1);
    if (results < 0) {
        lua_pushboolean(L, 0);
        lua_insert(L, -2);
        return 2;
    }
    lua_pushboolean(L, 1);
    lua_insert(L, -(results + 1));
    return results + 1;
}

/* What coroutine.wrap gives: raises the coroutine's error, after closing its pending variables. */
static int wrapped(lua_State *L) {
    lua_State *co = lua_tothread(L, lua_upvalueindex(1));
    int results = resume(L, co, lua_gettop(L));
    if (results >= 0) return results;
    int status = lua_status(co);
    if (status != LUA_OK && status != LUA_YIELD) {
#if LUA_VERSION_RELEASE_NUM >= 50406
        status = lua_closethread(co, L);
#else
        status = lua_resetthread(co);
#endif
        if (status != LUA_OK) { /* the error, or the one that a <close> put in its place */
            lua_pop(L, 1);
            lua_xmove(co, L, 1);
        }
    }
    if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

static int coroutine_wrap(lua_State *L) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    lua_pushcclosure(L, wrapped, 1);
    return 1;
}

/* ---- sorting ---- */

static lua_CFunction plain_sort;

/* table.sort without a function compares in C, where no hook is called: what takes longer than people wait is compared
 * by Lua. */
static int table_sort(lua_State *L) {
    static const char less[] = "local a, b = ... return a < b";
    if (lua_type(L, 1) == LUA_TTABLE && lua_isnoneornil(L, 2) && lua_rawlen(L, 1) > MANY) {
        lua_settop(L, 1);
        if (luaL_loadbuffer(L, less, sizeof less - 1, "=(cnn sort)") != LUA_OK) return lua_error(L);
    }
    return plain_sort(L);
}

static void install_sort(lua_State *L) {
    if (lua_getglobal(L, "table") == LUA_TTABLE) {
        lua_getfield(L, -1, "sort");
        lua_CFunction found = lua_tocfunction(L, -1);
        lua_pop(L, 1);
        if (found != NULL && found != table_sort) {
            plain_sort = found;
            lua_pushcfunction(L, table_sort);
            lua_setfield(L, -2, "sort");
        }
    }
    lua_pop(L, 1);
}

/* ---- installing ---- */

void cnn_interrupt_install(lua_State *L) {
    home = pthread_self();
    running = L;
    if (lua_getglobal(L, "coroutine") == LUA_TTABLE) {
        lua_pushcfunction(L, coroutine_resume);
        lua_setfield(L, -2, "resume");
        lua_pushcfunction(L, coroutine_wrap);
        lua_setfield(L, -2, "wrap");
    }
    lua_pop(L, 1);
    cnn_match_install(L);
    install_sort(L);
    struct sigaction action = {.sa_handler = handler};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
}

static int catch_interrupts(lua_State *L) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    lua_State *main_thread = lua_tothread(L, -1);
    lua_pop(L, 1);
    cnn_interrupt_install(main_thread);
    now_running(L);
    return 0;
}

static int clear_interrupt(lua_State *L) {
    cnn_interrupt_clear_lua(L);
    return 0;
}

static int interrupted(lua_State *L) {
    lua_pushboolean(L, cnn_interrupted());
    return 1;
}

/* hold_interrupt(true): the first Ctrl-C from now on waits. hold_interrupt(false): the last one lets it go. */
static int hold_interrupt(lua_State *L) {
    luaL_checktype(L, 1, LUA_TBOOLEAN);
    bool more = lua_toboolean(L, 1);
    if (more || holds > 0) holds = holds + (more ? 1 : -1);
    if (holds > 0 || !noted) return 0;
    noted = 0;
    deliver();
    return 0;
}

/* Has a Ctrl-C come that waits? */
static int interrupt_noted(lua_State *L) {
    lua_pushboolean(L, noted);
    return 1;
}

void binding_open_interrupt(lua_State *L) {
    static const luaL_Reg functions[] = {{"catch_interrupts", catch_interrupts}, {"clear_interrupt", clear_interrupt},
                                         {"interrupted", interrupted},           {"hold_interrupt", hold_interrupt},
                                         {"interrupt_noted", interrupt_noted},   {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
