/* SPDX-License-Identifier: MIT
 * Downloads for Lua: the handle of a file that is being fetched, and what goes with it: digests, folders, waiting.
 *
 * The handle is a userdata that exists, empty, before the fetch does; __gc and __close hang up and give the lock back.
 * What a server does wrong is a result, not an error: lua/cnn/datasets/download.lua asks the next one. */
#include <string.h>

#include "core/digest.h"
#include "core/fetch.h"
#include "core/file.h"
#include "lua/binding/binding.h"

static const char fetch_key; /* registry: the metatable of handles */

typedef struct fetch_run {
    const char *path;
    cnn_fetch **handle;
    cnn_fetch_order order;
    cnn_fetch_report report;
    bool mine;
    int64_t bytes;
    double seconds;
    cnn_digest_kind kind;
    bool content;
    char text[CNN_DIGEST_TEXT];
} fetch_run;

static int fetch_gc(lua_State *L) {
    cnn_fetch **handle = lua_touserdata(L, 1);
    if (handle != NULL) cnn_fetch_free(handle);
    return 0;
}

/* [raises] */
static cnn_fetch **check_handle(lua_State *L, const char *op) {
    cnn_fetch **handle = lua_touserdata(L, 1);
    if (handle != NULL && lua_getmetatable(L, 1)) {
        lua_rawgetp(L, LUA_REGISTRYINDEX, &fetch_key);
        if (!lua_rawequal(L, -1, -2)) handle = NULL;
        lua_pop(L, 2);
    } else {
        handle = NULL;
    }
    if (handle == NULL || *handle == NULL)
        binding_fail(L, CNN_BAD_TYPE, op, "it takes what fetch_open gave; got %s", binding_what(L, 1));
    return handle;
}

/* ---- a fetch ---- */

static cnn_status open_work(void *context, cnn_error *err) {
    fetch_run *run = context;
    return cnn_fetch_open(run->path, run->handle, err);
}

