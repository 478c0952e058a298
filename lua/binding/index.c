/* SPDX-License-Identifier: MIT
 * x[2], x[{{}, 1, {2, 5}}], and writing through them.
 *
 * An index is a chain of views: a number selects (and removes the dimension), {first, last} is a range, {} is all. The
 * table is read into C first; then the views are made by the core alone, each freed as the next one exists. Where a
 * tensor is the index, or in the table, the functions that Lua gave to core.index_with do the work: these indices are
 * composed of ops (lua/cnn/tensor/index.lua). */
#include <string.h>

#include "core/functions.h"
#include "lua/binding/binding.h"

typedef struct index_step {
    bool is_range;
    int64_t dim, start, length; /* from 0; a select has no length */
} index_step;

typedef struct index_run {
    cnn_tensor *x;
    int steps;
    index_step step[CNN_MAX_DIMS];
    cnn_tensor **slot;  /* reading: the result       */
    cnn_tensor *source; /* writing: this tensor, or … */
    cnn_number value;   /* … this number              */
} index_run;

/* ---- phase 1 ---- */

/* The table on top of the stack: {} or {first, last}. Returns false for all. */
static bool check_range(lua_State *L, int64_t size, int dim, index_step *step) {
    lua_Unsigned count = lua_rawlen(L, -1);
    if (count == 0) return false;
    if (count != 2)
        binding_fail(L, CNN_BAD_VALUE, "index", "a range is {first, last}, or {} for all; got %d values", (int)count);
    lua_rawgeti(L, -1, 1);
    lua_rawgeti(L, -2, 2);
    int64_t first = binding_check_integer(L, -2, "index", "the first of a range");
    int64_t last = binding_check_integer(L, -1, "index", "the last of a range");
    lua_pop(L, 2);
    int64_t end = last < 0 ? size + last + 1 : last; /* of the range, excluded, from 0 */
    step->start = first < 0 ? size + first : first - 1;
    if (first == 0 || (last == 0 && first != 1)) binding_index(L, 0, size, dim);
    if (step->start < 0 || step->start > size) binding_index(L, first, size, dim);
    if (end < 0 || end > size) binding_index(L, last, size, dim);
    if (end < step->start) /* {a, a - 1} is an empty range */
        binding_fail(L, CNN_BAD_VALUE, "index", "the range {%lld, %lld} runs backwards", (long long)first,
                     (long long)last);
    step->is_range = true;
    step->length = end - step->start;
    return true;
}

static void check_table(lua_State *L, index_run *run, const cnn_shape *shape) {
    lua_Unsigned count = lua_rawlen(L, 2);
    char text[CNN_SHAPE_TEXT];
    if (count > (lua_Unsigned)shape->ndim)
        binding_fail(L, CNN_BAD_SHAPE, "index", "%d indices for the %d dimension%s of %s", (int)count, shape->ndim,
                     shape->ndim == 1 ? "" : "s", cnn_shape_print(shape, text));
    int selected = 0;
    for (int i = 0; i < (int)count; i++) {
        index_step *step = &run->step[run->steps];
        *step = (index_step){.dim = i - selected};
        int type = lua_rawgeti(L, 2, i + 1);
        if (type == LUA_TNUMBER) {
            step->start = binding_index(L, binding_check_integer(L, -1, "index", "an index"), shape->size[i], i + 1);
            selected++;
            run->steps++;
        } else if (type == LUA_TTABLE) {
            if (check_range(L, shape->size[i], i + 1, step)) run->steps++;
        } else {
            binding_fail(L, CNN_BAD_TYPE, "index",
                         "an index is a number, {first, last}, {} or a tensor; number %d is %s", i + 1,
                         binding_what(L, -1));
        }
        lua_pop(L, 1);
    }
}

static void check_index(lua_State *L, index_run *run) {
    memset(run, 0, sizeof *run);
    run->x = binding_check_tensor(L, 1, "index", "the value");
    const cnn_shape *shape = cnn_tensor_shape(run->x);
    if (lua_type(L, 2) == LUA_TTABLE) {
        check_table(L, run, shape);
        return;
    }
    if (lua_type(L, 2) != LUA_TNUMBER)
        binding_fail(L, CNN_BAD_TYPE, "index", "an index is a number, a table {…} or a tensor; got %s",
                     binding_what(L, 2));
    if (shape->ndim == 0)
        binding_fail_fix(L, CNN_BAD_SHAPE, "index", "x:item()", "a scalar tensor has nothing to index");
    run->step[0].start = binding_index(L, binding_check_integer(L, 2, "index", "an index"), shape->size[0], 1);
    run->steps = 1;
}

