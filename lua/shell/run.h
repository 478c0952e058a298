/* SPDX-License-Identifier: MIT
 * Running what the command line names, in its order, each piece protected; errors go to standard error. */
#ifndef CNN_SHELL_RUN_H
#define CNN_SHELL_RUN_H

#include <stdbool.h>

#include <lua.h>

#include "lua/shell/options.h"

/* lua_pcall with the traceback. The results, or the text of the error, are left on the stack. */
int shell_call(lua_State *L, int arguments, int results);
/* Prints and pops the error of a status that is not LUA_OK; returns whether it was LUA_OK. */
bool shell_report(lua_State *L, int status);
/* LUA_INIT, then each -e, -l, -W, then the script or standard input. False after the first failure. */
bool shell_run(lua_State *L, int argc, char **argv, const shell_options *options);

#endif
