/* SPDX-License-Identifier: MIT
 * The prompt: C's part of the read-evaluate-print loop. */
#ifndef CNN_SHELL_PROMPT_H
#define CNN_SHELL_PROMPT_H

#include <stdbool.h>

#include <lua.h>

/* Runs statements until Ctrl-D. False only where the prompt could not work at all. */
bool shell_prompt(lua_State *L);

#endif
