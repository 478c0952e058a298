/* SPDX-License-Identifier: MIT
 * A web server for tests of downloads, as the Lua module "server": it does what a function in Lua tells it to, so that
 * it can do wrong in every way.
 *
 *     s = server.start(function(request, connection, n) … end)     in a process of its own, on a port of 127.0.0.1
 *     s.port   s:close()                                            close (or the collector) kills it
 *     connection:send(text)   connection:sleep(seconds)             send gives false when the other side has hung up
 *
 * `request` is the head of a request as it came, `n` its number. The connection is closed when the function returns.
 * What must stay true: no server outlives its userdata, or the test that started it. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>

#define SERVER     "server.server"
#define CONNECTION "server.connection"

typedef struct server {
    pid_t pid; /* 0 once it was waited for */
    int port;
} server;

/* ---- in the server's process ---- */

static int connection_send(lua_State *L) {
    const int fd = *(int *)luaL_checkudata(L, 1, CONNECTION);
    size_t length;
    const char *text = luaL_checklstring(L, 2, &length);
    while (length > 0) {
        const ssize_t sent = send(fd, text, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) break;
        text += sent, length -= (size_t)sent;
    }
    lua_pushboolean(L, length == 0);
    return 1;
}

static int connection_sleep(lua_State *L) {
    const lua_Number seconds = luaL_checknumber(L, 2);
    const time_t whole = (time_t)seconds;
    nanosleep(&(struct timespec){.tv_sec = whole, .tv_nsec = (long)((seconds - (lua_Number)whole) * 1e9)}, NULL);
    return 0;
}

/* Reads up to the empty line that ends a head. Returns its length, 0 where none came. */
static size_t read_head(int fd, char *head, size_t room) {
    size_t length = 0;
    while (length < room - 1) {
        const ssize_t got = recv(fd, head + length, room - 1 - length, 0);
        if (got <= 0) return 0;
        length += (size_t)got;
        head[length] = '\0';
        if (strstr(head, "\r\n\r\n") != NULL) return length;
    }
    return 0;
}

/* The handler is at index 1. Never returns: no Lua error may leave. */
static void serve(lua_State *L, int listening) {
    char head[8192];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int i = 1; i < NSIG; i++) signal(i, SIG_DFL);
    for (lua_Integer number = 1;; number++) {
        const int fd = accept(listening, NULL, NULL);
        const size_t length = fd >= 0 ? read_head(fd, head, sizeof head) : 0;
        if (length > 0) {
            lua_pushvalue(L, 1);
            lua_pushlstring(L, head, length);
            int *connection = lua_newuserdatauv(L, sizeof *connection, 0);
            *connection = fd;
            luaL_setmetatable(L, CONNECTION);
            lua_pushinteger(L, number);
            if (lua_pcall(L, 3, 0, 0) != LUA_OK) lua_settop(L, 1);
        }
        if (fd >= 0) {
            shutdown(fd, SHUT_WR); /* what was sent arrives, even if not all that came was read */
            close(fd);
        }
    }
}

/* ---- in the test's process ---- */

static int failed(lua_State *L, const char *what) {
    return luaL_error(L, "%s: %s", what, strerror(errno));
}

static int start(lua_State *L) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    server *s = lua_newuserdatauv(L, sizeof *s, 0);
    *s = (server){0};
    luaL_setmetatable(L, SERVER);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return failed(L, "socket");
    if (bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, 16) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0) {
        close(fd);
        return failed(L, "listen");
    }
    s->port = ntohs(address.sin_port);
    s->pid = fork();
    if (s->pid == 0) serve(L, fd);
    close(fd);
    if (s->pid < 0) {
        s->pid = 0;
        return failed(L, "fork");
    }
    return 1;
}

static int server_close(lua_State *L) {
    server *s = luaL_checkudata(L, 1, SERVER);
    if (s->pid <= 0) return 0;
    kill(s->pid, SIGKILL);
    while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR) continue;
    s->pid = 0;
    return 0;
}

static int server_index(lua_State *L) {
    const server *s = luaL_checkudata(L, 1, SERVER);
    const char *name = luaL_checkstring(L, 2);
    if (strcmp(name, "port") == 0)
        lua_pushinteger(L, s->port);
    else if (strcmp(name, "close") == 0)
        lua_pushcfunction(L, server_close);
    else
        lua_pushnil(L);
    return 1;
}

__attribute__((visibility("default"))) int luaopen_server(lua_State *L);
int luaopen_server(lua_State *L) {
    static const luaL_Reg server_methods[] = {
        {"__index", server_index}, {"__gc", server_close}, {"__close", server_close}, {NULL, NULL}};
    static const luaL_Reg connection_methods[] = {{"send", connection_send}, {"sleep", connection_sleep}, {NULL, NULL}};
    luaL_newmetatable(L, SERVER);
    luaL_setfuncs(L, server_methods, 0);
    luaL_newmetatable(L, CONNECTION);
    lua_newtable(L);
    luaL_setfuncs(L, connection_methods, 0);
    lua_setfield(L, -2, "__index");
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, start);
    lua_setfield(L, -2, "start");
    return 1;
}
