/* SPDX-License-Identifier: MIT
 * Error texts with a traceback of the user's own frames: C functions and the program's own Lua files are left out,
 * since nobody can mend a script by reading them. failure.lua says it better, with source lines; what is here is
 * written in C and without tables, so that it also works where the stack has just overflowed. A long recursion shows
 * its ends: FIRST frames from the error, LAST from the bottom. */
#include "lua/shell/traceback.h"

#include <stdbool.h>
#include <string.h>

#include <lauxlib.h>

#include "lua/binding/terminal.h"
#include "lua/shell/program.h"

enum { FIRST = 12, LAST = 8 };

static bool is_users(const lua_Debug *frame) {
    if (*frame->what == 'C' || strncmp(frame->source, "=(cnn", 5) == 0) return false; /* or code that we made */
    const char *folder = shell_lua_folder();
    size_t length = strlen(folder);
    if (length == 0 || frame->source[0] != '@') return true;
    return strncmp(frame->source + 1, folder, length) != 0 || frame->source[1 + length] != '/';
}

/* Deepest level of the stack: doubling, then halving, since lua_getstack walks from the top each time. */
static int last_level(lua_State *L) {
    lua_Debug frame;
    int low = 0, high = 1;
    while (lua_getstack(L, high, &frame)) {
        low = high;
        high *= 2;
    }
    while (low + 1 < high) {
        int middle = low + (high - low) / 2;
        if (lua_getstack(L, middle, &frame))
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void add_frame(luaL_Buffer *out, lua_State *L, const lua_Debug *frame) {
    lua_pushfstring(L, "\n\t%s:%d: in ", frame->short_src, frame->currentline);
    luaL_addvalue(out);
    if (*frame->what == 'm')
        lua_pushliteral(L, "main chunk");
    else if (*frame->namewhat == '\0')
        lua_pushfstring(L, "function <%s:%d>", frame->short_src, frame->linedefined);
    else
        lua_pushfstring(L, "%s '%s'", strcmp(frame->namewhat, "global") == 0 ? "function" : frame->namewhat,
                        frame->name);
    luaL_addvalue(out);
    if (frame->istailcall) luaL_addstring(out, "\n\t(...tail calls...)");
}

/* Appends the user's frames from `level` on; returns how many there are. */
static int add_frames(luaL_Buffer *out, lua_State *L, int level) {
    lua_Debug frame;
    int count = 0, last = last_level(L), skip_from = -1;
    for (; level <= last && lua_getstack(L, level, &frame); level++) {
        lua_getinfo(L, "Slnt", &frame);
        if (!is_users(&frame)) continue;
        if (count == 0) luaL_addstring(out, "\nstack traceback:");
        if (count == FIRST && last - level > LAST && skip_from < 0) {
            skip_from = level;
            level = last - LAST;
            lua_pushfstring(L, "\n\t... (%d frames)", level - skip_from + 1);
            luaL_addvalue(out);
            continue;
        }
        count++;
        add_frame(out, L, &frame);
    }
    return count;
}

/* Pushes the error as text. A table speaks through its __tostring; that may fail too. */
static int protected_tostring(lua_State *L) {
    luaL_tolstring(L, 1, NULL);
    return 1;
}

static void push_text(lua_State *L, int index) {
    int type = lua_type(L, index);
    if (type == LUA_TSTRING || type == LUA_TNUMBER) {
        lua_pushvalue(L, index);
        lua_tostring(L, -1);
        return;
    }
    if (luaL_getmetafield(L, index, "__tostring") != LUA_TNIL) {
        lua_pop(L, 1);
        lua_pushcfunction(L, protected_tostring);
        lua_pushvalue(L, index);
        if (lua_pcall(L, 1, 1, 0) == LUA_OK) return;
        lua_pop(L, 1);
    }
    lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, index));
}

/* An interrupt leaves its hook armed, which would stop the error's own __tostring as well: off meanwhile. */
static void push_text_unhooked(lua_State *L, int index) {
    lua_Hook hook = lua_gethook(L);
    int mask = lua_gethookmask(L), count = lua_gethookcount(L);
    lua_sethook(L, NULL, 0, 0);
    push_text(L, index);
    lua_sethook(L, hook, mask, count);
}

/* A missing field of a module is explained by what stands on the stack: shell/missing.lua. The text at the top stays as
 * it is where that has nothing to say, or fails. */
static void explain_missing(lua_State *L) {
    const char *text = lua_tostring(L, -1);
    int top = lua_gettop(L);
    if (text == NULL || strstr(text, "a nil value (") == NULL || strchr(text, '\n') != NULL) return;
    if (lua_getglobal(L, "require") != LUA_TFUNCTION) {
        lua_settop(L, top);
        return;
    }
    lua_pushliteral(L, "shell.missing");
    if (lua_pcall(L, 1, 1, 0) == LUA_OK && lua_istable(L, -1)) {
        lua_getfield(L, -1, "explain");
        lua_pushvalue(L, top);
        if (lua_pcall(L, 1, 1, 0) == LUA_OK && lua_type(L, -1) == LUA_TSTRING) lua_replace(L, top);
    }
    lua_settop(L, top);
}

/* Replaces the text on top by what failure.lua makes of it, with the user's frames; false where it can't. Levels of the
 * stack count the same here and there: the handler calls `describe` directly. */
static bool describe_in_lua(lua_State *L, bool brief) {
    int top = lua_gettop(L);
    bool described = false;
    if (lua_getglobal(L, "require") == LUA_TFUNCTION) {
        lua_pushliteral(L, "shell.failure");
        if (lua_pcall(L, 1, 1, 0) == LUA_OK && lua_istable(L, -1)) {
            lua_getfield(L, -1, "describe");
            lua_pushvalue(L, top);
            lua_pushboolean(L, brief);
            described = lua_pcall(L, 2, 1, 0) == LUA_OK && lua_type(L, -1) == LUA_TSTRING;
            if (described) lua_replace(L, top);
        }
    }
    lua_settop(L, top);
    return described;
}

static int describe(lua_State *L, bool brief) {
    cnn_status_line_end(); /* the message begins on a line of its own */
    luaL_checkstack(L, 12, NULL);
    lua_settop(L, 1);
    push_text_unhooked(L, 1);
    explain_missing(L);
    if (describe_in_lua(L, brief)) return 1;
    luaL_Buffer out;
    luaL_buffinit(L, &out);
    int frames = add_frames(&out, L, 1);
    luaL_pushresult(&out);
    if (frames == 0 || (brief && frames == 1)) {
        lua_pop(L, 1);
        return 1;
    }
    lua_concat(L, 2);
    return 1;
}

int shell_traceback(lua_State *L) {
    return describe(L, false);
}

int shell_traceback_brief(lua_State *L) {
    return describe(L, true);
}
