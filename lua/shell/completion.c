/* SPDX-License-Identifier: MIT
 * Readline's side of Tab: hands the line to the Lua function that knows what may follow (complete.lua), turns its list
 * into readline's, prints long lists without the part that all have in common, and the signature of an open call above.
 * Called from inside readline, so nothing here may raise: the Lua function runs protected, and an error of its means
 * "no completion". */
#include <dirent.h>
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

static char *signature; /* of the call around the cursor, or NULL; malloc'd */

/* The protected part: (start, end) → list or false, signature or nil */
static int ask(lua_State *L) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &completer_key);
    lua_insert(L, 1);
    lua_pushlstring(L, rl_line_buffer, (size_t)lua_tointeger(L, 3));
    lua_replace(L, 3);
    lua_insert(L, 2);
    lua_call(L, 2, 2);
    return 2;
}

/* Above the line, which is drawn again below. */
static void print_signature(void) {
    if (signature == NULL) return;
    fprintf(rl_outstream, "\r\n%s", signature);
    free(signature);
    signature = NULL;
}

static void display(char **matches, int count, int longest);

static char **complete(const char *text, int start, int end) {
    char **matches = NULL;
    rl_attempted_completion_over = 1; /* no file names unless asked for */
    rl_completion_suppress_append = 1;
    rl_completion_display_matches_hook = display;
    if (state == NULL || !lua_checkstack(state, 8)) return NULL;
    int top = lua_gettop(state);
    free(signature);
    signature = NULL;
    lua_pushcfunction(state, ask);
    lua_pushinteger(state, start + 1);
    lua_pushinteger(state, end);
    if (lua_pcall(state, 2, 2, 0) == LUA_OK) {
        if (lua_type(state, -1) == LUA_TSTRING) signature = strdup(lua_tostring(state, -1));
        lua_settop(state, top + 1);
        if (lua_istable(state, -1)) {
            matches = rl_completion_matches(text, next_match);
        } else if (lua_isboolean(state, -1)) {
            rl_attempted_completion_over = 0;
            rl_completion_display_matches_hook = NULL; /* readline's own way is right for file names */
        }
    }
    lua_settop(state, top);
    if (matches == NULL && signature != NULL) {
        print_signature();
        fputs("\r\n", rl_outstream);
        rl_on_new_line();
        rl_forced_update_display();
    }
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
    print_signature();
    fputs("\r\n", rl_outstream);
    rl_display_match_list(shown, count, longest - (int)cut);
    rl_forced_update_display();
    free(shown);
}

/* (path) → the names in the folder, those of folders with a slash; nil where it can't be read. */
int shell_list_folder(lua_State *L) {
    enum { MOST = 2000, LONGEST = 64 };
    static char names[MOST][LONGEST]; /* first gathered: no call of Lua may raise while the folder is open */
    const char *path = luaL_checkstring(L, 1);
    DIR *folder = opendir(*path ? path : ".");
    if (folder == NULL) return 0;
    const struct dirent *entry;
    int count = 0;
    while (count < MOST && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.' || strlen(entry->d_name) > LONGEST - 2) continue;
        snprintf(names[count++], LONGEST, "%.*s%s", LONGEST - 2, entry->d_name, entry->d_type == DT_DIR ? "/" : "");
    }
    closedir(folder);
    lua_createtable(L, count, 0);
    for (int i = 0; i < count; i++) {
        lua_pushstring(L, names[i]);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

int shell_set_completer(lua_State *L) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &completer_key);
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    state = lua_tothread(L, -1);
    return 0;
}

/* Lines with file names or module names that stand in no string. */
static bool is_plain_command(void) {
    static const char *const beginnings[] = {"!", "%run ", "%edit ", "%save ", "%cd ", "%reload "};
    const char *line = rl_line_buffer + strspn(rl_line_buffer, " ");
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (strncmp(line, beginnings[i], strlen(beginnings[i])) == 0) return true;
    return false;
}

/* Nothing ends a word inside a string, not even the slash that a path begins with. */
static char *word_breaks(void) {
    static char usual[] = " \t\n\"'`@$><=;|&{(+-*/^%#,~[]})?", inside[] = "\n", words[] = " \t\n!";
    char quote = '\0';
    for (int i = 0; i < rl_point; i++) {
        const char c = rl_line_buffer[i];
        if (c == '\\' && quote)
            i++;
        else if (quote ? c == quote : c == '"' || c == '\'')
            quote = quote ? '\0' : c;
    }
    return quote ? inside : is_plain_command() ? words : usual;
}

void shell_completion_open(void) {
    rl_completion_word_break_hook = word_breaks;
    rl_completer_word_break_characters = " \t\n\"'`@$><=;|&{(+-*/^%#,~[]})?";
    rl_completer_quote_characters = "\"'";
    rl_attempted_completion_function = complete;
}
