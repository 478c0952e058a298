/* SPDX-License-Identifier: MIT
 * Ctrl-C for string.find and string.match, which may try for hours without one Lua instruction. */
#ifndef CNN_BINDING_MATCH_H
#define CNN_BINDING_MATCH_H

#include <lua.h>

/* Puts guarded versions of find and match into the table string of the main state; once more is nothing. */
void cnn_match_install(lua_State *L);
/* From the signal's handler, on the thread that runs Lua: leaves a match that can be left, and does not return then. */
void cnn_match_abandon(void);

#endif
