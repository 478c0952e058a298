/* SPDX-License-Identifier: MIT
 * What is said about an error: its text, and the lines of the user's own code that led to it. */
#ifndef CNN_SHELL_TRACEBACK_H
#define CNN_SHELL_TRACEBACK_H

#include <lua.h>

/* Message handler for lua_pcall and xpcall: error → text with a traceback. */
int shell_traceback(lua_State *L);
/* Function (error, briefly): the same for the prompt, where a traceback of one frame says nothing new. */
int shell_traceback_brief(lua_State *L);

#endif
