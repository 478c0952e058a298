/* SPDX-License-Identifier: MIT
 * Readline's side of Tab: hands the line to the Lua function that knows what may follow (complete.lua), turns its list
 * into readline's, and prints long lists without the part that all have in common. Called from inside readline, so
 * nothing here may raise: the Lua function runs protected, and an error of its means "no completion". */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "lua/shell/readline.h"

#include <readline/readline.h>

static const char completer_key; /* its address: where the registry keeps the Lua function */
static lua_State *state;         /* the state that set it */

static int list_position; /* next entry of the list on top of the Lua stack */

static char *next_match(const char *text, int again) {
    (void)text;
    if (!again) list_position = 1;
    lua_rawgeti(state, -1, list_position++);
    const char *word = lua_type(state, -1) == LUA_TSTRING ? lua_tostring(state, -1) : NULL;
    char *copy = word ? strdup(word) : NULL;
    lua_pop(state, 1);
    return copy;
}

/* The protected part: (line, start) → list or false */
static int ask(lua_State *L) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &completer_key);
    lua_insert(L, 1);
    lua_pushlstring(L, rl_line_buffer, (size_t)lua_tointeger(L, 3));
    lua_replace(L, 3);
    lua_insert(L, 2);
    lua_call(L, 2, 1);
    return 1;
}

static char **complete(const char *text, int start, int end) {
    char **matches = NULL;
    rl_attempted_completion_over = 1; /* no file names unless asked for */
    rl_completion_suppress_append = 1;
    if (state == NULL || !lua_checkstack(state, 8)) return NULL;
    int top = lua_gettop(state);
    lua_pushcfunction(state, ask);
    lua_pushinteger(state, start + 1);
    lua_pushinteger(state, end);
    if (lua_pcall(state, 2, 1, 0) == LUA_OK) {
        if (lua_istable(state, -1))
            matches = rl_completion_matches(text, next_match);
        else if (lua_isboolean(state, -1))
            rl_attempted_completion_over = 0;
    }
    lua_settop(state, top);
    return matches;
}

/* Bytes up to and including the last '.' or ':' of the common prefix. */
static size_t shared_path(const char *prefix) {
    size_t cut = 0;
    for (size_t i = 0; prefix[i] != '\0'; i++)
        if (prefix[i] == '.' || prefix[i] == ':') cut = i + 1;
    return cut;
}

static void display(char **matches, int count, int longest) {
    size_t cut = shared_path(matches[0]);
    char **shown = malloc(((size_t)count + 2) * sizeof *shown);
    if (shown == NULL) return;
    for (int i = 0; i <= count; i++) shown[i] = matches[i] + (strlen(matches[i]) >= cut ? cut : 0);
    shown[count + 1] = NULL;
    fputc('\n', rl_outstream);
    rl_display_match_list(shown, count, longest - (int)cut);
    rl_forced_update_display();
    free(shown);
}

int shell_set_completer(lua_State *L) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &completer_key);
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    state = lua_tothread(L, -1);
    return 0;
}

void shell_completion_open(void) {
    rl_completer_word_break_characters = " \t\n\"'`@$><=;|&{(+-*/^%#,~[]})?";
    rl_completer_quote_characters = "\"'";
    rl_attempted_completion_function = complete;
    rl_completion_display_matches_hook = display;
}
