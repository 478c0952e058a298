/* SPDX-License-Identifier: MIT
 * The loader's handle for Lua: core.loader makes one, core.loader_next asks it for a batch.
 *
 * The handle is a userdata that exists, empty, before the threads do; __gc and __close stop them. Both are needed: a
 * loop that breaks closes its iterator, a coroutine that is dropped in mid-loop leaves it to the collector. */
#include <string.h>

#include "core/loader.h"
#include "lua/binding/steps.h"

static const char loader_key; /* registry: the metatable of loaders */

typedef struct loader_run {
    cnn_column column[CNN_MAX_COLUMNS];
    int columns;
    cnn_tensor *order, *rows;
    cnn_loader_options options;
    cnn_loader **handle;
} loader_run;

typedef struct next_run {
    cnn_loader **handle;
    int columns;
    cnn_tensor **slot[CNN_MAX_COLUMNS];
    bool more;
} next_run;

static int loader_gc(lua_State *L) {
    cnn_loader **handle = lua_touserdata(L, 1);
    if (handle != NULL) cnn_loader_free(handle);
    return 0;
}

static cnn_loader **test_loader(lua_State *L, int index) {
    cnn_loader **handle = lua_touserdata(L, index);
    if (handle == NULL || !lua_getmetatable(L, index)) return NULL;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &loader_key);
    const bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same ? handle : NULL;
}

/* ---- arguments ---- */

enum { ANCHORS = 5 }; /* place in the stack of a table that keeps userdata as long as the call lasts */

/* The list of paths on top of the stack, which keeps the strings; their pointers lie in a userdata. [raises] */
static void check_paths(lua_State *L, cnn_column *column) {
    const lua_Unsigned paths = lua_rawlen(L, -1);
    const char **path = lua_newuserdatauv(L, (size_t)paths * sizeof *path + 1, 0);
    lua_rawseti(L, ANCHORS, (lua_Integer)lua_rawlen(L, ANCHORS) + 1);
    for (lua_Unsigned i = 0; i < paths; i++) {
        if (lua_rawgeti(L, -1, (lua_Integer)i + 1) != LUA_TSTRING)
            binding_fail(L, CNN_BAD_TYPE, "loader", "paths are strings; got %s", binding_what(L, -1));
        path[i] = lua_tostring(L, -1);
        lua_pop(L, 1);
    }
    column->path = path;
    column->paths = (int64_t)paths;
}

/* The column on top of the stack: a list of its tensor, or a list of paths, and steps. [raises] */
static void check_column(lua_State *L, cnn_column *column) {
    if (!lua_istable(L, -1))
        binding_fail(L, CNN_BAD_TYPE, "loader", "a column is a list {tensor, steps…}; got %s", binding_what(L, -1));
    column->steps = binding_check_steps(L, 2, "loader", column->step);
    if (lua_rawgeti(L, -1, 1) == LUA_TTABLE)
        check_paths(L, column);
    else
        column->source = binding_check_numbers(L, lua_gettop(L), "loader", "a column"); /* the list keeps it alive */
    lua_pop(L, 1);
}

static void check_columns(lua_State *L, loader_run *run) {
    if (!lua_istable(L, 1)) binding_fail(L, CNN_BAD_TYPE, "loader", "columns are a list; got %s", binding_what(L, 1));
    const lua_Unsigned columns = lua_rawlen(L, 1);
    if (columns < 1 || columns > CNN_MAX_COLUMNS)
        binding_fail(L, CNN_BAD_VALUE, "loader", "a data set has 1 to %d columns; got %d", CNN_MAX_COLUMNS,
                     (int)columns);
    run->columns = (int)columns;
    for (int i = 0; i < run->columns; i++) {
        lua_rawgeti(L, 1, i + 1);
        check_column(L, &run->column[i]);
        lua_pop(L, 1);
    }
}

