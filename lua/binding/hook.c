/* SPDX-License-Identifier: MIT
 * Lua functions as hooks of tensors: registering them, calling them from a backward pass, and who keeps them alive.
 *
 * The function lives with the userdata it was registered through, in a table with weak keys, so that a function which
 * uses its own tensor is an ordinary cycle for Lua's collector. The graph in C, which may outlive the userdata, is
 * something the collector cannot see: when it wants to take the userdata while the tensor is still held elsewhere in C,
 * the finalizer puts it into the table `kept`. At the end of each of the collector's rounds `kept` is looked through,
 * and what only Lua holds goes back into its hands. Not found is a cycle that leads through a *later* result: a hook of
 * x that uses the loss computed from x. Such a one ends when its graph is walked, or with handle:remove(). */
#include "lua/binding/binding.h"

#include <stdlib.h>

#include "lua/binding/tensor.h"

static const char functions_key; /* registry: userdata (weak) → {[context] = function}   */
static const char boxes_key;     /* registry: address of a box → userdata (weak)         */
static const char kept_key;      /* registry: userdata → true                            */
static const char watch_key;     /* registry: the metatable of the collector's watchman  */
static const char handle_key;    /* registry: the metatable of handles                   */
static bool watching;
static bool given_back; /* something that was kept, since binding_hooks_given_back was asked */

/* One hook as the core sees it. All of them are in a list, from which a leak checker finds what lives when the state is
 * closed: the tensors that `kept` holds then. */
typedef struct hook_context {
    binding_box *box;
    cnn_tensor *tensor; /* not a reference, and never looked at */
    struct hook_context *next, **link;
} hook_context;

static hook_context *contexts;

static void context_free(hook_context *hook) {
    *hook->link = hook->next;
    if (hook->next != NULL) hook->next->link = hook->link;
    free(hook);
}

static void context_end(void *context) {
    hook_context *hook = context;
    if (hook->box != NULL) hook->box->hooks--;
    context_free(hook);
}

static hook_context *context_new(binding_box *box) {
    hook_context *hook = malloc(sizeof *hook);
    if (hook == NULL) return NULL;
    *hook = (hook_context){box, box->tensor, contexts, &contexts};
    if (contexts != NULL) contexts->link = &hook->next;
    contexts = hook;
    return hook;
}

/* What remove() needs. It owns the context until the core has it. */
typedef struct hook_handle {
    cnn_hook *hook;
    hook_context *context; /* valid while the hook is live, or NULL */
} hook_handle;

/* ---- calling ---- */

/* Pushes the userdata of a box. It is missing among the weak values while its finalizer is due, but still a key. */
static void push_userdata(lua_State *L, const binding_box *box) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &boxes_key);
    int found = lua_rawgetp(L, -1, box);
    lua_remove(L, -2);
    if (found == LUA_TUSERDATA) return;
    lua_pop(L, 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &functions_key);
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
        if (lua_touserdata(L, -2) != box) continue;
        lua_pop(L, 1);
        lua_remove(L, -2);
        return;
    }
    lua_pop(L, 1);
    lua_pushnil(L);
}

/* Pushes the function of a hook. */
static void push_function(lua_State *L, const hook_context *hook) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &functions_key);
    push_userdata(L, hook->box);
    lua_rawget(L, -2);
    lua_rawgetp(L, -1, hook);
    lua_replace(L, -3);
    lua_pop(L, 1);
}

typedef struct hook_call {
    const hook_context *hook;
    cnn_tensor *grad, **by;
} hook_call;

/* Runs under pcall: it may raise, and so may the user's function. */
static int call_function(lua_State *L) {
    hook_call *call = lua_touserdata(L, 1);
    if (call->hook->box == NULL)
        return binding_fail(L, CNN_NO_MEMORY, "register_hook", "the function of a hook was lost for want of memory");
    push_function(L, call->hook);
    cnn_tensor **slot = binding_slot(L);
    *slot = cnn_tensor_retain(call->grad);
    lua_call(L, 1, 1);
    if (lua_isnil(L, -1)) return 0;
    cnn_tensor *by = binding_test_tensor(L, -1);
    if (by == NULL)
        return binding_fail(L, CNN_BAD_TYPE, "register_hook", "a hook returns a gradient, or nothing; got %s",
                            binding_what(L, -1));
    *call->by = cnn_tensor_retain(by);
    return 0;
}

