/* SPDX-License-Identifier: MIT
 * The terminal, as progress bars need it: its width, a clock, and one status line that is never left half written.
 *
 * The status line lives on standard error. It is drawn over itself; whoever wants to print ordinary text first ends it.
 * Ending it is a C function, since it is also the __close of a bar: after Ctrl-C every Lua instruction raises again, so
 * a Lua function would not get that far. What must stay true: nothing here writes when standard error is no terminal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "lua/binding/binding.h"
#include "lua/binding/terminal.h"

static bool line_open; /* a status line stands on the terminal, the cursor at its end */

void cnn_status_line_end(void) {
    if (!line_open) return;
    line_open = false;
    fputc('\n', stderr);
    fflush(stderr);
}

/* core.terminal() → columns of standard error, or nil where it is no terminal that can redraw a line */
static int terminal_columns(lua_State *L) {
    const char *kind = getenv("TERM");
    struct winsize size;
    if (!isatty(STDERR_FILENO) || kind == NULL || strcmp(kind, "dumb") == 0) return 0;
    bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    lua_pushinteger(L, known ? size.ws_col : 80);
    return 1;
}

/* core.output_terminal() → columns and lines of standard output, or nil where it is no terminal */
static int terminal_output(lua_State *L) {
    struct winsize size;
    if (!isatty(STDOUT_FILENO)) return 0;
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
    lua_pushinteger(L, known ? size.ws_col : 80);
    lua_pushinteger(L, known ? size.ws_row : 24);
    return 2;
}

/* core.status_line(text): draws the line anew. core.status_line(nil): wipes it. The text fits the terminal's width. */
static int terminal_status_line(lua_State *L) {
    static const char start[] = "\r", wipe[] = "\x1b[K";
    size_t length = 0;
    const char *text = luaL_optlstring(L, 1, NULL, &length);
    if (!isatty(STDERR_FILENO) || (text == NULL && !line_open)) return 0;
    luaL_Buffer buffer; /* one write: nothing can come between its parts */
    luaL_buffinit(L, &buffer);
    luaL_addstring(&buffer, start);
    if (text != NULL) luaL_addlstring(&buffer, text, length);
    luaL_addstring(&buffer, wipe);
    luaL_pushresult(&buffer);
    const char *whole = lua_tolstring(L, -1, &length);
    fflush(stdout);
    fwrite(whole, 1, length, stderr);
    fflush(stderr);
    line_open = text != NULL;
    return 0;
}

/* core.status_line_end(): moves to a new line if a status line stands. Takes any arguments, as a __close does. */
static int terminal_status_line_end(lua_State *L) {
    (void)L;
    cnn_status_line_end();
    return 0;
}

/* core.clock() → seconds since some moment; never goes backwards */
static int terminal_clock(lua_State *L) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    lua_pushnumber(L, (double)now.tv_sec + 1e-9 * (double)now.tv_nsec);
    return 1;
}

void binding_open_terminal(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"terminal", terminal_columns},
        {"output_terminal", terminal_output},
        {"status_line", terminal_status_line},
        {"status_line_end", terminal_status_line_end},
        {"clock", terminal_clock},
        {NULL, NULL},
    };
    luaL_setfuncs(L, functions, 0);
}
