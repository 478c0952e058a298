/* SPDX-License-Identifier: MIT
 * From cnn_error to a Lua error: the only lua_error of the binding.
 *
 * cnn.errors makes the table, since it knows where the user's code and the running modules are. Where it cannot be
 * loaded (a bare state without our Lua files) the message is raised as a string. Callers hold nothing by then, so that
 * an error while making the error leaks nothing either. */
#include <stdarg.h>
#include <stdio.h>

#include "lua/binding/binding.h"

/* Pushes cnn.errors.make, or returns false with nothing pushed. */
static bool push_make(lua_State *L) {
    int top = lua_gettop(L);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    if (lua_getfield(L, -1, "cnn.errors") != LUA_TTABLE) {
        lua_settop(L, top);
        if (lua_getglobal(L, "require") != LUA_TFUNCTION) {
            lua_settop(L, top);
            return false;
        }
        lua_pushliteral(L, "cnn.errors");
        if (lua_pcall(L, 1, 1, 0) != LUA_OK || lua_type(L, -1) != LUA_TTABLE) {
            lua_settop(L, top);
            return false;
        }
    }
    if (lua_getfield(L, -1, "make") != LUA_TFUNCTION) {
        lua_settop(L, top);
        return false;
    }
    lua_replace(L, top + 1);
    lua_settop(L, top + 1);
    return true;
}

static void set_text(lua_State *L, const char *key, const char *text) {
    if (text[0] == '\0') return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, key);
}

/* A failed callback has left its error on top of the stack: it goes on as it is. */
int binding_raise(lua_State *L, const cnn_error *err) {
    if (err->status == CNN_CALLBACK) return lua_error(L);
    luaL_checkstack(L, 8, "an error message");
    const char *kind = cnn_status_name(err->status);
    if (!push_make(L)) {
        luaL_where(L, 1);
        lua_pushfstring(L, "%s: %s", kind, err->text);
        lua_concat(L, 2);
        return lua_error(L);
    }
    lua_createtable(L, 0, 4);
    set_text(L, "kind", kind);
    set_text(L, "op", err->op);
    set_text(L, "text", err->text);
    set_text(L, "fix", err->fix);
    lua_call(L, 1, 1);
    return lua_error(L);
}

static int fail(lua_State *L, cnn_status status, const char *op, const char *fix, const char *format, va_list args) {
    cnn_error err;
    err.status = status;
    snprintf(err.op, sizeof err.op, "%s", op);
    snprintf(err.fix, sizeof err.fix, "%s", fix);
    vsnprintf(err.text, sizeof err.text, format, args);
    return binding_raise(L, &err);
}

int binding_fail(lua_State *L, cnn_status status, const char *op, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fail(L, status, op, "", format, args); /* leaves by a Lua error; va_end does nothing on our platforms */
    va_end(args);
    return 0;
}

int binding_fail_fix(lua_State *L, cnn_status status, const char *op, const char *fix, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fail(L, status, op, fix, format, args);
    va_end(args);
    return 0;
}

/* Points into a string of the state, or into a static one: valid until the value is popped. */
const char *binding_what(lua_State *L, int index) {
    switch (lua_type(L, index)) {
    case LUA_TNONE:
    case LUA_TNIL:
        return "nothing";
    case LUA_TNUMBER:
        return luaL_tolstring(L, index, NULL);
    case LUA_TBOOLEAN:
        return lua_toboolean(L, index) ? "true" : "false";
    case LUA_TSTRING:
        return lua_pushfstring(L, "the string \"%s\"", lua_tostring(L, index));
    case LUA_TUSERDATA:
        return binding_test_tensor(L, index) ? "a tensor" : "a userdata";
    default: {
        const char *type = luaL_typename(L, index);
        int named = luaL_getmetafield(L, index, "__name"); /* a module's class */
        return lua_pushfstring(L, "a %s", named == LUA_TSTRING ? lua_tostring(L, -1) : type);
    }
    }
}

void binding_check_writable(lua_State *L, const char *op, cnn_tensor *x, cnn_tensor *source) {
    if (!cnn_grad_enabled()) return;
    if (cnn_tensor_requires_grad(x))
        binding_fail_fix(L, CNN_BAD_VALUE, op, "cnn.no_grad(function() … end)",
                         "this writes into a tensor that requires a gradient, which would lose it");
    if (source != NULL && cnn_tensor_requires_grad(source))
        binding_fail_fix(L, CNN_BAD_VALUE, op, "value:detach(), or put the parts together with cnn.cat or cnn.stack",
                         "the value requires a gradient, and a write into a tensor does not pass it on");
}
