/* SPDX-License-Identifier: MIT
 * The outer loop of the prompt. What a statement is, how it runs and how values look is Lua (repl.lua and its
 * neighbours); here is what Lua can't do: the terminal, appending to the history in one write, folders, and looking at
 * an error's stack with hooks off.
 * Each turn of the loop is one statement in a protected call of its own, so that even an error inside repl.lua costs a
 * line and not the session. */
#include "lua/shell/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <lauxlib.h>

#include "lua/binding/interrupt.h"
#include "lua/shell/program.h"
#include "lua/shell/readline.h"
#include "lua/shell/run.h"
#include "lua/shell/traceback.h"

enum { BROKEN = 5 }; /* failures of the loop itself in a row before it gives up */

static int failed(lua_State *L) {
    int reason = errno;
    lua_pushnil(L);
    lua_pushstring(L, strerror(reason));
    return 2;
}

/* (path, text) → true, or nil and why: one write to the end, so that shells writing at the same time lose nothing. */
static int append(lua_State *L) {
    size_t length;
    const char *path = luaL_checkstring(L, 1), *text = luaL_checklstring(L, 2, &length);
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return failed(L);
    ssize_t written = write(file, text, length);
    if (written >= 0 && (size_t)written < length) errno = ENOSPC;
    int saved = errno, complete = written == (ssize_t)length;
    close(file);
    errno = saved;
    if (!complete) return failed(L);
    lua_pushboolean(L, 1);
    return 1;
}

/* (path) → true, or nil and why: the folder and those above it. */
static int make_folder(lua_State *L) {
    size_t length;
    const char *path = luaL_checklstring(L, 1, &length);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0') continue;
        lua_pushlstring(L, path, i);
        if (mkdir(lua_tostring(L, -1), 0700) != 0 && errno != EEXIST) return failed(L);
        lua_pop(L, 1);
    }
    lua_pushboolean(L, 1);
    return 1;
}

/* () → where the session is, or nil and why */
static int folder(lua_State *L) {
    char path[PATH_MAX];
    if (getcwd(path, sizeof path) == NULL) return failed(L);
    lua_pushstring(L, path);
    return 1;
}

/* (path) → true, or nil and why */
static int change_folder(lua_State *L) {
    if (chdir(luaL_checkstring(L, 1)) != 0) return failed(L);
    lua_pushboolean(L, 1);
    return 1;
}

static double seconds(struct timeval time) {
    return (double)time.tv_sec + (double)time.tv_usec * 1e-6;
}

/* () → seconds on the wall, and of the processor in our code and in the system's for us, all threads together. */
static int clocks(lua_State *L) {
    struct timespec now;
    struct rusage usage;
    clock_gettime(CLOCK_MONOTONIC, &now);
    getrusage(RUSAGE_SELF, &usage);
    lua_pushnumber(L, (double)now.tv_sec + (double)now.tv_nsec * 1e-9);
    lua_pushnumber(L, seconds(usage.ru_utime));
    lua_pushnumber(L, seconds(usage.ru_stime));
    return 3;
}

/* () → are both input and output a terminal? */
static int is_terminal(lua_State *L) {
    lua_pushboolean(L, isatty(STDIN_FILENO) && isatty(STDOUT_FILENO));
    return 1;
}

/* The handler of `guarded`: upvalue 1 is what looks at the stack of the error before it is gone. */
static int handler(lua_State *L) {
    lua_Hook hook = lua_gethook(L); /* an interrupt's hook would interrupt the inspection, too */
    int mask = lua_gethookmask(L), count = lua_gethookcount(L);
    lua_sethook(L, NULL, 0, 0);
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    if (lua_pcall(L, 0, 0, 0) != LUA_OK) lua_pop(L, 1);
    lua_sethook(L, hook, mask, count);
    return shell_traceback_brief(L);
}

/* (on_error, f, …) → true and f's results, or false and the error as text; on_error() sees the stack of the error. */
static int guarded(lua_State *L) {
    lua_pushvalue(L, 1);
    lua_pushcclosure(L, handler, 1);
    lua_replace(L, 1);
    lua_pushboolean(L, 1);
    lua_insert(L, 2); /* handler, true, f, … */
    int status = lua_pcall(L, lua_gettop(L) - 3, LUA_MULTRET, 1);
    cnn_interrupt_clear_lua(L); /* it has stopped what it was meant for */
    if (status == LUA_OK) return lua_gettop(L) - 1;
    lua_pushboolean(L, 0);
    lua_insert(L, -2);
    return 2;
}

static const luaL_Reg terminal[] = {
    {"read_line", shell_read_line},
    {"remember", shell_remember},
    {"width", shell_width},
    {"rows", shell_rows},
    {"clocks", clocks},
    {"is_terminal", is_terminal},
    {"set_completer", shell_set_completer},
    {"list_folder", shell_list_folder},
    {"set_painter", shell_set_painter},
    {"colours", shell_colours},
    {"append", append},
    {"make_folder", make_folder},
    {"folder", folder},
    {"change_folder", change_folder},
    {"guarded", guarded},
    {NULL, NULL},
};

/* Pushes the session: require("shell.repl").new(terminal) */
static int open_session(lua_State *L) {
    lua_getglobal(L, "require");
    lua_pushliteral(L, "shell.repl");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "new");
    luaL_newlib(L, terminal);
    lua_pushstring(L, CNN_VERSION);
    lua_setfield(L, -2, "version");
    lua_call(L, 1, 1);
    return 1;
}

bool shell_prompt(lua_State *L) {
    shell_readline_open();
    shell_program_globals(L);
    lua_pushcfunction(L, open_session);
    if (!shell_report(L, shell_call(L, 0, 1))) return false;
    int failures = 0;
    for (bool more = true; more && failures < BROKEN;) {
        cnn_interrupt_clear_lua(L);
        lua_getfield(L, -1, "step");
        lua_pushvalue(L, -2);
        if (shell_report(L, shell_call(L, 1, 1))) {
            more = lua_toboolean(L, -1);
            lua_pop(L, 1);
            failures = 0;
        } else {
            failures++;
        }
    }
    lua_pop(L, 1);
    return failures < BROKEN;
}