/* ---- phase 3 ---- */

static cnn_status take_step(const index_step *step, cnn_tensor *x, cnn_tensor **out, cnn_error *err) {
    _Alignas(16) unsigned char params[CNN_MAX_PARAM_BYTES] = {0};
    const cnn_op *op = step->is_range ? &cnn_op_slice : &cnn_op_select;
    binding_set_field(op, params, 0, step->dim);
    binding_set_field(op, params, 1, step->start);
    if (step->is_range) binding_set_field(op, params, 2, step->length);
    return cnn_apply(op, params, &x, out, err);
}

static cnn_status view(const index_run *run, cnn_tensor **out, cnn_error *err) {
    cnn_tensor *at = cnn_tensor_retain(run->x), *next = NULL;
    for (int i = 0; i < run->steps; i++) {
        cnn_status status = take_step(&run->step[i], at, &next, err);
        cnn_tensor_release(&at);
        if (status != CNN_OK) return status;
        at = next;
        next = NULL;
    }
    *out = at;
    return CNN_OK;
}

static cnn_status get_work(void *context, cnn_error *err) {
    index_run *run = context;
    return view(run, run->slot, err);
}

static cnn_status set_work(void *context, cnn_error *err) {
    index_run *run = context;
    cnn_tensor *part = NULL;
    cnn_status status = view(run, &part, err);
    if (status == CNN_OK)
        status = run->source ? cnn_copy_into(part, run->source, err) : cnn_fill_number(part, &run->value, err);
    cnn_tensor_release(&part);
    return status;
}

/* ---- tensors as indices ---- */

static const char readers_key; /* in the registry: {reads, writes} */

static bool is_by_tensor(lua_State *L) {
    if (lua_type(L, 2) != LUA_TTABLE) return binding_test_tensor(L, 2) != NULL;
    bool found = false;
    for (int i = 1; !found && i <= CNN_MAX_DIMS; i++) {
        lua_rawgeti(L, 2, i);
        found = binding_test_tensor(L, -1) != NULL;
        lua_pop(L, 1);
    }
    return found;
}

/* Calls function `which` of the two with the arguments of the metamethod. */
static int by_tensor(lua_State *L, int which, int results) {
    const int arguments = lua_gettop(L);
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &readers_key) != LUA_TTABLE)
        binding_fail(L, CNN_BAD_TYPE, "index", "an index is a number or a table {…}; got %s", binding_what(L, 2));
    lua_rawgeti(L, -1, which);
    lua_remove(L, -2);
    lua_insert(L, 1);
    lua_call(L, arguments, results);
    return results;
}

/* index_with(reads, writes): reads(x, key) gives x[key], writes(x, key, value) does x[key] = value. */
static int index_with(lua_State *L) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    lua_createtable(L, 2, 0);
    lua_insert(L, 1);
    lua_rawseti(L, 1, 2);
    lua_rawseti(L, 1, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &readers_key);
    return 0;
}

void binding_open_index(lua_State *L) {
    lua_pushcfunction(L, index_with);
    lua_setfield(L, -2, "index_with");
}

/* ---- what the metatable calls ---- */

int binding_index_get(lua_State *L) {
    index_run run;
    cnn_error err;
    lua_settop(L, 2);
    if (is_by_tensor(L)) return by_tensor(L, 1, 1);
    check_index(L, &run);
    run.slot = binding_slot(L);
    if (binding_run(L, get_work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    return 1;
}

int binding_index_set(lua_State *L) {
    index_run run;
    cnn_error err;
    lua_settop(L, 3);
    if (is_by_tensor(L)) return by_tensor(L, 2, 0);
    check_index(L, &run);
    if (lua_type(L, 3) == LUA_TBOOLEAN || lua_type(L, 3) == LUA_TNUMBER)
        run.value = binding_check_value(L, 3, "index", "what is assigned");
    else
        run.source = binding_check_tensor(L, 3, "index", "what is assigned");
    binding_check_writable(L, "index", run.x, run.source);
    if (binding_run(L, set_work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    return 0;
}
