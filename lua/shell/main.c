/* SPDX-License-Identifier: MIT
 * cnnsh, the program: runs scripts and command-line code, or shows the prompt.
 * Exit status: 0; 1 after an error, with its text on standard error; 130 after an interrupt. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lualib.h>

#include "core/cnn.h"
#include "lua/shell/openmp.h"
#include "lua/shell/options.h"
#include "lua/shell/program.h"
#include "lua/shell/prompt.h"
#include "lua/shell/run.h"

enum { FAILED = 1, INTERRUPTED = 130 };

typedef struct shell_job {
    int argc;
    char **argv;
    shell_options options;
    int status; /* the exit status */
} shell_job;

static int lab(int argc, char **argv) {
    if (argc <= 2) {
        puts("cnnsh lab: the step-by-step lab is not in this version.\n"
             "Its first exercises, the sizes of convolutions, are in examples/conv_sizes.lua.");
        return EXIT_SUCCESS;
    }
    fprintf(stderr, "cnnsh: no lesson '%s': the step-by-step lab is not in this version; see examples/conv_sizes.lua\n",
            argv[2]);
    return FAILED;
}

/* After everything else with -i, or when there is nothing else and somebody is there to type. */
static bool wants_prompt(const shell_job *job) {
    const shell_options *o = &job->options;
    if (o->interactive) return true;
    return job->options.script == job->argc && !o->executes && !o->version && isatty(STDIN_FILENO);
}

/* What fails before the prompt can be looked at there, with %debug. */
static void keep_frames(lua_State *L) {
    int top = lua_gettop(L);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "shell.failure");
    if (lua_pcall(L, 1, 1, 0) == LUA_OK && lua_istable(L, -1)) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, "keep");
    }
    lua_settop(L, top);
}

/* The whole program inside one protected call, so that running out of memory while setting up is an error too. */
static int protected_main(lua_State *L) {
    shell_job *job = lua_touserdata(L, 1);
    const shell_options *o = &job->options;
    luaL_checkversion(L);
    shell_program_open(L, o->bare);
    if (o->version || wants_prompt(job)) {
        printf("cnnsh %s (%s)%s\n", CNN_VERSION, LUA_RELEASE,
               wants_prompt(job) ? "   ?name: help   Ctrl-D: leave" : "");
        fflush(stdout);
    }
    if (o->interactive) keep_frames(L);
    if (!shell_run(L, job->argc, job->argv, o) && !o->interactive)
        return 0; /* with -i, there is something to look at */
    if (wants_prompt(job) && !shell_prompt(L)) return 0;
    job->status = EXIT_SUCCESS;
    return 0;
}

/* Output that could not be written (a full disk) must not look like success. */
static int finish(int status) {
    if (fflush(stdout) == 0 && !ferror(stdout)) return status;
    if (status == EXIT_SUCCESS) perror("cnnsh: standard output");
    return status == EXIT_SUCCESS ? FAILED : status;
}

int main(int argc, char **argv) {
    shell_job job = {.argc = argc, .argv = argv, .status = FAILED};
    shell_openmp_settle(argv);
    signal(SIGPIPE, SIG_DFL); /* `cnnsh … | head` ends quietly, even where the parent ignores the signal */
    const char *bad = shell_options_parse(argc, argv, &job.options);
    if (bad || job.options.help) {
        shell_options_usage(bad);
        return finish(bad ? FAILED : EXIT_SUCCESS);
    }
    if (job.options.lab) return finish(lab(argc, argv));
    lua_State *L = luaL_newstate();
    if (L == NULL) {
        fputs("cnnsh: not enough memory to start\n", stderr);
        return FAILED;
    }
    lua_pushcfunction(L, protected_main);
    lua_pushlightuserdata(L, &job);
    if (!shell_report(L, lua_pcall(L, 1, 0, 0))) job.status = FAILED;
    if (cnn_interrupted()) job.status = INTERRUPTED;
    signal(SIGINT, SIG_DFL); /* the handler must not reach for a state that is being closed */
    lua_close(L);
    return finish(job.status);
}