static cnn_status hook_called(void *context, cnn_tensor *grad, cnn_tensor **by, cnn_error *err) {
    lua_State *L = binding_runner();
    hook_call call = {context, grad, by};
    if (L == NULL || !lua_checkstack(L, 8)) return cnn_fail(err, CNN_NO_MEMORY, "no room on the stack to call a hook");
    lua_pushcfunction(L, call_function);
    lua_pushlightuserdata(L, &call);
    if (lua_pcall(L, 1, 0, 0) == LUA_OK) return CNN_OK;
    return cnn_fail(err, CNN_CALLBACK, "error in a hook"); /* binding_raise raises what is on the stack */
}

/* ---- registering ---- */

/* Pushes the table of the functions that were registered through the userdata at index 1. */
static void push_functions(lua_State *L) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &functions_key);
    lua_pushvalue(L, 1);
    if (lua_rawget(L, -2) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, 1);
        lua_pushvalue(L, -2);
        lua_rawset(L, -4);
    }
    lua_remove(L, -2);
}

static hook_handle *push_handle(lua_State *L) {
    hook_handle *handle = lua_newuserdatauv(L, sizeof *handle, 0);
    *handle = (hook_handle){NULL, NULL};
    lua_rawgetp(L, LUA_REGISTRYINDEX, &handle_key);
    lua_setmetatable(L, -2);
    return handle;
}

/* (x, f) -> handle */
static int register_hook(lua_State *L) {
    cnn_error err;
    cnn_tensor *x = binding_check_tensor(L, 1, "register_hook", "the value");
    binding_box *box = lua_touserdata(L, 1);
    luaL_checkany(L, 2);
    lua_settop(L, 2);
    hook_handle *handle = push_handle(L);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &boxes_key);
    lua_pushvalue(L, 1);
    lua_rawsetp(L, -2, box);
    push_functions(L);
    handle->context = context_new(box);
    if (handle->context == NULL) return binding_fail(L, CNN_NO_MEMORY, "register_hook", "no memory for a hook");
    lua_pushvalue(L, 2);
    lua_rawsetp(L, -2, handle->context);
    if (cnn_hook_add(x, hook_called, context_end, handle->context, &handle->hook, &err) != CNN_OK) {
        lua_pushnil(L);
        lua_rawsetp(L, -2, handle->context);
        return binding_raise(L, &err);
    }
    box->hooks++;
    lua_settop(L, 3);
    return 1;
}

static hook_handle *check_handle(lua_State *L) {
    bool is_handle = false;
    if (lua_touserdata(L, 1) != NULL && lua_getmetatable(L, 1)) {
        lua_rawgetp(L, LUA_REGISTRYINDEX, &handle_key);
        is_handle = lua_rawequal(L, -1, -2);
    }
    if (!is_handle)
        binding_fail_fix(L, CNN_BAD_TYPE, "remove", "handle:remove()", "expected the handle of a hook; got %s",
                         binding_what(L, 1));
    return lua_touserdata(L, 1);
}

/* handle:remove(): also twice, and when the graph is gone */
static int handle_remove(lua_State *L) {
    hook_handle *handle = check_handle(L);
    if (handle->hook == NULL || !cnn_hook_is_live(handle->hook)) return 0;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &functions_key);
    push_userdata(L, handle->context->box);
    if (!lua_isnil(L, -1) && lua_rawget(L, -2) == LUA_TTABLE) {
        lua_pushnil(L);
        lua_rawsetp(L, -2, handle->context);
    }
    cnn_hook_remove(handle->hook);
    return 0;
}

static int handle_gc(lua_State *L) {
    hook_handle *handle = lua_touserdata(L, 1);
    if (handle->hook == NULL && handle->context != NULL) context_free(handle->context);
    handle->context = NULL;
    cnn_hook_release(&handle->hook);
    return 0;
}