/* (path of the part) -> handle */
static int fetch_open(lua_State *L) {
    cnn_error err;
    fetch_run run = {.path = binding_check_path(L, 1, "fetch_open")};
    run.handle = lua_newuserdatauv(L, sizeof *run.handle, 0);
    *run.handle = NULL;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &fetch_key);
    lua_setmetatable(L, -2);
    if (binding_run(L, open_work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    return 1;
}

static cnn_status lock_work(void *context, cnn_error *err) {
    fetch_run *run = context;
    return cnn_fetch_lock(*run->handle, &run->mine, &run->bytes, err);
}

/* (handle) -> true and the bytes that the part holds; or false, a moment later, while another process has it */
static int fetch_lock(lua_State *L) {
    cnn_error err;
    fetch_run run = {.handle = check_handle(L, "fetch_lock")};
    if (binding_run_once(L, lock_work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    lua_pushboolean(L, run.mine);
    lua_pushinteger(L, run.bytes);
    return 2;
}

static cnn_status start_work(void *context, cnn_error *err) {
    fetch_run *run = context;
    return cnn_fetch_start(*run->handle, &run->order, err);
}

/* (handle, url, expected bytes or nil, most bytes, seconds of a stall) */
static int fetch_start(lua_State *L) {
    cnn_error err;
    fetch_run run = {.handle = check_handle(L, "fetch_start")};
    run.order.url = binding_check_path(L, 2, "fetch_start");
    run.order.expected = lua_isnil(L, 3) ? -1 : binding_check_integer(L, 3, "fetch_start", "the size");
    run.order.limit = binding_check_integer(L, 4, "fetch_start", "the limit");
    run.order.stall = binding_check_number(L, 5, "fetch_start", "the patience");
    if (binding_run_once(L, start_work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    return 0;
}

static cnn_status step_work(void *context, cnn_error *err) {
    fetch_run *run = context;
    return cnn_fetch_step(*run->handle, &run->report, err);
}

/* (handle) -> "running", "done" or "failed", bytes here, bytes in all or nil, and of a failure the reason and whether
 * another try may help */
static int fetch_step(lua_State *L) {
    static const char *const names[] = {"running", "done", "failed"};
    cnn_error err;
    fetch_run run = {.handle = check_handle(L, "fetch_step")};
    if (binding_run_once(L, step_work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    lua_pushstring(L, names[run.report.state]);
    lua_pushinteger(L, run.report.bytes);
    if (run.report.total >= 0)
        lua_pushinteger(L, run.report.total);
    else
        lua_pushnil(L);
    if (run.report.state != CNN_FETCH_FAILED) return 3;
    lua_pushstring(L, run.report.reason);
    lua_pushboolean(L, run.report.again);
    return 5;
}

static cnn_status discard_work(void *context, cnn_error *err) {
    fetch_run *run = context;
    return cnn_fetch_discard(*run->handle, err);
}

/* (handle): empties the part */
static int fetch_discard(lua_State *L) {
    cnn_error err;
    fetch_run run = {.handle = check_handle(L, "fetch_discard")};
    if (binding_run_once(L, discard_work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    return 0;
}

static cnn_status commit_work(void *context, cnn_error *err) {
    fetch_run *run = context;
    return cnn_fetch_commit(*run->handle, run->path, err);
}

/* (handle, path): the part becomes the file */
static int fetch_commit(lua_State *L) {
    cnn_error err;
    fetch_run run = {.handle = check_handle(L, "fetch_commit"), .path = binding_check_path(L, 2, "fetch_commit")};
    if (binding_run_once(L, commit_work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    return 0;
}

/* (handle): hangs up and gives the lock back; the part stays unless it is empty */
static int fetch_close(lua_State *L) {
    cnn_fetch_free(check_handle(L, "fetch_close"));
    return 0;
}

static cnn_status ready_work(void *context, cnn_error *err) {
    (void)context;
    return cnn_fetch_ready(err);
}

/* () -> true; or nil, why nothing can be fetched, and what to do */
static int fetch_ready(lua_State *L) {
    cnn_error err;
    if (binding_run_once(L, ready_work, NULL, &err) == CNN_OK) {
        lua_pushboolean(L, true);
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, err.text);
    lua_pushstring(L, err.fix);
    return 3;
}

/* ---- what goes with it ---- */

static cnn_status sleep_work(void *context, cnn_error *err) {
    fetch_run *run = context;
    return cnn_sleep(run->seconds, err);
}

/* (seconds): Ctrl-C ends it with an error */
static int sleep_seconds(lua_State *L) {
    cnn_error err;
    fetch_run run = {.seconds = binding_check_number(L, 1, "sleep", "the time")};
    if (binding_run_once(L, sleep_work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    return 0;
}

static cnn_status folder_work(void *context, cnn_error *err) {
    fetch_run *run = context;
    return cnn_file_make_folder(run->path, err);
}

/* (path): makes the folder and those above it */
static int make_folder(lua_State *L) {
    cnn_error err;
    fetch_run run = {.path = binding_check_path(L, 1, "make_folder")};
    if (binding_run_once(L, folder_work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    return 0;
}

static cnn_status digest_work(void *context, cnn_error *err) {
    fetch_run *run = context;
    return cnn_digest_file(run->path, run->kind, run->content, run->text, err);
}

/* (path, "sha256" or "md5", of what a gzipped file holds? false) -> hexadecimal */
static int digest(lua_State *L) {
    cnn_error err;
    const char *kind = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
    fetch_run run = {.path = binding_check_path(L, 1, "digest"), .kind = CNN_SHA256, .content = lua_toboolean(L, 3)};
    if (strcmp(kind, "md5") == 0)
        run.kind = CNN_MD5;
    else if (strcmp(kind, "sha256") != 0)
        binding_fail(L, CNN_BAD_VALUE, "digest", "digests are \"sha256\" and \"md5\"; got %s", binding_what(L, 2));
    if (binding_run_once(L, digest_work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    lua_pushstring(L, run.text);
    return 1;
}

void binding_open_fetch(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"fetch_open", fetch_open},
        {"fetch_lock", fetch_lock},
        {"fetch_start", fetch_start},
        {"fetch_step", fetch_step},
        {"fetch_discard", fetch_discard},
        {"fetch_commit", fetch_commit},
        {"fetch_ready", fetch_ready},
        {"fetch_close", fetch_close},
        {"sleep", sleep_seconds},
        {"make_folder", make_folder},
        {"digest", digest},
        {NULL, NULL},
    };
    static const luaL_Reg methods[] = {{"__gc", fetch_gc}, {"__close", fetch_gc}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &fetch_key);
}
