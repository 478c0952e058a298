/* SPDX-License-Identifier: MIT
 * Where the program lies and what a fresh Lua state is given: the module search path, the built-in cnn.core, and the
 * names that -e and the prompt find without a require. */
#ifndef CNN_SHELL_PROGRAM_H
#define CNN_SHELL_PROGRAM_H

#include <stdbool.h>

#include <lua.h>

/* The folder of the program's own Lua files, without a trailing slash; "" where there is none. */
const char *shell_lua_folder(void);
/* Standard libraries, Ctrl-C, package.path, package.preload["cnn.core"]. `bare` ignores environment variables. May
 * raise. */
void shell_program_open(lua_State *L, bool bare);
/* A script's own folder goes last in package.path, so that its siblings are found wherever it is called from. */
void shell_program_script(lua_State *L, const char *script);
/* cnn nn F optim data datasets transforms plt, loaded when one is first read. */
void shell_program_globals(lua_State *L);

#endif