static int64_t option(lua_State *L, const char *name, int64_t otherwise) {
    lua_pushstring(L, name);
    lua_rawget(L, 3);
    const int64_t value = lua_isnil(L, -1) ? otherwise : binding_check_integer(L, lua_gettop(L), "loader", name);
    lua_pop(L, 1);
    return value;
}

static int clamp(int64_t value) {
    return value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : (int)value;
}

static void check_options(lua_State *L, cnn_loader_options *options) {
    if (!lua_istable(L, 3)) binding_fail(L, CNN_BAD_TYPE, "loader", "options are a table; got %s", binding_what(L, 3));
    options->batch_size = option(L, "batch_size", 1);
    options->workers = clamp(option(L, "workers", 0));
    options->prefetch = clamp(option(L, "prefetch", 2));
    options->seed = (uint64_t)option(L, "seed", 0);
    options->start = option(L, "start", 0);
    lua_getfield(L, 3, "drop_last");
    options->drop_last = lua_toboolean(L, -1);
    lua_getfield(L, 3, "channels_last");
    options->channels_last = lua_toboolean(L, -1);
    lua_pop(L, 2);
}

/* ---- functions ---- */

static cnn_status loader_work(void *context, cnn_error *err) {
    loader_run *run = context;
    return cnn_loader_new(run->column, run->columns, run->order, run->rows, &run->options, run->handle, err);
}

/* (columns {{tensor, {step, numbers…}…}…}, order int64 [n] or nil, {batch_size, drop_last, workers, prefetch, seed,
 *  start, channels_last},
 *  rows int64 [m] or nil) -> loader */
static int loader(lua_State *L) {
    cnn_error err;
    loader_run run = {.columns = 0};
    lua_settop(L, ANCHORS - 1);
    lua_newtable(L);
    check_columns(L, &run);
    if (!lua_isnil(L, 2)) run.order = binding_check_numbers(L, 2, "loader", "the order");
    check_options(L, &run.options);
    if (!lua_isnoneornil(L, 4)) run.rows = binding_check_numbers(L, 4, "loader", "the rows");
    run.handle = lua_newuserdatauv(L, sizeof *run.handle, 0);
    *run.handle = NULL;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &loader_key);
    lua_setmetatable(L, -2);
    if (binding_run(L, loader_work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    return 1;
}

static cnn_status next_work(void *context, cnn_error *err) {
    next_run *run = context;
    cnn_tensor *batch[CNN_MAX_COLUMNS] = {NULL};
    const cnn_status status = cnn_loader_next(*run->handle, batch, &run->more, err);
    if (status != CNN_OK) return status;
    for (int i = 0; i < run->columns; i++) *run->slot[i] = batch[i];
    return CNN_OK;
}

/* (loader) -> the tensors of the next batch, or nothing after the last one. A good moment to collect garbage: what the
 * last step of training made is dead by now. */
static int loader_next(lua_State *L) {
    cnn_error err;
    next_run run = {.handle = test_loader(L, 1)};
    if (run.handle == NULL || *run.handle == NULL)
        return binding_fail(L, CNN_BAD_TYPE, "loader_next", "argument 1 must be a loader that is not closed");
    binding_safe_point(L);
    run.columns = cnn_loader_columns(*run.handle);
    lua_settop(L, 1);
    for (int i = 0; i < run.columns; i++) run.slot[i] = binding_slot(L);
    if (binding_run(L, next_work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    return run.more ? run.columns : 0;
}

static int loader_close(lua_State *L) {
    if (test_loader(L, 1) == NULL) binding_fail(L, CNN_BAD_TYPE, "loader_close", "argument 1 must be a loader");
    return loader_gc(L);
}

void binding_open_loader(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"loader", loader}, {"loader_next", loader_next}, {"loader_close", loader_close}, {NULL, NULL}};
    static const luaL_Reg methods[] = {{"__gc", loader_gc}, {"__close", loader_gc}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_pushliteral(L, "loader");
    lua_setfield(L, -2, "__name");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &loader_key);
}
