/* SPDX-License-Identifier: MIT
 * Pictures for Lua: read_image, write_image, and the files of a folder. */
#include "core/picture.h"
#include "core/folder.h"
#include "lua/binding/binding.h"

#include <stdlib.h>
#include <string.h>

typedef struct picture_run {
    const char *path;
    cnn_picture_mode mode;
    cnn_tensor *x, **slot;
    int quality;
} picture_run;

static const char *check_path(lua_State *L, const char *op) {
    size_t length;
    if (lua_type(L, 1) != LUA_TSTRING)
        binding_fail(L, CNN_BAD_TYPE, op, "argument 1 must be a path; got %s", binding_what(L, 1));
    const char *path = lua_tolstring(L, 1, &length);
    if (strlen(path) != length) binding_fail(L, CNN_BAD_VALUE, op, "the path has a zero byte in it");
    return path;
}

static cnn_status read_work(void *context, cnn_error *err) {
    picture_run *run = context;
    cnn_picture picture;
    cnn_status status = cnn_picture_read(run->path, run->mode, &picture, err);
    if (status != CNN_OK) return status;
    const cnn_shape shape = {3, {picture.channels, picture.height, picture.width}};
    status = cnn_tensor_empty(CNN_U8, &shape, run->slot, err);
    if (status == CNN_OK) memcpy(cnn_tensor_data(*run->slot), picture.pixel, (size_t)cnn_shape_numel(&shape));
    free(picture.pixel);
    return status;
}

/* (path, mode) -> uint8 [C, H, W] */
static int read_image(lua_State *L) {
    cnn_error err;
    picture_run run = {.path = check_path(L, "read_image")};
    const char *mode = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
    if (cnn_picture_mode_named(mode, &run.mode, &err) != CNN_OK) return binding_raise(L, &err);
    run.slot = binding_slot(L);
    if (binding_run(L, read_work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    return 1;
}

/* The tensor as row-major bytes in *slot. */
static cnn_status write_work(void *context, cnn_error *err) {
    picture_run *run = context;
    const cnn_shape *shape = cnn_tensor_shape(run->x);
    const int first = shape->ndim - 3;
    cnn_status status = cnn_tensor_empty(CNN_U8, shape, run->slot, err);
    if (status == CNN_OK) status = cnn_copy_into(*run->slot, run->x, err);
    if (status != CNN_OK) return status;
    const cnn_picture picture = {shape->size[first + 1], shape->size[first + 2], shape->ndim == 2 ? 1 : shape->size[0],
                                 cnn_tensor_data(*run->slot)};
    return cnn_picture_write(run->path, &picture, run->quality, err);
}

/* (path, uint8 [H, W] or [C, H, W], quality) */
static int write_image(lua_State *L) {
    char text[CNN_SHAPE_TEXT];
    cnn_error err;
    picture_run run = {.path = check_path(L, "write_image"),
                       .x = binding_check_numbers(L, 2, "write_image", "the picture")};
    const int64_t quality = binding_check_integer(L, 3, "write_image", "quality");
    const cnn_shape *shape = cnn_tensor_shape(run.x);
    if (cnn_tensor_dtype(run.x) != CNN_U8)
        binding_fail_fix(L, CNN_BAD_TYPE, "write_image", "x:mul(255):round():clamp(0, 255):to(\"uint8\")",
                         "a picture is written from uint8; got %s", cnn_dtype_name(cnn_tensor_dtype(run.x)));
    if (shape->ndim != 2 && (shape->ndim != 3 || shape->size[0] < 1 || shape->size[0] > 4))
        binding_fail(L, CNN_BAD_SHAPE, "write_image", "a picture is [H, W] or [C, H, W] with 1 to 4 channels; got %s",
                     cnn_shape_print(shape, text));
    if (quality < 1 || quality > 100)
        binding_fail(L, CNN_BAD_VALUE, "write_image", "quality is 1 to 100; got %d", (int)quality);
    run.quality = (int)quality;
    run.slot = binding_slot(L);
    if (binding_run(L, write_work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    return 0;
}

static cnn_status folder_work(void *context, cnn_error *err) {
    picture_run *run = context;
    return cnn_folder_files(run->path, run->slot, err);
}

/* (path) -> list of the files below it, list of the folders in it. The names lie in a tensor while they are pushed. */
static int folder_files(lua_State *L) {
    cnn_error err;
    picture_run run = {.path = check_path(L, "folder_files")};
    run.slot = binding_slot(L);
    if (binding_run(L, folder_work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    lua_newtable(L);
    lua_newtable(L);
    const char *at = cnn_tensor_data(*run.slot), *end = at + cnn_tensor_numel(*run.slot);
    for (lua_Integer files = 0, folders = 0; at < end;) {
        const size_t length = strlen(at);
        const bool folder = at[length - 1] == '/';
        lua_pushlstring(L, at, folder ? length - 1 : length);
        lua_rawseti(L, folder ? -2 : -3, folder ? ++folders : ++files);
        at += length + 1;
    }
    return 2;
}

void binding_open_picture(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"read_image", read_image}, {"write_image", write_image}, {"folder_files", folder_files}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
