/* SPDX-License-Identifier: MIT
 * Files and data sets for Lua: load, save, read_idx, digits.
 *
 * What a file holds lies in an archive inside a userdata until all of it has become Lua values, so that running out of
 * memory halfway leaks nothing. Saving borrows: names and tensors stay in the Lua tables that were given. */
#include <stdlib.h>
#include <string.h>

#include "core/digits.h"
#include "core/file.h"
#include "core/idx.h"
#include "core/safetensors.h"
#include "lua/binding/binding.h"

static const char archive_key; /* registry: the metatable of archives */

/* ---- any file ---- */

typedef struct write_run {
    const char *path, *data;
    size_t bytes;
} write_run;

static cnn_status write_work(void *context, cnn_error *err) {
    write_run *run = context;
    cnn_file_writer writer = CNN_FILE_WRITER_INIT;
    cnn_status status = cnn_file_begin(&writer, run->path, err);
    if (status == CNN_OK) status = cnn_file_append(&writer, run->data, run->bytes, err);
    if (status == CNN_OK) status = cnn_file_commit(&writer, err);
    cnn_file_abandon(&writer);
    return status;
}

/* (path, text): the file holds exactly that, or is what it was */
static int write_file(lua_State *L) {
    cnn_error err;
    write_run run = {.path = binding_check_path(L, 1, "write_file")};
    if (lua_type(L, 2) != LUA_TSTRING)
        binding_fail(L, CNN_BAD_TYPE, "write_file", "what is written must be a string; got %s", binding_what(L, 2));
    run.data = lua_tolstring(L, 2, &run.bytes);
    if (binding_run(L, write_work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    return 0;
}

/* ---- load ---- */

static int archive_gc(lua_State *L) {
    cnn_archive *archive = lua_touserdata(L, 1);
    if (archive != NULL) cnn_archive_free(archive);
    return 0;
}

typedef struct load_run {
    const char *path;
    cnn_archive *archive;
    bool keep_previous;
} load_run;

static cnn_status load_work(void *context, cnn_error *err) {
    load_run *run = context;
    return cnn_safetensors_load(run->path, run->archive, err);
}

/* Pushes the table of tensors, the metadata and the list of names. */
static void push_archive(lua_State *L, cnn_archive *archive) {
    const int hint = archive->tensors < INT32_MAX ? (int)archive->tensors : 0;
    lua_createtable(L, 0, hint);
    lua_createtable(L, 0, (int)archive->texts);
    lua_createtable(L, hint, 0);
    for (size_t i = 0; i < archive->tensors; i++) {
        cnn_named_tensor *named = &archive->tensor[i];
        lua_pushlstring(L, named->name.data, named->name.bytes);
        lua_pushvalue(L, -1);
        lua_rawseti(L, -3, (lua_Integer)i + 1); /* table, metadata, names, name */
        cnn_tensor **slot = binding_slot(L);
        *slot = named->tensor;
        named->tensor = NULL;
        lua_rawset(L, -5);
    }
    for (size_t i = 0; i < archive->texts; i++) {
        lua_pushlstring(L, archive->text[i].key.data, archive->text[i].key.bytes);
        lua_pushlstring(L, archive->text[i].value.data, archive->text[i].value.bytes);
        lua_rawset(L, -4);
    }
}

/* (path) -> {name = tensor}, {key = text}, {names in the order of the file} */
static int load(lua_State *L) {
    cnn_error err;
    load_run run = {.path = binding_check_path(L, 1, "load")};
    run.archive = lua_newuserdatauv(L, sizeof *run.archive, 0);
    *run.archive = (cnn_archive){0};
    lua_rawgetp(L, LUA_REGISTRYINDEX, &archive_key);
    lua_setmetatable(L, -2);
    if (binding_run(L, load_work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    push_archive(L, run.archive);
    cnn_archive_free(run.archive);
    return 3;
}

/* ---- save ---- */

/* The string at `index`, borrowed: it is also a key or value of a table that stays on the stack. */
static cnn_text borrow_text(lua_State *L, int index) {
    cnn_text text;
    text.data = (char *)(uintptr_t)lua_tolstring(L, index, &text.bytes); /* only read: saving never writes to names */
    return text;
}

/* Number of pairs in the table at `index`, all of whose keys are strings. [raises] */
static size_t count_pairs(lua_State *L, int index, const char *what) {
    size_t count = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            binding_fail(L, CNN_BAD_TYPE, "save", "%s have strings as names; got %s", what, binding_what(L, -2));
        count++;
    }
    return count;
}

static int compare_tensors(const void *a, const void *b) {
    const cnn_text *x = &((const cnn_named_tensor *)a)->name, *y = &((const cnn_named_tensor *)b)->name;
    const int order = memcmp(x->data, y->data, x->bytes < y->bytes ? x->bytes : y->bytes);
    return order != 0 ? order : (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

static int compare_texts(const void *a, const void *b) {
    return strcmp(((const cnn_named_text *)a)->key.data, ((const cnn_named_text *)b)->key.data);
}

/* Name on top of the stack but one, value on top. [raises] */
static void collect_tensor(lua_State *L, cnn_named_tensor *named) {
    named->name = borrow_text(L, -2);
    named->tensor = binding_test_tensor(L, -1);
    if (named->tensor == NULL)
        binding_fail(L, CNN_BAD_TYPE, "save", "what is saved is a table of tensors; \"%s\" is %s", named->name.data,
                     binding_what(L, -1));
}

/* The tensors of table 2, in the order of list 4, or by name. Pushes the memory that holds the array. [raises] */
static void collect_tensors(lua_State *L, cnn_archive *archive) {
    const size_t count = count_pairs(L, 2, "tensors");
    archive->tensor = lua_newuserdatauv(L, (count + 1) * sizeof *archive->tensor, 0);
    if (lua_istable(L, 4)) {
        if (lua_rawlen(L, 4) != count)
            binding_fail(L, CNN_BAD_VALUE, "save", "the order names %d tensors, but there are %d",
                         (int)lua_rawlen(L, 4), (int)count);
        for (; archive->tensors < count; lua_pop(L, 2)) {
            lua_rawgeti(L, 4, (lua_Integer)archive->tensors + 1);
            if (lua_type(L, -1) != LUA_TSTRING)
                binding_fail(L, CNN_BAD_TYPE, "save", "the order is a list of names; got %s", binding_what(L, -1));
            lua_pushvalue(L, -1);
            lua_rawget(L, 2);
            collect_tensor(L, &archive->tensor[archive->tensors++]);
        }
        return;
    }
    for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) collect_tensor(L, &archive->tensor[archive->tensors++]);
    if (count > 1) qsort(archive->tensor, count, sizeof *archive->tensor, compare_tensors);
}

/* The metadata of table 3. Pushes the memory that holds the array. [raises] */
static void collect_texts(lua_State *L, cnn_archive *archive) {
    if (lua_isnoneornil(L, 3)) return;
    if (!lua_istable(L, 3))
        binding_fail(L, CNN_BAD_TYPE, "save", "metadata is a table of strings; got %s", binding_what(L, 3));
    const size_t count = count_pairs(L, 3, "metadata");
    archive->text = lua_newuserdatauv(L, (count + 1) * sizeof *archive->text, 0);
    for (lua_pushnil(L); lua_next(L, 3); lua_pop(L, 1)) {
        if (lua_type(L, -1) != LUA_TSTRING)
            binding_fail(L, CNN_BAD_TYPE, "save", "metadata is a table of strings; \"%s\" is %s", lua_tostring(L, -2),
                         binding_what(L, -1));
        archive->text[archive->texts++] = (cnn_named_text){borrow_text(L, -2), borrow_text(L, -1)};
    }
    if (count > 1) qsort(archive->text, count, sizeof *archive->text, compare_texts);
}

static cnn_status save_work(void *context, cnn_error *err) {
    load_run *run = context;
    if (run->keep_previous) return cnn_safetensors_replace(run->path, run->archive, err);
    return cnn_safetensors_save(run->path, run->archive, err);
}

/* (path, {name = tensor}, {key = text} or nil, list of names or nil, whether the old file stays as PATH.previous) */
static int save(lua_State *L) {
    cnn_error err;
    cnn_archive archive = {0};
    load_run run = {
        .path = binding_check_path(L, 1, "save"), .archive = &archive, .keep_previous = lua_toboolean(L, 5)};
    if (!lua_istable(L, 2))
        binding_fail(L, CNN_BAD_TYPE, "save", "what is saved is a table of tensors; got %s", binding_what(L, 2));
    lua_settop(L, 4);
    collect_tensors(L, &archive);
    collect_texts(L, &archive);
    if (binding_run(L, save_work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    return 0;
}

/* ---- data sets ---- */

typedef struct set_run {
    const char *path;
    cnn_digits_split split;
    int64_t first, count;
    cnn_tensor **images, **labels;
} set_run;

static cnn_status idx_work(void *context, cnn_error *err) {
    set_run *run = context;
    return cnn_idx_load(run->path, run->images, err);
}

/* (path) -> uint8 tensor */
static int read_idx(lua_State *L) {
    cnn_error err;
    set_run run = {.path = binding_check_path(L, 1, "read_idx"), .images = binding_slot(L)};
    if (binding_run(L, idx_work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    return 1;
}

static cnn_status digits_work(void *context, cnn_error *err) {
    set_run *run = context;
    return cnn_digits(run->split, run->first, run->count, run->images, run->labels, err);
}

/* ("train" or "test", first image from 1, count; by default all) -> uint8 [count, 28, 28], int64 [count] */
static int digits(lua_State *L) {
    cnn_error err;
    const char *split = lua_type(L, 1) == LUA_TSTRING ? lua_tostring(L, 1) : "";
    set_run run = {.split = strcmp(split, "test") == 0 ? CNN_DIGITS_TEST : CNN_DIGITS_TRAIN};
    if (strcmp(split, "train") != 0 && strcmp(split, "test") != 0)
        binding_fail(L, CNN_BAD_VALUE, "digits", "the split is \"train\" or \"test\"; got %s", binding_what(L, 1));
    const int64_t first = lua_isnoneornil(L, 2) ? 1 : binding_check_integer(L, 2, "digits", "the first image");
    if (first < 1) binding_fail(L, CNN_BAD_VALUE, "digits", "images count from 1; got %lld", (long long)first);
    run.first = first - 1;
    run.count = lua_isnoneornil(L, 3) ? cnn_digits_count(run.split) - run.first
                                      : binding_check_integer(L, 3, "digits", "the number of images");
    run.images = binding_slot(L);
    run.labels = binding_slot(L);
    if (binding_run(L, digits_work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    return 2;
}

void binding_open_file(lua_State *L) {
    static const luaL_Reg functions[] = {{"load", load},         {"save", save},     {"write_file", write_file},
                                         {"read_idx", read_idx}, {"digits", digits}, {NULL, NULL}};
    static const luaL_Reg archive_methods[] = {{"__gc", archive_gc}, {"__close", archive_gc}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
    lua_newtable(L);
    luaL_setfuncs(L, archive_methods, 0);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &archive_key);
}
