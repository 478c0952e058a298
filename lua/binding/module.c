/* SPDX-License-Identifier: MIT
 * The Lua module cnn.core: opens the parts in order. Everything it needs lies in the state's registry. */
#include "lua/binding/binding.h"

__attribute__((visibility("default"))) int luaopen_cnn_core(lua_State *L);

int luaopen_cnn_core(lua_State *L) {
    cnn_error err;
    if (cnn_start(&err) != CNN_OK) return binding_raise(L, &err);
    lua_newtable(L);
    binding_open_push(L);
    binding_open_memory(L);
#define MODULE(name) binding_open_##name(L);
#include "lua/binding/modules.list"
#undef MODULE
    return 1;
}
