/* SPDX-License-Identifier: MIT
 * Runs LUA_INIT, the options -e, -l and -W in the order they are written, then the script. The first failure ends the
 * run. `arg` is as in the plain `lua` program: the script is arg[0], what stands before it has negative indices. */
#include "lua/shell/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lauxlib.h>

#include "lua/shell/program.h"
#include "lua/shell/traceback.h"

int shell_call(lua_State *L, int arguments, int results) {
    int base = lua_gettop(L) - arguments;
    lua_pushcfunction(L, shell_traceback);
    lua_insert(L, base);
    int status = lua_pcall(L, arguments, results, base);
    lua_remove(L, base);
    return status;
}

/* What no file tells, for messages about it: the text of the -e that runs, and the script from standard input. */
static const char *command_line, *input_script;

static const char *text_about(const char *message) {
    if (strncmp(message, "(command line):", 15) == 0) return command_line;
    return strncmp(message, "stdin:", 6) == 0 ? input_script : NULL;
}

/* Adds what failure.lua knows about the message at the top; leaves it as it is where that fails. */
static void explain(lua_State *L) {
    int top = lua_gettop(L);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "shell.failure");
    if (lua_type(L, top) == LUA_TSTRING && lua_pcall(L, 1, 1, 0) == LUA_OK && lua_istable(L, -1)) {
        lua_getfield(L, -1, "finish");
        lua_pushvalue(L, top);
        lua_pushstring(L, text_about(lua_tostring(L, top)));
        if (lua_pcall(L, 2, 1, 0) == LUA_OK && lua_isstring(L, -1)) lua_replace(L, top);
    }
    lua_settop(L, top);
}

bool shell_report(lua_State *L, int status) {
    if (status == LUA_OK) return true;
    explain(L);
    const char *text = lua_tostring(L, -1);
    fflush(stdout);
    fprintf(stderr, "cnnsh: %s\n", text ? text : "(error without a text)");
    fflush(stderr);
    lua_pop(L, 1);
    return false;
}

static bool run_loaded(lua_State *L, int status, int arguments) {
    if (status != LUA_OK) return shell_report(L, status);
    lua_insert(L, -arguments - 1); /* the chunk goes below its arguments */
    return shell_report(L, shell_call(L, arguments, 0));
}

static bool run_text(lua_State *L, const char *text, const char *name) {
    return run_loaded(L, luaL_loadbuffer(L, text, strlen(text), name), 0);
}

/* Leaves the text of a chunk, which is on top and stays there, where messages find the line that they quote. */
static void remember_text(lua_State *L, const char *name) {
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    luaL_getsubtable(L, -1, "shell.texts");
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, name);
    lua_pop(L, 2);
}

static bool run_init(lua_State *L) {
    const char *name = "=LUA_INIT_" LUA_VERSION_MAJOR "_" LUA_VERSION_MINOR, *init = getenv(name + 1);
    if (init == NULL) init = getenv((name = "=LUA_INIT") + 1);
    if (init == NULL) return true;
    if (init[0] == '@') return run_loaded(L, luaL_loadfile(L, init + 1), 0);
    return run_text(L, init, name);
}

/* -l MODULE or -l NAME=MODULE */
static bool run_library(lua_State *L, const char *what) {
    const char *equals = strchr(what, '=');
    const char *module = equals ? equals + 1 : what;
    lua_getglobal(L, "require");
    lua_pushstring(L, module);
    int status = shell_call(L, 1, 1);
    if (status != LUA_OK) return shell_report(L, status);
    if (equals)
        lua_pushlstring(L, what, (size_t)(equals - what));
    else
        lua_pushstring(L, what);
    lua_pushglobaltable(L);
    lua_insert(L, -3);
    lua_insert(L, -2); /* globals, name, module */
    lua_rawset(L, -3);
    lua_pop(L, 1);
    return true;
}

static bool run_options(lua_State *L, char **argv, int end) {
    for (int i = 1; i < end; i++) {
        char letter = argv[i][1];
        if (argv[i][0] != '-' || letter == '-') continue;
        if (letter == 'W') lua_warning(L, "@on", 0);
        if (letter != 'e' && letter != 'l') continue;
        const char *value = argv[i][2] != '\0' ? argv[i] + 2 : argv[++i];
        if (letter == 'e') {
            shell_program_globals(L);
            lua_pushstring(L, value);
            remember_text(L, "=(command line)");
            lua_pop(L, 1);
        }
        command_line = value;
        if (!(letter == 'e' ? run_text(L, value, "=(command line)") : run_library(L, value))) return false;
    }
    return true;
}

static void set_arg(lua_State *L, int argc, char **argv, int script) {
    if (script == argc) script = 0;
    lua_createtable(L, argc - script, script + 1);
    for (int i = 0; i < argc; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i - script);
    }
    lua_setglobal(L, "arg");
}

/* The script's arguments are arg[1 …] as they are now: an -e may have changed them. */
static int push_arguments(lua_State *L) {
    if (lua_getglobal(L, "arg") != LUA_TTABLE) {
        lua_pop(L, 1);
        return 0;
    }
    int count = (int)luaL_len(L, -1);
    luaL_checkstack(L, count + 3, "too many arguments to the script");
    for (int i = 1; i <= count; i++) lua_rawgeti(L, -i, i);
    lua_remove(L, -count - 1);
    return count;
}

/* Reads the script from standard input to its end, as luaL_loadfile would, and keeps its text for messages. */
static int load_input(lua_State *L) {
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    size_t count;
    while ((count = fread(luaL_prepbuffer(&text), 1, LUAL_BUFFERSIZE, stdin)) > 0) luaL_addsize(&text, count);
    luaL_pushresult(&text);
    if (ferror(stdin)) {
        lua_pushliteral(L, "cannot read stdin");
        return LUA_ERRFILE;
    }
    const char *script = lua_tostring(L, -1);
    size_t length = lua_rawlen(L, -1), skipped = script[0] == '#' ? strcspn(script, "\n") : 0;
    remember_text(L, "=stdin");
    input_script = script; /* which is kept from now on */
    int status = luaL_loadbuffer(L, script + skipped, length - skipped, "=stdin");
    lua_remove(L, -2);
    return status;
}

static bool run_script(lua_State *L, char **argv, int script) {
    const char *name = argv[script];
    bool standard_input = strcmp(name, "-") == 0 && strcmp(argv[script - 1], "--") != 0;
    if (!standard_input) shell_program_script(L, name);
    int arguments = push_arguments(L);
    return run_loaded(L, standard_input ? load_input(L) : luaL_loadfile(L, name), arguments);
}

bool shell_run(lua_State *L, int argc, char **argv, const shell_options *options) {
    set_arg(L, argc, argv, options->script);
    if (!options->bare && !run_init(L)) return false;
    if (!run_options(L, argv, options->script)) return false;
    if (options->script < argc) return run_script(L, argv, options->script);
    if (options->interactive || options->executes || options->version || isatty(STDIN_FILENO)) return true;
    return run_loaded(L, load_input(L), 0);
}
