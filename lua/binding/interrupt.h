/* SPDX-License-Identifier: MIT
 * Ctrl-C for programs that embed Lua: stops kernels, Lua loops, and loops inside coroutines.
 *
 *     cnn_interrupt_install(L);           once, after luaL_openlibs: catches SIGINT, replaces coroutine.resume and wrap
 *     … status = lua_pcall(L, …);         an interrupt arrives as an error of kind "interrupted"
 *     if (cnn_interrupted()) …            core/cnn.h: was it that?
 *     cnn_interrupt_clear_lua(L);         before the next prompt: until then every Lua instruction raises again, so
 * that a pcall in a loop cannot swallow the interrupt */
#ifndef CNN_BINDING_INTERRUPT_H
#define CNN_BINDING_INTERRUPT_H

#include <lua.h>

/* Catches SIGINT for this state, which must be the main thread of the process's one interactive Lua state. */
void cnn_interrupt_install(lua_State *L);
/* Forgets the interrupt: clears the core's flag and the hooks. */
void cnn_interrupt_clear_lua(lua_State *L);
/* Raises the error of an interrupt, for C functions that have noticed it by themselves; does not return. */
int cnn_interrupt_raise(lua_State *L);
#endif
