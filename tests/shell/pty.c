/* SPDX-License-Identifier: MIT
 * A pseudo-terminal for tests, as the Lua module "pty": starts a program on a terminal of its own, types, and reads
 * what comes back. Waiting for a text and the checks are in tests/shell/terminal.lua.
 *
 *     s = pty.spawn{"./cnnsh", env={HOME="/tmp/x"}, rows=24, columns=80}     env is added to ours; false removes
 *     s:write(text)   s:read(seconds) → text, "" after that time, nil when the program has closed its side
 *     s:wait(seconds) → exit status | nil, signal | nil (still running)
 *     s:resize(rows, columns)   s:kill(signal)   s:close()                   close (or the collector) kills it
 * What must stay true: a session never outlives its userdata, so that a failing test leaves no process behind. */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>

#define TYPE "pty.session"

typedef struct session {
    pid_t pid; /* 0 once it was waited for */
    int fd;    /* the terminal's master side, -1 once closed */
    int status;
} session;

static session *check(lua_State *L) {
    return luaL_checkudata(L, 1, TYPE);
}

static int failed(lua_State *L, const char *what) {
    return luaL_error(L, "%s: %s", what, strerror(errno));
}

/* In the child: no Lua error may leave, so whatever fails ends it. */
static void child(lua_State *L, int count) {
    char **argv = calloc((size_t)count + 1, sizeof *argv);
    if (argv == NULL) _exit(126);
    for (int i = 0; i < count; i++) {
        lua_rawgeti(L, 1, i + 1);
        argv[i] = (char *)(uintptr_t)lua_tostring(L, -1);
    }
    if (lua_getfield(L, 1, "env") == LUA_TTABLE) {
        for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
            if (lua_toboolean(L, -1))
                setenv(lua_tostring(L, -2), lua_tostring(L, -1), 1);
            else
                unsetenv(lua_tostring(L, -2));
        }
    }
    for (int i = 1; i < NSIG; i++) signal(i, SIG_DFL);
    execvp(argv[0], argv);
    _exit(127);
}

static int spawn(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    int count = (int)luaL_len(L, 1);
    luaL_checkstack(L, count + 8, NULL);
    lua_getfield(L, 1, "rows");
    lua_getfield(L, 1, "columns");
    struct winsize size = {.ws_row = (unsigned short)luaL_optinteger(L, 2, 24),
                           .ws_col = (unsigned short)luaL_optinteger(L, 3, 80)};
    session *s = lua_newuserdatauv(L, sizeof *s, 0);
    *s = (session){.fd = -1};
    luaL_setmetatable(L, TYPE);
    pid_t pid = forkpty(&s->fd, NULL, NULL, &size);
    if (pid < 0) return failed(L, "forkpty");
    if (pid == 0) child(L, count);
    s->pid = pid;
    return 1;
}

static int session_write(lua_State *L) {
    session *s = check(L);
    size_t length;
    const char *text = luaL_checklstring(L, 2, &length);
    while (length > 0) {
        ssize_t written = write(s->fd, text, length);
        if (written < 0 && errno != EINTR) return failed(L, "write to the terminal");
        if (written > 0) text += written, length -= (size_t)written;
    }
    return 0;
}

static int session_read(lua_State *L) {
    session *s = check(L);
    struct pollfd ready = {.fd = s->fd, .events = POLLIN};
    int count = poll(&ready, 1, (int)(luaL_optnumber(L, 2, 0) * 1000));
    if (count <= 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    char buffer[4096];
    ssize_t length = read(s->fd, buffer, sizeof buffer);
    if (length <= 0)
        lua_pushnil(L); /* EIO is how Linux says that the other side is closed */
    else
        lua_pushlstring(L, buffer, (size_t)length);
    return 1;
}

static bool reap(session *s, int options) {
    if (s->pid == 0) return true;
    pid_t got;
    do got = waitpid(s->pid, &s->status, options);
    while (got < 0 && errno == EINTR);
    if (got == s->pid) s->pid = 0;
    return s->pid == 0;
}

static int session_wait(lua_State *L) {
    session *s = check(L);
    lua_Number seconds = luaL_optnumber(L, 2, 0);
    for (lua_Number waited = 0; !reap(s, WNOHANG); waited += 0.01) {
        if (waited >= seconds) return 0;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    if (WIFSIGNALED(s->status)) {
        lua_pushnil(L);
        lua_pushinteger(L, WTERMSIG(s->status));
        return 2;
    }
    lua_pushinteger(L, WEXITSTATUS(s->status));
    return 1;
}

static int session_resize(lua_State *L) {
    struct winsize size = {.ws_row = (unsigned short)luaL_checkinteger(L, 2),
                           .ws_col = (unsigned short)luaL_checkinteger(L, 3)};
    if (ioctl(check(L)->fd, TIOCSWINSZ, &size) != 0) return failed(L, "resize");
    return 0;
}

static int session_kill(lua_State *L) {
    session *s = check(L);
    if (s->pid != 0) kill(s->pid, (int)luaL_checkinteger(L, 2));
    return 0;
}

static int session_close(lua_State *L) {
    session *s = check(L);
    if (s->fd >= 0) close(s->fd);
    s->fd = -1;
    if (s->pid != 0) {
        kill(s->pid, SIGKILL);
        reap(s, 0);
    }
    return 0;
}

__attribute__((visibility("default"))) int luaopen_pty(lua_State *L);
int luaopen_pty(lua_State *L) {
    static const luaL_Reg methods[] = {
        {"write", session_write},   {"read", session_read},     {"wait", session_wait},
        {"resize", session_resize}, {"kill", session_kill},     {"close", session_close},
        {"__gc", session_close},    {"__close", session_close}, {NULL, NULL},
    };
    luaL_newmetatable(L, TYPE);
    luaL_setfuncs(L, methods, 0);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, spawn);
    lua_setfield(L, -2, "spawn");
    return 1;
}
