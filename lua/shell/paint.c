/* SPDX-License-Identifier: MIT
 * Colours of the line that is being typed. Readline draws the line as ever and keeps its own account of the cursor;
 * after each of its redisplays the same characters are written once more over themselves with colours, and the cursor
 * goes back to where readline believes it to be. What must stay true: the walk below places characters as readline
 * does. Where it can't know that (horizontal scrolling, a mode in the prompt, control characters, more rows than the
 * screen has), the line stays as readline has drawn it. Which colour a byte has is Lua's business (colour.lua): one
 * letter per byte. */
#define _XOPEN_SOURCE 700
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include <lauxlib.h>

#include "lua/shell/readline.h"

#include <readline/readline.h>

enum { LONGEST = 8000 }; /* bytes of a line that is worth lexing at every key */

static const char painter_key; /* its address: where the registry keeps the Lua function */
static lua_State *state;       /* the state that set it */

typedef struct cell {
    int row, column; /* from the first row of the prompt; column == width: the next character wraps */
} cell;

/* ---- what Lua says ---- */

/* The protected part: () → the letters */
static int ask(lua_State *L) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &painter_key);
    lua_pushlstring(L, rl_line_buffer, (size_t)rl_end);
    lua_call(L, 1, 1);
    return 1;
}

static const char *escape_of(char letter) {
    switch (letter) {
    case 'k':
        return "\033[35m"; /* keyword */
    case 's':
        return "\033[32m"; /* string */
    case 'n':
        return "\033[36m"; /* number */
    case 'c':
        return "\033[90m"; /* comment */
    case 'l':
        return "\033[34m"; /* a name of the library */
    case 'h':
        return "\033[33m"; /* a question or a command */
    case 'x':
        return "\033[31m"; /* what can't be right */
    default:
        return "\033[0m";
    }
}

/* ---- where characters stand ---- */

static void advance(cell *at, int columns, int width) {
    if (at->column + columns > width) *at = (cell){at->row + 1, 0};
    at->column += columns;
}

/* Where a character of so many columns goes. */
static cell settled(cell at, int columns, int width) {
    return at.column + columns > width ? (cell){at.row + 1, 0} : at;
}

/* Bytes of the character at `text` and its columns; 0 where readline would show it in another way. */
static size_t character(const char *text, size_t left, int *columns) {
    wchar_t wide;
    mbstate_t shift = {0};
    size_t bytes = mbrtowc(&wide, text, left, &shift);
    if (bytes == 0 || bytes == (size_t)-1 || bytes == (size_t)-2) return 0;
    *columns = wcwidth(wide);
    return *columns < 0 ? 0 : bytes;
}

/* The cell behind the prompt; false where it is not plain text. */
static bool after_prompt(cell *at, int width) {
    const char *prompt = rl_display_prompt ? rl_display_prompt : "", *line = strrchr(prompt, '\n');
    if (line) prompt = line + 1;
    for (size_t left = strlen(prompt), bytes; left > 0; prompt += bytes, left -= bytes) {
        int columns;
        if (*prompt == RL_PROMPT_START_IGNORE) {
            const char *end = strchr(prompt, RL_PROMPT_END_IGNORE);
            if (end == NULL) return false;
            bytes = (size_t)(end - prompt) + 1;
            continue;
        }
        bytes = character(prompt, left, &columns);
        if (bytes == 0) return false;
        advance(at, columns, width);
    }
    return true;
}

static void write_tab(cell *at, int width, bool writes) {
    for (int spaces = 8 - settled(*at, 1, width).column % 8; spaces > 0; spaces--) {
        if (writes) fputc(' ', rl_outstream);
        advance(at, 1, width);
    }
}

