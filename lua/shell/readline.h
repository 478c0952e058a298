/* SPDX-License-Identifier: MIT
 * One line of input with GNU readline: the only part of the house that knows it (readline is GPL; the library and the
 * Lua module do without). */
#ifndef CNN_SHELL_READLINE_H
#define CNN_SHELL_READLINE_H

#include <lua.h>

/* Key bindings and the terminal's encoding; once, before the first line. */
void shell_readline_open(void);
/* Lua function (prompt) → line, or nil and "end" (Ctrl-D), or nil and "interrupt" (Ctrl-C; the line is forgotten). */
int shell_read_line(lua_State *L);
/* Lua function (text): an entry, possibly of several lines, that the arrows bring back. */
int shell_remember(lua_State *L);
/* Lua function () → columns of the terminal. */
int shell_width(lua_State *L);

/* Lua function () → lines of the terminal. */
int shell_rows(lua_State *L);

/* completion.c. Lua function (f): f(line up to the cursor, where the word begins) → list of whole words, or false for
 * file names; and the signature of the call around the cursor, or nil. */
int shell_set_completer(lua_State *L);
int shell_list_folder(lua_State *L);
void shell_completion_open(void);

/* paint.c. Lua function () → whether standard output shows colours, whether standard error does. */
int shell_colours(lua_State *L);
/* Lua function (f): f(line) → as many letters as the line has bytes, each naming a colour (see escape_of). */
int shell_set_painter(lua_State *L);
/* The terminal has another size: draws the line for it. */
void shell_resize(void);

#endif