static int handle_tostring(lua_State *L) {
    const hook_handle *handle = check_handle(L);
    lua_pushstring(L, handle->hook != NULL && cnn_hook_is_live(handle->hook) ? "hook" : "hook(removed)");
    return 1;
}

/* ---- what the collector cannot see ---- */

static bool may_be_called(const binding_box *box) {
    return box->hooks > 0 && (box->tensor == NULL || cnn_tensor_is_shared(box->tensor));
}

/* Gives back to the collector what only Lua holds by now; is anything still kept? Allocates nothing. */
static bool look_through(lua_State *L) {
    bool any = false;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &kept_key);
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
        if (may_be_called(lua_touserdata(L, -2))) {
            any = true;
            continue;
        }
        lua_pushvalue(L, -2);
        lua_pushnil(L);
        lua_rawset(L, -5);
        given_back = true;
    }
    lua_pop(L, 1);
    return any;
}

/* The watchman's finalizer: runs once in each round of the collector, for as long as something is kept. */
static int watch_gc(lua_State *L) {
    watching = look_through(L);
    if (watching) {
        lua_rawgetp(L, LUA_REGISTRYINDEX, &watch_key);
        lua_setmetatable(L, 1);
    }
    return 0;
}

/* (userdata) under pcall */
static int keep(lua_State *L) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &boxes_key);
    lua_pushvalue(L, 1);
    lua_rawsetp(L, -2, lua_touserdata(L, 1));
    lua_rawgetp(L, LUA_REGISTRYINDEX, &kept_key);
    lua_pushvalue(L, 1);
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
    if (!watching) {
        lua_newuserdatauv(L, 0, 0);
        lua_rawgetp(L, LUA_REGISTRYINDEX, &watch_key);
        lua_setmetatable(L, -2);
        watching = true;
    }
    lua_rawgetp(L, LUA_REGISTRYINDEX, &binding_tensor_key);
    lua_setmetatable(L, 1); /* so that it is finalized again */
    return 0;
}

bool binding_keep_hooked(lua_State *L, binding_box *box) {
    if (!may_be_called(box) || !lua_checkstack(L, 4)) return false;
    lua_pushcfunction(L, keep);
    lua_pushvalue(L, 1);
    bool kept = lua_pcall(L, 1, 0, 0) == LUA_OK;
    if (!kept) lua_pop(L, 1);
    return kept;
}

/* By now all finalizers of the round have run. */
bool binding_hooks_given_back(lua_State *L) {
    if (watching && lua_checkstack(L, 8)) look_through(L);
    bool was = given_back;
    given_back = false;
    return was;
}

void binding_forget_hooked(const binding_box *box) {
    for (hook_context *hook = contexts; hook != NULL; hook = hook->next)
        if (hook->box == box) hook->box = NULL;
}

/* ---- opening ---- */

static void weak_table(lua_State *L, const char *key, const char *mode) {
    lua_newtable(L);
    if (mode != NULL) {
        lua_createtable(L, 0, 1);
        lua_pushstring(L, mode);
        lua_setfield(L, -2, "__mode");
        lua_setmetatable(L, -2);
    }
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

void binding_open_hook(lua_State *L) {
    static const luaL_Reg functions[] = {{"register_hook", register_hook}, {NULL, NULL}};
    static const luaL_Reg handle[] = {{"__gc", handle_gc}, {"__tostring", handle_tostring}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
    weak_table(L, &functions_key, "k");
    weak_table(L, &boxes_key, "v");
    weak_table(L, &kept_key, NULL);
    lua_newtable(L);
    lua_pushcfunction(L, watch_gc);
    lua_setfield(L, -2, "__gc");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &watch_key);
    lua_newtable(L);
    luaL_setfuncs(L, handle, 0);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, handle_remove);
    lua_setfield(L, -2, "remove");
    lua_setfield(L, -2, "__index");
    lua_pushliteral(L, "hook");
    lua_setfield(L, -2, "__name");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &handle_key);
}
