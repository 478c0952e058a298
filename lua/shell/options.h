/* SPDX-License-Identifier: MIT
 * The command line, read once before anything runs. The options are those of the plain `lua` program plus -h and `lab`;
 * -e, -l and -W act in the order they are written, so run.c walks over them again. */
#ifndef CNN_SHELL_OPTIONS_H
#define CNN_SHELL_OPTIONS_H

#include <stdbool.h>

typedef struct shell_options {
    int script;       /* index in argv of the script ("-" is standard input), or argc where there is none */
    bool interactive; /* -i: the prompt after everything else */
    bool version;     /* -v, and -i */
    bool executes;    /* an -e was there: no prompt and no standard input */
    bool bare;        /* -E: environment variables are not read */
    bool help;        /* -h */
    bool lab;         /* the first word is `lab` */
} shell_options;

/* Returns NULL, or the option that makes no sense. */
const char *shell_options_parse(int argc, char **argv, shell_options *options);
void shell_options_usage(const char *bad);

#endif
