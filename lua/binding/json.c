/* SPDX-License-Identifier: MIT
 * JSON text as a Lua value: objects and arrays become tables, null becomes core.null (a light userdata, so that it can
 * stand in a table), whole numbers integers, others floats.
 *
 * Strings are decoded into a userdata as long as the text, so that nothing is lost when Lua raises an error halfway.
 * Values nest up to MAX_DEPTH levels: more is refused before the C stack could notice. */
#include <string.h>

#include "core/json.h"
#include "lua/binding/binding.h"

enum { MAX_DEPTH = 200, MAX_DIGITS = 64 };

typedef struct reader {
    lua_State *L;
    cnn_json json;
    char *scratch; /* as many bytes as the text */
    int depth;
} reader;

static void read_value(reader *r);

/* [raises] */
static void check(reader *r, cnn_status status, const cnn_error *err) {
    if (status != CNN_OK) binding_raise(r->L, err);
}

static void refuse(reader *r, const char *what) {
    cnn_error err;
    check(r, cnn_json_fail(&r->json, &err, "%s", what), &err);
}

static void read_string(reader *r) {
    cnn_error err;
    size_t bytes = 0;
    check(r, cnn_json_decode(&r->json, r->scratch, &bytes, &err), &err);
    lua_pushlstring(r->L, r->scratch, bytes);
}

/* Lua's own reading of decimal numbers: exact, and the same in every locale. */
static void read_number(reader *r) {
    cnn_error err;
    const char *text = NULL;
    size_t bytes = 0;
    char digits[MAX_DIGITS];
    check(r, cnn_json_number(&r->json, &text, &bytes, &err), &err);
    if (bytes >= sizeof digits) refuse(r, "a number with more digits than any value needs");
    memcpy(digits, text, bytes);
    digits[bytes] = '\0';
    if (lua_stringtonumber(r->L, digits) == 0) refuse(r, "a number that cannot be read");
}

static void read_word(reader *r) {
    cnn_error err;
    char which = 'n';
    check(r, cnn_json_word(&r->json, &which, &err), &err);
    if (which == 'n')
        lua_pushlightuserdata(r->L, NULL);
    else
        lua_pushboolean(r->L, which == 't');
}

/* [value, value, …] */
static void read_array(reader *r) {
    cnn_error err;
    lua_Integer count = 0;
    check(r, cnn_json_take(&r->json, '[', &err), &err);
    lua_newtable(r->L);
    if (cnn_json_takes(&r->json, ']')) return;
    do {
        read_value(r);
        lua_rawseti(r->L, -2, ++count);
    } while (cnn_json_takes(&r->json, ','));
    check(r, cnn_json_take(&r->json, ']', &err), &err);
}

/* {"key": value, …} */
static void read_object(reader *r) {
    cnn_error err;
    check(r, cnn_json_take(&r->json, '{', &err), &err);
    lua_newtable(r->L);
    if (cnn_json_takes(&r->json, '}')) return;
    do {
        read_string(r); /* table, key */
        lua_pushvalue(r->L, -1);
        if (lua_rawget(r->L, -3) != LUA_TNIL) refuse(r, "a key that is there already");
        lua_pop(r->L, 1);
        check(r, cnn_json_take(&r->json, ':', &err), &err);
        read_value(r);
        lua_rawset(r->L, -3);
    } while (cnn_json_takes(&r->json, ','));
    check(r, cnn_json_take(&r->json, '}', &err), &err);
}

/* Pushes the value that comes next. [raises] */
static void read_value(reader *r) {
    cnn_error err;
    luaL_checkstack(r->L, 8, "nested values");
    if (++r->depth > MAX_DEPTH) refuse(r, "values nested deeper than 200 levels");
    switch (cnn_json_peek(&r->json)) {
    case CNN_JSON_OBJECT:
        read_object(r);
        break;
    case CNN_JSON_ARRAY:
        read_array(r);
        break;
    case CNN_JSON_STRING:
        read_string(r);
        break;
    case CNN_JSON_NUMBER:
        read_number(r);
        break;
    case CNN_JSON_WORD:
        read_word(r);
        break;
    case CNN_JSON_NOTHING:
        check(r, cnn_json_no_value(&r->json, &err), &err);
        break;
    }
    r->depth--;
}

/* (text, where it comes from, for messages) -> value */
static int json(lua_State *L) {
    cnn_error err;
    size_t bytes = 0;
    if (lua_type(L, 1) != LUA_TSTRING || lua_type(L, 2) != LUA_TSTRING)
        binding_fail(L, CNN_BAD_TYPE, "json", "it takes a text and where it comes from; got %s and %s",
                     binding_what(L, 1), binding_what(L, 2));
    const char *text = lua_tolstring(L, 1, &bytes);
    reader r = {.L = L, .json = {.path = lua_tostring(L, 2), .text = text, .at = text, .end = text + bytes}};
    r.scratch = lua_newuserdatauv(L, bytes + 1, 0);
    read_value(&r);
    check(&r, cnn_json_end(&r.json, &err), &err);
    return 1;
}

void binding_open_json(lua_State *L) {
    static const luaL_Reg functions[] = {{"json", json}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
    lua_pushlightuserdata(L, NULL);
    lua_setfield(L, -2, "null");
}