/* Walks over the line from `at`; writes it where `letters` are given. *point gets the cursor's cell. */
static bool walk(cell *at, cell *point, int width, const char *letters) {
    char letter = '\0';
    for (int i = 0; i < rl_end;) {
        const char *c = rl_line_buffer + i;
        int columns = 1;
        size_t bytes = *c == '\n' || *c == '\t' ? 1 : character(c, (size_t)(rl_end - i), &columns);
        if (bytes == 0) return false;
        if (i == rl_point) *point = settled(*at, columns, width);
        if (letters && letters[i] != letter) fputs(escape_of(letter = letters[i]), rl_outstream);
        if (*c == '\t') {
            write_tab(at, width, letters != NULL);
        } else if (*c == '\n') {
            int row = settled(*at, 1, width).row + 1; /* behind a full row readline leaves an empty one */
            for (int rows = row - at->row; letters && rows > 0; rows--) fputs("\r\n", rl_outstream);
            *at = (cell){row, 0};
        } else {
            if (letters) fwrite(c, 1, bytes, rl_outstream);
            advance(at, columns, width);
        }
        i += (int)bytes;
    }
    if (rl_point == rl_end) *point = settled(*at, 1, width);
    return true;
}

/* ---- drawing ---- */

static void move(cell from, cell to) {
    fputc('\r', rl_outstream);
    if (to.row < from.row) fprintf(rl_outstream, "\033[%dA", from.row - to.row);
    if (to.row > from.row) fprintf(rl_outstream, "\033[%dB", to.row - from.row);
    if (to.column > 0) fprintf(rl_outstream, "\033[%dC", to.column);
}

static bool is_on(const char *variable) {
    const char *value = rl_variable_value(variable);
    return value && strcmp(value, "on") == 0;
}

static bool is_usual(void) {
    if (rl_end == 0 || rl_end > LONGEST || RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH | RL_STATE_NUMERICARG))
        return false;
    return !is_on("horizontal-scroll-mode") && !is_on("show-mode-in-prompt") && !is_on("mark-modified-lines");
}

static void paint(const char *letters) {
    int rows, width;
    cell start = {0, 0}, end, point = {0, 0};
    rl_get_screen_size(&rows, &width);
    if (width < 2 || !after_prompt(&start, width)) return;
    end = start = settled(start, 1, width);
    if (!walk(&end, &point, width, NULL) || settled(end, 1, width).row >= rows) return;
    move(point, start);
    end = start;
    walk(&end, &point, width, letters);
    fputs("\033[0m", rl_outstream);
    move(end, point);
    fflush(rl_outstream);
}

static void redisplay(void) {
    rl_redisplay();
    if (state == NULL || !is_usual() || !lua_checkstack(state, 8)) return;
    int top = lua_gettop(state);
    lua_pushcfunction(state, ask);
    if (lua_pcall(state, 0, 1, 0) == LUA_OK && lua_type(state, -1) == LUA_TSTRING &&
        lua_rawlen(state, -1) == (size_t)rl_end)
        paint(lua_tostring(state, -1));
    lua_settop(state, top);
}

/* Readline takes a program with a redisplay function of its own for one that needs no terminal, so it is told late, and
 * not while it adapts to another size. */
void shell_resize(void) {
    rl_voidfunc_t *own = rl_redisplay_function;
    rl_redisplay_function = rl_redisplay;
    rl_resize_terminal();
    rl_redisplay_function = own;
    own();
}

/* ---- for Lua ---- */

static bool is_colourful(int file) {
    const char *kind = getenv("TERM"), *none = getenv("NO_COLOR");
    return isatty(file) && kind && *kind && strcmp(kind, "dumb") != 0 && !(none && *none);
}

int shell_colours(lua_State *L) {
    lua_pushboolean(L, is_colourful(STDOUT_FILENO));
    lua_pushboolean(L, is_colourful(STDERR_FILENO));
    return 2;
}

int shell_set_painter(lua_State *L) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &painter_key);
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    state = lua_tothread(L, -1);
    rl_initialize();
    rl_redisplay_function = redisplay;
    return 0;
}
