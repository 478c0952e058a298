/* SPDX-License-Identifier: MIT
 * What the files of the Lua binding share.
 *
 * Every function here that Lua calls has four phases: check the arguments (may raise; nothing is held), reserve a slot
 * for each result (an empty userdata; may raise; nothing is held), run (only the core is called; it may hold things,
 * and Lua cannot raise), then commit or raise as the last statement. So no path leaks, whatever fails.
 *
 * Names: functions marked [raises] may leave by a Lua error; the others never do. */
#ifndef CNN_BINDING_H
#define CNN_BINDING_H

#include <lua.h>
#include <lauxlib.h>

#include "core/cnn.h"
#include "core/functions.h"
#include "core/op.h"

/* ---- slots and values: push.c ---- */

/* A tensor in Lua: one reference, or NULL once it was closed. */
typedef struct binding_box {
    cnn_tensor *tensor;
    int hooks; /* Lua functions that were registered through it and may still be called: hook.c */
} binding_box;

/* Pushes an empty tensor userdata; whatever reference is stored through the result is Lua's from then on. [raises] */
cnn_tensor **binding_slot(lua_State *L);
/* Pushes the userdata of a tensor that others hold (a gradient), the same one each time; nil for NULL. [raises] */
void binding_push_shared(lua_State *L, cnn_tensor *x);
/* Makes binding_push_shared find the userdata at `index` for its tensor. [raises] */
void binding_share(lua_State *L, int index);
/* Pushes a list that prints as [2, 3] and compares by its values. [raises] */
void binding_push_shape(lua_State *L, const cnn_shape *shape);
/* Pushes one element as a float, an integer or a boolean. `position` counts from 0 and is in range. [raises] */
void binding_push_element(lua_State *L, const cnn_tensor *x, int64_t position);
/* The number of userdata that exist: each costs memory that neither Lua nor the storages count. */
size_t binding_boxes(void);
void binding_open_push(lua_State *L);

/* ---- arguments: args.c ---- */

/* The tensor at `index`; NULL if it is none (or was closed). */
cnn_tensor *binding_test_tensor(lua_State *L, int index);
/* The tensor at `index`, for the argument called `name` of `op`. [raises] */
cnn_tensor *binding_check_tensor(lua_State *L, int index, const char *op, const char *name);
/* The same, and it has numbers to be read. [raises] */
cnn_tensor *binding_check_numbers(lua_State *L, int index, const char *op, const char *name);
int64_t binding_check_integer(lua_State *L, int index, const char *op, const char *name);  /* [raises] */
double binding_check_number(lua_State *L, int index, const char *op, const char *name);    /* [raises] */
cnn_number binding_check_value(lua_State *L, int index, const char *op, const char *name); /* or a boolean [raises] */
cnn_dtype binding_check_dtype(lua_State *L, int index, const char *op);                    /* [raises] */
/* A list of integers. `what` names them ("sizes"). [raises] */
void binding_check_list(lua_State *L, int index, const char *op, const char *what, cnn_shape *out);
/* The same, and cnn_shape_check accepts it. [raises] */
void binding_check_sizes(lua_State *L, int index, const char *op, cnn_shape *out);
/* Lua's 1 … n, -1 … -n → 0 … n-1. [raises] */
int64_t binding_dim(lua_State *L, const char *op, const cnn_shape *shape, int64_t dim);
/* The position that an index from 1 (or from the end) means in a dimension of `size`. [raises] */
int64_t binding_index(lua_State *L, int64_t index, int64_t size, int dim);

/* A path (or another text for C): a string without a zero byte, which would end it there. [raises] */
const char *binding_check_path(lua_State *L, int index, const char *op);

/* ---- errors: raise.c ---- */

/* Raises the error as a table of cnn.errors. Never returns; the result is for `return`. [raises] */
int binding_raise(lua_State *L, const cnn_error *err);
/* The same from a format; `op` may be "". [raises] */
int binding_fail(lua_State *L, cnn_status status, const char *op, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same with a mend. [raises] */
int binding_fail_fix(lua_State *L, cnn_status status, const char *op, const char *fix, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* What the value at `index` is, for a message: "a string", "5.5", "a tensor". */
const char *binding_what(lua_State *L, int index);
/* Refuses to write into a tensor behind the back of its gradient. `source` may be NULL. [raises] */
void binding_check_writable(lua_State *L, const char *op, cnn_tensor *x, cnn_tensor *source);

/* ---- running: memory.c ---- */

/* Work that calls only the core. */
typedef cnn_status (*binding_work)(void *context, cnn_error *err);
/* Runs it. Collects garbage before where the tensors' memory asks for it, and once more, then again, where it failed
 * for want of memory. Call in the run phase: Lua's finalizers may run, but nothing raises. */
CNN_CHECKED cnn_status binding_run(lua_State *L, binding_work work, void *context, cnn_error *err);
/* The same without the second try: for work that cannot begin again. */
CNN_CHECKED cnn_status binding_run_once(lua_State *L, binding_work work, void *context, cnn_error *err);
/* The state whose work is running, innermost first: for functions that the core calls back. NULL when none is. */
lua_State *binding_runner(void);
/* A good moment to collect: between two training steps, at the prompt. */
void binding_safe_point(lua_State *L);
void binding_wake_collector(lua_State *L); /* push.c: if a concatenation left it stopped */
/* Remembers the userdata at the top of the stack for the innermost cnn.scope, if there is one. [raises] */
void binding_scope_note(lua_State *L);
void binding_open_memory(lua_State *L);

/* ---- ops: op.c ---- */

/* Pushes the Lua function of an op, or of its in-place form. [raises] */
void binding_push_op(lua_State *L, const cnn_op *op, bool inplace);
/* Writes the integer field number `field` of an op's parameters. */
void binding_set_field(const cnn_op *op, void *params, int field, int64_t value);
/* Each of these adds its functions to the module table at the top of the stack. [raises] */
#define MODULE(name) void binding_open_##name(lua_State *L);
#include "lua/binding/modules.list"
#undef MODULE

/* ---- hooks: hook.c ---- */

/* Called by the finalizer of the tensor userdata at index 1: keeps it for another round of the collector if a hook that
 * was registered through it may still be called. */
bool binding_keep_hooked(lua_State *L, binding_box *box);
/* After a full collection: gives back to the collector what had been kept and only Lua holds now. If there was any,
 * another round may free it, and then what it held. */
bool binding_hooks_given_back(lua_State *L);
/* The box goes for good: hooks that it had and that are called after all say so. */
void binding_forget_hooked(const binding_box *box);

/* ---- the metatable's parts: index.c ---- */

/* x[i] and x[{…}]: the tensor is argument 1, the index argument 2. [raises] */
int binding_index_get(lua_State *L);
/* x[i] = v, x[{…}] = v. [raises] */
int binding_index_set(lua_State *L);

#endif
