/* SPDX-License-Identifier: MIT
 * Archives and files of records for Lua: unpack, read_records. */
#include "core/records.h"
#include "core/unpack.h"
#include "lua/binding/binding.h"

typedef struct records_run {
    const char **paths; /* in a userdata; the strings stay in their table */
    int count;
    cnn_records format;
    cnn_tensor **images, **labels;
} records_run;

/* The list of paths at index 1: pushes the memory that holds the array. [raises] */
static void check_paths(lua_State *L, records_run *run) {
    if (!lua_istable(L, 1))
        binding_fail(L, CNN_BAD_TYPE, "read_records", "the paths are a list; got %s", binding_what(L, 1));
    const lua_Unsigned count = lua_rawlen(L, 1);
    if (count < 1 || count > 10000)
        binding_fail(L, CNN_BAD_VALUE, "read_records", "1 to 10000 files are read at once; got %d", (int)count);
    run->count = (int)count;
    run->paths = lua_newuserdatauv(L, count * sizeof *run->paths, 0);
    for (int i = 0; i < run->count; i++) {
        lua_rawgeti(L, 1, i + 1);
        run->paths[i] = binding_check_path(L, lua_gettop(L), "read_records");
        lua_pop(L, 1);
    }
}

/* [raises] */
static void check_format(lua_State *L, cnn_records *format) {
    cnn_shape classes;
    binding_check_list(L, 2, "read_records", "classes", &classes);
    binding_check_sizes(L, 3, "read_records", &format->image);
    if (classes.ndim < 1 || classes.ndim > CNN_RECORD_LABELS)
        binding_fail(L, CNN_BAD_VALUE, "read_records", "a record has 1 to %d labels; got %d", CNN_RECORD_LABELS,
                     classes.ndim);
    format->labels = classes.ndim;
    for (int i = 0; i < classes.ndim; i++) {
        if (classes.size[i] < 1 || classes.size[i] > 256)
            binding_fail(L, CNN_BAD_VALUE, "read_records", "a label of one byte has 1 to 256 classes; got %lld",
                         (long long)classes.size[i]);
        format->classes[i] = (int)classes.size[i];
    }
    if (format->image.ndim < 1 || format->image.ndim >= CNN_MAX_DIMS)
        binding_fail(L, CNN_BAD_SHAPE, "read_records", "an image has 1 to %d dimensions; got %d", CNN_MAX_DIMS - 1,
                     format->image.ndim);
}

static cnn_status records_work(void *context, cnn_error *err) {
    records_run *run = context;
    return cnn_records_load(run->paths, run->count, &run->format, run->images, run->labels, err);
}

/* (list of paths, number of classes of each label, sizes of an image) -> uint8 [n, sizes…], int64 [n, labels] from 1 */
static int read_records(lua_State *L) {
    cnn_error err;
    records_run run = {.count = 0};
    lua_settop(L, 3);
    check_format(L, &run.format);
    check_paths(L, &run);
    run.images = binding_slot(L);
    run.labels = binding_slot(L);
    if (binding_run(L, records_work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    return 2;
}

typedef struct unpack_run {
    const char *archive, *folder;
    int64_t limit, files;
} unpack_run;

static cnn_status unpack_work(void *context, cnn_error *err) {
    unpack_run *run = context;
    return cnn_unpack(run->archive, run->folder, run->limit, &run->files, err);
}

/* (path of a .tar.gz, folder, most bytes in all) -> number of files */
static int unpack(lua_State *L) {
    cnn_error err;
    unpack_run run = {.archive = binding_check_path(L, 1, "unpack"), .folder = binding_check_path(L, 2, "unpack")};
    run.limit = binding_check_integer(L, 3, "unpack", "the limit");
    if (binding_run(L, unpack_work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    lua_pushinteger(L, run.files);
    return 1;
}

void binding_open_records(lua_State *L) {
    static const luaL_Reg functions[] = {{"read_records", read_records}, {"unpack", unpack}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
